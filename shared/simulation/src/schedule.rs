//! What a clock asks for where functions run executions: sweeps of parked timers, and looks at what runs.

use crate::clock::sleep;
use crate::faults::FaultKind;
use crate::process::{Node, Part, Problem};
use crate::world::Shared;
use futures::FutureExt;
use futures::future::BoxFuture;
use orchestrator::ports::{Clock, Minute};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// How often timers are swept.
const SWEEP: Duration = Duration::from_mins(1);

/// Minutes ahead in which a timer makes a sweep worth its while; most worlds have none most of the time.
const AHEAD: i64 = 7;

/// Minutes after which a sweep is worth its while in any case: it moves the watermark.
const LOOK_EVERY: i64 = 10;

/// How often executions are looked at to which nobody may be on the way.
const RECONCILE: Duration = Duration::from_hours(24);

impl<N: Node> Shared<N> {
    /// Has done from now on what is done by the clock.
    pub(crate) fn keep_time(self: &Arc<Self>) {
        let sweeps = tokio::spawn(Arc::clone(self).sweep_each_minute());
        self.mail.keep(sweeps.abort_handle());
        if let Some(at) = self.options.fleet.purge_at {
            // The purge must not end what it is done by.
            drop(tokio::spawn(Arc::clone(self).purge(at)));
        }
    }

    async fn sweep_each_minute(self: Arc<Self>) {
        loop {
            sleep(SWEEP).await;
            let Some(earliest) = self.timers.earliest() else { continue };
            let present = Minute::of(self.clock.now()).0;
            let is_worth_it = earliest.0 <= present + AHEAD || present % LOOK_EVERY == 0;
            if self.options.fleet.sweeps_each_minute || is_worth_it {
                self.have_done("sweep", |node| async move { node.sweep().await }.boxed()).await;
            }
        }
    }

    /// Loses all messages; from then on running executions are looked at, as they are each day.
    async fn purge(self: Arc<Self>, at: Duration) {
        sleep(at).await;
        let lost = self.mail.stop();
        self.tally.add_many(FaultKind::Purged, u64::try_from(lost).unwrap_or(u64::MAX));
        let sweeps = tokio::spawn(Arc::clone(&self).sweep_each_minute());
        self.mail.keep(sweeps.abort_handle());
        let shared = Arc::clone(&self);
        let looks = tokio::spawn(async move {
            loop {
                sleep(RECONCILE).await;
                shared.have_done("reconcile", |node| async move { node.reconcile().await }.boxed()).await;
            }
        });
        self.mail.keep(looks.abort_handle());
    }

    /// Has a process for this do something; it may die over it.
    async fn have_done(
        self: &Arc<Self>,
        what: &str,
        work: impl FnOnce(Arc<N>) -> BoxFuture<'static, Result<(), Problem>>,
    ) {
        let Some(process) = self.process_for(Part::Timer) else { return };
        let Some(node) = process.node() else { return };
        let (sender, outcome) = oneshot::channel();
        let work = work(node);
        process.spawn(async move {
            let _ = sender.send(AssertUnwindSafe(work).catch_unwind().await);
        });
        match outcome.await {
            // It died over it.
            Err(_) | Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => self.note(format!("{what}: {error}")),
            Ok(Err(_)) => self.note(format!("{what}: panicked")),
        }
    }
}
