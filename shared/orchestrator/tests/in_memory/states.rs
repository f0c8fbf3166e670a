//! States one after the other: steps, waits, calls, retries.

use crate::support::{Stage, output, single, task, types};
use engine::Outcome;
use model::Failure;
use serde_json::json;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_run_has_the_history_that_a_durable_one_has() {
    let definition = json!({"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Result": 1, "Next": "W"},
        "W": {"Type": "Wait", "Seconds": 30, "Next": "T"},
        "T": task(&json!({}))
    }});
    let stage = Stage::new(&definition, &json!({}));
    let finished = stage.run().await;
    assert_eq!(output(&finished), json!(1));
    let ids: Vec<_> = finished.events.iter().map(|event| (event.id, event.previous_event_id)).collect();
    let expected = [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "WaitStateEntered",
        "WaitStateExited",
        "TaskStateEntered",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ];
    assert_eq!(types(&finished.events), expected);
    assert_eq!(ids, [(1, 0), (2, 0), (3, 2), (4, 3), (5, 4), (6, 5), (7, 6), (8, 7), (9, 8), (10, 9), (11, 10)]);
    assert!(finished.events.windows(2).all(|pair| pair[0].timestamp < pair[1].timestamp));
    let took = finished.stopped.since(finished.began);
    assert!(took >= Duration::from_secs(30) && took < Duration::from_secs(31), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_task_is_retried_after_its_interval_and_caught_at_last() {
    let mut state = task(&json!({"fails": 2}));
    state["Retry"] = json!([{"ErrorEquals": ["Boom"], "IntervalSeconds": 1, "BackoffRate": 2.0, "MaxAttempts": 3}]);
    let stage = Stage::new(&single(&state), &json!(4));
    let finished = stage.run().await;
    assert_eq!((output(&finished), stage.calls()), (json!(4), vec![4, 4, 4]));
    assert_eq!(finished.stopped.since(finished.began).as_secs(), 3);

    state["Retry"][0]["MaxAttempts"] = json!(1);
    state["Catch"] = json!([{"ErrorEquals": ["States.ALL"], "ResultPath": "$.why", "Next": "P"}]);
    state["Parameters"]["n.$"] = json!("$.n");
    let caught = json!({"StartAt": "S", "States": {"S": state, "P": {"Type": "Pass", "End": true}}});
    let finished = Stage::new(&caught, &json!({"n": 4})).run().await;
    assert_eq!(output(&finished)["why"]["Error"], json!("Boom"));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_takes_too_long_times_out_and_its_call_is_dropped() {
    let mut state = task(&json!({"ms": 60_000}));
    state["TimeoutSeconds"] = json!(2);
    let stage = Stage::new(&single(&state), &json!(1));
    let finished = stage.run().await;
    assert_eq!(finished.outcome, Outcome::Failed(Failure::named("States.Timeout")));
    assert_eq!(finished.stopped.since(finished.began).as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_an_ordinary_end() {
    let state = json!({"Type": "Fail", "Error": "No", "Cause": "because"});
    let finished = Stage::new(&single(&state), &json!({})).run().await;
    assert_eq!(finished.outcome, Outcome::Failed(Failure::new("No", "because")));
}

#[tokio::test(start_paused = true)]
async fn what_nobody_could_answer_fails_at_once() {
    let state = json!({
        "Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:a", "End": true
    });
    let finished = Stage::new(&single(&state), &json!({})).run().await;
    let Outcome::Failed(failure) = finished.outcome else { panic!("{finished:?}") };
    assert_eq!(failure.error.as_deref(), Some("States.Runtime"));
    assert!(failure.cause.is_some_and(|cause| cause.contains("runs in memory")));
}
