//! What each type of state does when its execution is redriven.

use crate::support::{FUNCTION, Stage, machine, task};
use ratchet_orchestrator::ports::ExecutionStatus;
use serde_json::{Value, json};
use simulation::{Deployment, Options};
use std::time::Duration;

/// Fails with this machine and input, is redriven, and fails again; the events since then.
async fn failed_again(states: Value, input: Value) -> Vec<String> {
    let stage = Stage::calm(&machine(states), input, &[]).await;
    let first = stage.ended_as(ExecutionStatus::Failed).await;
    stage.redrive().await.expect("it failed");
    let second = stage.ended_as(ExecutionStatus::Failed).await;
    assert_eq!(second.failure, first.failure);
    assert_eq!(second.summary.redriven.map(|redriven| redriven.count), Some(1));
    stage.history_since_redrive().await
}

#[tokio::test(start_paused = true)]
async fn a_task_is_scheduled_again_with_all_its_retries_and_nothing_before_it_is_repeated() {
    let retry = json!([{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}]);
    let states = json!({
        "A": {"Type": "Pass", "Result": {"n": 7}, "Next": "T"},
        "T": {"Type": "Task", "Resource": FUNCTION, "Retry": retry, "ResultPath": "$.got", "Next": "P",
              "Parameters": {"n.$": "$.n", "redrives.$": "$$.Execution.RedriveCount", "retries.$": "$$.State.RetryCount"}},
        "P": {"Type": "Pass", "End": true, "Parameters": {"got.$": "$.got", "at.$": "$$.Execution.RedriveTime"}},
    });
    let stage = Stage::calm(&machine(states), json!({}), &[7]).await;
    stage.ended_as(ExecutionStatus::Failed).await;
    let at = stage.redrive().await.expect("it failed");
    let running = stage.described().await;
    assert_eq!((running.summary.status, running.summary.stopped), (ExecutionStatus::Running, None));
    // Its first attempt fails once more; it has another one.
    stage.sleep(Duration::from_millis(500)).await;
    stage.fail_only(&[]);
    let output = stage.output().await;
    assert_eq!((&output["got"], &output["at"]), (&json!(7), &json!(at.to_string())));
    let payloads: Vec<Value> = stage
        .world
        .functions()
        .received()
        .iter()
        .map(|call| serde_json::from_str(&call.payload).expect("JSON"))
        .collect();
    let counted = |of: &str| payloads.iter().map(|payload| payload[of].as_u64().unwrap_or(9)).collect::<Vec<_>>();
    assert_eq!((counted("redrives"), counted("retries")), (vec![0, 0, 1, 1], vec![0, 1, 0, 1]));
    let history = stage.history().await;
    assert_eq!(
        history,
        [
            "1 ExecutionStarted < 0",
            "2 PassStateEntered < 0",
            "3 PassStateExited < 2",
            "4 TaskStateEntered < 3",
            "5 LambdaFunctionScheduled < 4",
            "6 LambdaFunctionStarted < 5",
            "7 LambdaFunctionFailed < 6",
            "8 LambdaFunctionScheduled < 7",
            "9 LambdaFunctionStarted < 8",
            "10 LambdaFunctionFailed < 9",
            "11 ExecutionFailed < 10",
            "12 ExecutionRedriven < 11",
            "13 LambdaFunctionScheduled < 4",
            "14 LambdaFunctionStarted < 13",
            "15 LambdaFunctionFailed < 14",
            "16 LambdaFunctionScheduled < 15",
            "17 LambdaFunctionStarted < 16",
            "18 LambdaFunctionSucceeded < 17",
            "19 TaskStateExited < 18",
            "20 PassStateEntered < 19",
            "21 PassStateExited < 20",
            "22 ExecutionSucceeded < 21",
        ]
    );
    assert!(stage.world.problems().is_empty(), "{:?}", stage.world.problems());
}

#[tokio::test(start_paused = true)]
async fn a_fail_state_is_entered_again_and_fails_again() {
    let states = json!({"A": {"Type": "Pass", "Next": "F"}, "F": {"Type": "Fail", "Error": "E", "Cause": "C"}});
    let history = failed_again(states, json!({})).await;
    assert_eq!(history, ["6 ExecutionRedriven < 5", "7 FailStateEntered < 3", "8 ExecutionFailed < 7"]);
}

#[tokio::test(start_paused = true)]
async fn a_pass_a_choice_and_a_succeed_that_failed_are_worked_on_again() {
    let pass = json!({"A": {"Type": "Pass", "InputPath": "$.none", "End": true}});
    let choice = json!({"A": {"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "S"}]},
                        "S": {"Type": "Succeed"}});
    let succeed = json!({"A": {"Type": "Succeed", "InputPath": "$.none"}});
    for states in [pass, choice, succeed] {
        let history = failed_again(states, json!({"a": 2})).await;
        assert_eq!(history, ["4 ExecutionRedriven < 3", "5 ExecutionFailed < 2"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_was_stopped_begins_anew() {
    let stage =
        Stage::calm(&machine(json!({"A": {"Type": "Wait", "Seconds": 100, "End": true}})), json!({}), &[]).await;
    stage.sleep(Duration::from_mins(1)).await;
    stage.stop().await;
    stage.ended_as(ExecutionStatus::Aborted).await;
    let at = stage.redrive().await.expect("it was stopped");
    stage.output().await;
    let stopped = stage.described().await.summary.stopped;
    assert_eq!(stopped.map(|stopped| stopped.since(at).as_secs()), Some(100));
    let history = stage.history().await;
    assert_eq!(
        history[2..],
        [
            "3 WaitStateAborted < 2",
            "4 ExecutionAborted < 2",
            "5 ExecutionRedriven < 4",
            "6 WaitStateExited < 2",
            "7 ExecutionSucceeded < 6"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_a_time_that_has_come_meanwhile_ends_at_once() {
    let states = json!({"A": {"Type": "Wait", "TimestampPath": "$.at", "End": true}});
    // Every world begins at the same time.
    let now = Stage::calm(&machine(states.clone()), json!({"at": "2001-01-01T00:00:00Z"}), &[]).await;
    let at = now.described().await.summary.started.plus_seconds(60);
    let stage = Stage::calm(&machine(states), json!({"at": at.to_string()}), &[]).await;
    stage.sleep(Duration::from_secs(1)).await;
    stage.stop().await;
    stage.sleep(Duration::from_mins(2)).await;
    let redriven = stage.redrive().await.expect("it was stopped");
    stage.output().await;
    let stopped = stage.described().await.summary.stopped.expect("it has ended");
    assert!(redriven > at && stopped.since(redriven) < Duration::from_secs(1), "{redriven}, {stopped}");
}

#[tokio::test(start_paused = true)]
async fn an_execution_that_was_stopped_before_its_first_state_begins_with_it() {
    let stage = Stage::calm(&machine(json!({"A": task()})), json!({"n": 3}), &[]).await;
    stage.stop().await;
    let first = stage.ended_as(ExecutionStatus::Aborted).await;
    assert_eq!(first.failure.error.as_deref(), Some("Enough"));
    assert!(stage.calls().len() <= 1);
    stage.redrive().await.expect("it was stopped");
    assert_eq!(stage.output().await, json!(3));
    assert_eq!(stage.described().await.failure.error, None);
}

#[tokio::test(start_paused = true)]
async fn a_time_out_of_the_machine_counts_from_the_redrive() {
    let mut definition = machine(json!({"A": {"Type": "Wait", "Seconds": 100, "Next": "B"}, "B": task()}));
    definition["TimeoutSeconds"] = json!(60);
    let stage = Stage::calm(&definition, json!({"n": 1}), &[]).await;
    for count in 1..4 {
        stage.ended_as(ExecutionStatus::TimedOut).await;
        stage.sleep(Duration::from_secs(20)).await;
        let at = stage.redrive().await.expect("it timed out");
        let end = stage.ended_as(ExecutionStatus::TimedOut).await;
        assert_eq!(end.summary.stopped.map(|stopped| stopped.since(at).as_secs()), Some(60));
        assert_eq!(end.summary.redriven.map(|redriven| redriven.count), Some(count));
    }
}

/// Its message was sent at the start, and comes in the middle of the time that the redrive began.
#[tokio::test(start_paused = true)]
async fn a_time_out_of_the_time_before_the_redrive_comes_too_early() {
    let mut definition = machine(json!({"A": {"Type": "Wait", "Seconds": 100, "End": true}}));
    definition["TimeoutSeconds"] = json!(60);
    for deployment in [Deployment::OneProcess, Deployment::Functions] {
        let options = Options { deployment, ..Options::default() };
        let stage = Stage::begin(options, &definition, json!({}), &[]).await;
        stage.sleep(Duration::from_secs(10)).await;
        stage.stop().await;
        stage.sleep(Duration::from_secs(10)).await;
        let at = stage.redrive().await.expect("it was stopped");
        // A process that begins anew reckons the same.
        stage.world.cut();
        let end = stage.ended_as(ExecutionStatus::TimedOut).await;
        assert_eq!(end.summary.stopped.map(|stopped| stopped.since(at).as_secs()), Some(60));
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_whose_call_is_being_made_when_it_is_stopped_is_called_again() {
    let stage = Stage::calm(&machine(json!({"A": task()})), json!({"n": 1, "ms": 5_000}), &[]).await;
    stage.sleep(Duration::from_secs(1)).await;
    stage.stop().await;
    stage.redrive().await.expect("it was stopped");
    // The first call returns meanwhile, and nobody listens.
    assert_eq!(stage.output().await, json!(1));
    assert_eq!(stage.calls(), [1, 1]);
    let history = stage.history_since_redrive().await;
    assert_eq!(
        history[..3],
        ["7 ExecutionRedriven < 6", "8 LambdaFunctionScheduled < 2", "9 LambdaFunctionStarted < 8"]
    );
}

/// Several states in one record: the one that failed is found in it.
#[tokio::test(start_paused = true)]
async fn states_that_ran_on_in_one_record_are_told_apart() {
    let states = json!({
        "A": {"Type": "Pass", "Result": {"n": 1}, "Next": "B"},
        "B": {"Type": "Pass", "Next": "C"},
        "C": {"Type": "Pass", "Parameters": {"x.$": "$.none"}, "End": true},
    });
    for states_per_invocation in [1, 2, 3, 8] {
        let options = Options { states_per_invocation, ..Options::default() };
        let stage = Stage::begin(options, &machine(states.clone()), json!({}), &[]).await;
        stage.ended_as(ExecutionStatus::Failed).await;
        stage.redrive().await.expect("it failed");
        let end = stage.ended_as(ExecutionStatus::Failed).await;
        assert!(end.failure.cause.is_some_and(|cause| cause.contains("'C' (entered at the event id #6)")));
        let history = stage.history_since_redrive().await;
        assert_eq!(history, ["8 ExecutionRedriven < 7", "9 ExecutionFailed < 6"], "{states_per_invocation}");
    }
}
