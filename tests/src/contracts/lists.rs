//! The contract of the port `Journal`: lists of executions.

use super::executions::{Adapter, run, started};
use super::machine_arn;
use anyhow::{Result, bail, ensure};
use model::{StateMachineArn, Timestamp};
use orchestrator::ports::{Error, ExecutionStatus, Meta};

/// Also where several started at the same instant.
pub async fn lists_are_newest_first_and_page_without_gaps(journal: Adapter) -> Result<()> {
    let machine = machine_arn("list");
    let mut all = Vec::new();
    for number in 0..25 {
        let meta = started(&journal, &machine, 1_000 + number / 4).await?;
        if number % 3 == 0 {
            journal.close(&run(&meta), ExecutionStatus::Failed, Timestamp::from_micros(2_000), 4).await?;
        }
        all.push(meta.execution);
    }
    for limit in [1, 4, 24, 25, 1_000] {
        let mut found = pages(&journal, &machine, None, limit).await?;
        ensure!(found.is_sorted_by(|one, next| one.started >= next.started), "limit {limit}");
        found.sort_by(|one, next| one.execution.cmp(&next.execution));
        all.sort();
        ensure!(found.iter().map(|meta| &meta.execution).eq(&all), "limit {limit}");
    }
    Ok(())
}

/// And an execution that ended moves from one list to another.
pub async fn lists_keep_to_a_machine_and_a_status(journal: Adapter) -> Result<()> {
    let (one, other) = (machine_arn("list"), machine_arn("list"));
    let ended = started(&journal, &one, 1_000).await?;
    let running = started(&journal, &one, 1_001).await?;
    let elsewhere = started(&journal, &other, 1_002).await?;
    journal.close(&run(&ended), ExecutionStatus::Aborted, Timestamp::from_micros(1_500), 2).await?;
    let names = |found: Vec<Meta>| found.into_iter().map(|meta| meta.execution).collect::<Vec<_>>();
    ensure!(
        names(pages(&journal, &one, Some(ExecutionStatus::Aborted), 10).await?)
            == [&ended].map(|meta| meta.execution.clone())
    );
    ensure!(
        names(pages(&journal, &one, Some(ExecutionStatus::Running), 10).await?)
            == [&running].map(|meta| meta.execution.clone())
    );
    ensure!(pages(&journal, &one, Some(ExecutionStatus::Succeeded), 10).await?.is_empty());
    ensure!(pages(&journal, &machine_arn("nobody"), None, 10).await?.is_empty());

    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = journal.executions(None, Some(ExecutionStatus::Running), after.as_deref(), 2).await?;
        found.extend(names(page.items));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    ensure!(found.contains(&running.execution) && found.contains(&elsewhere.execution));
    ensure!(!found.contains(&ended.execution));
    Ok(())
}

/// A caller's mistake, not a failure of the store.
pub async fn a_page_token_that_was_not_given_out_is_unreadable(journal: Adapter) -> Result<()> {
    for token in ["", "nonsense", "AAAA", "x".repeat(2_000).as_str()] {
        match journal.executions(None, None, Some(token), 10).await {
            Err(Error::Unreadable { what, .. }) => ensure!(what.starts_with("page token"), "{what}"),
            other => bail!("{token}: {other:?}"),
        }
    }
    Ok(())
}

async fn pages(
    journal: &Adapter,
    machine: &StateMachineArn,
    status: Option<ExecutionStatus>,
    limit: u32,
) -> Result<Vec<Meta>> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = journal.executions(Some(machine), status, after.as_deref(), limit).await?;
        ensure!(page.items.len() <= limit as usize);
        found.extend(page.items);
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}
