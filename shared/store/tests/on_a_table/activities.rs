//! Tasks that wait for workers.

use crate::table::{NAME, stand};
use anyhow::{Context as _, Result, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use model::{ActivityArn, RunId, StrandId};
use orchestrator::ports::{ActivityQueue as _, ActivityTask};
use std::time::Duration;

fn activity(name: &str) -> Result<ActivityArn> {
    Ok(format!("arn:aws:states:us-east-1:123456789012:activity:{name}").parse()?)
}

fn task(activity: &ActivityArn, since: u64) -> Result<ActivityTask> {
    Ok(ActivityTask {
        activity: activity.clone(),
        execution: "arn:aws:states:us-east-1:123456789012:execution:orders:one".parse()?,
        run: RunId("run".into()),
        strand: StrandId::root(),
        since,
    })
}

#[tokio::test]
async fn tasks_come_oldest_first_and_keep_their_place() -> Result<()> {
    let stand = stand().await?;
    let activity = activity("pack")?;
    let tasks = (0..5).map(|since| task(&activity, since)).collect::<Result<Vec<_>>>()?;
    for task in tasks.iter().chain(&tasks) {
        stand.store.offer(task).await?;
    }
    for task in &tasks {
        ensure!(stand.store.oldest(&activity).await?.as_ref() == Some(task));
        stand.store.remove(task).await?;
        stand.store.remove(task).await?;
    }
    ensure!(stand.store.oldest(&activity).await?.is_none());
    Ok(())
}

/// Its item stays, for people to look at.
#[tokio::test]
async fn a_task_that_cannot_be_read_keeps_no_other_back() -> Result<()> {
    let stand = stand().await?;
    let activity = activity("pack")?;
    let (first, second) = (task(&activity, 1)?, task(&activity, 2)?);
    stand.store.offer(&first).await?;
    stand.store.offer(&second).await?;
    let client = aws_sdk_dynamodb::Client::new(stand.connection.sdk_config());
    let found = client.query().table_name(NAME).key_condition_expression("pk = :pk");
    let found = found.expression_attribute_values(":pk", AttributeValue::S(format!("A#{activity}"))).send().await?;
    let mut item = found
        .items()
        .iter()
        .min_by_key(|item| item["list_sk"].as_s().cloned().unwrap_or_default())
        .cloned()
        .context("none")?;
    item.insert("meta".into(), AttributeValue::S("{}".into()));
    client.put_item().table_name(NAME).set_item(Some(item)).send().await?;
    ensure!(stand.store.oldest(&activity).await? == Some(second.clone()));
    stand.store.remove(&second).await?;
    ensure!(stand.store.oldest(&activity).await?.is_none());
    Ok(())
}

#[tokio::test]
async fn a_wait_ends_when_another_process_offers_a_task() -> Result<()> {
    let stand = stand().await?;
    let activity = activity("pack")?;
    let waiting = {
        let (store, activity) = (stand.another().await?, activity.clone());
        tokio::spawn(async move { store.wait(&activity, Duration::from_hours(1)).await })
    };
    stand.store.wait(&activity, Duration::from_millis(20)).await;
    ensure!(!waiting.is_finished());
    stand.store.offer(&task(&activity, 1)?).await?;
    tokio::time::timeout(Duration::from_secs(30), waiting).await??;
    Ok(())
}
