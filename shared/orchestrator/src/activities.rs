//! Activities: create, look up, and hand their tasks to workers.

use crate::advance::Moved;
use crate::ports::{Activity, ActivityTask, Page, WaitKey};
use crate::{Error, Orchestrator, RunKey};
use engine::{Awaits, Phase, Trigger};
use model::{ActivityArn, Payload};
use serde_json::Value;
use std::time::Duration;

/// A task that a worker took.
#[derive(Clone, Debug, PartialEq)]
pub struct TakenTask {
    /// Names the task in SendTask*.
    pub token: String,
    /// Its input.
    pub input: Payload,
}

impl Orchestrator {
    /// CreateActivity: idempotent.
    pub async fn create_activity(&self, name: &str, encryption: Value, tags: Value) -> Result<Activity, Error> {
        let arn = ActivityArn::new(&self.settings().place, name);
        let activity = Activity { arn, created: self.now(), encryption, tags };
        let there = self.ports().catalog.create_activity(&activity).await?;
        Ok(there.unwrap_or(activity))
    }

    /// DescribeActivity.
    pub async fn describe_activity(&self, arn: &ActivityArn) -> Result<Activity, Error> {
        let activity = self.ports().catalog.activity(arn).await?;
        activity.ok_or_else(|| Error::ActivityDoesNotExist(arn.clone()))
    }

    /// DeleteActivity: nothing if there is none.
    pub async fn delete_activity(&self, arn: &ActivityArn) -> Result<(), Error> {
        Ok(self.ports().catalog.delete_activity(arn).await?)
    }

    /// ListActivities.
    pub async fn list_activities(&self, after: Option<&str>, limit: u32) -> Result<Page<Activity>, Error> {
        self.ports().catalog.activities(after, limit).await.map_err(|error| Error::of_page(error, after))
    }

    /// GetActivityTask's wait: until the activity may have a task, or for as long as `at_most`.
    ///
    /// Nothing is claimed: it may be dropped when the worker hangs up.
    pub async fn await_activity_task(&self, activity: &ActivityArn, at_most: Duration) -> Result<(), Error> {
        self.describe_activity(activity).await?;
        self.ports().activities.wait(activity, at_most).await;
        Ok(())
    }

    /// GetActivityTask's claim: the oldest task that is to be had; none if there is none now.
    ///
    /// Not to be dropped half-way: a task that was claimed is nobody else's.
    pub async fn take_activity_task(
        &self,
        activity: &ActivityArn,
        worker_name: Option<&str>,
    ) -> Result<Option<TakenTask>, Error> {
        // A task that was lost to another worker is removed by whoever finds it gone.
        while let Some(task) = self.ports().activities.oldest(activity).await? {
            if let Some(taken) = self.take(&task, worker_name).await? {
                return Ok(Some(taken));
            }
        }
        Ok(None)
    }

    /// Claims the task for a worker; none if it is not to be had any more.
    async fn take(&self, task: &ActivityTask, worker_name: Option<&str>) -> Result<Option<TakenTask>, Error> {
        let run = RunKey { execution: task.execution.clone(), run: task.run.clone() };
        let wait = WaitKey { run, strand: task.strand.clone(), since: task.since };
        let mut input = None;
        let moved =
            self.answer(&wait, &Trigger::ActivityStarted { worker_name: worker_name.map(Into::into) }, |phase| {
                match phase {
                    Phase::Pending(pending) => match &pending.awaits {
                        Awaits::ActivityWorker { input: task_input, .. } => {
                            input = Some(task_input.clone());
                            true
                        }
                        Awaits::Callback(_) | Awaits::ActivityResult { .. } => false,
                    },
                    _ => false,
                }
            })
            .await?;
        self.ports().activities.remove(task).await?;
        Ok(match (moved, input) {
            (Moved::Won, Some(input)) => Some(TakenTask { token: self.tokens().sign(&wait), input }),
            (Moved::Won | Moved::Gone, _) => None,
        })
    }
}
