//! The port `ActivityQueue`: tasks that wait for workers.
//!
//! A task's key is made of the task alone, so that it is there once. Its place in the index is the time when it was
//! first offered: the oldest is the index's first item, at half a read unit. The index follows the table within
//! milliseconds, and who takes a task is decided by the journal.

use crate::Store;
use crate::batch::jittered;
use crate::error::{unavailable, unreadable};
use crate::item::{Item, damaged, expires, s, text};
use crate::keys::{self, Key, LIST, LIST_PK, LIST_SK, PK, SK};
use crate::meta::{EXPIRES, FIXED};
use async_trait::async_trait;
use model::{ActivityArn, ExecutionArn, RunId, Seq, StrandId};
use orchestrator::ports::{ActivityQueue, ActivityTask, Error};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What [`Error::Unavailable`] calls it.
const WHAT: &str = "activity queue";

/// The version that this code writes. It reads every version up to it.
const VERSION: u32 = 1;

/// How long a task lies here that nobody asks for: longer than the longest TimeoutSeconds, 99,999,999.
const KEPT_SECONDS: u64 = 4 * 366 * 24 * 60 * 60;

/// The pauses of a waiting worker between looks.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

#[derive(Serialize, Deserialize)]
struct StoredTask {
    version: u32,
    execution: ExecutionArn,
    run: RunId,
    strand: StrandId,
    since: Seq,
}

#[derive(Debug, thiserror::Error)]
#[error("a task has version {0}, and this program reads up to {VERSION}: run a newer one")]
struct Newer(u32);

#[async_trait]
impl ActivityQueue for Store {
    async fn offer(&self, task: &ActivityTask) -> Result<(), Error> {
        let key = key(task);
        let stored = StoredTask {
            version: VERSION,
            execution: task.execution.clone(),
            run: task.run.clone(),
            strand: task.strand.clone(),
            since: task.since,
        };
        let stored = serde_json::to_string(&stored);
        let stored = stored.map_err(|error| unreadable(format!("item {} {}", key.pk, key.sk), error))?;
        let now = self.table.now();
        let place = keys::by_time(now.as_micros(), &key.sk);
        let mut item = key.into_item();
        item.insert(FIXED.into(), s(stored));
        item.insert(LIST_PK.into(), s(keys::waiting(&task.activity)));
        item.insert(LIST_SK.into(), s(place));
        item.insert(EXPIRES.into(), expires(now.plus_seconds(KEPT_SECONDS)));
        let put = self.table.put(item).condition_expression(format!("attribute_not_exists({PK})"));
        // It may be there: then it keeps its place.
        self.table.put_if(WHAT, put).await.map(drop)
    }

    async fn oldest(&self, activity: &ActivityArn) -> Result<Option<ActivityTask>, Error> {
        let mut from = None;
        loop {
            let query = self
                .table
                .query(keys::waiting(activity))
                .index_name(LIST)
                .key_condition_expression(format!("{LIST_PK} = :pk"))
                .set_exclusive_start_key(from)
                .limit(1);
            let found = query.send().await.map_err(self.table.refused(WHAT, "Query"))?;
            match found.items().first().map(|item| read(activity, item)).transpose() {
                // Nobody will ever take it, and it must not keep the others from those who would.
                Err(error) if !error.is_transient() => tracing::error!(%activity, %error, "failed to read a task"),
                Ok(None) if found.last_evaluated_key.is_some() => {}
                outcome => return outcome,
            }
            from = found.last_evaluated_key;
            if from.is_none() {
                return Ok(None);
            }
        }
    }

    async fn remove(&self, task: &ActivityTask) -> Result<(), Error> {
        let removed = self.table.delete(key(task)).send().await;
        removed.map_err(self.table.refused(WHAT, "DeleteItem"))?;
        Ok(())
    }

    async fn wait(&self, activity: &ActivityArn, at_most: Duration) {
        let look = async {
            let mut pause = FIRST_PAUSE;
            loop {
                match self.oldest(activity).await {
                    Ok(None) => {}
                    Ok(Some(_)) => return,
                    Err(error) => tracing::debug!(%activity, %error, "failed to look for a task"),
                }
                // Not all workers at the same instant.
                tokio::time::sleep(pause / 2 + jittered(pause / 2)).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        };
        // Elapsed or not: the caller looks again.
        let _ = tokio::time::timeout(at_most, look).await;
    }
}

fn key(task: &ActivityTask) -> Key {
    let since = task.since.to_string();
    let id = keys::id(&[task.execution.as_str(), &task.run.0, task.strand.as_str(), &since]);
    Key::new(keys::activity(&task.activity), format!("Q#{id}"))
}

fn read(activity: &ActivityArn, item: &Item) -> Result<ActivityTask, Error> {
    let (pk, sk) = (text(item, PK).unwrap_or("?"), text(item, SK).unwrap_or("?"));
    let stored = text(item, FIXED).map_err(damaged(pk, sk))?;
    let stored =
        serde_json::from_str::<StoredTask>(stored).map_err(|error| unreadable(format!("item {pk} {sk}"), error))?;
    if stored.version > VERSION {
        return Err(unavailable(WHAT, Newer(stored.version)));
    }
    Ok(ActivityTask {
        activity: activity.clone(),
        execution: stored.execution,
        run: stored.run,
        strand: stored.strand,
        since: stored.since,
    })
}
