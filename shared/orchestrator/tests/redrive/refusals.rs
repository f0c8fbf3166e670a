//! What is not redriven, and how it is said.

use crate::support::{Stage, machine, task};
use model::ExecutionArn;
use ratchet_orchestrator::ports::ExecutionStatus;
use ratchet_orchestrator::{Error, RedriveRequest};
use serde_json::json;
use simulation::Options;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn one_that_runs_or_has_succeeded_or_is_not_there_is_refused() {
    let states = json!({"A": {"Type": "Wait", "Seconds": 10, "End": true}});
    let stage = Stage::calm(&machine(states), json!({}), &[]).await;
    let running = "Execution is RUNNING and cannot be redriven";
    assert_eq!(stage.refusal().await, running);
    assert_eq!(stage.described().await.not_redrivable, Some(running));
    stage.output().await;
    let succeeded = "Execution is SUCCEEDED and cannot be redriven";
    assert_eq!(stage.refusal().await, succeeded);
    assert_eq!(stage.described().await.not_redrivable, Some(succeeded));
    let unknown: ExecutionArn = "arn:aws:states:us-east-1:123456789012:execution:machine:none".parse().expect("an ARN");
    let request = RedriveRequest { execution: unknown.clone(), token: None };
    let refused = stage.world.call(async |node| node.0.redrive_execution(request.clone()).await).await;
    assert!(matches!(refused, Err(Error::ExecutionDoesNotExist(arn)) if arn == unknown));
}

#[tokio::test(start_paused = true)]
async fn one_that_ended_too_long_ago_is_refused_and_each_end_counts_anew() {
    let options =
        Options { settings: |settings| settings.redrive_window = Duration::from_mins(10), ..Options::default() };
    let stage = Stage::begin(options, &machine(json!({"A": task()})), json!({"n": 1}), &[1]).await;
    stage.ended_as(ExecutionStatus::Failed).await;
    for _ in 0..2 {
        stage.sleep(Duration::from_mins(9)).await;
        assert_eq!(stage.described().await.not_redrivable, None);
        stage.redrive().await.expect("it failed nine minutes ago");
        stage.ended_as(ExecutionStatus::Failed).await;
    }
    stage.sleep(Duration::from_mins(11)).await;
    assert_eq!(stage.refusal().await, "Execution redrivable period exceeded");
    assert_eq!(stage.described().await.not_redrivable, Some("Execution redrivable period exceeded"));
}

#[tokio::test(start_paused = true)]
async fn one_whose_machine_was_deleted_is_refused() {
    let stage = Stage::calm(&machine(json!({"A": task()})), json!({"n": 1}), &[1]).await;
    stage.ended_as(ExecutionStatus::Failed).await;
    let arn = stage.described().await.summary.machine;
    stage.world.call(async |node| node.0.delete_state_machine(&arn).await).await.expect("it is there");
    assert_eq!(stage.refusal().await, "State machine is in DELETING status");
}

/// And is found by the filter of lists.
#[tokio::test(start_paused = true)]
async fn lists_tell_what_was_redriven() {
    let stage = Stage::calm(&machine(json!({"A": task()})), json!({"n": 1}), &[1]).await;
    stage.ended_as(ExecutionStatus::Failed).await;
    for (redriven, expected) in [(false, [0, 1]), (true, [1, 0])] {
        if redriven {
            stage.redrive().await.expect("it failed");
        }
        for (wanted, expected) in [true, false].into_iter().zip(expected) {
            let filter = ratchet_orchestrator::ExecutionFilter {
                machine: Some(stage.described().await.summary.machine.into()),
                redriven: Some(wanted),
                ..Default::default()
            };
            let page = stage.world.call(async |node| node.0.list_executions(&filter, None, 10).await).await;
            let found = page.expect("the machine is there").items;
            assert_eq!(found.len(), expected, "{wanted}");
            assert!(found.iter().all(|found| found.redriven.map_or(0, |redriven| redriven.count) == u32::from(wanted)));
        }
    }
}
