//! Tasks that wait for an activity's worker, in memory: lost in a crash, offered again by the journal.

use async_trait::async_trait;
use model::ActivityArn;
use orchestrator::ports::{ActivityQueue, ActivityTask, Error};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Tasks that wait for an activity's worker, in memory.
#[derive(Default)]
pub struct MemoryActivities {
    lines: Mutex<HashMap<ActivityArn, Line>>,
}

#[derive(Default)]
struct Line {
    tasks: VecDeque<ActivityTask>,
    arrival: Arc<Notify>,
}

impl MemoryActivities {
    fn lines(&self) -> MutexGuard<'_, HashMap<ActivityArn, Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ActivityQueue for MemoryActivities {
    async fn offer(&self, task: &ActivityTask) -> Result<(), Error> {
        let mut lines = self.lines();
        let line = lines.entry(task.activity.clone()).or_default();
        if !line.tasks.contains(task) {
            line.tasks.push_back(task.clone());
            line.arrival.notify_waiters();
        }
        Ok(())
    }

    async fn oldest(&self, activity: &ActivityArn) -> Result<Option<ActivityTask>, Error> {
        Ok(self.lines().get(activity).and_then(|line| line.tasks.front()).cloned())
    }

    async fn remove(&self, task: &ActivityTask) -> Result<(), Error> {
        if let Some(line) = self.lines().get_mut(&task.activity) {
            line.tasks.retain(|there| there != task);
        }
        Ok(())
    }

    async fn wait(&self, activity: &ActivityArn, at_most: Duration) {
        let arrival = Arc::clone(&self.lines().entry(activity.clone()).or_default().arrival);
        let notified = arrival.notified();
        tokio::pin!(notified);
        notified.as_mut().enable();
        // Enabled before this look, so that a task that comes in between is not missed.
        let has_task = self.lines().get(activity).is_some_and(|line| !line.tasks.is_empty());
        if !has_task {
            let _ = tokio::time::timeout(at_most, notified).await;
        }
    }
}
