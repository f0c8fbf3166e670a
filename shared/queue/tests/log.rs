//! What an operator reads about messages that fail.
//!
//! In a program of its own: where a test without a subscriber comes upon an event at the same moment, the event may be taken
//! for one that nobody wants.

#[expect(dead_code, reason = "the other tests have a use for the rest")]
#[path = "sqs/fake_sqs.rs"]
mod fake_sqs;

use anyhow::{Context, Result, ensure};
use fake_sqs::{FakeSqs, wake};
use model::Failure;
use orchestrator::{Acknowledge, Wake, WakeKind};
use ratchet_queue::{Attributes, Consumer, Event, Message, Redelivery};
use serde_json::Value;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Log {
    fn lines(&self) -> Result<Vec<Value>> {
        let text = String::from_utf8(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())?;
        text.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
    }
}

/// What is logged above debug level while a batch of these messages fails.
async fn logged(redelivery: Redelivery, bodies: &[&str]) -> Result<Vec<Value>> {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().json().with_max_level(tracing::Level::INFO).with_writer(log.clone()).finish();
    let as_long_as_this = tracing::subscriber::set_default(subscriber);
    let records = bodies.iter().enumerate().map(|(number, body)| Message {
        message_id: format!("m{number}"),
        receipt_handle: format!("r{number}"),
        body: (*body).to_owned(),
        attributes: Attributes { receive_count: "3".to_owned() },
        event_source_arn: String::new(),
    });
    let event = Event { records: records.collect() };
    let handler = async |wake: Wake| match wake.kind {
        WakeKind::Step { .. } => Err("the journal is away"),
        WakeKind::Settle => panic!("a mistake of ours"),
        _ => Ok(Acknowledge::Delete),
    };
    Consumer::new(&FakeSqs::willing().config(), "https://queue", redelivery).handle(&event, handler).await;
    drop(as_long_as_this);
    log.lines()
}

fn text<'v>(line: &'v Value, pointer: &str) -> &'v str {
    line.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_failed_wake_is_logged_with_what_it_is_about() -> Result<()> {
    let (step, settle) = (wake("one", WakeKind::Step { seq: 7 }), wake("two", WakeKind::Settle));
    let lines = logged(Redelivery::Soon, &[&step.to_text(), &settle.to_text()]).await?;
    ensure!(lines.len() == 2, "{lines:#?}");
    ensure!(text(&lines[0], "/level") == "WARN" && text(&lines[0], "/fields/error") == "the journal is away");
    ensure!(lines[0].pointer("/fields/receives") == Some(&3.into()), "{:#?}", lines[0]);
    ensure!(text(&lines[0], "/span/execution") == step.run.execution.as_str(), "{:#?}", lines[0]);
    ensure!(text(&lines[0], "/span/strand") == "0" && text(&lines[0], "/span/message_id") == "m0");
    ensure!(lines[0].pointer("/span/seq") == Some(&7.into()), "{:#?}", lines[0]);
    ensure!(text(&lines[1], "/level") == "ERROR" && text(&lines[1], "/fields/said") == "a mistake of ours");
    ensure!(text(&lines[1], "/span/execution") == settle.run.execution.as_str(), "{:#?}", lines[1]);
    ensure!(lines[1].pointer("/span/seq").is_none(), "it is about no record: {:#?}", lines[1]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_message_that_cannot_be_read_is_an_error_in_the_log() -> Result<()> {
    let text_of_message = format!("no wake, {}", "x".repeat(10_000));
    let lines = logged(Redelivery::Soon, &[&text_of_message]).await?;
    ensure!(lines.len() == 1 && text(&lines[0], "/level") == "ERROR", "{lines:#?}");
    ensure!(text(&lines[0], "/fields/message_id") == "m0", "{lines:#?}");
    ensure!(lines[0].to_string().len() < 1_000, "{}", lines[0]);
    let lines = logged(Redelivery::Growing, &[&text_of_message]).await?;
    ensure!(lines.len() == 1 && text(&lines[0], "/level") == "ERROR", "{lines:#?}");
    ensure!(text(&lines[0], "/fields/head").starts_with("no wake, xxx"), "{lines:#?}");
    ensure!(lines[0].to_string().len() < 1_000, "{}", lines[0]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn no_payload_is_logged() -> Result<()> {
    let secret = Failure::new("Error", "a secret");
    let abort = wake("one", WakeKind::Abort(engine::Ending::Stopped(secret))).to_text();
    // Of a version that cannot be read.
    let newer = abort.replacen("\"version\":1", "\"version\":1000000", 1);
    ensure!(newer != abort && newer.contains("a secret"));
    for redelivery in [Redelivery::Soon, Redelivery::Growing] {
        let lines = logged(redelivery, &[&abort, &newer]).await?;
        ensure!(lines.len() == 1, "{lines:#?}");
        ensure!(!lines[0].to_string().contains("a secret"), "{}", lines[0]);
    }
    Ok(())
}
