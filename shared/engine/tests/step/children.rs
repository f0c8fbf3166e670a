//! How a child begins and ends: branches and iterations.

use crate::strand::{NOW, Strand, map, parallel};
use model::{EventRef, Failure, StrandId};
use ratchet_engine::{Ending, MapItem, Outcome, Phase, Trigger};
use serde_json::{Value, json};

/// The first record of this fork's child.
#[track_caller]
fn check(state: Value, input: &Value, index: u32, expected: &[&str]) -> Strand {
    Strand::enter(state, input).child(index).expect("it begins").check(expected)
}

#[test]
fn a_branch_begins_without_an_event_and_gets_the_common_input() {
    let child = check(parallel(2, &json!({ "Parameters": { "b.$": "$.a" } })), &json!({ "a": 1 }), 1, &[]);
    assert_eq!(child.id, StrandId::root().child(1, 1));
    assert_eq!((child.cursor.since, child.cursor.events, child.cursor.place.events_before), (0, 3, 3));
    assert!(
        matches!(&child.cursor.phase, Phase::Ready { state, input } if state == "B1" && input.text() == r#"{"b":1}"#)
    );
    child
        .after(Trigger::Entered)
        .check(&[r#"PassStateEntered {"b":1} B1 < 0:1.1"#, r#"PassStateExited B1 {"b":1} < 1.0"#]);
}

#[test]
fn an_iteration_begins_with_its_event_and_gets_its_item() {
    let child = check(map(&json!({})), &json!([1, { "x": 2 }]), 1, &["MapIterationStarted S 1 < 0:1.1"]);
    let item = MapItem { index: 1, value: crate::strand::payload(json!({ "x": 2 })) };
    assert_eq!(child.cursor.place.item, Some(item));
    assert_eq!(child.cursor.place.iteration_of.as_deref(), Some("S"));
    assert_eq!((child.cursor.events, child.cursor.place.events_before), (4, 3));
    let child = child.after(Trigger::Entered).check(&[
        r#"PassStateEntered {"x":2} I < 0.0"#,
        r#"PassStateExited I {"x":2} < 1.0"#,
        "MapIterationSucceeded S 1 < 1.1",
    ]);
    let end = child.end();
    assert_eq!(end.events, 4);
    assert_eq!(end.inner, Some(EventRef { strand: child.id.clone(), seq: 1, index: 1 }));
    assert_eq!(end.last, Some(EventRef { strand: child.id, seq: 1, index: 2 }));
}

#[test]
fn an_item_selector_that_fails_fails_its_iteration_at_once() {
    let state = map(&json!({ "ItemSelector": { "b.$": "$.gone" }, "ItemsPath": "$.items" }));
    let child = Strand::enter(state, &json!({ "items": [1] })).child(0).expect("it begins");
    assert_eq!(child.lines(), ["MapIterationStarted S 0 < 0:1.1"]);
    let Phase::Ended(Outcome::Failed(failure)) = &child.cursor.phase else { panic!("{:?}", child.cursor) };
    assert_eq!(failure.error.as_deref(), Some("States.Runtime"));
}

#[test]
fn a_fork_that_is_being_left_begins_no_child() {
    let strand = Strand::enter(map(&json!({})), &json!([1, 2]));
    assert!(strand.child(2).is_none(), "there is no third item");
    let strand = strand.after(Trigger::Aborted(Ending::Stopped(Failure::default())));
    assert!(strand.child(0).is_none());
    assert!(Strand::enter(json!({ "Type": "Wait", "Seconds": 1 }), &json!({})).child(0).is_none());
}

#[test]
fn a_branch_that_fails_ends_as_failed_and_leaves_the_execution_to_its_parent() {
    let failing = json!([{ "StartAt": "F", "States": { "F": { "Type": "Fail", "Error": "E" } } }]);
    let child = check(parallel(0, &json!({ "Branches": failing })), &json!({}), 0, &[]);
    let child = child.after(Trigger::Entered).check(&["FailStateEntered {} F < 0:1.1"]);
    let end = child.end();
    assert_eq!(end.outcome, Outcome::Failed(Failure::named("E")));
    assert_eq!(end.last, end.inner);
    assert_eq!((end.events, end.time > NOW), (1, true));
}

#[test]
fn what_is_noted_of_an_iteration_that_fails_is_left_to_its_parent() {
    let task = crate::strand::function(&json!({ "End": true }));
    let processor = json!({ "StartAt": "I", "States": { "I": task } });
    let child =
        check(map(&json!({ "ItemProcessor": processor })), &json!([1]), 0, &["MapIterationStarted S 0 < 0:1.1"]);
    let child = child.after(Trigger::Entered).after(Trigger::TaskFailed(Failure::named("E")));
    let child = child.check(&["LambdaFunctionFailed E < 1.2"]);
    assert!(child.end().in_task);
}
