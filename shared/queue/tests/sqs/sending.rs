//! How wakes reach SQS.

use crate::fake_sqs::{FakeSqs, Verdict, refused, wake};
use anyhow::{Context, Result, ensure};
use futures::future::join_all;
use model::Failure;
use orchestrator::ports::{self, Queue};
use orchestrator::{Lane, Wake, WakeKind};
use ratchet_queue::{AWS_MAX_BATCH_BYTES, Settings, SqsQueue};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

const STEPS: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/steps";
const TASKS: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/tasks";
const EXPRESS: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/express";

fn queue_of(sqs: &FakeSqs) -> SqsQueue {
    queue_with(sqs, AWS_MAX_BATCH_BYTES)
}

fn queue_with(sqs: &FakeSqs, max_batch_bytes: usize) -> SqsQueue {
    let settings = Settings { max_batch_bytes, ..Settings::new(STEPS, TASKS, EXPRESS) };
    SqsQueue::new(&sqs.config(), &settings)
}

fn step(seq: u64) -> Wake {
    wake("one", WakeKind::Step { seq })
}

/// A wake whose text has some more bytes than this.
fn large(seq: u64, bytes: usize) -> Wake {
    let failure = Failure::new("Large", format!("{seq:09}{}", "x".repeat(bytes)));
    wake("one", WakeKind::Abort(engine::Ending::Stopped(failure)))
}

async fn send_all(queue: &SqsQueue, wakes: impl IntoIterator<Item = Wake>) -> Vec<Result<(), ports::Error>> {
    join_all(wakes.into_iter().map(|wake| queue.send(wake, Duration::ZERO))).await
}

fn sizes(sqs: &FakeSqs) -> Vec<usize> {
    sqs.requests().iter().map(|request| request.entries().len()).collect()
}

fn body(entry: &Value) -> &str {
    entry.get("MessageBody").and_then(Value::as_str).unwrap_or_default()
}

fn is_step(entry: &Value, wanted: u64) -> bool {
    Wake::from_text(body(entry)).is_ok_and(|wake| wake.kind == WakeKind::Step { seq: wanted })
}

#[tokio::test(start_paused = true)]
async fn a_wake_arrives_whole() -> Result<()> {
    let sqs = FakeSqs::willing();
    let sent = step(7);
    queue_of(&sqs).send(sent.clone(), Duration::ZERO).await?;
    let requests = sqs.requests();
    ensure!(requests.len() == 1, "{requests:#?}");
    ensure!(requests[0].operation == "SendMessageBatch", "{}", requests[0].operation);
    let entries = sqs.entries();
    ensure!(entries.len() == 1, "{entries:#?}");
    ensure!(Wake::from_text(body(&entries[0].1))? == sent);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_lane_decides_about_the_queue() -> Result<()> {
    let sqs = FakeSqs::willing();
    let queue = queue_of(&sqs);
    queue.send(step(1), Duration::ZERO).await?;
    queue.send(Wake { lane: Lane::Tasks, ..step(2) }, Duration::ZERO).await?;
    let urls: Vec<_> = sqs.entries().into_iter().map(|(url, _)| url).collect();
    ensure!(urls == [STEPS, TASKS], "{urls:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_delay_is_rounded_up_and_cut_at_fifteen_minutes() -> Result<()> {
    let cases = [(0, 0), (1, 1), (999, 1), (1_000, 1), (1_001, 2), (899_001, 900), (900_000, 900), (86_400_000, 900)];
    for (millis, seconds) in cases {
        let sqs = FakeSqs::willing();
        queue_of(&sqs).send(step(0), Duration::from_millis(millis)).await?;
        let entries = sqs.entries();
        let found = entries[0].1.get("DelaySeconds").and_then(Value::as_u64);
        ensure!(found == Some(seconds), "{millis} ms: {found:?}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_wake_that_comes_alone_goes_at_once() -> Result<()> {
    let sqs = FakeSqs::willing();
    let queue = queue_of(&sqs);
    let began = tokio::time::Instant::now();
    for seq in 0..3 {
        queue.send(step(seq), Duration::ZERO).await?;
    }
    ensure!(sizes(&sqs) == [1, 1, 1], "{:?}", sizes(&sqs));
    // No more than the three answers took.
    ensure!(began.elapsed() < Duration::from_millis(40), "{:?}", began.elapsed());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn warming_sends_no_wake_and_never_fails() -> Result<()> {
    let refuses = FakeSqs::new(Duration::ZERO, |_| refused(400, "AWS.SimpleQueueService.EmptyBatchRequest"));
    let is_slow = FakeSqs::new(Duration::from_mins(1), |request| request.verdicts(|_| Verdict::Taken));
    for sqs in [refuses, is_slow] {
        let began = tokio::time::Instant::now();
        queue_of(&sqs).warm().await;
        ensure!(began.elapsed() <= Duration::from_secs(3), "{:?}", began.elapsed());
        ensure!(sqs.requests().len() == 1 && sqs.entries().is_empty(), "{:#?}", sqs.requests());
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn forty_wakes_at_once_are_four_requests() -> Result<()> {
    let sqs = FakeSqs::willing();
    let queue = queue_of(&sqs);
    let began = tokio::time::Instant::now();
    for sent in send_all(&queue, (0..40).map(step)).await {
        sent?;
    }
    ensure!(sizes(&sqs) == [10, 10, 10, 10], "{:?}", sizes(&sqs));
    ensure!(began.elapsed() < Duration::from_millis(20), "one after the other: {:?}", began.elapsed());
    let bodies: BTreeSet<_> = sqs.entries().iter().map(|(_, entry)| body(entry).to_owned()).collect();
    ensure!(bodies.len() == 40, "{} different wakes", bodies.len());
    for request in sqs.requests() {
        let ids: BTreeSet<_> = request.entries().iter().map(|entry| entry["Id"].to_string()).collect();
        ensure!(ids.len() == 10, "ids of a batch must differ: {ids:?}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_comes_while_a_batch_is_under_way_goes_with_the_next() -> Result<()> {
    let sqs = FakeSqs::willing();
    let queue = queue_of(&sqs);
    let sends = (0..8).map(|seq| {
        let queue = queue.clone();
        async move {
            // The first is under way when the others come.
            tokio::time::sleep(Duration::from_millis(seq)).await;
            queue.send(step(seq), Duration::ZERO).await
        }
    });
    for sent in join_all(sends).await {
        sent?;
    }
    ensure!(sizes(&sqs) == [1, 7], "{:?}", sizes(&sqs));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn senders_on_many_threads_lose_no_wake() -> Result<()> {
    let sqs = FakeSqs::new(Duration::ZERO, |request| request.verdicts(|_| Verdict::Taken));
    let queue = queue_of(&sqs);
    let senders: Vec<_> = (0..20)
        .map(|sender| {
            let queue = queue.clone();
            tokio::spawn(async move { send_all(&queue, (0..50).map(|number| step(sender * 50 + number))).await })
        })
        .collect();
    for sender in senders {
        for sent in sender.await? {
            sent?;
        }
    }
    ensure!(sizes(&sqs).iter().all(|entries| (1..=10).contains(entries)), "{:?}", sizes(&sqs));
    let bodies: Vec<_> = sqs.entries().iter().map(|(_, entry)| body(entry).to_owned()).collect();
    ensure!(bodies.len() == 1_000 && bodies.iter().collect::<BTreeSet<_>>().len() == 1_000, "{}", bodies.len());
    // None of the senders was left behind as busy: the next wake goes alone, at once.
    queue.send(step(1_000), Duration::ZERO).await?;
    ensure!(sizes(&sqs).last() == Some(&1), "{:?}", sizes(&sqs));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn no_batch_exceeds_the_bytes_that_the_queue_takes() -> Result<()> {
    const LIMIT: usize = 262_144;
    let sqs = FakeSqs::willing();
    let queue = queue_with(&sqs, LIMIT);
    for sent in send_all(&queue, (0..20).map(|seq| large(seq, 50_000))).await {
        sent?;
    }
    for request in sqs.requests() {
        let bytes: usize = request.entries().iter().map(|entry| body(entry).len()).sum();
        ensure!(bytes <= LIMIT, "{bytes} bytes");
    }
    ensure!(sizes(&sqs).iter().sum::<usize>() == 20, "{:?}", sizes(&sqs));
    ensure!(sizes(&sqs).iter().filter(|entries| **entries == 5).count() == 4, "{:?}", sizes(&sqs));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_too_long_is_sent_in_parts() -> Result<()> {
    for code in ["com.amazonaws.sqs#BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong"] {
        let sqs = FakeSqs::new(Duration::ZERO, |request| {
            if request.entries().iter().map(|entry| body(entry).len()).sum::<usize>() > 262_144 {
                refused(400, code)
            } else {
                request.verdicts(|_| Verdict::Taken)
            }
        });
        let mut wakes: Vec<_> = (0..9).map(|seq| large(seq, 50_000)).collect();
        wakes.push(large(9, 300_000));
        let sent = send_all(&queue_of(&sqs), wakes).await;
        for sent in &sent[..9] {
            ensure!(sent.is_ok(), "{code}: {sent:?}");
        }
        let error = sent[9].as_ref().err().context("no queue takes it")?;
        ensure!(!error.is_transient() && error.to_string().contains("too long"), "{error}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_failed_entry_alone_is_sent_again() -> Result<()> {
    let sqs = FakeSqs::deciding(|entry, before| match before {
        0 | 1 if is_step(entry, 3) => Verdict::Failed { code: "InternalError", is_sender_fault: false },
        _ => Verdict::Taken,
    });
    let queue = queue_of(&sqs);
    let began = tokio::time::Instant::now();
    let sends = (0..10).map(|seq| {
        let queue = queue.clone();
        async move { (seq, queue.send(step(seq), Duration::ZERO).await, began.elapsed()) }
    });
    for (seq, sent, elapsed) in join_all(sends).await {
        sent?;
        // The others were told at once.
        ensure!((seq == 3) == (elapsed > Duration::from_millis(50)), "{seq}: {elapsed:?}");
    }
    ensure!(sizes(&sqs) == [10, 1, 1], "{:?}", sizes(&sqs));
    for request in &sqs.requests()[1..] {
        ensure!(request.entries().iter().all(|entry| is_step(entry, 3)), "{request:#?}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_the_answer_does_not_mention_is_sent_again() -> Result<()> {
    let sqs = FakeSqs::deciding(|entry, before| match before {
        0 if is_step(entry, 0) => Verdict::Unmentioned,
        _ => Verdict::Taken,
    });
    for sent in send_all(&queue_of(&sqs), (0..2).map(step)).await {
        sent?;
    }
    ensure!(sizes(&sqs) == [2, 1], "{:?}", sizes(&sqs));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_keeps_failing_fails_for_its_own_caller_and_may_be_sent_later() -> Result<()> {
    for never in [Verdict::Failed { code: "ServiceUnavailable", is_sender_fault: false }, Verdict::Unmentioned] {
        let sqs = FakeSqs::deciding(move |entry, _| if is_step(entry, 3) { never.clone() } else { Verdict::Taken });
        let sent = send_all(&queue_of(&sqs), (0..10).map(step)).await;
        for (seq, sent) in sent.iter().enumerate() {
            match sent {
                Ok(()) => ensure!(seq != 3, "it was never taken"),
                Err(error) => ensure!(seq == 3 && error.is_transient(), "{seq}: {error}"),
            }
        }
        ensure!(sizes(&sqs) == [10, 1, 1, 1, 1], "{:?}", sizes(&sqs));
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_is_refused_for_good_says_why_and_is_not_sent_again() -> Result<()> {
    let sqs = FakeSqs::deciding(|entry, _| {
        if is_step(entry, 3) {
            Verdict::Failed { code: "InvalidMessageContents", is_sender_fault: true }
        } else {
            Verdict::Taken
        }
    });
    let sent = send_all(&queue_of(&sqs), (0..10).map(step)).await;
    ensure!(sent.iter().filter(|sent| sent.is_ok()).count() == 9);
    let error = sent[3].as_ref().err().context("it was refused")?;
    ensure!(!error.is_transient());
    ensure!(error.to_string().contains("InvalidMessageContents: because"), "{error}");
    ensure!(error.to_string().contains("execution:pay:one"), "{error}");
    ensure!(sizes(&sqs) == [10], "{:?}", sizes(&sqs));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_the_owner_mends_or_time_does_is_not_for_good() -> Result<()> {
    for code in ["RequestThrottled", "KMS.DisabledException", "KmsAccessDenied", "AccessDenied", "OverLimit"] {
        let sqs = FakeSqs::deciding(move |_, _| Verdict::Failed { code, is_sender_fault: true });
        let error = queue_of(&sqs).send(step(0), Duration::ZERO).await.err().context("it was refused")?;
        ensure!(error.is_transient(), "{code}: {error}");
    }
    for (status, code) in [(503, "ServiceUnavailable"), (403, "AccessDenied"), (400, "QueueDoesNotExist")] {
        let sqs = FakeSqs::new(Duration::ZERO, move |_| refused(status, code));
        for sent in send_all(&queue_of(&sqs), (0..3).map(step)).await {
            let error = sent.err().context("the request was refused")?;
            ensure!(error.is_transient() && error.to_string().contains(code), "{code}: {error}");
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_wake_is_sent_even_if_its_sender_goes_away() -> Result<()> {
    let sqs = FakeSqs::willing();
    let queue = queue_of(&sqs);
    let limit = Duration::from_millis(5);
    let given_up = join_all((0..3).map(|seq| tokio::time::timeout(limit, queue.send(step(seq), Duration::ZERO)))).await;
    ensure!(given_up.iter().all(Result::is_err), "answers take longer");
    queue.send(step(3), Duration::ZERO).await?;
    ensure!(sqs.entries().len() == 4, "{:#?}", sqs.entries());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn each_message_of_a_batch_has_the_trace_of_its_own_execution() -> Result<()> {
    let sqs = FakeSqs::willing();
    let wakes: Vec<_> =
        (0..10).map(|number| wake(&format!("e{}", number / 2), WakeKind::Step { seq: number })).collect();
    let expected: Vec<_> = wakes.iter().map(ratchet_queue::trace_header).collect();
    for sent in send_all(&queue_of(&sqs), wakes).await {
        sent?;
    }
    ensure!(sizes(&sqs) == [10], "{:?}", sizes(&sqs));
    let attribute = |entry: &Value| {
        let value = entry.pointer("/MessageSystemAttributes/AWSTraceHeader/StringValue");
        value.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let found: Vec<_> = sqs.entries().iter().map(|(_, entry)| attribute(entry)).collect();
    ensure!(found == expected, "{found:#?}");
    let different: BTreeSet<_> = found.iter().collect();
    ensure!(different.len() == 5, "{found:#?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn characters_that_sqs_refuses_travel_as_escapes() -> Result<()> {
    let sqs = FakeSqs::willing();
    let failure = Failure::new("Odd", "\u{fffe}\u{ffff}\u{0}\u{1f}\u{7f}\u{d7ff}\u{e000}\u{10ffff}");
    let sent = wake("one", WakeKind::Abort(engine::Ending::Stopped(failure)));
    queue_of(&sqs).send(sent.clone(), Duration::ZERO).await?;
    let entries = sqs.entries();
    let body = body(&entries[0].1);
    let is_taken = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}');
    ensure!(body.chars().all(is_taken), "{body:?}");
    ensure!(Wake::from_text(body)? == sent);
    Ok(())
}
