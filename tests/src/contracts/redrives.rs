//! The contract of the port `Journal`: redrives.

use super::executions::{Adapter, meta, record, run, started, stop_mark};
use super::machine_arn;
use anyhow::{Result, ensure};
use model::{RunId, Timestamp};
use orchestrator::ports::{ExecutionStatus, Meta, Put, Redriven, StartOutcome, StopMark};
use std::sync::Arc;

/// A run that was stopped and has ended with its record 4.
async fn ended(journal: &Adapter, name: &str) -> Result<Meta> {
    let meta = started(journal, &machine_arn(name), 1_000).await?;
    journal.mark_stop(&run(&meta), &stop_mark(5)).await?;
    journal.close(&run(&meta), ExecutionStatus::Aborted, Timestamp::from_micros(2_000), 4).await?;
    Ok(meta)
}

fn redriven(count: u32, seq: u64) -> Redriven {
    Redriven { count, at: Timestamp::from_micros(3_000), seq }
}

/// META as it is after this redrive of a run that began so.
fn opened(meta: &Meta, redriven: Redriven) -> Meta {
    Meta { seq: redriven.seq, redriven: Some(redriven), ..meta.clone() }
}

/// Neither end nor stop mark are left.
pub async fn a_redrive_puts_its_record_and_opens_meta(journal: Adapter) -> Result<()> {
    let meta = ended(&journal, "redrive").await?;
    let record = record(&meta, "0", 5, "redriven");
    ensure!(journal.redrive(&record, &redriven(1, 5), None).await? == Put::Won);
    ensure!(journal.record(&record.key).await? == Some(record));
    ensure!(journal.meta(&meta.execution).await? == Some(opened(&meta, redriven(1, 5))));
    // It ends and is redriven once more.
    journal.close(&run(&meta), ExecutionStatus::Failed, Timestamp::from_micros(4_000), 8).await?;
    let ended = journal.meta(&meta.execution).await?;
    ensure!(ended.is_some_and(|meta| meta.seq == 8 && meta.redriven == Some(redriven(1, 5))));
    let again = super::executions::record(&meta, "0", 9, "again");
    ensure!(journal.redrive(&again, &redriven(2, 9), None).await? == Put::Won);
    ensure!(journal.meta(&meta.execution).await? == Some(opened(&meta, redriven(2, 9))));
    Ok(())
}

/// The record is the only lock.
pub async fn a_redrive_that_loses_changes_nothing(journal: Adapter) -> Result<()> {
    let meta = ended(&journal, "redrive").await?;
    let winner = record(&meta, "0", 5, "winner");
    ensure!(journal.put(&winner).await? == Put::Won);
    let before = journal.meta(&meta.execution).await?;
    let loser = record(&meta, "0", 5, "loser");
    ensure!(journal.redrive(&loser, &redriven(1, 5), None).await? == Put::Lost(winner));
    ensure!(journal.meta(&meta.execution).await? == before);
    Ok(())
}

/// However many there are at once.
pub async fn one_of_many_concurrent_redrives_wins(journal: Adapter) -> Result<()> {
    let meta = ended(&journal, "redrive").await?;
    let redrives = (0..20).map(|writer| {
        let (journal, record) = (Arc::clone(&journal), record(&meta, "0", 5, &format!("writer {writer}")));
        let redriven = Redriven { at: Timestamp::from_micros(3_000 + writer), ..redriven(1, 5) };
        tokio::spawn(async move { anyhow::Ok((journal.redrive(&record, &redriven, None).await?, redriven)) })
    });
    let mut won = Vec::new();
    for redrive in redrives.collect::<Vec<_>>() {
        if let (Put::Won, redriven) = redrive.await?? {
            won.push(redriven);
        }
    }
    ensure!(won.len() == 1, "{won:?}");
    ensure!(journal.meta(&meta.execution).await? == Some(opened(&meta, won[0])));
    Ok(())
}

/// By whoever comes first; and never once the run has ended again.
pub async fn meta_is_opened_again_once(journal: Adapter) -> Result<()> {
    let meta = ended(&journal, "redrive").await?;
    for _ in 0..2 {
        journal.reopen(&run(&meta), &redriven(1, 5), None).await?;
        ensure!(journal.meta(&meta.execution).await? == Some(opened(&meta, redriven(1, 5))));
    }
    let mark = StopMark { opened: 5, ..stop_mark(6) };
    ensure!(journal.mark_stop(&run(&meta), &mark).await?.is_some());
    journal.reopen(&run(&meta), &redriven(1, 5), None).await?;
    ensure!(journal.meta(&meta.execution).await?.is_some_and(|meta| meta.stop == Some(mark.clone())));
    journal.close(&run(&meta), ExecutionStatus::Aborted, Timestamp::from_micros(4_000), 7).await?;
    let ended = journal.meta(&meta.execution).await?;
    journal.reopen(&run(&meta), &redriven(1, 5), None).await?;
    ensure!(journal.meta(&meta.execution).await? == ended);
    // Nor is there anything to open that is not there.
    let stale = Meta { run: RunId("stale".into()), ..meta.clone() };
    journal.reopen(&run(&stale), &redriven(1, 99), None).await?;
    ensure!(journal.meta(&meta.execution).await? == ended);
    let never = super::executions::meta(&machine_arn("never"), 1_000);
    journal.reopen(&run(&never), &redriven(1, 5), None).await?;
    ensure!(journal.meta(&never.execution).await?.is_none());
    Ok(())
}

/// A stop that was slow, an end that was told twice.
pub async fn what_is_late_for_the_time_before_a_redrive_changes_nothing(journal: Adapter) -> Result<()> {
    let meta = ended(&journal, "redrive").await?;
    // Nor for a run that has ended and was not redriven: it has another number then.
    ensure!(journal.mark_stop(&run(&meta), &stop_mark(6)).await?.is_none());
    journal.redrive(&record(&meta, "0", 5, "redriven"), &redriven(1, 5), None).await?;
    ensure!(journal.mark_stop(&run(&meta), &stop_mark(6)).await?.is_none());
    journal.close(&run(&meta), ExecutionStatus::Aborted, Timestamp::from_micros(2_000), 4).await?;
    ensure!(journal.meta(&meta.execution).await? == Some(opened(&meta, redriven(1, 5))));
    let mark = StopMark { opened: 5, ..stop_mark(6) };
    let marked = Meta { stop: Some(mark.clone()), ..opened(&meta, redriven(1, 5)) };
    ensure!(journal.mark_stop(&run(&meta), &mark).await? == Some(marked));
    Ok(())
}

/// Or nobody would find it who looks for what has to go on.
pub async fn a_redriven_run_is_listed_as_running(journal: Adapter) -> Result<()> {
    let meta = ended(&journal, "redrive").await?;
    journal.redrive(&record(&meta, "0", 5, "redriven"), &redriven(3, 5), None).await?;
    for (status, expected) in [(None, 1), (Some(ExecutionStatus::Running), 1), (Some(ExecutionStatus::Aborted), 0)] {
        let listed = journal.executions(Some(&meta.machine), status, None, 10).await?.items;
        ensure!(listed.len() == expected, "{status:?}: {listed:?}");
        ensure!(listed.iter().all(|meta| meta.redriven == Some(redriven(3, 5)) && meta.stopped.is_none()));
    }
    Ok(())
}

/// One that never expires stays so.
pub async fn a_redriven_run_is_kept_for_longer_and_never_for_less(journal: Adapter) -> Result<()> {
    let seconds = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000 + 7);
    for (before, until, expected) in [
        (Some(50), Some(90), Some(90)),
        (Some(50), Some(40), Some(50)),
        (Some(50), None, Some(50)),
        (None, Some(90), None),
    ] {
        let meta = Meta { expires: before.map(seconds), ..meta(&machine_arn("redrive"), 1_000) };
        ensure!(journal.start(&meta, &record(&meta, "0", 0, "first")).await? == StartOutcome::New);
        journal.close(&run(&meta), ExecutionStatus::Failed, Timestamp::from_micros(2_000), 4).await?;
        let record = record(&meta, "0", 5, "redriven");
        journal.redrive(&record, &redriven(1, 5), until.map(seconds)).await?;
        let found = journal.meta(&meta.execution).await?.and_then(|meta| meta.expires);
        ensure!(found == expected.map(seconds), "{before:?}, {until:?}: {found:?}");
    }
    Ok(())
}
