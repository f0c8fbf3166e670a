//! Retry, then Catch, then the end.

use crate::strand::{NOW, Strand, callback, function, payload};
use model::{Failure, Payload};
use ratchet_engine::{Outcome, Phase, Trigger, Waiting};
use serde_json::{Value, json};

/// A task with these retriers and catchers, its call claimed.
fn task(retry: &Value, catch: &Value) -> Strand {
    Strand::enter(function(&json!({ "Retry": retry, "Catch": catch })), &json!({ "a": 1 }))
}

fn failing(strand: Strand, error: &str) -> Strand {
    strand.after(Trigger::TaskFailed(Failure::new(error, "why")))
}

fn waiting(strand: &Strand) -> Option<&Waiting<Payload>> {
    match &strand.cursor.phase {
        Phase::Waiting(waiting) => Some(waiting),
        _ => None,
    }
}

/// Fails with this error until no retry follows: the seconds before each retry.
#[track_caller]
fn check(retry: &Value, error: &str, expected: &[u64]) -> Strand {
    let mut strand = failing(task(retry, &json!([])), error);
    let mut delays = Vec::new();
    while let Some(wait) = waiting(&strand).cloned() {
        assert!(wait.retry);
        delays.push(wait.until.since(strand.now).as_secs());
        strand.now = wait.until;
        strand = failing(strand.after(Trigger::TimerFired), error);
    }
    assert_eq!(delays, expected);
    strand
}

#[test]
fn a_retry_enters_the_same_visit_again_and_writes_no_entered_event() {
    let strand = failing(task(&json!([{ "ErrorEquals": ["E"], "IntervalSeconds": 2 }]), &json!([])), "E");
    let strand = strand.check(&["LambdaFunctionFailed E why < 1.2"]);
    let wait = waiting(&strand).expect("a retry");
    assert_eq!((wait.until, &wait.visit.attempts), (NOW.plus_seconds(2), &vec![1]));
    assert_eq!((wait.visit.entered, wait.visit.entered_id), (NOW, 2));
    let strand = strand.later(2).after(Trigger::TimerFired);
    assert_eq!(strand.lines()[1..], ["LambdaFunctionStarted < 3.0"]);
    let Phase::Calling(call) = &strand.cursor.phase else { panic!("{:?}", strand.cursor) };
    assert_eq!((call.visit.entered, call.started), (NOW, NOW.plus_seconds(2)), "its clocks start anew");
}

#[test]
fn the_defaults_are_three_retries_after_1_2_and_4_seconds() {
    check(&json!([{ "ErrorEquals": ["States.ALL"] }]), "E", &[1, 2, 4]);
}

#[test]
fn max_delay_seconds_caps_the_growth() {
    let retry = json!([{ "ErrorEquals": ["E"], "IntervalSeconds": 3, "BackoffRate": 3, "MaxAttempts": 4, "MaxDelaySeconds": 10 }]);
    check(&retry, "E", &[3, 9, 10, 10]);
}

#[test]
fn max_attempts_0_never_retries_and_keeps_later_retriers_out() {
    let retry =
        json!([{ "ErrorEquals": ["E"], "MaxAttempts": 0 }, { "ErrorEquals": ["States.ALL"], "MaxAttempts": 5 }]);
    let strand = check(&retry, "E", &[]);
    strand.check(&["LambdaFunctionFailed E why < 1.2", "ExecutionFailed E why < 2.0"]);
}

#[test]
fn each_retrier_counts_for_itself() {
    let retry = json!([
        { "ErrorEquals": ["A"], "MaxAttempts": 1, "IntervalSeconds": 1 },
        { "ErrorEquals": ["B", "C"], "MaxAttempts": 2, "IntervalSeconds": 1 },
    ]);
    let again = |strand: Strand| strand.after(Trigger::TimerFired);
    let attempts = |strand: &Strand| waiting(strand).map(|wait| wait.visit.attempts.clone());
    let strand = failing(task(&retry, &json!([])), "B");
    assert_eq!(attempts(&strand), Some(vec![0, 1]));
    let strand = failing(again(strand), "A");
    assert_eq!(attempts(&strand), Some(vec![1, 1]));
    let strand = failing(again(strand), "C");
    assert_eq!(attempts(&strand), Some(vec![1, 2]));
    assert_eq!(waiting(&strand).map(|wait| wait.visit.retry_count()), Some(3));
    assert!(waiting(&failing(again(strand.clone()), "A")).is_none());
    assert!(waiting(&failing(again(strand), "B")).is_none());
}

#[test]
fn exhausted_retries_go_to_catch() {
    let retry = json!([{ "ErrorEquals": ["E"], "MaxAttempts": 1 }]);
    let catch = json!([{ "ErrorEquals": ["Other"], "Next": "Next" }, { "ErrorEquals": ["E"], "Next": "Caught" }]);
    let strand = failing(task(&retry, &catch), "E").after(Trigger::TimerFired);
    let strand = failing(strand, "E")
        .check(&["LambdaFunctionFailed E why < 3.1", r#"TaskStateExited S {"Error":"E","Cause":"why"} < 4.0"#]);
    assert!(matches!(&strand.cursor.phase, Phase::Ready { state, .. } if state == "Caught"));
}

#[test]
fn catcher_without_result_path_replaces_the_input() {
    let strand = failing(task(&json!([]), &json!([{ "ErrorEquals": ["States.ALL"], "Next": "Caught" }])), "E");
    let Phase::Ready { input, .. } = &strand.cursor.phase else { panic!("{:?}", strand.cursor) };
    assert_eq!(input.text(), r#"{"Error":"E","Cause":"why"}"#);
}

#[test]
fn catcher_with_result_path_inserts_into_the_raw_input() {
    let caught = |path: Value| {
        let strand = failing(
            task(&json!([]), &json!([{ "ErrorEquals": ["States.ALL"], "ResultPath": path, "Next": "Caught" }])),
            "E",
        );
        match strand.cursor.phase {
            Phase::Ready { input, .. } => input.text().to_owned(),
            phase => panic!("{phase:?}"),
        }
    };
    assert_eq!(caught(json!("$.error")), r#"{"a":1,"error":{"Error":"E","Cause":"why"}}"#);
    assert_eq!(caught(Value::Null), r#"{"a":1}"#);
}

#[test]
fn a_caught_time_out_has_an_empty_cause() {
    let strand = task(&json!([]), &json!([{ "ErrorEquals": ["States.Timeout"], "Next": "Caught" }]));
    let strand = strand.after(Trigger::TaskTimedOut { heartbeat: false });
    assert_eq!(strand.lines()[1], r#"TaskStateExited S {"Error":"States.Timeout","Cause":""} < 2.0"#);
}

#[test]
fn states_timeout_catches_a_missed_heartbeat_and_task_failed_does_not() {
    let next = |error: &str| {
        let catch = json!([{ "ErrorEquals": [error], "Next": "Caught" }]);
        let strand = Strand::enter(callback(&json!({ "Catch": catch, "HeartbeatSeconds": 1 })), &json!({}));
        let strand = strand.after(Trigger::TaskSubmitted(payload(json!(1))));
        let strand = strand.after(Trigger::TaskTimedOut { heartbeat: true });
        matches!(strand.cursor.phase, Phase::Ready { .. })
    };
    assert!(next("States.Timeout") && next("States.HeartbeatTimeout") && next("States.ALL"));
    assert!(!next("States.TaskFailed"));
}

#[test]
fn nothing_matches_states_runtime() {
    let all = json!([{ "ErrorEquals": ["States.ALL"] }]);
    let catch = json!([{ "ErrorEquals": ["States.ALL"], "Next": "Caught" }]);
    let strand = failing(task(&all, &catch), "States.Runtime");
    assert!(matches!(&strand.cursor.phase, Phase::Ended(Outcome::Failed(_))), "{:?}", strand.cursor);
}

#[test]
fn a_function_that_refuses_its_arguments_before_the_call_is_not_tried_again() {
    let retry =
        json!([{ "ErrorEquals": ["States.IntrinsicFailure", "States.Runtime"] }, { "ErrorEquals": ["States.ALL"] }]);
    let state = function(&json!({ "Parameters": { "b.$": "States.ArrayGetItem($.a, 9)" }, "Retry": retry }));
    let strand = Strand::enter(state, &json!({ "a": 1 }));
    assert_eq!(strand.lines().len(), 2, "{:?}", strand.lines());
    let Phase::Ended(Outcome::Failed(failure)) = &strand.cursor.phase else { panic!("{:?}", strand.cursor) };
    assert_eq!(failure.error.as_deref(), Some("States.Runtime"));
}

#[test]
fn a_failure_after_the_call_is_retried_too() {
    let retry = json!([{ "ErrorEquals": ["States.ALL"] }]);
    let state = function(&json!({ "ResultPath": "$.a.b[3]", "Retry": retry }));
    let strand = Strand::enter(state, &json!({ "a": 1 })).after(Trigger::TaskSucceeded(payload(json!(2))));
    assert_eq!(strand.lines()[0], "LambdaFunctionSucceeded 2 < 1.2");
    assert!(waiting(&strand).is_some(), "{:?}", strand.cursor);
}

#[test]
fn full_jitter_lies_between_nothing_and_the_interval_and_differs_by_seed() {
    let retry = json!([{ "ErrorEquals": ["E"], "IntervalSeconds": 10, "JitterStrategy": "FULL" }]);
    let mut seen = Vec::new();
    for seed in 0..200 {
        let mut strand = task(&retry, &json!([]));
        strand.seed = seed;
        let strand = failing(strand, "E");
        let delay = waiting(&strand).expect("a retry").until.since(NOW);
        assert!(delay.as_secs_f64() < 10.0, "{delay:?}");
        seen.push(delay);
    }
    seen.sort();
    assert!(seen[20].as_secs_f64() < 3.0 && seen[180].as_secs_f64() > 7.0, "spread over the interval");
}
