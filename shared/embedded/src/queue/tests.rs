//! The queue on a clock that stands still until all tasks wait for it.

use super::*;
use anyhow::{Context as _, Result, ensure};
use model::{Failure, RunId, StrandId};
use orchestrator::{RunKey, WakeKind};
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;

/// A queue whose handlers say that they started, and finish when they are let.
struct Stage {
    queue: WakeQueue,
    started: mpsc::UnboundedReceiver<Wake>,
    gate: Arc<Semaphore>,
}

impl Stage {
    fn new(strands_at_once: usize) -> Self {
        let queue = WakeQueue::new(Settings { strands_at_once });
        let (sender, started) = mpsc::unbounded_channel();
        let gate = Arc::new(Semaphore::new(0));
        let handlers_gate = Arc::clone(&gate);
        queue.start(move |wake| {
            let (sender, gate) = (sender.clone(), Arc::clone(&handlers_gate));
            async move {
                let _ = sender.send(wake);
                if let Ok(permit) = gate.acquire().await {
                    permit.forget();
                }
                Ok::<_, Infallible>(Acknowledge::Delete)
            }
        });
        Self { queue, started, gate }
    }

    async fn send(&self, strand: &StrandId, kind: WakeKind) -> Result<()> {
        Ok(self.queue.send(wake(strand, kind), Duration::ZERO).await?)
    }

    /// What has started since the last look, once everything that can run has run.
    async fn started(&mut self) -> Vec<WakeKind> {
        tokio::time::sleep(Duration::from_millis(1)).await;
        std::iter::from_fn(|| self.started.try_recv().ok()).map(|wake| wake.kind).collect()
    }

    fn let_finish(&self, handlers: usize) {
        self.gate.add_permits(handlers);
    }
}

fn wake(strand: &StrandId, kind: WakeKind) -> Wake {
    let run = RunKey {
        execution: "arn:aws:states:us-east-1:123456789012:execution:machine:one"
            .parse()
            .unwrap_or_else(|_| unreachable!()),
        run: RunId("run".into()),
    };
    Wake {
        run,
        strand: strand.clone(),
        kind,
        record: None,
        lane: orchestrator::Lane::Steps,
        start: None,
        redelivered: false,
    }
}

fn step(seq: u64) -> WakeKind {
    WakeKind::Step { seq }
}

#[tokio::test(start_paused = true)]
async fn wakes_of_one_strand_are_handled_one_after_another_in_order() -> Result<()> {
    let mut stage = Stage::new(100);
    for seq in 0..3 {
        stage.send(&StrandId::root(), step(seq)).await?;
    }
    for seq in 0..3 {
        ensure!(stage.started().await == [step(seq)]);
        stage.let_finish(1);
    }
    ensure!(stage.started().await.is_empty());
    ensure!(stage.queue.counts() == Counts::default());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn strands_do_not_wait_for_each_other() -> Result<()> {
    let mut stage = Stage::new(100);
    for index in 0..50 {
        stage.send(&StrandId::root().child(1, index), step(0)).await?;
    }
    ensure!(stage.started().await.len() == 50);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_ends_a_wait_does_not_wait_for_a_long_call() -> Result<()> {
    let mut stage = Stage::new(1);
    let stop = WakeKind::Abort(engine::Ending::Stopped(Failure::default()));
    stage.send(&StrandId::root(), step(0)).await?;
    ensure!(stage.started().await == [step(0)]);
    for kind in [step(1), WakeKind::Settle, stop.clone(), WakeKind::ExecutionTimeout, WakeKind::Timer { since: 0 }] {
        stage.send(&StrandId::root(), kind).await?;
    }
    ensure!(stage.started().await == [stop, WakeKind::ExecutionTimeout, WakeKind::Timer { since: 0 }]);
    let counts = stage.queue.counts();
    ensure!((counts.running, counts.waiting, counts.delayed) == (4, 2, 0), "{counts:?}");
    ensure!(counts.oldest.is_some(), "two wait");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_takes_long_gives_up_its_lane_and_its_place() -> Result<()> {
    let mut stage = Stage::new(1);
    let other = StrandId::root().child(1, 0);
    stage.send(&StrandId::root(), step(0)).await?;
    stage.send(&StrandId::root(), step(1)).await?;
    stage.send(&other, step(2)).await?;
    ensure!(stage.started().await == [step(0)]);
    tokio::time::sleep(PATIENCE).await;
    ensure!(stage.started().await == [step(1)]);
    tokio::time::sleep(PATIENCE).await;
    ensure!(stage.started().await == [step(2)]);
    ensure!(stage.queue.counts() == Counts { running: 3, ..Counts::default() });
    stage.let_finish(3);
    ensure!(stage.started().await.is_empty());
    ensure!(stage.queue.counts() == Counts::default());
    stage.send(&StrandId::root(), step(3)).await?;
    ensure!(stage.started().await == [step(3)]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn no_more_strands_are_handled_at_once_than_the_settings_say() -> Result<()> {
    let mut stage = Stage::new(3);
    for index in 0..10 {
        stage.send(&StrandId::root().child(1, index), step(index.into())).await?;
    }
    ensure!(stage.started().await == [step(0), step(1), step(2)]);
    stage.let_finish(2);
    ensure!(stage.started().await == [step(3), step(4)]);
    stage.let_finish(100);
    ensure!(stage.started().await.len() == 5);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_childrens_wake_that_waits_already_is_not_queued_again() -> Result<()> {
    let mut stage = Stage::new(100);
    let children = |fork| WakeKind::Children { fork };
    for _ in 0..10 {
        stage.send(&StrandId::root(), children(1)).await?;
    }
    stage.send(&StrandId::root(), children(2)).await?;
    // The first has started, so it may have read the set already: a second one must follow, and no third.
    ensure!(stage.started().await == [children(1)]);
    stage.let_finish(1);
    ensure!(stage.started().await == [children(1)]);
    // And again: this one has started.
    stage.send(&StrandId::root(), children(1)).await?;
    stage.let_finish(100);
    ensure!(stage.started().await == [children(2), children(1)]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn delayed_wakes_come_in_the_order_of_their_times() -> Result<()> {
    let mut stage = Stage::new(100);
    stage.let_finish(100);
    let began = Instant::now();
    for (number, delay) in [(0, 3_600), (1, 1), (2, 900), (3, 1)] {
        let wake = wake(&StrandId::root(), step(number));
        stage.queue.send(wake, Duration::from_secs(delay)).await?;
    }
    for (number, delay) in [(1, 1), (3, 1), (2, 900), (0, 3_600)] {
        let wake = stage.started.recv().await.context("closed")?;
        let late = began.elapsed().saturating_sub(Duration::from_secs(delay));
        ensure!(wake.kind == step(number) && late < Duration::from_millis(10), "{number}: {:?}", began.elapsed());
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_delay_may_be_as_long_as_one_likes() -> Result<()> {
    let mut stage = Stage::new(100);
    let began = Instant::now();
    let year = Duration::from_hours(365 * 24);
    for (seq, delay) in [(0, Duration::MAX), (1, year)] {
        stage.queue.send(wake(&StrandId::root(), step(seq)), delay).await?;
    }
    let wake = stage.started.recv().await.context("closed")?;
    ensure!(wake.kind == step(1) && began.elapsed() >= year);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_returned_wake_comes_again_after_its_time() -> Result<()> {
    let queue = WakeQueue::new(Settings::default());
    let (sender, mut handled) = mpsc::unbounded_channel();
    let began = Instant::now();
    queue.start(move |wake| {
        let _ = sender.send(wake);
        let again = Acknowledge::Return(Duration::from_secs(7));
        async move { Ok::<_, Infallible>(if began.elapsed().is_zero() { again } else { Acknowledge::Delete }) }
    });
    queue.send(wake(&StrandId::root(), step(3)), Duration::ZERO).await?;
    for (seconds, redelivered) in [(0, false), (7, true)] {
        ensure!(handled.recv().await == Some(Wake { redelivered, ..wake(&StrandId::root(), step(3)) }));
        ensure!(began.elapsed().as_secs() == seconds);
    }
    Ok(())
}

#[derive(Debug, thiserror::Error)]
#[error("the store is away")]
struct Away;

#[tokio::test(start_paused = true)]
async fn failures_and_panics_bring_the_wake_again_later_each_time() -> Result<()> {
    let queue = WakeQueue::new(Settings::default());
    let (sender, mut handled) = mpsc::unbounded_channel();
    let count = AtomicUsize::new(0);
    queue.start(move |_| {
        let _ = sender.send(Instant::now());
        let number = count.fetch_add(1, Ordering::Relaxed);
        assert!(number != 1, "before the first await");
        async move {
            assert!(number != 2, "after it");
            if number < 14 { Err(Away) } else { Ok(Acknowledge::Delete) }
        }
    });
    queue.send(wake(&StrandId::root(), step(0)), Duration::ZERO).await?;
    let mut before = handled.recv().await.context("closed")?;
    for failures in 0..14 {
        let at = handled.recv().await.context("closed")?;
        let longest = FIRST_RETRY.saturating_mul(1 << failures).min(LAST_RETRY);
        let waited = at - before;
        ensure!(waited >= longest / 2 && waited <= longest + Duration::from_millis(2), "{failures}: {waited:?}");
        before = at;
    }
    tokio::time::sleep(Duration::from_hours(1)).await;
    ensure!(handled.try_recv().is_err());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_before_the_start_is_delivered_after_it() -> Result<()> {
    let queue = WakeQueue::new(Settings::default());
    for seq in 0..3 {
        queue.send(wake(&StrandId::root(), step(seq)), Duration::ZERO).await?;
    }
    queue.send(wake(&StrandId::root(), step(3)), Duration::from_secs(1)).await?;
    let (sender, mut handled) = mpsc::unbounded_channel();
    queue.start(move |wake| {
        let _ = sender.send(wake.kind);
        async { Ok::<_, Infallible>(Acknowledge::Delete) }
    });
    for seq in 0..4 {
        ensure!(handled.recv().await == Some(step(seq)));
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_stopped_queue_waits_for_its_handlers_and_delivers_nothing_more() -> Result<()> {
    let mut stage = Stage::new(100);
    for seq in 0..2 {
        stage.send(&StrandId::root(), step(seq)).await?;
    }
    stage.queue.send(wake(&StrandId::root(), step(2)), Duration::from_secs(1)).await?;
    ensure!(stage.started().await == [step(0)]);
    let began = Instant::now();
    stage.queue.stop(Duration::from_secs(5)).await;
    ensure!(began.elapsed() == Duration::from_secs(5));
    stage.let_finish(100);
    stage.queue.stop(Duration::from_secs(5)).await;
    ensure!(began.elapsed() < Duration::from_secs(6) && stage.queue.counts().running == 0);
    tokio::time::sleep(Duration::from_mins(1)).await;
    ensure!(stage.started().await.is_empty());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_stopped_queue_lets_go_of_its_handler() {
    let queue = WakeQueue::new(Settings::default());
    let held = Arc::new(());
    let weak = Arc::downgrade(&held);
    queue.start(move |_| {
        let _held = Arc::clone(&held);
        async { Ok::<_, Infallible>(Acknowledge::Delete) }
    });
    queue.stop(Duration::ZERO).await;
    assert!(weak.upgrade().is_none());
}
