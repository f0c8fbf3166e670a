//! Ends from outside, in every phase.

use crate::strand::{Strand, activity, callback, function, map, parallel, payload, single};
use model::{EventRef, Failure, StrandId};
use ratchet_engine::{ChildEnd, Ending, Outcome, Phase, Trigger};
use serde_json::{Value, json};

fn stop() -> Ending {
    Ending::Stopped(Failure::new("Stop", "enough"))
}

/// The events of stopping the root where it stands, and its end.
#[track_caller]
fn check(strand: Strand, expected: &[&str]) {
    let strand = strand.after(Trigger::Aborted(stop())).check(expected);
    assert_eq!(strand.cursor.phase, Phase::Ended(Outcome::Aborted(Failure::new("Stop", "enough"))));
}

#[test]
fn a_stop_between_states_notes_the_execution_alone() {
    check(Strand::start(&single(json!({ "Type": "Pass" })), &json!({})), &["ExecutionAborted Stop enough < -"]);
}

#[test]
fn a_stop_in_a_state_notes_the_state_beside_the_line_of_control() {
    let none = json!({});
    let task = |place: &str| [format!("TaskStateAborted < {place}"), format!("ExecutionAborted Stop enough < {place}")];
    let check_task = |strand, place: &str| {
        let [state, execution] = task(place);
        check(strand, &[&state, &execution]);
    };
    check_task(Strand::enter(function(&none), &none), "1.2");
    check_task(Strand::enter(callback(&none), &none).after(Trigger::TaskSubmitted(payload(json!(1)))), "2.0");
    let offered = Strand::enter(activity(&none), &none);
    check_task(offered.clone(), "1.1");
    check_task(offered.after(Trigger::ActivityStarted { worker_name: None }), "2.0");
    let retry = function(&json!({ "Retry": [{ "ErrorEquals": ["E"] }] }));
    check_task(Strand::enter(retry, &none).after(Trigger::TaskFailed(Failure::named("E"))), "2.0");
    let wait = Strand::enter(json!({ "Type": "Wait", "Seconds": 1 }), &none);
    check(wait, &["WaitStateAborted < 1.0", "ExecutionAborted Stop enough < 1.0"]);
}

#[test]
fn each_ending_ends_the_root_in_its_own_way() {
    let failure = Failure::named("E");
    let end = |ending| {
        let strand = Strand::start(&single(json!({ "Type": "Pass" })), &json!({})).after(Trigger::Aborted(ending));
        (strand.lines().join("; "), strand.cursor.phase)
    };
    let failed = ("ExecutionFailed E < -".to_owned(), Phase::Ended(Outcome::Failed(failure.clone())));
    assert_eq!(end(Ending::Broken(failure.clone())), failed);
    let timed_out = ("ExecutionTimedOut E < -".to_owned(), Phase::Ended(Outcome::TimedOut(failure.clone())));
    assert_eq!(end(Ending::TimedOut(failure.clone())), timed_out);
    let aborted = ("ExecutionAborted E < -".to_owned(), Phase::Ended(Outcome::Aborted(failure.clone())));
    assert_eq!(end(Ending::Stopped(failure)), aborted);
}

#[test]
fn a_fork_with_live_children_first_waits_for_them() {
    for (state, aborted) in [(parallel(2, &json!({})), "ParallelStateAborted"), (map(&json!({})), "MapStateAborted")] {
        let strand = Strand::enter(state, &json!([1, 2])).after(Trigger::Aborted(stop())).check(&[]);
        let Phase::Forked(forked) = &strand.cursor.phase else { panic!("{:?}", strand.cursor) };
        assert_eq!((forked.ending.as_ref(), &forked.fork.running), (Some(&stop()), &vec![0, 1]));
        assert_eq!(strand.cursor.since, 1, "its children's wakes still mean this fork");
        let end = |index| ChildEnd {
            index,
            outcome: Outcome::Aborted(Failure::default()),
            last: None,
            inner: None,
            in_task: false,
            events: 1,
            time: strand.now,
        };
        let strand = strand.clone().after(Trigger::ChildrenEnded(vec![end(1)])).check(&[]);
        let ended = strand.after(Trigger::ChildrenDone(vec![end(0), end(1)]));
        let ended = ended.check(&[&format!("{aborted} < 1.1"), "ExecutionAborted Stop enough < 1.1"]);
        assert_eq!(ended.cursor.phase, Phase::Ended(Outcome::Aborted(Failure::new("Stop", "enough"))));
    }
}

#[test]
fn an_ending_gives_way_only_to_a_stronger_one() {
    let failure = || Failure::named("E");
    let ranks: [Vec<Ending>; 3] = [
        vec![Ending::ChildFailed { failure: failure(), at: None, after: model::Timestamp::default() }],
        vec![Ending::Aborted { at: None, after: model::Timestamp::default() }],
        vec![stop(), Ending::TimedOut(failure()), Ending::Broken(failure())],
    ];
    let strand = Strand::enter(parallel(1, &json!({})), &json!({}));
    for (before_rank, before) in ranks.iter().enumerate().flat_map(|(rank, all)| all.iter().map(move |one| (rank, one)))
    {
        let first = strand.clone().after(Trigger::Aborted(before.clone()));
        for (rank, ending) in ranks.iter().enumerate().flat_map(|(rank, all)| all.iter().map(move |one| (rank, one))) {
            let second = first.try_step(Trigger::Aborted(ending.clone()));
            assert_eq!(second.is_some(), rank > before_rank, "{before:?}, then {ending:?}");
        }
    }
}

#[test]
fn a_stop_that_comes_after_a_failure_keeps_its_catch_from_going_on() {
    let catch: Value = json!({ "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Caught" }] });
    let strand = Strand::enter(parallel(1, &catch), &json!({}));
    let strand = strand.after(Trigger::Aborted(Ending::ChildFailed {
        failure: Failure::named("E"),
        at: None,
        after: model::Timestamp::default(),
    }));
    let strand = strand.after(Trigger::Aborted(stop())).after(Trigger::ChildrenDone(Vec::new()));
    assert!(matches!(strand.cursor.phase, Phase::Ended(Outcome::Aborted(_))), "{:?}", strand.cursor);
}

#[test]
fn an_iteration_given_up_for_its_sibling_names_the_event_that_failed_it() {
    let wait = json!({ "StartAt": "I", "States": { "I": { "Type": "Wait", "Seconds": 9, "End": true } } });
    let strand = Strand::enter(map(&json!({ "ItemProcessor": wait })), &json!([1, 2]));
    let child = strand.child(1).expect("it begins").after(Trigger::Entered);
    let at = Some(EventRef { strand: StrandId::root().child(1, 0), seq: 4, index: 2 });
    let child = child
        .after(Trigger::Aborted(Ending::Aborted { at, after: model::Timestamp::default() }))
        .check(&["MapIterationAborted S 1 < 0/1.0:4.2", "WaitStateAborted < 0/1.0:4.2"]);
    assert_eq!(child.cursor.phase, Phase::Ended(Outcome::Aborted(Failure::default())));
}

#[test]
fn a_stopped_child_writes_no_event_of_the_execution() {
    let strand = Strand::enter(parallel(1, &json!({})), &json!({}));
    let child = strand.child(0).expect("it begins").after(Trigger::Aborted(stop())).check(&[]);
    assert_eq!(child.cursor.phase, Phase::Ended(Outcome::Aborted(Failure::new("Stop", "enough"))));
}
