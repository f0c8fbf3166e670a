//! What goes wrong beneath the adapters.

use super::{STEPS, line_of, store, stores};
use acceptance::cloud::system::TABLE;
use acceptance::cloud::{Cloud, Effect, Fault, Service};
use anyhow::{Result, ensure};
use bytes::Bytes;
use model::arn::Place;
use model::{RunId, Seq, StateMachineArn, StrandId, Timestamp};
use orchestrator::ports::{
    Blobs, Error, ExecutionStatus, Journal, Meta, Put, Queue, Redriven, StartOutcome, StoredRecord,
};
use orchestrator::{Lane, RecordKey, RunKey, Wake, WakeKind};
use std::sync::Arc;
use std::time::Duration;

pub(crate) fn machine() -> StateMachineArn {
    let place = Place { partition: "aws".into(), region: "us-east-1".into(), account: "123456789012".into() };
    StateMachineArn::new(&place, "machine")
}

pub(crate) fn meta(name: &str) -> Meta {
    Meta {
        execution: machine().execution(name),
        run: RunId(format!("run-of-{name}").into()),
        machine: machine(),
        revision: "1".to_owned(),
        status: ExecutionStatus::Running,
        seq: 0,
        started: Timestamp::from_micros(1_000_000),
        stopped: None,
        input_hash: "hash".to_owned(),
        stop: None,
        trace_header: None,
        expires: None,
        redriven: None,
        qualifier: None,
    }
}

pub(crate) fn run(name: &str) -> RunKey {
    let Meta { execution, run, .. } = meta(name);
    RunKey { execution, run }
}

pub(crate) fn record(name: &str, seq: Seq, body: impl Into<Bytes>) -> StoredRecord {
    let key = RecordKey { run: run(name), strand: StrandId::root(), seq };
    StoredRecord { key, body: body.into(), expires: None }
}

/// Items of the table whose sort key begins so.
fn count(cloud: &Cloud, sk: &str) -> Result<usize> {
    let items = cloud.dynamodb().items(TABLE)?;
    Ok(items.iter().filter(|item| item["sk"]["S"].as_str().is_some_and(|found| found.starts_with(sk))).count())
}

fn sent(cloud: &Cloud, operation: &str) -> usize {
    cloud.requests().iter().filter(|request| request.operation == operation).count()
}

fn wake(seq: Seq) -> Wake {
    let kind = WakeKind::Step { seq };
    Wake {
        run: run("one"),
        strand: StrandId::root(),
        kind,
        record: None,
        lane: Lane::Steps,
        start: None,
        redelivered: false,
    }
}

#[tokio::test(start_paused = true)]
async fn a_put_whose_answer_was_lost_is_there_once_and_known_by_its_body() -> Result<()> {
    for effect in [Effect::AnswerLost, Effect::ConnectionCut] {
        let (store, cloud) = store().await?;
        store.start(&meta("one"), &record("one", 0, "first")).await?;
        cloud.inject(Fault::next(Service::DynamoDb, "PutItem", effect.clone()));
        let ours = record("one", 1, "writer 1");
        // The second attempt finds what the first one put: whose it is, its writer's id says.
        ensure!(store.put(&ours).await? == Put::Lost(ours.clone()), "{effect:?}");
        ensure!(store.put(&record("one", 1, "writer 2")).await? == Put::Lost(ours), "{effect:?}");
        ensure!(count(&cloud, "R#")? == 2, "{effect:?}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_start_whose_answers_were_lost_is_new_and_there_once() -> Result<()> {
    for spared in [0, 1] {
        let (store, cloud) = store().await?;
        cloud.inject(Fault::next(Service::DynamoDb, "PutItem", Effect::AnswerLost).after(spared));
        let started = store.start(&meta("one"), &record("one", 0, "first")).await?;
        ensure!(started == StartOutcome::New, "put {spared}: {started:?}");
        ensure!((count(&cloud, "R#")?, count(&cloud, "META")?) == (1, 1), "put {spared}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_redrive_whose_answers_were_lost_opens_meta_or_finds_its_own_record() -> Result<()> {
    let redriven = Redriven { count: 1, at: Timestamp::from_micros(3_000_000), seq: 5 };
    for (operation, expected) in [("PutItem", false), ("UpdateItem", true)] {
        let (store, cloud) = store().await?;
        store.start(&meta("one"), &record("one", 0, "first")).await?;
        store.close(&run("one"), ExecutionStatus::Failed, Timestamp::from_micros(2_000_000), 4).await?;
        cloud.inject(Fault::next(Service::DynamoDb, operation, Effect::AnswerLost));
        let ours = record("one", 5, "writer 1");
        let put = store.redrive(&ours, &redriven, None).await?;
        let opened = || async { anyhow::Ok(store.meta(&meta("one").execution).await?.and_then(|meta| meta.redriven)) };
        match put {
            Put::Won => ensure!(expected),
            // Its writer knows it, and carries out its effects.
            Put::Lost(there) => {
                ensure!(!expected && there == ours);
                ensure!(opened().await?.is_none());
                store.reopen(&run("one"), &redriven, None).await?;
            }
        }
        ensure!(opened().await? == Some(redriven), "{operation}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_close_whose_answer_was_lost_is_done() -> Result<()> {
    let (store, cloud) = store().await?;
    store.start(&meta("one"), &record("one", 0, "first")).await?;
    cloud.inject(Fault::next(Service::DynamoDb, "UpdateItem", Effect::AnswerLost));
    let at = Timestamp::from_micros(2_000_000);
    store.close(&run("one"), ExecutionStatus::Succeeded, at, 3).await?;
    let closed = store.meta(&meta("one").execution).await?;
    ensure!(closed.is_some_and(|meta| meta.status == ExecutionStatus::Succeeded && meta.stopped == Some(at)));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn throttling_that_ends_is_not_noticed() -> Result<()> {
    let (store, cloud) = store().await?;
    store.start(&meta("one"), &record("one", 0, "first")).await?;
    for effect in [Effect::Throttled, Effect::ServerError] {
        for operation in ["PutItem", "GetItem", "Query", "UpdateItem"] {
            cloud.inject(Fault::every(Service::DynamoDb, operation, effect.clone()).times(2));
        }
        let next = store.head(&run("one"), &StrandId::root()).await?.map_or(0, |head| head.key.seq + 1);
        ensure!(store.put(&record("one", next, "next")).await? == Put::Won);
        ensure!(store.meta(&meta("one").execution).await?.is_some());
        store.close(&run("one"), ExecutionStatus::Failed, Timestamp::from_micros(1), next).await?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn throttling_that_lasts_is_transient_and_takes_less_than_ten_seconds() -> Result<()> {
    let (stores, cloud) = stores().await?;
    let journal: Arc<dyn Journal> = stores.store.clone();
    journal.start(&meta("one"), &record("one", 0, "first")).await?;
    let throttle = |service, operation| cloud.inject(Fault::every(service, operation, Effect::Throttled));
    for operation in ["PutItem", "GetItem", "Query", "UpdateItem", "BatchGetItem"] {
        throttle(Service::DynamoDb, operation);
    }
    throttle(Service::Sqs, "SendMessageBatch");
    throttle(Service::Sqs, "SendMessage");
    throttle(Service::S3, "PutObject");
    let key = orchestrator::ports::BlobKey { run: run("one"), sha256: "a".repeat(64) };
    let began = tokio::time::Instant::now();
    let failures: [(&str, Result<(), Error>); 7] = [
        ("put", journal.put(&record("one", 1, "next")).await.map(drop)),
        ("meta", journal.meta(&meta("one").execution).await.map(drop)),
        ("head", journal.head(&run("one"), &StrandId::root()).await.map(drop)),
        ("records_at", journal.records_at(&[record("one", 0, "").key]).await.map(drop)),
        ("close", journal.close(&run("one"), ExecutionStatus::Failed, Timestamp::from_micros(1), 1).await),
        ("send", stores.queue.send(wake(0), Duration::ZERO).await),
        ("blob", stores.bucket.put(&key, Bytes::from_static(b"x")).await),
    ];
    for (what, outcome) in failures {
        match outcome {
            Err(error @ Error::Unavailable { .. }) => ensure!(error.is_transient(), "{what}: {error}"),
            other => anyhow::bail!("{what}: {other:?}"),
        }
    }
    ensure!(began.elapsed() < Duration::from_secs(7 * 10), "{:?}", began.elapsed());
    cloud.heal();
    ensure!(journal.put(&record("one", 1, "next")).await? == Put::Won);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_item_over_the_limit_is_refused_for_good() -> Result<()> {
    let (store, _cloud) = store().await?;
    store.start(&meta("one"), &record("one", 0, "first")).await?;
    // Nothing that can be compressed.
    let mut state = 1_u64;
    let body: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_be_bytes()[0]
    })
    .take(420_000)
    .collect();
    match store.put(&record("one", 1, body)).await {
        Err(error) => ensure!(!error.is_transient(), "{error}"),
        Ok(put) => anyhow::bail!("it is {put:?}"),
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn keys_that_were_not_processed_are_asked_for_again() -> Result<()> {
    let (store, cloud) = store().await?;
    store.start(&meta("one"), &record("one", 0, "body")).await?;
    let mut keys = vec![record("one", 0, "").key];
    for seq in 1..30 {
        store.put(&record("one", seq, "body")).await?;
        keys.push(record("one", seq, "").key);
    }
    // Two are answered, then none, then seven, then the rest.
    for keep in [2, 0, 7] {
        cloud.inject(Fault::next(Service::DynamoDb, "BatchGetItem", Effect::Unprocessed(keep)));
    }
    let mut found: Vec<_> = store.records_at(&keys).await?.into_iter().map(|record| record.key.seq).collect();
    found.sort_unstable();
    ensure!(found.into_iter().eq(0..30));
    ensure!(sent(&cloud, "BatchGetItem") == 4);
    cloud.inject(Fault::every(Service::DynamoDb, "BatchGetItem", Effect::Unprocessed(0)));
    match store.records_at(&keys).await {
        Err(error) => ensure!(error.is_transient(), "{error}"),
        Ok(found) => anyhow::bail!("{} were found", found.len()),
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn entries_that_failed_are_sent_again_and_the_others_are_not() -> Result<()> {
    let (stores, cloud) = stores().await?;
    cloud.inject(Fault::every(Service::Sqs, "SendMessageBatch", Effect::EntriesFailed(vec![0, 3])).times(2));
    let sends = (0..20).map(|seq| {
        let queue = Arc::clone(&stores.queue);
        tokio::spawn(async move { queue.send(wake(seq), Duration::ZERO).await })
    });
    for send in sends.collect::<Vec<_>>() {
        send.await??;
    }
    ensure!(cloud.sqs().count(STEPS) == 20, "{} messages", cloud.sqs().count(STEPS));
    cloud.inject(Fault::every(Service::Sqs, "SendMessageBatch", Effect::EntriesFailed((0..10).collect())));
    match stores.queue.send(wake(21), Duration::ZERO).await {
        Err(error) => ensure!(error.is_transient(), "{error}"),
        Ok(()) => anyhow::bail!("it was sent"),
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_message_may_come_twice_and_a_lost_answer_sends_it_twice() -> Result<()> {
    let (stores, cloud) = stores().await?;
    cloud.inject(Fault::next(Service::Sqs, "SendMessageBatch", Effect::AnswerLost));
    stores.queue.send(wake(1), Duration::ZERO).await?;
    ensure!(cloud.sqs().count(STEPS) == 2);
    cloud.sqs().double(STEPS);
    let (line, _pumps) = line_of(&stores, &cloud);
    let mut delivered = line.delivered.lock().await;
    for _ in 0..4 {
        ensure!(delivered.recv().await == Some(wake(1)));
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_payload_that_was_changed_in_the_bucket_comes_as_it_is_and_a_lost_put_is_repeated() -> Result<()> {
    let (stores, cloud) = stores().await?;
    let key = orchestrator::ports::BlobKey { run: run("one"), sha256: "a".repeat(64) };
    cloud.inject(Fault::next(Service::S3, "PutObject", Effect::AnswerLost));
    stores.bucket.put(&key, Bytes::from_static(b"content")).await?;
    ensure!(sent(&cloud, "PutObject") == 2);
    cloud.inject(Fault::every(Service::S3, "GetObject", Effect::Throttled).times(2));
    ensure!(stores.bucket.get(&key).await?.as_deref() == Some(b"content".as_slice()));
    let names = cloud.s3().keys(acceptance::cloud::system::BUCKET);
    ensure!(names.len() == 1, "{names:?}");
    cloud.s3().overwrite(acceptance::cloud::system::BUCKET, &names[0], "changed");
    // The orchestrator checks the hash: an adapter gives what there is.
    ensure!(stores.bucket.get(&key).await?.as_deref() == Some(b"changed".as_slice()));
    Ok(())
}
