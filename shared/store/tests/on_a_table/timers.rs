//! Parked timers, and the table's settings.

use crate::table::{Exchange, NAME, stand};
use anyhow::{Result, bail, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use model::{RunId, StrandId, Timestamp};
use orchestrator::ports::{Minute, ParkedTimer, Timers as _};
use orchestrator::{RunKey, Wake, WakeKind};
use ratchet_store::{Error, Shards, Store};
use std::collections::HashSet;

const MINUTE: i64 = 60_000_000;

fn timer(due: i64, since: u64) -> Result<ParkedTimer> {
    let run = RunKey {
        execution: "arn:aws:states:us-east-1:123456789012:execution:orders:one".parse()?,
        run: RunId("run".into()),
    };
    let kind = WakeKind::Timer { since };
    let wake = Wake { kind, ..Wake::new(&run, &StrandId::root(), WakeKind::Settle) };
    Ok(ParkedTimer { due: Timestamp::from_micros(due), wake })
}

async fn due(store: &Store, minute: i64, limit: u32) -> Result<Vec<ParkedTimer>> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store.due_in(Minute(minute), after.as_deref(), limit).await?;
        ensure!(page.items.len() <= limit as usize);
        found.extend(page.items);
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

#[tokio::test]
async fn timers_are_found_in_their_minute_and_once() -> Result<()> {
    let stand = stand().await?;
    let mut parked = Vec::new();
    for since in 0..30 {
        let timer = timer(7 * MINUTE + i64::try_from(since)? * 1_000_000, since)?;
        stand.store.park(&timer).await?;
        stand.store.park(&timer).await?;
        parked.push(timer);
    }
    stand.store.park(&timer(8 * MINUTE, 99)?).await?;
    for limit in [1, 7, 30, 1_000] {
        let mut found = due(&stand.store, 7, limit).await?;
        found.sort_by_key(|timer| timer.due);
        ensure!(found == parked, "limit {limit}");
    }
    ensure!(due(&stand.store, 8, 10).await?.len() == 1);
    ensure!(due(&stand.store, 9, 10).await?.is_empty());
    for timer in &parked {
        stand.store.remove(timer).await?;
        stand.store.remove(timer).await?;
    }
    ensure!(due(&stand.store, 7, 10).await?.is_empty());
    for token in ["", "x", "1", "x#y"] {
        match stand.store.due_in(Minute(7), Some(token), 10).await {
            Err(error) => ensure!(!error.is_transient()),
            other => bail!("{token}: {other:?}"),
        }
    }
    Ok(())
}

/// One is put, and one is removed: two units.
#[tokio::test]
async fn a_timer_costs_two_units() -> Result<()> {
    let stand = stand().await?;
    let timer = timer(7 * MINUTE, 1)?;
    stand.store.park(&timer).await?;
    stand.store.remove(&timer).await?;
    let units = stand.wire.take().iter().map(Exchange::units).sum::<f64>();
    ensure!((units - 2.0).abs() < 0.01, "{units}");
    Ok(())
}

#[tokio::test]
async fn a_timer_that_cannot_be_read_keeps_no_other_back() -> Result<()> {
    let stand = stand().await?;
    for since in 0..8 {
        stand.store.park(&timer(7 * MINUTE, since)?).await?;
    }
    let client = aws_sdk_dynamodb::Client::new(stand.connection.sdk_config());
    let s = |text: &str| AttributeValue::S(text.into());
    for shard in 0..4 {
        let put = client.put_item().table_name(NAME).item("pk", s(&format!("T#7#{shard}"))).item("sk", s("0#damaged"));
        put.send().await?;
    }
    ensure!(due(&stand.store, 7, 3).await?.len() == 8);
    Ok(())
}

#[tokio::test]
async fn the_watermark_never_goes_back() -> Result<()> {
    let stand = stand().await?;
    ensure!(stand.store.watermark().await?.is_none());
    for (set, is) in [(100, 100), (50, 100), (101, 101)] {
        stand.store.set_watermark(Minute(set)).await?;
        ensure!(stand.store.watermark().await? == Some(Minute(is)));
    }
    Ok(())
}

/// By another process, while this one has the store open.
#[tokio::test]
async fn timers_parked_before_shards_were_added_are_swept_and_removed() -> Result<()> {
    let stand = stand().await?;
    let mut parked = HashSet::new();
    for since in 0..20 {
        stand.store.park(&timer(7 * MINUTE, since)?).await?;
        parked.insert(since);
    }
    let other = stand.another().await?;
    other.set_shards(Shards { list: 4, timers: 9 }).await?;
    for since in 20..60 {
        other.park(&timer(7 * MINUTE, since)?).await?;
        parked.insert(since);
    }
    // As each sweep begins.
    stand.store.watermark().await?;
    let found = due(&stand.store, 7, 10).await?;
    ensure!(found.len() == 60);
    for timer in &found {
        stand.store.remove(timer).await?;
    }
    ensure!(due(&other, 7, 10).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn shards_are_only_ever_added() -> Result<()> {
    let stand = stand().await?;
    for (list, timers, allowed) in
        [(3, 4, false), (4, 3, false), (4, 4, true), (6, 4, true), (5, 8, false), (6, 8, true)]
    {
        let asked = Shards { list, timers };
        match stand.store.set_shards(asked).await {
            Ok(()) => ensure!(allowed, "{asked:?}"),
            Err(Error::FewerShards { .. }) => ensure!(!allowed, "{asked:?}"),
            Err(error) => bail!(error),
        }
    }
    // A process that does not know of it yet cannot take them away either.
    let client = aws_sdk_dynamodb::Client::new(stand.connection.sdk_config());
    let s = |text: &str| AttributeValue::S(text.into());
    let settings = client.put_item().table_name(NAME).item("pk", s("SETTINGS")).item("sk", s("SETTINGS"));
    settings.clone().item("list_shards", AttributeValue::N("40".into())).send().await?;
    ensure!(matches!(stand.store.set_shards(Shards { list: 39, timers: 8 }).await, Err(Error::FewerShards { .. })));
    settings.item("list_shards", AttributeValue::N("0".into())).send().await?;
    match Store::open(stand.connection.sdk_config(), NAME).await {
        Err(error) => ensure!(!error.is_transient(), "{error}"),
        Ok(_) => bail!("no shards at all"),
    }
    Ok(())
}
