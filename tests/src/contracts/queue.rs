//! The contract of the port `Queue`. An adapter is a [`Line`]: the queue, and what it delivered.

use super::{fresh, machine_arn};
use anyhow::{Context as _, Result, ensure};
use model::{RunId, StrandId};
use orchestrator::ports::Queue;
use orchestrator::{Lane, RunKey, Wake, WakeKind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tokio::sync::mpsc::UnboundedReceiver;

/// A queue, and the other end of it.
#[derive(Clone)]
pub struct Line {
    /// The queue.
    pub queue: Arc<dyn Queue>,
    /// Gets every wake that is delivered; its handler acknowledges it.
    pub delivered: Arc<Mutex<UnboundedReceiver<Wake>>>,
}

/// Lists every contract of this port for [`crate::each_contract`].
#[macro_export]
macro_rules! queue_contracts {
    ($make:expr) => {
        $crate::each_contract! { $make;
            queue::a_wake_is_delivered_whole,
            queue::every_wake_is_delivered,
            queue::a_delayed_wake_is_not_early,
        }
    };
}

/// Of every kind.
pub async fn a_wake_is_delivered_whole(line: Line) -> Result<()> {
    let ending = engine::Ending::Stopped(model::Failure::new("Error", "cause"));
    for kind in [
        WakeKind::Step { seq: 7 },
        WakeKind::Timer { since: 7 },
        WakeKind::Children { fork: 7 },
        WakeKind::Abort(ending),
        WakeKind::ExecutionTimeout,
        WakeKind::Settle,
        WakeKind::Retain,
        WakeKind::Retain,
    ] {
        let sent = wake(kind);
        line.queue.send(sent.clone(), Duration::ZERO).await?;
        ensure!(line.next().await? == sent);
    }
    Ok(())
}

/// At least once, in any order.
pub async fn every_wake_is_delivered(line: Line) -> Result<()> {
    let mut missing = Vec::new();
    for number in 0..50 {
        let sent = wake(WakeKind::Step { seq: number });
        line.queue.send(sent.clone(), Duration::from_millis(number % 5)).await?;
        missing.push(sent);
    }
    while !missing.is_empty() {
        let delivered = line.next().await?;
        missing.retain(|wake| *wake != delivered);
    }
    Ok(())
}

/// It may be late.
pub async fn a_delayed_wake_is_not_early(line: Line) -> Result<()> {
    let began = Instant::now();
    let (soon, late) = (wake(WakeKind::Settle), wake(WakeKind::Settle));
    line.queue.send(late.clone(), Duration::from_millis(60)).await?;
    line.queue.send(soon.clone(), Duration::ZERO).await?;
    ensure!(line.next().await? == soon);
    ensure!(line.next().await? == late);
    ensure!(began.elapsed() >= Duration::from_millis(60));
    Ok(())
}

impl Line {
    async fn next(&self) -> Result<Wake> {
        let mut delivered = self.delivered.lock().await;
        tokio::time::timeout(Duration::from_secs(30), delivered.recv()).await?.context("the queue is gone")
    }
}

fn wake(kind: WakeKind) -> Wake {
    let run = RunKey { execution: machine_arn("machine").execution("one"), run: RunId(fresh("run").into()) };
    Wake { run, strand: StrandId::root(), kind, record: None, lane: Lane::Steps, start: None, redelivered: false }
}
