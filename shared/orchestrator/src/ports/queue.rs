//! Messages between steps.

use super::Error;
use crate::Wake;
use async_trait::async_trait;
use std::time::Duration;

/// Brings wakes to [`crate::Orchestrator::handle`]: at least once, in any order, each after its delay.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends the wake. When this returns, it will be delivered, unless the process that holds an in-memory
    /// queue dies: then its successor rebuilds the queue from the journal.
    async fn send(&self, wake: Wake, delay: Duration) -> Result<(), Error>;
}
