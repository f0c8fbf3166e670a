//! States that need nothing from outside, and Wait: what they write and where they lead.

use crate::strand::{NOW, Strand, function, single};
use model::{Failure, Payload};
use ratchet_engine::{Ending, Outcome, Phase, Then, Trigger};
use serde_json::{Value, json};

/// The events of entering this state as `S` with this input, from the root's start.
#[track_caller]
fn check(state: Value, input: &Value, expected: &[&str]) -> Strand {
    Strand::enter(state, input).check(expected)
}

/// How an ended strand ended.
fn outcome(strand: &Strand) -> Option<&Outcome<Payload>> {
    match &strand.cursor.phase {
        Phase::Ended(outcome) => Some(outcome),
        _ => None,
    }
}

#[test]
fn the_first_state_follows_no_event() {
    let strand = Strand::start(&single(json!({ "Type": "Pass" })), &json!({ "a": 1 }));
    let strand = strand.check(&[r#"ExecutionStarted {"a":1} < -"#]);
    assert_eq!(strand.cursor.last, None);
    assert_eq!(strand.cursor.events, 1);
    strand.after(Trigger::Entered).check(&[r#"PassStateEntered {"a":1} S < -"#, r#"PassStateExited S {"a":1} < 1.0"#]);
}

#[test]
fn pass_gives_its_result_where_result_path_says() {
    let state = json!({ "Type": "Pass", "Result": 5, "ResultPath": "$.b", "OutputPath": "$.b" });
    let strand = check(state, &json!({ "a": 1 }), &[r#"PassStateEntered {"a":1} S < -"#, "PassStateExited S 5 < 1.0"]);
    assert_eq!(strand.cursor.phase, Phase::Ready { state: "Next".to_owned(), input: Payload::from_value(json!(5)) });
    assert_eq!(strand.try_step(Trigger::Entered).map(|step| step.then()), Some(Then::End));
}

#[test]
fn payload_text_is_passed_on_as_it_came_in() {
    let mut strand = Strand::start(&single(json!({ "Type": "Pass" })), &json!({}));
    strand.cursor.phase =
        Phase::Ready { state: "S".to_owned(), input: Payload::from_text(r#"{"n":  1.00}"#).expect("JSON") };
    strand
        .after(Trigger::Entered)
        .check(&[r#"PassStateEntered {"n":  1.00} S < -"#, r#"PassStateExited S {"n":  1.00} < 1.0"#]);
}

#[test]
fn a_path_that_finds_nothing_fails_the_execution_with_the_state_and_its_event_in_the_cause() {
    let strand = check(
        json!({ "Type": "Pass", "InputPath": "$.gone" }),
        &json!({}),
        &[
            "PassStateEntered {} S < -",
            "ExecutionFailed States.Runtime An error occurred while executing the state 'S' (entered at the event id #2). \
         Invalid path '$.gone' : No results for path: $['gone'] < 1.0",
        ],
    );
    assert!(matches!(outcome(&strand), Some(Outcome::Failed(_))));
    assert_eq!(strand.cursor.events, 3);
}

#[test]
fn succeed_ends_the_execution_with_its_output() {
    let strand = check(
        json!({ "Type": "Succeed", "OutputPath": "$.a" }),
        &json!({ "a": [1] }),
        &[r#"SucceedStateEntered {"a":[1]} S < -"#, "SucceedStateExited S [1] < 1.0", "ExecutionSucceeded [1] < 1.1"],
    );
    assert_eq!(outcome(&strand), Some(&Outcome::Succeeded { output: Payload::from_value(json!([1])) }));
}

#[test]
fn fail_without_error_and_cause_fails_with_neither() {
    let strand = check(json!({ "Type": "Fail" }), &json!({}), &["FailStateEntered {} S < -", "ExecutionFailed < 1.0"]);
    assert_eq!(outcome(&strand), Some(&Outcome::Failed(Failure::default())));
}

#[test]
fn fail_gives_its_error_and_cause_fixed_or_from_the_input() {
    let failed = |state| outcome(&Strand::enter(state, &json!({ "e": "Oops", "n": 1 }))).cloned();
    let fixed = failed(json!({ "Type": "Fail", "Error": "E", "Cause": "c" }));
    assert_eq!(fixed, Some(Outcome::Failed(Failure::new("E", "c"))));
    let found = failed(json!({ "Type": "Fail", "ErrorPath": "$.e", "CausePath": "States.Format('{}!', $.n)" }));
    assert_eq!(found, Some(Outcome::Failed(Failure::new("Oops", "1!"))));
    let wrong = failed(json!({ "Type": "Fail", "ErrorPath": "$.n" }));
    assert!(matches!(wrong, Some(Outcome::Failed(Failure { error: Some(error), .. })) if error == "States.Runtime"));
}

#[test]
fn choice_takes_the_first_rule_that_holds_and_passes_its_input_on() {
    let rule = |value: i32, next: &str| json!({ "Variable": "$.a", "NumericGreaterThan": value, "Next": next });
    let state = json!({ "Type": "Choice", "Choices": [rule(5, "Next"), rule(0, "Caught")], "Default": "Next" });
    let strand = check(
        state,
        &json!({ "a": 3 }),
        &[r#"ChoiceStateEntered {"a":3} S < -"#, r#"ChoiceStateExited S {"a":3} < 1.0"#],
    );
    assert!(matches!(&strand.cursor.phase, Phase::Ready { state, .. } if state == "Caught"));
}

#[test]
fn choice_without_a_rule_that_holds_fails_with_its_own_error() {
    let state = json!({ "Type": "Choice", "Choices": [{ "Variable": "$.a", "BooleanEquals": true, "Next": "Next" }] });
    let strand = Strand::enter(state, &json!({ "a": 3 }));
    let Some(Outcome::Failed(failure)) = outcome(&strand) else { panic!("{:?}", strand.cursor) };
    assert_eq!(failure.error.as_deref(), Some("States.NoChoiceMatched"));
}

#[test]
fn wait_rests_until_its_time_and_then_leaves_with_its_input() {
    let strand =
        check(json!({ "Type": "Wait", "Seconds": 30 }), &json!({ "a": 1 }), &[r#"WaitStateEntered {"a":1} S < -"#]);
    let Phase::Waiting(waiting) = &strand.cursor.phase else { panic!("{:?}", strand.cursor) };
    assert_eq!((waiting.until, waiting.retry, strand.cursor.since), (NOW.plus_seconds(30), false, 1));
    strand.later(30).after(Trigger::TimerFired).check(&[r#"WaitStateExited S {"a":1} < 1.0"#]);
}

#[test]
fn wait_takes_its_time_from_the_input() {
    let until = |state, input| match Strand::enter(state, &input).cursor.phase {
        Phase::Waiting(waiting) => Some(waiting.until.since(NOW).as_secs()),
        Phase::Ended(Outcome::Failed(_)) => None,
        phase => panic!("{phase:?}"),
    };
    let seconds = json!({ "Type": "Wait", "SecondsPath": "$.s" });
    assert_eq!(until(seconds.clone(), json!({ "s": 7 })), Some(7));
    assert_eq!(until(seconds.clone(), json!({ "s": -7 })), Some(0));
    assert_eq!(until(seconds.clone(), json!({ "s": "7" })), None);
    assert_eq!(until(seconds, json!({ "s": 99_999_999_999_u64 })), None);
    let timestamp = json!({ "Type": "Wait", "TimestampPath": "$.t" });
    assert_eq!(until(timestamp.clone(), json!({ "t": "2023-11-14T22:14:20Z" })), Some(60));
    assert_eq!(until(timestamp.clone(), json!({ "t": "2001-01-01T00:00:00Z" })), Some(0));
    assert_eq!(until(timestamp, json!({ "t": "tomorrow" })), None);
}

#[test]
fn a_state_that_the_machine_does_not_have_fails_the_strand() {
    let mut strand = Strand::start(&single(json!({ "Type": "Pass" })), &json!({}));
    strand.cursor.phase = Phase::Ready { state: "Gone".to_owned(), input: Payload::empty() };
    strand.after(Trigger::Entered).check(&[
        "ExecutionFailed States.Runtime The state 'Gone' is not in the definition that this execution runs. < -",
    ]);
}

#[test]
fn a_cursor_from_another_definition_fails_the_strand_and_does_not_panic() {
    let others = [
        (Strand::enter(function(&json!({})), &json!({})), Trigger::TaskSucceeded(Payload::empty())),
        (Strand::enter(json!({ "Type": "Wait", "Seconds": 1 }), &json!({})), Trigger::TimerFired),
        (Strand::enter(crate::strand::map(&json!({})), &json!([1])), Trigger::ChildrenDone(Vec::new())),
    ];
    let pass = Strand::start(&single(json!({ "Type": "Pass" })), &json!({}));
    for (mut strand, trigger) in others {
        strand.machine = pass.machine.clone();
        assert!(strand.child(0).is_none());
        let strand = strand.after(trigger);
        let Some(Outcome::Failed(failure)) = outcome(&strand) else { panic!("{:?}", strand.cursor) };
        assert_eq!(failure.error.as_deref(), Some("States.Runtime"));
    }
}

#[test]
fn an_execution_time_out_ends_the_root_as_timed_out() {
    let failure = Failure::named("States.Timeout");
    let strand = Strand::start(&single(json!({ "Type": "Pass" })), &json!({}));
    let strand = strand.after(Trigger::Aborted(Ending::TimedOut(failure.clone())));
    let strand = strand.check(&["ExecutionTimedOut States.Timeout < -"]);
    assert_eq!(outcome(&strand), Some(&Outcome::TimedOut(failure)));
}

#[test]
fn states_worked_out_in_one_record_name_each_other_by_their_place_in_it() {
    let strand = Strand::start(&single(json!({ "Type": "Pass" })), &json!({}));
    let first = strand.try_step(Trigger::Entered).expect("it fits");
    let second = strand.step_at(&first.cursor, Trigger::Entered, 1, 2).expect("it fits");
    let places: Vec<_> =
        second.events.iter().map(|event| event.previous.as_ref().map(|place| (place.seq, place.index))).collect();
    assert_eq!(places, [Some((1, 1)), Some((1, 2)), Some((1, 3))]);
    assert_eq!(second.cursor.last.map(|place| (place.seq, place.index)), Some((1, 4)));
    assert_eq!(second.cursor.events, 6);
}
