//! The contract of the port `Timers`.

use super::{fresh, fresh_number, machine_arn};
use anyhow::{Result, ensure};
use engine::Ending;
use model::{Failure, RunId, StrandId, Timestamp};
use orchestrator::ports::{Minute, ParkedTimer, Timers};
use orchestrator::{Lane, RunKey, Start, Wake, WakeKind};
use std::sync::Arc;
use std::time::Duration;

type Adapter = Arc<dyn Timers>;

/// Lists every contract of this port for [`crate::each_contract`].
#[macro_export]
macro_rules! timers_contracts {
    ($make:expr) => {
        $crate::each_contract! { $make;
            timers::a_timer_comes_back_whole,
            timers::a_timer_parked_twice_is_there_once,
            timers::timers_of_one_time_and_times_of_one_wake_are_kept_apart,
            timers::a_minute_pages_without_gaps,
            timers::a_page_goes_on_when_its_timers_are_gone,
            timers::minutes_do_not_see_each_other,
            timers::a_timer_that_was_removed_is_gone,
            timers::the_watermark_never_goes_back,
        }
    };
}

/// Of every kind, to the microsecond.
pub async fn a_timer_comes_back_whole(timers: Adapter) -> Result<()> {
    let minute = minute();
    let mut parked = Vec::new();
    let ending = Ending::Stopped(Failure::new("Error", "cause"));
    for kind in [
        WakeKind::Step { seq: 7 },
        WakeKind::Timer { since: 7 },
        WakeKind::Children { fork: 7 },
        WakeKind::Abort(ending),
        WakeKind::ExecutionTimeout,
        WakeKind::Settle,
        WakeKind::Retain,
    ] {
        let start = Start { revision: "revision-1".to_owned(), at: Timestamp::from_micros(1_000_001) };
        let run = run();
        let wake =
            Wake { lane: Lane::Tasks, start: Some(start), ..Wake::new(&run, &StrandId::from_stored("0/3.1"), kind) };
        parked.push(ParkedTimer { due: at(minute, 59_999_999), wake });
    }
    for timer in &parked {
        timers.park(timer).await?;
    }
    let found = all_in(&timers, minute, 100).await?;
    ensure!(found.len() == parked.len() && parked.iter().all(|timer| found.contains(timer)), "{found:?}");
    Ok(())
}

/// Settling a strand parks again what is there.
pub async fn a_timer_parked_twice_is_there_once(timers: Adapter) -> Result<()> {
    let minute = minute();
    let timer = timer(minute, 30_000_000);
    for _ in 0..3 {
        timers.park(&timer).await?;
    }
    ensure!(all_in(&timers, minute, 100).await? == [timer]);
    Ok(())
}

/// The same wake for another time is another timer, and so is another wake for the same time.
pub async fn timers_of_one_time_and_times_of_one_wake_are_kept_apart(timers: Adapter) -> Result<()> {
    let minute = minute();
    let one = timer(minute, 30_000_000);
    let later = ParkedTimer { due: one.due + Duration::from_micros(1), ..one.clone() };
    let sibling =
        ParkedTimer { wake: Wake { strand: StrandId::from_stored("0/3.2"), ..one.wake.clone() }, ..one.clone() };
    let other = ParkedTimer { wake: Wake { kind: WakeKind::Timer { since: 8 }, ..one.wake.clone() }, ..one.clone() };
    let rerun = ParkedTimer { wake: Wake { run: run(), ..one.wake.clone() }, ..one.clone() };
    let all = [one, later, sibling, other, rerun];
    for timer in &all {
        timers.park(timer).await?;
    }
    let found = all_in(&timers, minute, 100).await?;
    ensure!(found.len() == all.len() && all.iter().all(|timer| found.contains(timer)), "{found:?}");
    Ok(())
}

/// In any order, each once.
pub async fn a_minute_pages_without_gaps(timers: Adapter) -> Result<()> {
    let minute = minute();
    for number in 0..120 {
        timers.park(&timer(minute, number % 60 * 1_000_000)).await?;
    }
    for limit in [7, 100, 120, 1_000] {
        let found = all_in(&timers, minute, limit).await?;
        let dues = |second: i64| found.iter().filter(|timer| timer.due == at(minute, second * 1_000_000)).count();
        ensure!(found.len() == 120 && (0..60).all(|second| dues(second) == 2), "limit {limit}: {}", found.len());
    }
    Ok(())
}

/// A sweep removes what it has sent, page by page.
pub async fn a_page_goes_on_when_its_timers_are_gone(timers: Adapter) -> Result<()> {
    let minute = minute();
    for number in 0..50 {
        timers.park(&timer(minute, number * 1_000)).await?;
    }
    let (mut seen, mut after) = (0, None);
    loop {
        let page = timers.due_in(minute, after.as_deref(), 8).await?;
        for timer in &page.items {
            timers.remove(timer).await?;
        }
        seen += page.items.len();
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    ensure!(seen == 50, "{seen}");
    ensure!(all_in(&timers, minute, 100).await?.is_empty());
    Ok(())
}

/// The first microsecond of a minute is in it, the last one before is not.
pub async fn minutes_do_not_see_each_other(timers: Adapter) -> Result<()> {
    let minute = minute();
    let (first, last) = (timer(minute, 0), timer(minute, 59_999_999));
    let (before, after) = (timer(minute, -1), timer(minute, 60_000_000));
    for timer in [&first, &last, &before, &after] {
        timers.park(timer).await?;
    }
    ensure!(all_in(&timers, Minute(minute.0 - 1), 100).await? == [before]);
    let found = all_in(&timers, minute, 100).await?;
    ensure!(found.len() == 2 && found.contains(&first) && found.contains(&last), "{found:?}");
    ensure!(all_in(&timers, Minute(minute.0 + 1), 100).await? == [after]);
    ensure!(all_in(&timers, Minute(minute.0 + 2), 100).await?.is_empty());
    Ok(())
}

/// Once or twice; and may come again.
pub async fn a_timer_that_was_removed_is_gone(timers: Adapter) -> Result<()> {
    let minute = minute();
    let (gone, stays) = (timer(minute, 5_000_000), timer(minute, 5_000_000));
    timers.remove(&gone).await?;
    timers.park(&gone).await?;
    timers.park(&stays).await?;
    for _ in 0..2 {
        timers.remove(&gone).await?;
        ensure!(all_in(&timers, minute, 100).await? == std::slice::from_ref(&stays));
    }
    timers.park(&gone).await?;
    ensure!(all_in(&timers, minute, 100).await?.len() == 2);
    Ok(())
}

/// Or timers would never be looked for again, or those before it never be missed.
pub async fn the_watermark_never_goes_back(timers: Adapter) -> Result<()> {
    let first = timers.watermark().await?.map_or(minute(), |there| Minute(there.0 + 10));
    for (set, expected) in [(0, 0), (7, 7), (3, 7), (7, 7), (8, 8)] {
        timers.set_watermark(Minute(first.0 + set)).await?;
        let found = timers.watermark().await?;
        ensure!(found == Some(Minute(first.0 + expected)), "{set}: {found:?}");
    }
    Ok(())
}

async fn all_in(timers: &Adapter, minute: Minute, limit: u32) -> Result<Vec<ParkedTimer>> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = timers.due_in(minute, after.as_deref(), limit).await?;
        ensure!(page.items.len() <= limit as usize, "{} of {limit}", page.items.len());
        found.extend(page.items);
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

/// A minute that no other body looks at, nor the one before or after it. They are in the year 2100 and later.
fn minute() -> Minute {
    Minute(68_400_000 + i64::try_from(fresh_number() * 10).unwrap_or_default())
}

fn at(minute: Minute, micros: i64) -> Timestamp {
    Timestamp::from_micros(minute.0 * 60_000_000 + micros)
}

fn run() -> RunKey {
    RunKey { execution: machine_arn("machine").execution("one"), run: RunId(fresh("run").into()) }
}

fn timer(minute: Minute, micros: i64) -> ParkedTimer {
    ParkedTimer { due: at(minute, micros), wake: Wake::new(&run(), &StrandId::root(), WakeKind::Timer { since: 7 }) }
}
