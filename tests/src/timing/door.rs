//! The API and the orchestrator as one node of a simulated world, which sweeps parked timers as `timer` does.

use crate::conformance::run::{Answer, Server};
use crate::conformance::server::{self, InProcess};
use async_trait::async_trait;
use orchestrator::ports::Clock;
use orchestrator::{Acknowledge, ExpressStart, Orchestrator, Ports, Settings, Swept, Wake};
use simulation::{Node, Problem};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a sweep may take, as the deployed `timer` reckons.
const SWEEP_TIME: Duration = Duration::from_secs(33);

/// When the schedule of a world calls `timer`, and what came of it.
#[derive(Default)]
pub struct Sweeps {
    /// Of so many minutes one has a sweep; 0: none has.
    every: AtomicU64,
    minutes: AtomicU64,
    looks_through: AtomicBool,
    retained: AtomicU64,
    done: Mutex<Vec<Swept>>,
}

impl Sweeps {
    /// A sweep each minute.
    pub fn each_minute() -> Arc<Self> {
        let sweeps = Self::default();
        sweeps.every(1);
        Arc::new(sweeps)
    }

    /// From now on a sweep in so many minutes; 0: none any more.
    pub fn every(&self, minutes: u64) {
        self.every.store(minutes, Ordering::Relaxed);
    }

    /// In how many minutes there is a sweep.
    pub fn every_minutes(&self) -> u64 {
        self.every.load(Ordering::Relaxed)
    }

    /// From now on the running executions are looked through once a day.
    pub fn look_through(&self) {
        self.looks_through.store(true, Ordering::Relaxed);
    }

    /// How often one of them was kept for longer.
    pub fn retained(&self) -> u64 {
        self.retained.load(Ordering::Relaxed)
    }

    /// What each sweep did so far.
    pub fn done(&self) -> Vec<Swept> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The node.
pub struct Door {
    inner: Arc<InProcess>,
    clock: Arc<dyn Clock>,
    sweeps: Arc<Sweeps>,
}

impl Door {
    /// Over the ports of a world.
    pub fn build(ports: Ports, settings: Settings, sweeps: Arc<Sweeps>) -> Arc<Self> {
        let clock = Arc::clone(&ports.clock);
        Arc::new(Self { inner: server::build(ports, settings), clock, sweeps })
    }

    /// Behind the API.
    pub fn orchestrator(&self) -> &Arc<Orchestrator> {
        self.inner.orchestrator()
    }
}

#[async_trait]
impl Node for Door {
    async fn handle(&self, wake: Wake) -> Result<Acknowledge, Problem> {
        self.inner.handle(wake).await
    }

    async fn run_express(&self, start: ExpressStart) -> Result<(), Problem> {
        self.inner.run_express(start).await
    }

    async fn recover(&self) -> Result<(), Problem> {
        self.inner.recover().await
    }

    async fn sweep(&self) -> Result<(), Problem> {
        let minute = self.sweeps.minutes.fetch_add(1, Ordering::Relaxed);
        if self.sweeps.looks_through.load(Ordering::Relaxed) && minute.is_multiple_of(24 * 60) {
            let mut after = None;
            loop {
                let done = self.orchestrator().reconcile(after.as_deref(), 100).await?;
                self.sweeps.retained.fetch_add(u64::try_from(done.retained)?, Ordering::Relaxed);
                after = done.next;
                if after.is_none() {
                    break;
                }
            }
        }
        let every = self.sweeps.every_minutes();
        if every == 0 || !minute.is_multiple_of(every) {
            return Ok(());
        }
        let swept = self.orchestrator().sweep_timers(self.clock.now() + SWEEP_TIME).await?;
        self.sweeps.done.lock().unwrap_or_else(PoisonError::into_inner).push(swept);
        Ok(())
    }
}

#[async_trait]
impl Server for Door {
    async fn post(&self, operation: &str, body: String) -> Answer {
        self.inner.post(operation, body).await
    }
}
