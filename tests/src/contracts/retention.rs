//! The contract of the port `Journal`: executions whose time is over. Times are whole seconds, as stores keep them.

use super::executions::{ALL, Adapter, child, join_key, meta, record, run, started, wait_key};
use super::{fresh, machine_arn};
use anyhow::{Result, bail, ensure};
use model::{RunId, StateMachineArn, StrandId, Timestamp};
use orchestrator::ports::{ExecutionStatus, Meta, Put, StartOutcome, StoredRecord};
use std::sync::Arc;

const STARTED: i64 = 1_000;
const EXPIRES: i64 = 5_000;

const fn seconds(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

/// An execution that has begun, and will have expired.
async fn expiring(journal: &Adapter, machine: &StateMachineArn) -> Result<Meta> {
    let meta = Meta { expires: Some(seconds(EXPIRES)), ..meta(machine, STARTED * 1_000_000) };
    let first = StoredRecord { expires: Some(seconds(EXPIRES)), ..record(&meta, "0", 0, "first") };
    ensure!(journal.start(&meta, &first).await? == StartOutcome::New);
    Ok(meta)
}

/// Another start of this name, at this time.
fn anew(of: &Meta, at: i64) -> Meta {
    Meta { run: RunId(fresh("run").into()), started: seconds(at), expires: None, ..of.clone() }
}

/// And nothing of the old run is in the new one.
pub async fn a_name_is_free_when_its_execution_has_expired(journal: Adapter) -> Result<()> {
    let old = expiring(&journal, &machine_arn("expired")).await?;
    journal.put(&record(&old, "0", 1, "old")).await?;
    journal.join(&join_key(&old, 1), &child(0)).await?;
    journal.beat(&wait_key(&old, 1), seconds(STARTED)).await?;
    journal.close(&run(&old), ExecutionStatus::Succeeded, seconds(STARTED + 1), 1).await?;
    let closed =
        Meta { status: ExecutionStatus::Succeeded, stopped: Some(seconds(STARTED + 1)), seq: 1, ..old.clone() };
    ensure!(journal.meta(&old.execution).await? == Some(closed.clone()), "when it expires comes back too");

    let early = anew(&old, EXPIRES - 1);
    ensure!(journal.start(&early, &record(&early, "0", 0, "early")).await? == StartOutcome::Exists(closed));
    let new = anew(&old, EXPIRES);
    let first = record(&new, "0", 0, "new");
    ensure!(journal.start(&new, &first).await? == StartOutcome::New);
    ensure!(journal.meta(&old.execution).await? == Some(new.clone()));
    ensure!(journal.records(&run(&new)).await? == [first]);
    ensure!(journal.joined(&join_key(&new, 1), ALL).await?.is_empty());
    ensure!(journal.last_beat(&wait_key(&new, 1)).await?.is_none());
    // What still comes for the old run changes nothing of the new one.
    journal.close(&run(&old), ExecutionStatus::Failed, seconds(EXPIRES), 9).await?;
    ensure!(journal.meta(&old.execution).await? == Some(new.clone()));
    let mut listed = journal.executions(Some(&old.machine), None, None, 10).await?.items;
    listed.retain(|meta| meta.run == new.run);
    ensure!(listed == std::slice::from_ref(&new));
    // One that never expires has its name for ever.
    let late = anew(&old, EXPIRES * 1_000);
    ensure!(journal.start(&late, &record(&late, "0", 0, "late")).await? == StartOutcome::Exists(new));
    Ok(())
}

/// However many start it anew at once.
pub async fn one_of_many_concurrent_starts_of_an_expired_name_wins(journal: Adapter) -> Result<()> {
    let old = expiring(&journal, &machine_arn("expired")).await?;
    let starts = (0..20).map(|_| {
        let (journal, meta) = (Arc::clone(&journal), anew(&old, EXPIRES + 1));
        tokio::spawn(async move { anyhow::Ok((journal.start(&meta, &record(&meta, "0", 0, "new")).await?, meta)) })
    });
    let (mut new, mut seen) = (Vec::new(), Vec::new());
    for start in starts.collect::<Vec<_>>() {
        match start.await?? {
            (StartOutcome::New, meta) => new.push(meta),
            (StartOutcome::Exists(there), _) => seen.push(there),
        }
    }
    ensure!(new.len() == 1 && seen.iter().all(|there| *there == new[0]), "{new:?}, {seen:?}");
    ensure!(journal.records(&run(&new[0])).await? == [record(&new[0], "0", 0, "new")]);
    Ok(())
}

/// Also when the times come in the wrong order, and of what never expires.
pub async fn what_is_kept_for_longer_is_never_kept_for_less(journal: Adapter) -> Result<()> {
    let kept = expiring(&journal, &machine_arn("retain")).await?;
    for (until, expected) in [(4_000, EXPIRES), (9_000, 9_000), (7_000, 9_000), (9_000, 9_000)] {
        journal.retain(&run(&kept), seconds(until)).await?;
        let found = journal.meta(&kept.execution).await?;
        ensure!(found == Some(Meta { expires: Some(seconds(expected)), ..kept.clone() }), "{until}: {found:?}");
    }
    let early = anew(&kept, 8_999);
    match journal.start(&early, &record(&early, "0", 0, "early")).await? {
        StartOutcome::Exists(there) => ensure!(there.run == kept.run),
        StartOutcome::New => bail!("its name was taken before its time was over"),
    }
    let new = anew(&kept, 9_000);
    ensure!(journal.start(&new, &record(&new, "0", 0, "new")).await? == StartOutcome::New);
    // `new` never expires.
    journal.retain(&run(&new), seconds(9_500)).await?;
    ensure!(journal.meta(&new.execution).await? == Some(new));
    Ok(())
}

/// More of it than any store changes in one request.
pub async fn what_is_kept_for_longer_is_all_there(journal: Adapter) -> Result<()> {
    let kept = expiring(&journal, &machine_arn("retain")).await?;
    for seq in 1..150 {
        let put = StoredRecord { expires: Some(seconds(EXPIRES)), ..record(&kept, "0", seq, "kept") };
        journal.put(&put).await?;
    }
    for index in [0, 150, 151, 320] {
        journal.join(&join_key(&kept, 1), &child(index)).await?;
    }
    journal.beat(&wait_key(&kept, 1), seconds(STARTED)).await?;
    for _ in 0..2 {
        journal.retain(&run(&kept), seconds(9_000)).await?;
    }
    let records = journal.records(&run(&kept)).await?;
    ensure!(records.len() == 150 && records[1..].iter().all(|record| record.body == "kept"));
    ensure!(journal.joined(&join_key(&kept, 1), ALL).await?.len() == 4);
    ensure!(journal.last_beat(&wait_key(&kept, 1)).await? == Some(seconds(STARTED)));
    // And its journal goes on as before.
    let next = record(&kept, "0", 150, "next");
    ensure!(journal.put(&next).await? == Put::Won && journal.put(&next).await? == Put::Lost(next.clone()));
    ensure!(journal.head(&run(&kept), &StrandId::root()).await? == Some(next));
    ensure!(journal.join(&join_key(&kept, 1), &child(152)).await? == 3);
    Ok(())
}

/// Nor does asking for it make anything, or touch another run of the name.
pub async fn a_run_that_is_not_there_is_not_kept(journal: Adapter) -> Result<()> {
    let there = expiring(&journal, &machine_arn("retain")).await?;
    let never = meta(&machine_arn("retain"), STARTED);
    journal.retain(&run(&never), seconds(9_000)).await?;
    ensure!(journal.meta(&never.execution).await?.is_none());
    let stale = Meta { run: RunId("stale".into()), ..there.clone() };
    journal.retain(&run(&stale), seconds(9_000)).await?;
    ensure!(journal.meta(&there.execution).await? == Some(there));
    ensure!(journal.records(&run(&stale)).await?.is_empty());
    Ok(())
}

/// It is for the store alone.
pub async fn when_a_record_expires_is_not_read_back(journal: Adapter) -> Result<()> {
    let meta = started(&journal, &machine_arn("expires"), STARTED).await?;
    let plain = record(&meta, "0", 1, "body");
    let put = StoredRecord { expires: Some(seconds(9_000)), ..plain.clone() };
    ensure!(journal.put(&put).await? == Put::Won);
    ensure!(journal.put(&put).await? == Put::Lost(plain.clone()));
    ensure!(journal.record(&plain.key).await? == Some(plain.clone()));
    ensure!(journal.head(&run(&meta), &StrandId::root()).await? == Some(plain.clone()));
    ensure!(journal.records_at(std::slice::from_ref(&plain.key)).await? == std::slice::from_ref(&plain));
    ensure!(journal.records(&run(&meta)).await?.contains(&plain));
    Ok(())
}
