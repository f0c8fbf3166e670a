//! The port `ActivityQueue`: tasks that wait for activity workers, in memory.
//!
//! Nothing is stored, for the journal has it all: when an execution is settled after a restart, each strand that
//! waits for an activity's worker offers its task again.

use async_trait::async_trait;
use model::ActivityArn;
use orchestrator::ports::{ActivityQueue, ActivityTask, Error};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// The tasks of each activity, in the order in which they were offered.
#[derive(Debug, Default)]
pub struct Activities {
    activities: Mutex<HashMap<ActivityArn, Offers>>,
}

#[derive(Debug, Default)]
struct Offers {
    tasks: BTreeMap<u64, ActivityTask>,
    numbers: HashMap<ActivityTask, u64>,
    next: u64,
    changed: Arc<Notify>,
}

impl Activities {
    /// No tasks.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ActivityArn, Offers>> {
        self.activities.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ActivityQueue for Activities {
    async fn offer(&self, task: &ActivityTask) -> Result<(), Error> {
        let mut activities = self.lock();
        let offers = activities.entry(task.activity.clone()).or_default();
        if !offers.numbers.contains_key(task) {
            let number = offers.next;
            offers.next += 1;
            offers.numbers.insert(task.clone(), number);
            offers.tasks.insert(number, task.clone());
        }
        // Also when it was there: a poller that lost it to one who died must look again. All of them are told,
        // since one that is told may be on its way out; there are few.
        offers.changed.notify_waiters();
        Ok(())
    }

    async fn oldest(&self, activity: &ActivityArn) -> Result<Option<ActivityTask>, Error> {
        Ok(self.lock().get(activity).and_then(|offers| offers.tasks.values().next().cloned()))
    }

    async fn remove(&self, task: &ActivityTask) -> Result<(), Error> {
        if let Some(offers) = self.lock().get_mut(&task.activity)
            && let Some(number) = offers.numbers.remove(task)
        {
            offers.tasks.remove(&number);
        }
        Ok(())
    }

    /// Returns at once while the activity has a task: whoever finds that it cannot have that task removes it.
    async fn wait(&self, activity: &ActivityArn, at_most: Duration) {
        let changed = {
            let mut activities = self.lock();
            let offers = activities.entry(activity.clone()).or_default();
            if !offers.tasks.is_empty() {
                return;
            }
            // Made under the lock: an offer after it is not missed.
            Arc::clone(&offers.changed).notified_owned()
        };
        // The time having passed is an answer too.
        let _ = tokio::time::timeout(at_most, changed).await;
    }
}
