//! Whoever else acts: the same call again, another one at the same time, stops, and what comes from before.

use crate::support::{Stage, insist, machine, task};
use engine::Ending;
use model::{Failure, Payload, StrandId};
use ratchet_orchestrator::ports::{Clock as _, ExecutionStatus, Journal as _};
use ratchet_orchestrator::{Error, RedriveRequest, RunKey, Wake, WakeKind};
use serde_json::{Value, json};
use simulation::{Deployment, Options};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn the_same_call_again_is_answered_as_the_first_time_whatever_became_of_it() {
    let stage = Stage::calm(&machine(json!({"A": task()})), json!({"n": 1, "ms": 1_000}), &[1]).await;
    stage.ended_as(ExecutionStatus::Failed).await;
    let at = stage.redrive_as(Some("call-1")).await.expect("it failed");
    assert_eq!(stage.redrive_as(Some("call-1")).await.expect("the same call"), at);
    assert!(matches!(stage.redrive_as(Some("call-2")).await, Err(Error::ExecutionNotRedrivable { .. })));
    stage.ended_as(ExecutionStatus::Failed).await;
    assert_eq!(stage.redrive_as(Some("call-1")).await.expect("the same call"), at);
    let end = stage.ended_as(ExecutionStatus::Failed).await;
    assert_eq!(end.summary.redriven.map(|redriven| (redriven.count, redriven.at)), Some((1, at)));
    let later = stage.redrive_as(Some("call-2")).await.expect("another call");
    assert!(later > at);
    stage.ended_as(ExecutionStatus::Failed).await;
    assert_eq!(stage.calls(), [1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn of_concurrent_redrives_one_wins() {
    for token in [None, Some("mine")] {
        // Each call of the journal takes its time: all have read the end before one of them puts.
        let options = Options { latency: Duration::from_millis(5), ..Options::default() };
        let input = json!({"n": 1, "ms": 1_000});
        let stage = Stage::begin(options, &machine(json!({"A": task()})), input, &[1]).await;
        stage.ended_as(ExecutionStatus::Failed).await;
        let request = RedriveRequest { execution: stage.execution.clone(), token: token.map(Into::into) };
        let node = stage.world.call(async |node| node).await;
        let calls = (0..20).map(|_| node.0.redrive_execution(request.clone()));
        let answers = futures::future::join_all(calls).await;
        let won: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
        match token {
            None => assert_eq!(won.len(), 1),
            Some(_) => assert!(won.len() == 20 && won.iter().all(|at| *at == won[0])),
        }
        let end = stage.ended_as(ExecutionStatus::Failed).await;
        assert_eq!(end.summary.redriven.map(|redriven| redriven.count), Some(1));
        assert_eq!(stage.calls(), [1, 1]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_redriven_execution_is_stopped_and_redriven_again() {
    for deployment in [Deployment::OneProcess, Deployment::Functions] {
        let options = Options { deployment, ..Options::default() };
        let input = json!({"n": 1, "ms": 60_000});
        let stage = Stage::begin(options, &machine(json!({"A": task()})), input, &[]).await;
        for count in 1..4 {
            stage.sleep(Duration::from_secs(1)).await;
            stage.stop().await;
            let end = stage.ended_as(ExecutionStatus::Aborted).await;
            assert_eq!(end.failure.error.as_deref(), Some("Enough"));
            stage.redrive().await.expect("it was stopped");
            assert_eq!(stage.described().await.summary.redriven.map(|redriven| redriven.count), Some(count));
        }
        // The safety messages of the stops come while the last run goes on.
        assert_eq!(stage.output().await, json!(1));
        assert_eq!(stage.calls().len(), 4);
    }
}

/// Every message of the time before, once more.
#[tokio::test(start_paused = true)]
async fn what_comes_from_the_time_before_does_nothing() {
    for deployment in [Deployment::OneProcess, Deployment::Functions] {
        let branches = json!([
            {"StartAt": "L", "States": {"L": {"Type": "Wait", "Seconds": 100, "End": true}}},
            {"StartAt": "R", "States": {"R": task()}},
        ]);
        let states = json!({"A": {"Type": "Parallel", "Branches": branches, "End": true}});
        let mut definition = machine(states);
        definition["TimeoutSeconds"] = json!(1_000);
        let options = Options { deployment, ..Options::default() };
        let stage = Stage::begin(options, &definition, json!({"n": 1}), &[1]).await;
        stage.ended_as(ExecutionStatus::Failed).await;
        let before = stage.world.journal().order_of_records();
        let meta = stage.world.journal().meta(&stage.execution).await.expect("memory").expect("it is there");
        let run = RunKey { execution: meta.execution.clone(), run: meta.run.clone() };
        stage.fail_only(&[]);
        stage.redrive().await.expect("it failed");
        stage.sleep(Duration::from_secs(1)).await;
        let records = stage.world.journal().record_count();
        let stopped = Ending::Stopped(Failure::named("Late"));
        let node = stage.world.call(async |node| node).await;
        for key in &before {
            for kind in [
                WakeKind::Step { seq: key.seq },
                WakeKind::Timer { since: key.seq },
                WakeKind::Children { fork: key.seq },
                WakeKind::Abort(stopped.clone()),
                WakeKind::ExecutionTimeout,
                WakeKind::Settle,
            ] {
                for redelivered in [false, true] {
                    let wake = Wake { redelivered, ..Wake::new(&run, &key.strand, kind.clone()) };
                    node.0.handle(wake).await.expect("it is handled");
                }
            }
        }
        // A stop mark that was made before, a close that was late.
        let mark = ratchet_orchestrator::ports::StopMark { at: stage.world.clock().now(), opened: 0, ending: stopped };
        assert_eq!(stage.world.journal().mark_stop(&run, &mark).await.expect("memory"), None);
        let (status, now) = (ExecutionStatus::Failed, stage.world.clock().now());
        stage.world.journal().close(&run, status, now, meta.seq).await.expect("memory");
        assert_eq!(stage.world.journal().record_count(), records);
        let running = stage.described().await.summary;
        assert_eq!((running.status, running.stopped), (ExecutionStatus::Running, None));
        assert_eq!(stage.output().await[1], json!(1));
        assert_eq!(stage.calls(), [1, 1]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_of_before_is_too_late_and_the_new_one_is_good() {
    let states = json!({"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": true,
        "Parameters": {"FunctionName": "work", "Payload": {"n": 1, "token.$": "$$.Task.Token"}}}});
    let stage = Stage::calm(&machine(states), json!({}), &[]).await;
    stage.sleep(Duration::from_secs(1)).await;
    stage.stop().await;
    stage.redrive().await.expect("it was stopped");
    stage.sleep(Duration::from_secs(1)).await;
    let tokens: Vec<String> = stage
        .world
        .functions()
        .received()
        .iter()
        .filter_map(|call| serde_json::from_str::<Value>(&call.payload).ok()?["token"].as_str().map(str::to_owned))
        .collect();
    let answer = async |token: &str| {
        let output = Payload::from_value(json!("done"));
        insist(&stage.world, async |node| node.send_task_success(token, output.clone()).await).await
    };
    assert!(matches!(answer(&tokens[0]).await, Err(Error::TaskTimedOut)));
    answer(&tokens[1]).await.expect("it waits");
    assert_eq!(stage.output().await, json!("done"));
    assert_eq!(tokens.len(), 2);
}

/// A process that recovers finds it among those that run.
#[tokio::test(start_paused = true)]
async fn a_redriven_execution_goes_on_after_a_crash() {
    let states = json!({"A": {"Type": "Wait", "Seconds": 100, "Next": "T"}, "T": task()});
    let stage = Stage::calm(&machine(states), json!({"n": 1}), &[]).await;
    stage.sleep(Duration::from_secs(1)).await;
    stage.stop().await;
    stage.redrive().await.expect("it was stopped");
    stage.world.cut();
    assert_eq!(stage.output().await, json!(1));
}

/// The record is there, and nobody came to say so in META or to send a message.
#[tokio::test(start_paused = true)]
async fn a_redrive_that_was_cut_short_is_finished_by_whoever_settles_it() {
    let stage = Stage::calm(&machine(json!({"A": task()})), json!({"n": 1}), &[1]).await;
    stage.ended_as(ExecutionStatus::Failed).await;
    let meta = stage.world.journal().meta(&stage.execution).await.expect("memory").expect("it is there");
    let run = RunKey { execution: meta.execution.clone(), run: meta.run.clone() };
    // Another world's redrive of the same execution gives the record.
    let other = Stage::calm(&machine(json!({"A": task()})), json!({"n": 1}), &[1]).await;
    other.ended_as(ExecutionStatus::Failed).await;
    other.redrive().await.expect("it failed");
    let mut records = other.world.journal().all_records();
    let mut record = records.remove(usize::try_from(meta.seq).expect("few") + 1);
    record.key.run = run.clone();
    stage.fail_only(&[]);
    stage.world.journal().put(&record).await.expect("memory");
    assert_eq!(stage.described().await.summary.status, ExecutionStatus::Failed);
    let root = StrandId::root();
    let node = stage.world.call(async |node| node).await;
    assert_eq!(stage.refusal().await, "Execution is RUNNING and cannot be redriven");
    node.0.handle(Wake::new(&run, &root, WakeKind::Settle)).await.expect("it is handled");
    assert_eq!(stage.output().await, json!(1));
    assert_eq!(stage.described().await.summary.redriven.map(|redriven| redriven.count), Some(1));
}
