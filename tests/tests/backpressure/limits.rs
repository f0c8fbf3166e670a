//! No more at once than the limit says, however much waits; and what waits is not counted as failed.

use acceptance::cloud::system::{Options, System};
use anyhow::{Result, ensure};
use embedded::queue::{Settings, WakeQueue};
use futures::future::try_join_all;
use model::{RunId, StrandId};
use orchestrator::ports::Queue as _;
use orchestrator::{Acknowledge, RunKey, Wake, WakeKind};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Counts those who are at something.
#[derive(Default)]
struct AtOnce {
    now: AtomicUsize,
    most: AtomicUsize,
    all: AtomicUsize,
}

impl AtOnce {
    async fn during(&self, work: impl Future<Output = ()>) {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        work.await;
        self.now.fetch_sub(1, Ordering::Relaxed);
        self.all.fetch_add(1, Ordering::Relaxed);
    }

    fn counts(&self) -> (usize, usize) {
        (self.most.load(Ordering::Relaxed), self.all.load(Ordering::Relaxed))
    }
}

/// `MaximumConcurrency` of an event source mapping: what waits stays in the queue, and is received once.
#[test]
fn task_runs_no_more_calls_at_once_than_its_mapping_allows() -> Result<()> {
    const COUNT: usize = 600;
    const LIMIT: usize = 7;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    runtime.block_on(async {
        let options = Options { batch_size: 10, concurrency: LIMIT, ..Options::default() };
        let system = System::deploy(&options).await?;
        let at_once = Arc::new(AtOnce::default());
        let counted = Arc::clone(&at_once);
        system.cloud.lambda().create("work", move |_| {
            let counted = Arc::clone(&counted);
            async move {
                counted.during(tokio::time::sleep(Duration::from_secs(2))).await;
                Ok(json!({}))
            }
        });
        let machine = json!({"StartAt": "Task", "States": {"Task": {
            "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:work", "End": true
        }}});
        let machine = system.create("machine", &machine).await?;
        let names: Vec<_> = (0..COUNT).map(|index| format!("e{index}")).collect();
        let started = try_join_all(names.iter().map(|name| system.start(&machine, name, json!({})))).await?;
        for execution in &started {
            system.ended(execution).await?;
            ensure!(system.status(execution)? == "SUCCEEDED");
        }
        ensure!(at_once.counts() == (LIMIT, COUNT), "{:?}", at_once.counts());
        ensure!(system.dead_letters().is_empty(), "{:?}", system.dead_letters());
        // A message that came again would have been received once more. (There are more than one for each execution that
        // has waited for a minute: the safety wake of its start settles it, and so sends its wake once more.)
        let (mut sent, mut received) = (0, 0);
        for request in system.take_requests() {
            match request.operation.as_str() {
                "ReceiveMessage" if request.resource == system.task_queue() => received += 1,
                "SendMessageBatch" if request.resource == system.task_queue() => {
                    let body: Value = serde_json::from_str(&request.text())?;
                    sent += body["Entries"].as_array().map_or(0, Vec::len);
                }
                _ => {}
            }
        }
        println!("{COUNT} calls, {LIMIT} at once: {sent} messages, {received} receives");
        ensure!(received >= COUNT && received <= sent, "{received} receives of {sent} messages");
        Ok(())
    })
}

/// The queue of `ratchet local`, with ten thousand strands that all want to go on.
#[test]
fn the_local_queue_handles_no_more_strands_at_once_than_its_limit() -> Result<()> {
    const COUNT: usize = 10_000;
    const LIMIT: usize = 50;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    runtime.block_on(async {
        let queue = WakeQueue::new(Settings { strands_at_once: LIMIT });
        let (at_once, again) = (Arc::new(AtOnce::default()), Arc::new(AtomicUsize::default()));
        for index in 0..COUNT {
            let execution = format!("arn:aws:states:us-east-1:123456789012:execution:m:e{index}").parse()?;
            let run = RunKey { execution, run: RunId("run".into()) };
            queue.send(Wake::new(&run, &StrandId::root(), WakeKind::Step { seq: 0 }), Duration::ZERO).await?;
        }
        let (counted, come_again) = (Arc::clone(&at_once), Arc::clone(&again));
        queue.start(move |wake| {
            let (counted, come_again) = (Arc::clone(&counted), Arc::clone(&come_again));
            async move {
                come_again.fetch_add(usize::from(wake.redelivered), Ordering::Relaxed);
                counted.during(tokio::time::sleep(Duration::from_millis(20))).await;
                Ok::<_, std::io::Error>(Acknowledge::Delete)
            }
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        let counts = queue.counts();
        // 50 in 20 ms: 2,500 in the first second, and the others wait since then.
        ensure!(counts.waiting > 7_000 && counts.running == LIMIT, "{counts:?}");
        let oldest = counts.oldest.unwrap_or_default();
        ensure!((Duration::from_millis(900)..Duration::from_millis(1_100)).contains(&oldest), "{counts:?}");
        tokio::time::sleep(Duration::from_secs(4)).await;
        ensure!(at_once.counts() == (LIMIT, COUNT), "{:?}", at_once.counts());
        ensure!(again.load(Ordering::Relaxed) == 0, "one that waited came again");
        ensure!(queue.counts() == embedded::queue::Counts::default(), "{:?}", queue.counts());
        Ok(())
    })
}
