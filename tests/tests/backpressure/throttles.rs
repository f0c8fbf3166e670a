//! AWS throttles our own requests: they are repeated inside, each after a time of its own, then their messages come
//! again; and nothing is lost.
//!
//! Where the randomness is: DynamoDB, SQS and S3 requests are repeated by the SDK, which waits a random part of a bound
//! that doubles (`aws::http`); entries of a batch that SQS did not take by `queue::backoff`; keys that a batch left
//! unprocessed by `store::batch`; a call's outcome that waits for the journal by `orchestrator`'s `Delays`. That requests
//! come apart is shown by `tests/retries.rs`.

use acceptance::cloud::system::{Options, System};
use acceptance::cloud::{Effect, Fault, Service};
use anyhow::{Result, ensure};
use futures::future::try_join_all;
use model::ExecutionArn;
use serde_json::{Value, json};
use std::time::Duration;

fn on_aws(options: &Options, body: &impl AsyncFn(&System) -> Result<()>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    runtime.block_on(async { body(&System::deploy(options).await?).await })
}

fn task() -> Value {
    json!({"StartAt": "Task", "States": {"Task": {
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
        "Parameters": {"FunctionName": "work", "Payload": {}},
        "Retry": [{
            "ErrorEquals": ["Lambda.TooManyRequestsException"], "IntervalSeconds": 1, "MaxAttempts": 100,
            "MaxDelaySeconds": 10, "JitterStrategy": "FULL"
        }]
    }}})
}

/// Starts so many executions side by side.
async fn start(system: &System, count: usize) -> Result<Vec<ExecutionArn>> {
    system.cloud.lambda().create("work", |_| async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        Ok(json!({}))
    });
    let machine = system.create("machine", &task()).await?;
    let names: Vec<_> = (0..count).map(|index| format!("e{index}")).collect();
    try_join_all(names.iter().map(|name| system.start(&machine, name, json!({})))).await
}

/// Waits until each has ended, and says how.
async fn succeeded(system: &System, started: &[ExecutionArn]) -> Result<()> {
    for execution in started {
        system.ended(execution).await?;
        ensure!(system.status(execution)? == "SUCCEEDED", "{execution}: {}", system.status(execution)?);
    }
    Ok(())
}

#[test]
fn a_burst_on_a_throttled_table_and_queue_loses_nothing() -> Result<()> {
    let options = Options { batch_size: 10, concurrency: 20, ..Options::default() };
    on_aws(&options, &async |system: &System| {
        let started = start(system, 150).await?;
        for (service, operation, times) in [
            (Service::DynamoDb, "PutItem", 700),
            (Service::Sqs, "SendMessageBatch", 100),
            (Service::Sqs, "ChangeMessageVisibilityBatch", 100),
            (Service::Lambda, "Invoke", 150),
        ] {
            system.cloud.inject(Fault::every(service, operation, Effect::Throttled).times(times));
        }
        // Closing executions; not the timers' watermark, whose sweep would fail and be repeated by the schedule.
        let closing = Fault::every(Service::DynamoDb, "UpdateItem", Effect::Throttled).containing("\"META\"");
        system.cloud.inject(closing.times(150));
        succeeded(system, &started).await?;
        // Each was called as often as it was answered.
        let calls = system.cloud.lambda().calls().len();
        ensure!(calls == started.len(), "{calls} calls came through");
        Ok(())
    })
}

#[test]
fn a_table_that_is_busy_for_minutes_brings_messages_back_until_it_is_not() -> Result<()> {
    let options = Options { batch_size: 10, concurrency: 20, ..Options::default() };
    on_aws(&options, &async |system: &System| {
        let started = start(system, 12).await?;
        system.cloud.inject(Fault::every(Service::DynamoDb, "PutItem", Effect::Throttled));
        tokio::time::sleep(Duration::from_mins(6)).await;
        // So long that wakes became dead letters: that worker tries too, ever later, and ends nothing.
        for execution in &started {
            ensure!(system.status(execution)? == "RUNNING", "an outage ended {execution}");
        }
        system.cloud.heal();
        succeeded(system, &started).await
    })
}
