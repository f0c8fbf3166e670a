//! Parallel and Map as their parent sees them: windows, joins, and leaving before the time.

use crate::strand::{NOW, Strand, map, parallel, payload};
use model::{EventRef, Failure, StrandId};
use ratchet_engine::{ChildEnd, Ending, Fork, Join, Outcome, Phase, Trigger};
use serde_json::{Value, json};
use std::time::Duration;

fn fork(strand: &Strand) -> &Fork<model::Payload> {
    match &strand.cursor.phase {
        Phase::Forked(forked) => &forked.fork,
        phase => panic!("{phase:?}"),
    }
}

fn ending(strand: &Strand) -> Option<&Ending> {
    match &strand.cursor.phase {
        Phase::Forked(forked) => forked.ending.as_ref(),
        phase => panic!("{phase:?}"),
    }
}

/// The end of a child that ran some microseconds and added 4 events.
fn end(strand: &Strand, index: u32, micros: u64, outcome: Outcome<model::Payload>) -> ChildEnd {
    let place = |event| Some(EventRef { strand: strand.id.child(fork(strand).seq, index), seq: 0, index: event });
    ChildEnd {
        index,
        outcome,
        last: place(3),
        inner: place(2),
        in_task: false,
        events: 4,
        time: NOW + Duration::from_micros(micros),
    }
}

fn done(output: Value) -> Outcome<model::Payload> {
    Outcome::Succeeded { output: payload(output) }
}

fn failed(error: &str) -> Outcome<model::Payload> {
    Outcome::Failed(Failure::named(error))
}

/// Lets the children end one by one, the earliest begun first: which run after each, then the result.
#[track_caller]
fn check(concurrency: u64, items: usize, expected: &[&[u32]]) {
    let items: Vec<usize> = (0..items).collect();
    let mut strand = Strand::enter(map(&json!({ "MaxConcurrency": concurrency })), &json!(items));
    let mut windows = vec![fork(&strand).running.clone()];
    let mut ends = Vec::new();
    while fork(&strand).next < fork(&strand).total {
        let index = fork(&strand).running[0];
        let one = end(&strand, index, index.into(), done(json!(index)));
        ends.push(one.clone());
        strand = strand.after(Trigger::ChildrenEnded(vec![one])).check(&[]);
        windows.push(fork(&strand).running.clone());
    }
    assert_eq!(windows, expected);
    let rest = fork(&strand).running.clone();
    ends.extend(rest.into_iter().map(|index| end(&strand, index, index.into(), done(json!(index)))));
    let strand = strand.after(Trigger::ChildrenDone(ends));
    let Phase::Ready { input, .. } = &strand.cursor.phase else { panic!("{:?}", strand.cursor) };
    assert_eq!(input.value(), &json!(items));
    // Started, state entered, Map started; 4 for each iteration; Map succeeded, state exited.
    assert_eq!(strand.cursor.events, 3 + 4 * u64::try_from(items.len()).unwrap_or_default() + 2);
}

#[test]
fn max_concurrency_is_the_size_of_the_window() {
    check(1, 3, &[&[0], &[1], &[2]]);
    check(2, 3, &[&[0, 1], &[1, 2]]);
    check(9, 2, &[&[0, 1]]);
}

#[test]
fn max_concurrency_0_is_the_most_that_an_inline_map_runs_at_once() {
    let all: Vec<u32> = (0..40).collect();
    let next: Vec<u32> = (1..41).collect();
    check(0, 41, &[&all, &next]);
    check(1000, 40, &[&all]);
}

#[test]
fn max_concurrency_comes_from_the_input_where_a_path_says_so() {
    let state = map(&json!({ "MaxConcurrencyPath": "$.n", "ItemsPath": "$.items" }));
    let strand = Strand::enter(state.clone(), &json!({ "n": 2, "items": [1, 2, 3] }));
    assert_eq!(fork(&strand).running, [0, 1]);
    let strand = Strand::enter(state, &json!({ "n": "2", "items": [1] }));
    assert!(strand.lines()[1].starts_with("ExecutionFailed States.Runtime"), "{:?}", strand.lines());
}

#[test]
fn what_is_no_array_fails_the_map() {
    let strand = Strand::enter(map(&json!({ "ItemsPath": "$.a" })), &json!({ "a": {} }));
    assert!(strand.lines()[1].contains("Reference path \"$.a\" must point to array."), "{:?}", strand.lines());
}

#[test]
fn an_empty_map_succeeds_in_the_step_that_enters_it() {
    Strand::enter(map(&json!({})), &json!([])).check(&[
        "MapStateEntered [] S < -",
        "MapStateStarted 0 < 1.0",
        "MapStateSucceeded < 1.1",
        "MapStateExited S [] < 1.1",
    ]);
}

#[test]
fn one_at_a_time_each_iteration_follows_the_last_event_inside_the_one_before() {
    let strand = Strand::enter(map(&json!({ "MaxConcurrency": 1 })), &json!([1, 2]));
    let first = end(&strand, 0, 1, done(json!(1)));
    let strand = strand.after(Trigger::ChildrenEnded(vec![first.clone()]));
    assert_eq!(fork(&strand).follows, first.inner);
    strand.child(1).expect("it begins").check(&["MapIterationStarted S 1 < 0/1.0:0.2"]);
}

#[test]
fn results_are_in_the_order_of_the_definition_whoever_ended_last() {
    let strand = Strand::enter(parallel(3, &json!({ "ResultPath": "$.r" })), &json!({}));
    let ends: Vec<_> = [(0, 9), (1, 5), (2, 7)].map(|(index, at)| end(&strand, index, at, done(json!(index)))).into();
    strand
        .after(Trigger::ChildrenDone(ends))
        .check(&["ParallelStateSucceeded < 0/1.0:0.3", r#"ParallelStateExited S {"r":[0,1,2]} < 0/1.0:0.3"#]);
}

#[test]
fn outputs_keep_their_text() {
    let strand = Strand::enter(parallel(1, &json!({})), &json!({}));
    let text = model::Payload::from_text("{\"n\":  1.00}").expect("JSON");
    let ends = vec![end(&strand, 0, 1, Outcome::Succeeded { output: text })];
    let strand = strand.after(Trigger::ChildrenDone(ends));
    assert_eq!(strand.lines()[1], "ParallelStateExited S [{\"n\":  1.00}] < 0/1.0:0.3");
}

#[test]
fn a_failure_while_siblings_run_is_recorded_first_and_decided_when_they_have_ended() {
    let strand =
        Strand::enter(parallel(3, &json!({ "Catch": [{ "ErrorEquals": ["E"], "Next": "Caught" }] })), &json!({}));
    let failure = end(&strand, 1, 1, failed("E"));
    let strand = strand.after(Trigger::ChildrenEnded(vec![failure.clone()])).check(&[]);
    let expected = Ending::ChildFailed { failure: Failure::named("E"), at: failure.last.clone(), after: failure.time };
    assert_eq!((ending(&strand), &fork(&strand).running), (Some(&expected), &vec![0, 2]));
    let other = end(&strand, 2, 2, failed("Later"));
    let strand = strand.after(Trigger::ChildrenEnded(vec![other.clone()])).check(&[]);
    assert_eq!(ending(&strand), Some(&expected), "the first failure stays");
    let aborted = end(&strand, 0, 3, Outcome::Aborted(Failure::default()));
    let strand = strand
        .after(Trigger::ChildrenDone(vec![aborted, failure, other]))
        .check(&["ParallelStateFailed < 0/1.1:0.3", r#"ParallelStateExited S {"Error":"E","Cause":null} < 4.0"#]);
    assert_eq!(strand.cursor.events, 3 + 12 + 2);
}

#[test]
fn a_failure_is_retried_without_the_state_being_noted_as_failed() {
    let retry = json!({ "Retry": [{ "ErrorEquals": ["E"], "IntervalSeconds": 1 }] });
    let strand = Strand::enter(map(&retry), &json!([1]));
    let ends = vec![end(&strand, 0, 1, failed("E"))];
    let strand = strand.after(Trigger::ChildrenDone(ends)).check(&["MapIterationFailed S 0 < 0/1.0:0.3"]);
    let Phase::Waiting(waiting) = &strand.cursor.phase else { panic!("{:?}", strand.cursor) };
    assert!(waiting.retry && waiting.visit.attempts == [1]);
    let strand = strand.after(Trigger::TimerFired).check(&["MapStateStarted 1 < 0/1.0:0.3"]);
    assert_eq!(fork(&strand).seq, 3, "its children are new strands");
    assert_eq!(strand.child(0).map(|child| child.id), Some(StrandId::root().child(3, 0)));
}

#[test]
fn a_failure_that_nobody_handles_fails_the_map_and_the_execution() {
    let strand = Strand::enter(map(&json!({})), &json!([1, 2, 3]));
    let ends = [(0, 5, "Late"), (1, 2, "Early"), (2, 2, "AlsoEarly")];
    let ends = ends.map(|(index, at, error)| end(&strand, index, at, failed(error)));
    strand.after(Trigger::ChildrenEnded(ends.into())).check(&[
        "MapIterationFailed S 1 < 0/1.1:0.3",
        "MapIterationAborted S 0 < 0/1.1:0.3",
        "MapIterationAborted S 2 < 0/1.1:0.3",
        "MapStateFailed < 0/1.1:0.3",
        "ExecutionFailed Early < 2.3",
    ]);
}

#[test]
fn a_failure_begins_no_further_child() {
    let strand = Strand::enter(map(&json!({ "MaxConcurrency": 2 })), &json!([1, 2, 3, 4]));
    let strand = strand.clone().after(Trigger::ChildrenEnded(vec![end(&strand, 0, 1, failed("E"))]));
    assert_eq!((fork(&strand).next, &fork(&strand).running, &fork(&strand).fresh), (2, &vec![1], &vec![]));
}

#[test]
fn a_child_that_read_the_stop_mark_stops_its_parent_past_any_catch() {
    let catch = json!({ "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Caught" }] });
    let strand = Strand::enter(parallel(1, &catch), &json!({}));
    let ends = vec![end(&strand, 0, 1, Outcome::Aborted(Failure::new("Stop", "why")))];
    let strand = strand
        .after(Trigger::ChildrenDone(ends))
        .check(&["ParallelStateAborted < 1.1", "ExecutionAborted Stop why < 1.1"]);
    assert_eq!(strand.cursor.phase, Phase::Ended(Outcome::Aborted(Failure::new("Stop", "why"))));
}

#[test]
fn an_end_that_was_heard_before_counts_once() {
    let strand = Strand::enter(map(&json!({})), &json!([1, 2]));
    let first = end(&strand, 0, 1, done(json!(1)));
    let strand = strand.after(Trigger::ChildrenEnded(vec![first.clone()]));
    let events = strand.cursor.events;
    let again = strand.clone().after(Trigger::ChildrenEnded(vec![first.clone()]));
    assert_eq!((again.cursor.events, &fork(&again).running), (events, &vec![1]));
    let second = end(&strand, 1, 2, done(json!(2)));
    let strand = strand.after(Trigger::ChildrenDone(vec![first, second]));
    assert_eq!(strand.cursor.events, 3 + 8 + 2);
}

#[test]
fn a_result_too_deep_to_be_read_back_fails_its_state_and_is_not_lost() {
    let nested = |levels: usize| {
        // Brackets in a string are none.
        let text = format!("{}{}{}", "[".repeat(levels), r#""[{\"[[""#, "]".repeat(levels));
        let strand = Strand::enter(parallel(1, &json!({})), &json!({}));
        let output = model::Payload::from_text(text).expect("JSON");
        let ends = vec![end(&strand, 0, 1, Outcome::Succeeded { output })];
        strand.after(Trigger::ChildrenDone(ends))
    };
    let strand = nested(126);
    let Phase::Ready { input, .. } = &strand.cursor.phase else { panic!("{:?}", strand.cursor) };
    assert!(input.value().is_array());
    nested(127).check(&[
        "ParallelStateSucceeded < 0/1.0:0.3",
        "ExecutionFailed States.Runtime An error occurred while executing the state 'S' (entered at the event id #2). \
         the value is nested deeper than 127 levels < 0/1.0:0.3",
    ]);
}

#[test]
fn a_parent_is_told_that_its_fork_is_over_once_nobody_runs_and_nobody_is_to_begin() {
    let joins = |strand: &Strand| match &strand.cursor.phase {
        Phase::Forked(forked) => [(0, false), (1, false), (2, false), (1, true), (2, true)]
            .map(|(ended, has_failed)| forked.join(ended, has_failed)),
        phase => panic!("{phase:?}"),
    };
    let strand = Strand::enter(map(&json!({ "MaxConcurrency": 2 })), &json!([1, 2, 3]));
    assert_eq!(joins(&strand), [Join::Nothing, Join::News, Join::News, Join::News, Join::GivenUp]);
    let first = end(&strand, 0, 1, done(json!(1)));
    let strand = strand.after(Trigger::ChildrenEnded(vec![first]));
    assert_eq!(joins(&strand), [Join::Nothing, Join::News, Join::Done, Join::News, Join::GivenUp]);
}
