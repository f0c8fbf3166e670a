//! The contract of the port `Journal`: sets of children that have ended.

use super::executions::{ALL, Adapter, child, join_key, sorted, started};
use super::machine_arn;
use anyhow::{Result, ensure};
use model::StrandId;
use orchestrator::ports::{JOIN_SHARD, JoinKey};
use std::sync::Arc;

/// From the moment its join is answered; once, however often it joins.
pub async fn a_child_that_joined_is_in_the_set(journal: Adapter) -> Result<()> {
    let meta = started(&journal, &machine_arn("join"), 1_000).await?;
    let key = join_key(&meta, 3);
    for (index, set) in [(1, vec![child(1)]), (0, vec![child(0), child(1)]), (1, vec![child(0), child(1)])] {
        journal.join(&key, &child(index)).await?;
        ensure!(sorted(journal.joined(&key, ALL).await?) == set);
    }
    Ok(())
}

/// Each child wakes the parent, which looks at the set then: so the last look must be at all of it.
pub async fn the_last_of_concurrent_joins_finds_the_set_complete(journal: Adapter) -> Result<()> {
    let meta = started(&journal, &machine_arn("join"), 1_000).await?;
    let joins = (0..150).map(|index| {
        let (journal, key) = (Arc::clone(&journal), join_key(&meta, 3));
        tokio::spawn(async move {
            journal.join(&key, &child(index)).await?;
            journal.joined(&key, ALL).await
        })
    });
    let mut largest = 0;
    for join in joins.collect::<Vec<_>>() {
        largest = largest.max(join.await??.len());
    }
    ensure!(largest == 150, "{largest}");
    let joined = sorted(journal.joined(&join_key(&meta, 3), ALL).await?);
    ensure!(joined.iter().copied().eq((0..150).map(child)));
    Ok(())
}

/// Of one strand at two records, of two strands at one.
pub async fn forks_have_sets_of_their_own(journal: Adapter) -> Result<()> {
    let meta = started(&journal, &machine_arn("join"), 1_000).await?;
    journal.join(&join_key(&meta, 3), &child(0)).await?;
    ensure!(journal.joined(&join_key(&meta, 30), ALL).await?.is_empty());
    let nested = JoinKey { strand: StrandId::from_stored("0/3.0"), ..join_key(&meta, 3) };
    journal.join(&nested, &child(4)).await?;
    ensure!(journal.joined(&nested, ALL).await? == [child(4)]);
    ensure!(journal.joined(&join_key(&meta, 3), ALL).await? == [child(0)]);
    Ok(())
}

/// Each shard by itself, and a child that joins again counts once.
pub async fn a_join_tells_how_many_of_its_shard_have_joined(journal: Adapter) -> Result<()> {
    let meta = started(&journal, &machine_arn("join"), 1_000).await?;
    let key = join_key(&meta, 3);
    let last = JOIN_SHARD - 1;
    for (index, expected) in
        [(last, 1), (JOIN_SHARD, 1), (0, 2), (0, 2), (JOIN_SHARD * 7, 1), (JOIN_SHARD + 1, 2), (5, 3), (last, 3)]
    {
        let count = journal.join(&key, &child(index)).await?;
        ensure!(count == expected, "{count} when {index} joined, and not {expected}");
    }
    ensure!(journal.join(&join_key(&meta, 4), &child(0)).await? == 1);
    Ok(())
}

/// Or nobody would wake the parent.
pub async fn the_last_of_a_shards_concurrent_joins_is_told_of_all(journal: Adapter) -> Result<()> {
    let meta = started(&journal, &machine_arn("join"), 1_000).await?;
    let joins = (0..JOIN_SHARD + 50).map(|index| {
        let (journal, key) = (Arc::clone(&journal), join_key(&meta, 3));
        tokio::spawn(async move { anyhow::Ok((index / JOIN_SHARD, journal.join(&key, &child(index)).await?)) })
    });
    let mut told = [0, 0];
    for join in joins.collect::<Vec<_>>() {
        let (shard, count) = join.await??;
        let most = if shard == 0 { &mut told[0] } else { &mut told[1] };
        *most = count.max(*most);
    }
    ensure!(told == [JOIN_SHARD, 50], "{told:?}");
    Ok(())
}

/// Also where these lie in several shards, or in none that is there.
pub async fn children_come_by_their_indexes(journal: Adapter) -> Result<()> {
    let meta = started(&journal, &machine_arn("join"), 1_000).await?;
    let key = join_key(&meta, 3);
    let all = || (0..JOIN_SHARD * 7 / 2).filter(|index| !index.is_multiple_of(3));
    for index in all() {
        journal.join(&key, &child(index)).await?;
    }
    let (first, second) = (JOIN_SHARD, JOIN_SHARD * 2);
    for indexes in [ALL, 0..first, first..second, first - 7..second + 9, 1..2, 3..4, 0..0, 1..1, second * 5..second * 6]
    {
        let found = sorted(journal.joined(&key, indexes.clone()).await?);
        let expected = all().filter(|index| indexes.contains(index)).map(child);
        ensure!(found.iter().copied().eq(expected), "{indexes:?}: {found:?}");
    }
    Ok(())
}
