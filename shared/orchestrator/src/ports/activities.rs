//! Tasks that wait for an activity's worker.

use super::Error;
use async_trait::async_trait;
use model::{ActivityArn, ExecutionArn, RunId, Seq, StrandId};
use std::time::Duration;

/// Where an activity's workers look for work: at least once, oldest first as far as the store can tell.
///
/// Who takes a task is decided by the journal, not here.
#[async_trait]
pub trait ActivityQueue: Send + Sync {
    /// Puts the task there, unless it is there.
    async fn offer(&self, task: &ActivityTask) -> Result<(), Error>;

    /// The oldest task, if there is one. It stays until it is removed, also by whoever finds that it is lost.
    async fn oldest(&self, activity: &ActivityArn) -> Result<Option<ActivityTask>, Error>;

    /// Takes the task away.
    async fn remove(&self, task: &ActivityTask) -> Result<(), Error>;

    /// Returns when the activity may have a task, or after `at_most`.
    async fn wait(&self, activity: &ActivityArn, at_most: Duration);
}

/// A task that waits for a worker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ActivityTask {
    /// The activity.
    pub activity: ActivityArn,
    /// The execution.
    pub execution: ExecutionArn,
    /// Its run.
    pub run: RunId,
    /// The strand.
    pub strand: StrandId,
    /// The record that scheduled the task.
    pub since: Seq,
}
