//! What becomes of the messages of a batch.

use crate::fake_sqs::{FakeSqs, Verdict, refused, wake};
use anyhow::{Context, Result, ensure};
use orchestrator::{Acknowledge, Wake, WakeKind};
use ratchet_queue::{Answer, Attributes, Consumer, Event, LONGEST_VISIBILITY, Message, Redelivery};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const URL: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/steps";

fn step(seq: u64) -> Wake {
    wake("one", WakeKind::Step { seq })
}

fn seq(wake: &Wake) -> u64 {
    match wake.kind {
        WakeKind::Step { seq } => seq,
        _ => u64::MAX,
    }
}

fn message(number: usize, body: &str) -> Message {
    Message {
        message_id: format!("m{number}"),
        receipt_handle: format!("r{number}"),
        body: body.to_owned(),
        attributes: Attributes { receive_count: "1".to_owned() },
        event_source_arn: "arn:aws:sqs:us-east-1:123456789012:steps".to_owned(),
    }
}

/// Messages `m0`, `m1`, ... for the steps 0, 1, ...
fn batch(size: usize) -> Event {
    Event { records: (0..size).map(|number| message(number, &step(number as u64).to_text())).collect() }
}

fn failed(answer: &Answer) -> Vec<&str> {
    answer.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect()
}

/// By receipt handle: the last visibility time-out that was asked for, in seconds.
fn visibilities(sqs: &FakeSqs) -> BTreeMap<String, u64> {
    let text = |entry: &Value, field: &str| entry.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let seconds = |entry: &Value| entry.get("VisibilityTimeout").and_then(Value::as_u64).unwrap_or(u64::MAX);
    sqs.entries().iter().map(|(_, entry)| (text(entry, "ReceiptHandle"), seconds(entry))).collect()
}

fn consumer(sqs: &FakeSqs) -> Consumer {
    Consumer::new(&sqs.config(), URL, Redelivery::Soon)
}

async fn done(_: Wake) -> Result<Acknowledge, &'static str> {
    Ok(Acknowledge::Delete)
}

async fn fail(_: Wake) -> Result<Acknowledge, &'static str> {
    Err("the journal is away")
}

#[test]
fn an_event_of_lambda_is_read_and_answered_as_lambda_wants_it() -> Result<()> {
    let event: Event = serde_json::from_value(json!({ "Records": [{
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...",
        "body": "text",
        "attributes": {
            "ApproximateReceiveCount": "3",
            "SentTimestamp": "1545082649183",
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1545082649185"
        },
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-2:123456789012:my-queue",
        "awsRegion": "us-east-2"
    }]}))?;
    ensure!(event.records[0].receives() == 3);
    ensure!(event.records[0].event_source_arn == "arn:aws:sqs:us-east-2:123456789012:my-queue");
    let answer = Answer {
        batch_item_failures: vec![ratchet_queue::ItemFailure { item_identifier: event.records[0].message_id.clone() }],
    };
    let expected = json!({ "batchItemFailures": [{ "itemIdentifier": "059f36b4-87a3-44ab-83d2-661975830a7d" }] });
    ensure!(serde_json::to_value(answer)? == expected);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_succeeds_needs_no_request() -> Result<()> {
    let sqs = FakeSqs::willing();
    let answer = consumer(&sqs).handle(&batch(10), done).await;
    ensure!(answer == Answer::default(), "{answer:?}");
    ensure!(sqs.requests().is_empty(), "{:#?}", sqs.requests());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_messages_of_a_batch_are_handled_at_the_same_time() -> Result<()> {
    let sqs = FakeSqs::willing();
    let (busy, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let handler = async |_: Wake| {
        most.fetch_max(busy.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_secs(1)).await;
        busy.fetch_sub(1, Ordering::Relaxed);
        Ok::<_, &str>(Acknowledge::Delete)
    };
    consumer(&sqs).handle(&batch(10), handler).await;
    ensure!(most.load(Ordering::Relaxed) == 10, "{most:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_returned_wake_comes_again_after_its_time_rounded_up() -> Result<()> {
    let sqs = FakeSqs::willing();
    let times = [Duration::ZERO, Duration::from_millis(200), Duration::from_millis(1_001), Duration::from_hours(24)];
    let handler = async |wake: Wake| {
        let after = usize::try_from(seq(&wake)).ok().and_then(|number| times.get(number));
        Ok::<_, &str>(after.map_or(Acknowledge::Delete, |after| Acknowledge::Return(*after)))
    };
    let answer = consumer(&sqs).handle(&batch(6), handler).await;
    ensure!(failed(&answer) == ["m0", "m1", "m2", "m3"], "{answer:?}");
    let longest = LONGEST_VISIBILITY.as_secs();
    let expected = [("r0", 0), ("r1", 1), ("r2", 2), ("r3", longest)];
    ensure!(visibilities(&sqs) == expected.map(|(receipt, after)| (receipt.to_owned(), after)).into());
    // In one request, to the queue that the messages came from.
    ensure!(sqs.requests().len() == 1, "{:#?}", sqs.requests());
    ensure!(sqs.requests()[0].operation == "ChangeMessageVisibilityBatch");
    ensure!(sqs.entries().iter().all(|(url, _)| url == URL));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn more_than_ten_changes_are_several_requests() -> Result<()> {
    let sqs = FakeSqs::willing();
    let answer = consumer(&sqs).handle(&batch(25), fail).await;
    ensure!(failed(&answer).len() == 25);
    let sizes: Vec<_> = sqs.requests().iter().map(|request| request.entries().len()).collect();
    ensure!(sizes == [10, 10, 5], "{sizes:?}");
    ensure!(visibilities(&sqs).len() == 25);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_error_brings_the_wake_again_later_each_time() -> Result<()> {
    for (receives, shortest, longest) in [(1, 1, 2), (2, 2, 4), (3, 4, 8), (4, 8, 16), (5, 10, 20), (100, 10, 20)] {
        let sqs = FakeSqs::willing();
        let mut event = batch(10);
        for message in &mut event.records {
            message.attributes.receive_count = receives.to_string();
        }
        let answer = consumer(&sqs).handle(&event, fail).await;
        ensure!(failed(&answer).len() == 10, "{answer:?}");
        let found = visibilities(&sqs);
        ensure!(found.len() == 10);
        ensure!(found.values().all(|after| (shortest..=longest).contains(after)), "{receives}: {found:?}");
        ensure!(receives < 5 || found.values().any(|after| *after != found["r0"]), "all at once: {found:?}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_panic_hurts_its_own_message_alone() -> Result<()> {
    let sqs = FakeSqs::willing();
    // One before there is a future, one within it.
    let handler = |wake: Wake| {
        let seq = seq(&wake);
        assert!(seq != 2, "the handler panics on 2");
        async move {
            tokio::task::yield_now().await;
            assert!(seq != 5, "the handler panics on {seq}");
            Ok::<_, &str>(Acknowledge::Delete)
        }
    };
    let answer = consumer(&sqs).handle(&batch(10), handler).await;
    ensure!(failed(&answer) == ["m2", "m5"], "{answer:?}");
    let found = visibilities(&sqs);
    ensure!(found.len() == 2 && found.values().all(|after| (1..=2).contains(after)), "{found:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_message_that_cannot_be_read_fails_and_its_mates_go_on() -> Result<()> {
    let newer = step(0).to_text().replacen("\"version\":1", "\"version\":1000000", 1);
    for text in ["", "{}", "no wake", &newer] {
        let sqs = FakeSqs::willing();
        let mut event = batch(3);
        event.records[1].body = text.to_owned();
        let handled = AtomicUsize::new(0);
        let handler = async |_: Wake| {
            handled.fetch_add(1, Ordering::Relaxed);
            Ok::<_, &str>(Acknowledge::Delete)
        };
        let answer = consumer(&sqs).handle(&event, handler).await;
        ensure!(failed(&answer) == ["m1"], "{text}: {answer:?}");
        ensure!(handled.load(Ordering::Relaxed) == 2, "{text}");
        ensure!(visibilities(&sqs).into_keys().eq(["r1"]), "{text}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_takes_too_long_is_broken_off_and_its_mates_are_done() -> Result<()> {
    let sqs = FakeSqs::willing();
    let began = tokio::time::Instant::now();
    let handler = async |wake: Wake| {
        let seconds = if seq(&wake) == 1 { 3_600 } else { 1 };
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        Ok::<_, &str>(Acknowledge::Delete)
    };
    let answer = consumer(&sqs).handle_within(&batch(3), Duration::from_secs(8), handler).await;
    ensure!(failed(&answer) == ["m1"], "{answer:?}");
    ensure!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_visibility_that_cannot_be_changed_leaves_the_answer_as_it_is() -> Result<()> {
    let away = FakeSqs::new(Duration::ZERO, |_| refused(503, "ServiceUnavailable"));
    let denies = FakeSqs::deciding(|_, _| Verdict::Failed { code: "ReceiptHandleIsInvalid", is_sender_fault: true });
    for sqs in [away, denies] {
        let handler = async |wake: Wake| if seq(&wake) == 0 { fail(wake).await } else { done(wake).await };
        let answer = consumer(&sqs).handle(&batch(2), handler).await;
        ensure!(failed(&answer) == ["m0"], "{answer:?}");
        ensure!(sqs.requests().len() == 1, "{:#?}", sqs.requests());
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_held_message_stays_away_while_its_handler_works() -> Result<()> {
    let sqs = FakeSqs::willing();
    let handler = async |_: Wake| {
        tokio::time::sleep(Duration::from_secs(100)).await;
        Ok::<_, &str>(Acknowledge::Delete)
    };
    let began = tokio::time::Instant::now();
    let answer = consumer(&sqs).holding_messages().handle(&batch(1), handler).await;
    ensure!(answer == Answer::default(), "{answer:?}");
    let requests = sqs.requests();
    let times: Vec<_> = requests.iter().map(|request| request.at.duration_since(began).as_secs()).collect();
    ensure!(times == [0, 30, 60, 90], "{times:?}");
    for request in &requests {
        let entries = request.entries();
        ensure!(entries.len() == 1 && entries[0]["ReceiptHandle"] == "r0" && entries[0]["VisibilityTimeout"] == 60);
    }
    // Nobody holds it any longer.
    tokio::time::sleep(Duration::from_mins(5)).await;
    ensure!(sqs.requests().len() == 4);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_held_message_that_fails_comes_again_after_its_own_time() -> Result<()> {
    let sqs = FakeSqs::willing();
    let handler = async |_: Wake| {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok::<_, &str>(Acknowledge::Return(Duration::from_secs(7)))
    };
    let answer = consumer(&sqs).holding_messages().handle(&batch(1), handler).await;
    ensure!(failed(&answer) == ["m0"]);
    ensure!(visibilities(&sqs).get("r0") == Some(&7), "{:?}", visibilities(&sqs));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_message_that_cannot_be_held_is_handled_all_the_same() -> Result<()> {
    let sqs = FakeSqs::new(Duration::ZERO, |_| refused(503, "ServiceUnavailable"));
    let handler = async |_: Wake| {
        tokio::time::sleep(Duration::from_secs(40)).await;
        Ok::<_, &str>(Acknowledge::Delete)
    };
    let answer = consumer(&sqs).holding_messages().handle(&batch(1), handler).await;
    ensure!(answer == Answer::default(), "{answer:?}");
    ensure!(sqs.requests().len() == 2, "{:#?}", sqs.requests());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_waits_longer_each_time_whether_or_not_its_count_began_anew() -> Result<()> {
    let bounds = |tries: u32| {
        let longest = 3_600_u64.min(60 << (tries - 1));
        longest / 2..=longest
    };
    for (receives, tries) in [(1, 1), (2, 2), (6, 6), (10, 10), (11, 1), (12, 2), (17, 7), (500, 20)] {
        let sqs = FakeSqs::willing();
        let mut event = batch(1);
        event.records[0].attributes.receive_count = receives.to_string();
        let answer = Consumer::new(&sqs.config(), URL, Redelivery::Growing).handle(&event, fail).await;
        ensure!(failed(&answer) == ["m0"]);
        let found = visibilities(&sqs);
        let after = found.get("r0").context("it comes again")?;
        ensure!(bounds(tries).contains(after), "received {receives} times: {after} s");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_that_cannot_be_read_is_kept_for_a_person_to_see() -> Result<()> {
    let sqs = FakeSqs::willing();
    let event = Event { records: vec![message(0, "no wake \u{1f980}")] };
    let answer = Consumer::new(&sqs.config(), URL, Redelivery::Growing).handle(&event, done).await;
    ensure!(failed(&answer) == ["m0"]);
    ensure!(visibilities(&sqs).get("r0") == Some(&LONGEST_VISIBILITY.as_secs()));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_of_a_newer_program_waits_for_that_program() -> Result<()> {
    let sqs = FakeSqs::willing();
    let newer = step(0).to_text().replacen("\"version\":1", "\"version\":1000000", 1);
    let answer = Consumer::new(&sqs.config(), URL, Redelivery::Growing)
        .handle(&Event { records: vec![message(0, &newer)] }, done)
        .await;
    ensure!(failed(&answer) == ["m0"]);
    let found = visibilities(&sqs);
    ensure!(found.get("r0").is_some_and(|after| *after <= 60), "{found:?}");
    Ok(())
}
