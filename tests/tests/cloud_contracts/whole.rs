//! Whole executions in the deployed system, while things go wrong beneath it.

use acceptance::cloud::system::{Options, System, TABLE};
use acceptance::cloud::{Effect, Fault, Service};
use anyhow::{Result, ensure};
use model::ExecutionArn;
use orchestrator::ports::ExecutionStatus;
use serde_json::{Value, json};
use std::time::Duration;

/// Validate, decide, pay, ship, done: two of them call.
fn order() -> Value {
    let invoke = |function: &str, next: &str| {
        json!({
            "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": { "FunctionName": function, "Payload.$": "$" }, "ResultSelector": { "ok.$": "$.Payload.ok" },
            "Next": next
        })
    };
    json!({ "StartAt": "Validate", "States": {
        "Validate": { "Type": "Pass", "Result": { "ok": true }, "Next": "Decide" },
        "Decide": {
            "Type": "Choice", "Choices": [{ "Variable": "$.ok", "BooleanEquals": true, "Next": "Pay" }], "Default": "No"
        },
        "Pay": invoke("pay", "Ship"),
        "Ship": invoke("ship", "Done"),
        "Done": { "Type": "Succeed" },
        "No": { "Type": "Fail" }
    } })
}

async fn system() -> Result<System> {
    let system = System::deploy(&Options::default()).await?;
    for function in ["pay", "ship"] {
        system.cloud.lambda().create(function, |_| async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Ok(json!({ "ok": true }))
        });
    }
    Ok(system)
}

async fn started(system: &System) -> Result<ExecutionArn> {
    let machine = system.create("order", &order()).await?;
    system.start(&machine, "one", json!({})).await
}

fn records(system: &System) -> Result<usize> {
    let items = system.cloud.dynamodb().items(TABLE)?;
    Ok(items.iter().filter(|item| item["sk"]["S"].as_str().is_some_and(|sk| sk.starts_with("R#"))).count())
}

/// It succeeds with the records that it has on a good day, and each function is called once.
async fn check(system: &System, execution: &ExecutionArn) -> Result<()> {
    let described = system.settled(execution).await?;
    ensure!(described.summary.status == ExecutionStatus::Succeeded, "{:?}", described.failure);
    // The start, one for each state, and one more for the outcome of each call.
    ensure!(records(system)? == 1 + 5 + 2, "{} records", records(system)?);
    let calls: Vec<_> = system.cloud.lambda().calls().into_iter().map(|call| call.function).collect();
    ensure!(calls == ["pay", "ship"], "{calls:?}");
    ensure!(system.dead_letters().is_empty(), "{:?}", system.dead_letters());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_execution_runs_through_all_functions() -> Result<()> {
    let system = system().await?;
    let execution = started(&system).await?;
    check(&system, &execution).await
}

#[tokio::test(start_paused = true)]
async fn each_put_may_lose_its_answer() -> Result<()> {
    for spared in 0..10 {
        let system = system().await?;
        let machine = system.create("order", &order()).await?;
        system.cloud.inject(Fault::next(Service::DynamoDb, "PutItem", Effect::AnswerLost).after(spared));
        let execution = system.start(&machine, "one", json!({})).await?;
        check(&system, &execution).await?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn every_message_may_come_twice() -> Result<()> {
    let system = system().await?;
    let execution = started(&system).await?;
    for _ in 0..40 {
        system.cloud.sqs().double(system.step_queue());
        system.cloud.sqs().double(system.task_queue());
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    check(&system, &execution).await
}

#[tokio::test(start_paused = true)]
async fn messages_that_were_lost_are_made_up_for() -> Result<()> {
    let system = system().await?;
    system.cloud.inject(Fault::every(Service::Sqs, "SendMessageBatch", Effect::Purged));
    let execution = started(&system).await?;
    tokio::time::sleep(Duration::from_hours(1)).await;
    ensure!(system.status(&execution)? == "RUNNING");
    system.cloud.heal();
    system.reconcile().await?;
    check(&system, &execution).await
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_minutes_fails_nothing() -> Result<()> {
    for (service, operation) in
        [(Service::DynamoDb, "PutItem"), (Service::Sqs, "SendMessageBatch"), (Service::DynamoDb, "UpdateItem")]
    {
        let system = system().await?;
        let execution = started(&system).await?;
        system.cloud.inject(Fault::every(service, operation, Effect::Throttled));
        tokio::time::sleep(Duration::from_mins(3)).await;
        ensure!(system.status(&execution)? == "RUNNING", "{operation}");
        system.cloud.heal();
        let described = system.settled(&execution).await?;
        ensure!(described.summary.status == ExecutionStatus::Succeeded, "{operation}: {:?}", described.failure);
        // What became a dead letter meanwhile is settled, and goes.
        tokio::time::sleep(Duration::from_hours(3)).await;
        ensure!(system.dead_letters().is_empty(), "{operation}: {:?}", system.dead_letters());
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_answer_is_cut_is_made_once() -> Result<()> {
    for effect in [Effect::ConnectionCut, Effect::AnswerLost, Effect::ServerError] {
        let system = system().await?;
        let machine = system.create("order", &order()).await?;
        system.cloud.inject(Fault::every(Service::Lambda, "Invoke", effect.clone()));
        let execution = system.start(&machine, "one", json!({})).await?;
        let described = system.settled(&execution).await?;
        ensure!(described.summary.status == ExecutionStatus::Failed, "{effect:?}: {:?}", described.summary.status);
        let sent = system.take_requests().iter().filter(|request| request.operation == "Invoke").count();
        ensure!(sent == 1, "{effect:?}: sent {sent} times");
    }
    Ok(())
}
