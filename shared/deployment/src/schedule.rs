//! What `timer` does each minute.

use crate::Deployment;
use orchestrator::{Error, Swept};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Executions looked at in one go.
const PAGE: u32 = 500;

/// What one minute's run did, as its log says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Minute {
    /// Timers sent.
    pub sent: usize,
    /// Timers that the queue will never take.
    pub refused: usize,
    /// Whether timers are left for the next minute.
    pub unfinished: bool,
    /// Running executions looked at.
    pub seen: usize,
    /// Those to which nobody was on the way.
    pub settled: usize,
    /// Those that are kept for longer.
    pub retained: usize,
}

/// Sweeps timers each minute, and looks through the running executions from time to time.
pub struct Schedule {
    deployment: Deployment,
    look: Mutex<Look>,
}

/// How far the present look through the running executions has come.
#[derive(Clone, Debug, Default)]
enum Look {
    /// It is due: this environment of the function is new.
    #[default]
    Due,
    /// It goes on after this place.
    After(String),
    /// It was done then.
    Done(Instant),
}

impl Schedule {
    /// Over this deployment.
    pub fn new(deployment: Deployment) -> Self {
        Self { deployment, look: Mutex::default() }
    }

    /// What is to be done this minute, as far as there is time.
    pub async fn tick(&self) -> Result<Minute, Error> {
        let began = Instant::now();
        let limit = self.deployment.settings.function_timeout * 2 / 3;
        let clock = bootstrap::SystemClock;
        let until = orchestrator::ports::Clock::now(&clock) + limit;
        let Swept { sent, refused, unfinished } = self.deployment.orchestrator.sweep_timers(until).await?;
        let mut minute = Minute { sent, refused, unfinished, ..Minute::default() };
        while !minute.unfinished && began.elapsed() < limit {
            let Some(after) = self.next_look() else { break };
            let done = self.deployment.orchestrator.reconcile(after.as_deref(), PAGE).await?;
            minute.seen += done.seen;
            minute.settled += done.settled;
            minute.retained += done.retained;
            *self.look() = done.next.map_or_else(|| Look::Done(Instant::now()), Look::After);
        }
        Ok(minute)
    }

    /// Where to look on; none: not now.
    #[expect(clippy::option_option, reason = "whether to look, and from where")]
    fn next_look(&self) -> Option<Option<String>> {
        let every = self.deployment.settings.reconcile_every;
        match &*self.look() {
            Look::Due => Some(None),
            Look::After(place) => Some(Some(place.clone())),
            Look::Done(at) if at.elapsed() >= every.max(Duration::from_secs(1)) => Some(None),
            Look::Done(_) => None,
        }
    }

    fn look(&self) -> std::sync::MutexGuard<'_, Look> {
        self.look.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
