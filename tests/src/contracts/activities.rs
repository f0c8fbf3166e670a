//! The contract of the port `ActivityQueue`.

use super::{activity_arn, fresh, machine_arn};
use anyhow::{Result, ensure};
use model::{ActivityArn, RunId, StrandId};
use orchestrator::ports::{ActivityQueue, ActivityTask};
use std::sync::Arc;
use std::time::{Duration, Instant};

type Adapter = Arc<dyn ActivityQueue>;

/// Lists every contract of this port for [`crate::each_contract`].
#[macro_export]
macro_rules! activity_contracts {
    ($make:expr) => {
        $crate::each_contract! { $make;
            activities::tasks_come_oldest_first_and_stay_until_removed,
            activities::the_same_task_is_there_once,
            activities::activities_do_not_see_each_others_tasks,
            activities::a_wait_ends_when_a_task_is_offered,
            activities::a_wait_ends_at_once_while_there_is_a_task,
            activities::a_wait_ends_when_its_time_has_passed,
        }
    };
}

/// A poller that lost a task removes it, and looks again.
pub async fn tasks_come_oldest_first_and_stay_until_removed(queue: Adapter) -> Result<()> {
    let activity = activity_arn("activity");
    let (one, two) = (task(&activity), task(&activity));
    queue.offer(&one).await?;
    queue.offer(&two).await?;
    for _ in 0..2 {
        ensure!(queue.oldest(&activity).await? == Some(one.clone()));
    }
    queue.remove(&one).await?;
    queue.remove(&one).await?;
    ensure!(queue.oldest(&activity).await? == Some(two.clone()));
    queue.remove(&two).await?;
    ensure!(queue.oldest(&activity).await?.is_none());
    Ok(())
}

/// Settling offers again what is there, and it keeps its place.
pub async fn the_same_task_is_there_once(queue: Adapter) -> Result<()> {
    let activity = activity_arn("activity");
    let (one, two) = (task(&activity), task(&activity));
    for offered in [&one, &two, &one] {
        queue.offer(offered).await?;
    }
    ensure!(queue.oldest(&activity).await? == Some(one.clone()));
    queue.remove(&one).await?;
    queue.offer(&one).await?;
    ensure!(queue.oldest(&activity).await? == Some(two.clone()));
    queue.remove(&two).await?;
    ensure!(queue.oldest(&activity).await? == Some(one.clone()));
    queue.remove(&one).await?;
    ensure!(queue.oldest(&activity).await?.is_none());
    Ok(())
}

/// Nor is an activity that nobody ever offered to an error.
pub async fn activities_do_not_see_each_others_tasks(queue: Adapter) -> Result<()> {
    let (one, other) = (activity_arn("activity"), activity_arn("activity"));
    queue.offer(&task(&one)).await?;
    ensure!(queue.oldest(&other).await?.is_none());
    queue.remove(&task(&other)).await?;
    Ok(())
}

/// For every poller that waits.
pub async fn a_wait_ends_when_a_task_is_offered(queue: Adapter) -> Result<()> {
    let activity = activity_arn("activity");
    let waits = (0..3).map(|_| {
        let (queue, activity) = (Arc::clone(&queue), activity.clone());
        tokio::spawn(async move { queue.wait(&activity, Duration::from_hours(1)).await })
    });
    let waits = waits.collect::<Vec<_>>();
    tokio::task::yield_now().await;
    queue.offer(&task(&activity)).await?;
    for wait in waits {
        tokio::time::timeout(Duration::from_secs(30), wait).await??;
    }
    Ok(())
}

/// Else an offer between looking and waiting would be missed.
pub async fn a_wait_ends_at_once_while_there_is_a_task(queue: Adapter) -> Result<()> {
    let activity = activity_arn("activity");
    queue.offer(&task(&activity)).await?;
    tokio::time::timeout(Duration::from_secs(30), queue.wait(&activity, Duration::from_hours(1))).await?;
    Ok(())
}

/// With nothing offered.
pub async fn a_wait_ends_when_its_time_has_passed(queue: Adapter) -> Result<()> {
    let began = Instant::now();
    queue.wait(&activity_arn("activity"), Duration::from_millis(20)).await;
    ensure!(began.elapsed() < Duration::from_secs(30));
    Ok(())
}

fn task(activity: &ActivityArn) -> ActivityTask {
    ActivityTask {
        activity: activity.clone(),
        execution: machine_arn("machine").execution("one"),
        run: RunId(fresh("run").into()),
        strand: StrandId::root(),
        since: 3,
    }
}
