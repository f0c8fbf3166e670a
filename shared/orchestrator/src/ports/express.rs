//! Starts of Express executions, on their way to whoever runs them.

use super::Error;
use crate::ExpressStart;
use async_trait::async_trait;

/// Brings starts to [`crate::Orchestrator::run_express`]: at least once, in any order.
#[async_trait]
pub trait ExpressQueue: Send + Sync {
    /// Sends the start. When this returns, the execution will run, unless the process that holds an in-memory queue dies.
    async fn send(&self, start: ExpressStart) -> Result<(), Error>;

    /// The longest input that a start may carry, in bytes; a longer one is put among the blobs. None: any.
    fn max_input_bytes(&self) -> Option<usize>;
}
