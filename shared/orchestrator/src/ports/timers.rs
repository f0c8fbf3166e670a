//! Wakes that are due later than a queue can wait.

use super::{Error, Page};
use crate::Wake;
use async_trait::async_trait;
use model::Timestamp;

/// Parks wakes until shortly before they are due: then [`crate::Orchestrator::sweep_timers`] sends them.
#[async_trait]
pub trait Timers: Send + Sync {
    /// Parks the wake. The same wake for the same time is there once.
    async fn park(&self, timer: &ParkedTimer) -> Result<(), Error>;

    /// Timers that are due in this minute, in any order. `after` continues a page.
    async fn due_in(&self, minute: Minute, after: Option<&str>, limit: u32) -> Result<Page<ParkedTimer>, Error>;

    /// Takes the timer away, once its wake was sent. Nothing if it is not there.
    async fn remove(&self, timer: &ParkedTimer) -> Result<(), Error>;

    /// The first minute that may have timers; none before the first sweep.
    async fn watermark(&self) -> Result<Option<Minute>, Error>;

    /// Moves the watermark, never back.
    async fn set_watermark(&self, minute: Minute) -> Result<(), Error>;
}

/// A wake, and when it is due.
#[derive(Clone, Debug, PartialEq)]
pub struct ParkedTimer {
    /// When.
    pub due: Timestamp,
    /// The wake. It carries no record.
    pub wake: Wake,
}

/// Minutes since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Minute(pub i64);

impl Minute {
    /// The minute that this time is in.
    pub fn of(time: Timestamp) -> Self {
        Self(time.as_micros().div_euclid(60_000_000))
    }
}
