//! Requests to AWS that failed together are repeated at times of their own.
//!
//! Alone in its process: the SDK's quota of retries is one for all clients of a process.

use acceptance::cloud::system::{Options, Stores, System};
use acceptance::cloud::{Effect, Fault, Service};
use anyhow::{Result, ensure};
use futures::future::join_all;
use orchestrator::ports::Queue as _;
use orchestrator::{RunKey, Wake, WakeKind};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;

/// How long after the start each of these ended, in milliseconds.
async fn ends<F: Future>(all: impl Iterator<Item = F>) -> Vec<u128> {
    let began = Instant::now();
    join_all(all.map(async |one| {
        one.await;
        began.elapsed().as_millis()
    }))
    .await
}

/// Those who failed together ended apart.
fn apart(ends: &[u128]) -> Result<()> {
    let different: BTreeSet<_> = ends.iter().collect();
    println!("{} different ends of {}, the last after {:?} ms", different.len(), ends.len(), ends.iter().max());
    ensure!(different.len() > ends.len() / 3, "they came back together: {different:?}");
    Ok(())
}

#[test]
fn requests_that_were_throttled_together_are_repeated_apart() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    runtime.block_on(async {
        let system = System::deploy(&Options::default()).await?;
        let stores = Stores::open(&system.cloud, "test").await?;
        let (count, execution) = (60, "arn:aws:states:us-east-1:123456789012:execution:m:e");
        let run = RunKey { execution: execution.parse()?, run: model::RunId("run".into()) };
        // Each read is throttled once, at the same moment.
        system.cloud.inject(Fault::every(Service::DynamoDb, "GetItem", Effect::Throttled).times(count));
        let read = (0..count).map(async |_| {
            let meta = orchestrator::ports::Journal::meta(stores.store.as_ref(), &run.execution).await;
            assert!(meta.is_ok(), "{meta:?}");
        });
        apart(&ends(read).await)?;

        // Messages of one batch that SQS does not take line up again at times of their own.
        let all = (0..10).collect();
        system.cloud.inject(Fault::every(Service::Sqs, "SendMessageBatch", Effect::EntriesFailed(all)).times(6));
        let send = (0..60).map(async |seq| {
            let wake = Wake::new(&run, &model::StrandId::root(), WakeKind::Step { seq });
            let sent = stores.queue.send(wake, Duration::ZERO).await;
            assert!(sent.is_ok(), "{sent:?}");
        });
        let ends = ends(send).await;
        let different: BTreeSet<_> = ends.iter().collect();
        ensure!(different.len() >= 5, "they came back together: {different:?}");
        Ok(())
    })
}
