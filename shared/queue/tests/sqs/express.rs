//! Starts of Express executions: sent to a queue of their own, received by the message, tried again.

use crate::fake_sqs::FakeSqs;
use anyhow::{Context, Result, ensure};
use model::{Payload, Timestamp};
use orchestrator::ports::ExpressQueue as _;
use orchestrator::{Acknowledge, ExpressInput, ExpressStart};
use ratchet_queue::{Attributes, Consumer, Event, Message, Redelivery, Settings, SqsQueue, start_trace_header};
use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};

const URL: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/express";

fn start(name: &str, input: &str) -> Result<ExpressStart> {
    Ok(ExpressStart {
        machine: "arn:aws:states:us-east-1:123456789012:stateMachine:quick".parse()?,
        revision: "r1".to_owned(),
        name: name.to_owned(),
        id: "u1".to_owned(),
        started: Timestamp::from_micros(1_465_510_726_000_000),
        input: ExpressInput::Here(Payload::from_text(input)?),
    })
}

fn message(id: &str, body: String) -> Message {
    Message {
        message_id: id.to_owned(),
        receipt_handle: id.to_owned(),
        body,
        attributes: Attributes { receive_count: "1".to_owned() },
        event_source_arn: String::new(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_start_arrives_whole_in_the_queue_of_its_own_and_in_a_trace_of_its_own() -> Result<()> {
    let sqs = FakeSqs::willing();
    let queue = SqsQueue::new(&sqs.config(), &Settings::new("https://steps", "https://tasks", URL));
    let sent = start("one", "{ \"text\": \"\u{ffff} \\\" é\" }")?;
    queue.send(sent.clone()).await?;
    let entries = sqs.entries();
    let (url, entry) = entries.first().context("nothing was sent")?;
    ensure!(url == URL, "{url}");
    let body = entry.get("MessageBody").and_then(Value::as_str).context("no body")?;
    ensure!(!body.contains('\u{ffff}'), "SQS refuses this character");
    let arrived = ExpressStart::from_text(body)?;
    let value = |start: &ExpressStart| match &start.input {
        ExpressInput::Here(input) => input.value().clone(),
        ExpressInput::Blob(sha256) => Value::from(sha256.as_str()),
    };
    ensure!((value(&arrived), arrived.execution()) == (value(&sent), sent.execution()));
    let trace = entry.pointer("/MessageSystemAttributes/AWSTraceHeader/StringValue").and_then(Value::as_str);
    ensure!(trace == Some(start_trace_header(&sent).as_str()), "{trace:?}");
    ensure!(trace.is_some_and(|trace| trace.starts_with("Root=1-5759eb46-")), "{trace:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn of_a_batch_only_those_come_again_that_could_not_run() -> Result<()> {
    let sqs = FakeSqs::willing();
    let bodies = [
        start("well", "1")?.to_text(),
        "no start".to_owned(),
        start("away", "1")?.to_text(),
        start("panics", "1")?.to_text(),
    ];
    let records = bodies.into_iter().enumerate().map(|(number, body)| message(&format!("m{number}"), body)).collect();
    let ran = AtomicUsize::new(0);
    let run = async |start: ExpressStart| {
        ran.fetch_add(1, Ordering::Relaxed);
        match start.name.as_str() {
            "away" => Err("the table is away"),
            "panics" => panic!("a test's own"),
            _ => Ok(Acknowledge::Delete),
        }
    };
    let consumer = Consumer::new(&sqs.config(), URL, Redelivery::Soon);
    let answer = consumer.handle(&Event { records }, run).await;
    let failed: Vec<_> = answer.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect();
    ensure!(failed == ["m1", "m2", "m3"], "{failed:?}");
    ensure!(ran.load(Ordering::Relaxed) == 3);
    Ok(())
}
