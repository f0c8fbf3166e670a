//! The contract of the port `Journal`.

use super::{fresh, machine_arn};
use anyhow::{Result, bail, ensure};
use bytes::Bytes;
use engine::Ending;
use model::{Failure, RunId, Seq, StateMachineArn, StrandId, Timestamp};
use orchestrator::ports::{
    EndedChild, Error, ExecutionStatus, JoinKey, Journal, Meta, Put, StartOutcome, StopMark, StoredRecord, WaitKey,
};
use orchestrator::{RecordKey, RunKey};
use std::sync::Arc;

type Adapter = Arc<dyn Journal>;

/// Lists every contract of this port for [`crate::each_contract`].
#[macro_export]
macro_rules! journal_contracts {
    ($make:expr) => {
        $crate::each_contract! { $make;
            journal::a_start_puts_meta_and_the_first_record,
            journal::a_name_is_taken_once,
            journal::one_of_many_concurrent_starts_wins,
            journal::a_put_wins_once_and_the_loser_sees_the_winner,
            journal::one_of_many_concurrent_puts_wins,
            journal::a_body_comes_back_byte_for_byte,
            journal::a_head_is_the_last_record_of_its_strand_alone,
            journal::records_of_a_strand_come_in_the_order_of_their_numbers,
            journal::what_is_not_there_is_none,
            journal::a_run_that_was_never_started_takes_nothing,
            journal::runs_do_not_see_each_other,
            journal::the_first_stop_mark_stays,
            journal::an_end_follows_the_record_with_the_higher_number,
            journal::a_child_that_joined_is_in_the_set,
            journal::the_last_of_concurrent_joins_finds_the_set_complete,
            journal::forks_have_sets_of_their_own,
            journal::a_heartbeat_never_goes_back,
            journal::lists_are_newest_first_and_page_without_gaps,
            journal::lists_keep_to_a_machine_and_a_status,
            journal::a_page_token_that_was_not_given_out_is_unreadable,
        }
    };
}

/// META first and record 0 with it, both readable at once.
pub async fn a_start_puts_meta_and_the_first_record(journal: Adapter) -> Result<()> {
    let mut meta = meta(&machine_arn("start"), 1_000);
    meta.trace_header = Some("Root=1-2-3".into());
    meta.stop = Some(StopMark {
        at: Timestamp::from_micros(7),
        ending: Ending::Aborted { at: None, after: Timestamp::from_micros(6) },
    });
    let first = record(&meta, "0", 0, "first");
    ensure!(journal.start(&meta, &first).await? == StartOutcome::New);
    ensure!(journal.meta(&meta.execution).await? == Some(meta));
    ensure!(journal.record(&first.key).await? == Some(first));
    Ok(())
}

/// The second start of a name gets the first one's META, and leaves nothing.
pub async fn a_name_is_taken_once(journal: Adapter) -> Result<()> {
    let first = started(&journal, &machine_arn("name"), 1_000).await?;
    let second = Meta { run: RunId("another".into()), input_hash: "other".into(), ..first.clone() };
    let record = record(&second, "0", 0, "second");
    ensure!(journal.start(&second, &record).await? == StartOutcome::Exists(first.clone()));
    ensure!(journal.meta(&first.execution).await? == Some(first));
    ensure!(journal.record(&record.key).await?.is_none());
    Ok(())
}

/// However many start one name at once.
pub async fn one_of_many_concurrent_starts_wins(journal: Adapter) -> Result<()> {
    let like = meta(&machine_arn("race"), 1_000);
    let starts = (0..20).map(|writer| {
        let (journal, meta) =
            (Arc::clone(&journal), Meta { run: RunId(format!("run-{writer}").into()), ..like.clone() });
        tokio::spawn(async move { journal.start(&meta, &record(&meta, "0", 0, "first")).await })
    });
    let mut new = 0;
    for start in starts.collect::<Vec<_>>() {
        new += usize::from(start.await?? == StartOutcome::New);
    }
    ensure!(new == 1, "{new} of them won");
    Ok(())
}

/// The only lock there is.
pub async fn a_put_wins_once_and_the_loser_sees_the_winner(journal: Adapter) -> Result<()> {
    let meta = started(&journal, &machine_arn("put"), 1_000).await?;
    let (winner, loser) = (record(&meta, "0", 1, "winner"), record(&meta, "0", 1, "loser"));
    ensure!(journal.put(&winner).await? == Put::Won);
    ensure!(journal.put(&loser).await? == Put::Lost(winner.clone()));
    ensure!(journal.put(&winner).await? == Put::Lost(winner.clone()));
    ensure!(journal.record(&winner.key).await? == Some(winner));
    Ok(())
}

/// However many put one key at once, also beside puts of other keys.
pub async fn one_of_many_concurrent_puts_wins(journal: Adapter) -> Result<()> {
    let meta = started(&journal, &machine_arn("race"), 1_000).await?;
    for seq in 1..10 {
        let puts = (0..10).map(|writer| {
            let (journal, record) = (Arc::clone(&journal), record(&meta, "0", seq, &format!("writer {writer}")));
            tokio::spawn(async move { anyhow::Ok((journal.put(&record).await?, record)) })
        });
        let (mut winners, mut seen) = (Vec::new(), Vec::new());
        for put in puts.collect::<Vec<_>>() {
            match put.await?? {
                (Put::Won, record) => winners.push(record),
                (Put::Lost(winner), _) => seen.push(winner),
            }
        }
        ensure!(winners.len() == 1 && seen.iter().all(|winner| *winner == winners[0]), "{winners:?}, {seen:?}");
    }
    Ok(())
}

/// Bodies are opaque: empty, binary, large.
pub async fn a_body_comes_back_byte_for_byte(journal: Adapter) -> Result<()> {
    let meta = started(&journal, &machine_arn("body"), 1_000).await?;
    let bodies = [Bytes::new(), Bytes::from_static(&[0, 255, 0, 10]), Bytes::from(vec![7; 300_000])];
    for (seq, body) in (1..).zip(bodies) {
        let put = StoredRecord { body, ..record(&meta, "0", seq, "") };
        ensure!(journal.put(&put).await? == Put::Won);
        ensure!(journal.record(&put.key).await? == Some(put));
    }
    Ok(())
}

/// `0`, `0/7.2` and `0/7.20` have the same beginning and are three strands.
pub async fn a_head_is_the_last_record_of_its_strand_alone(journal: Adapter) -> Result<()> {
    let meta = started(&journal, &machine_arn("head"), 1_000).await?;
    for (strand, last) in [("0", 12), ("0/7.2", 3), ("0/7.20", 11), ("0/7.2/1.0", 5)] {
        for seq in u64::from(strand == "0")..=last {
            ensure!(journal.put(&record(&meta, strand, seq, strand)).await? == Put::Won);
        }
    }
    for (strand, last) in [("0", 12), ("0/7.2", 3), ("0/7.20", 11), ("0/7.2/1.0", 5)] {
        let head = journal.head(&run(&meta), &StrandId::from_stored(strand)).await?;
        ensure!(head == Some(record(&meta, strand, last, strand)), "{strand}: {head:?}");
    }
    Ok(())
}

/// By number, not by text: 10 comes after 9. And there are enough of them for several pages of any store.
pub async fn records_of_a_strand_come_in_the_order_of_their_numbers(journal: Adapter) -> Result<()> {
    let meta = started(&journal, &machine_arn("records"), 1_000).await?;
    let long = "x".repeat(2_000);
    for seq in 1..1_200 {
        journal.put(&record(&meta, "0", seq, &long)).await?;
    }
    for seq in (0..12).rev() {
        journal.put(&record(&meta, "0/1.1", seq, "child")).await?;
    }
    let records = journal.records(&run(&meta)).await?;
    for (strand, count) in [("0", 1_200), ("0/1.1", 12)] {
        let found = records.iter().filter(|record| record.key.strand.as_str() == strand).map(|record| record.key.seq);
        ensure!(found.eq(0..count), "{strand}");
    }
    ensure!(records.len() == 1_212);
    Ok(())
}

/// Absence is an answer, not an error.
pub async fn what_is_not_there_is_none(journal: Adapter) -> Result<()> {
    let unknown = meta(&machine_arn("absent"), 1_000);
    let key = run(&unknown);
    ensure!(journal.meta(&unknown.execution).await?.is_none());
    ensure!(journal.head(&key, &StrandId::root()).await?.is_none());
    ensure!(journal.records(&key).await?.is_empty());
    ensure!(journal.joined(&join_key(&unknown, 1)).await?.is_empty());
    ensure!(journal.last_beat(&wait_key(&unknown, 1)).await?.is_none());
    ensure!(journal.mark_stop(&key, &stop_mark(1)).await?.is_none());
    journal.close(&key, ExecutionStatus::Failed, Timestamp::from_micros(1), 1).await?;
    let meta = started(&journal, &machine_arn("absent"), 1_000).await?;
    ensure!(journal.head(&run(&meta), &StrandId::from_stored("0/0.0")).await?.is_none());
    ensure!(journal.record(&record(&meta, "0", 1, "").key).await?.is_none());
    Ok(())
}

/// An error that lasts: neither of a name that nobody has, nor of another run of a name.
pub async fn a_run_that_was_never_started_takes_nothing(journal: Adapter) -> Result<()> {
    let there = started(&journal, &machine_arn("never"), 1_000).await?;
    let never = [meta(&machine_arn("never"), 1_000), Meta { run: RunId("another".into()), ..there.clone() }];
    for never in &never {
        let put = record(never, "0", 0, "lost");
        for outcome in
            [journal.put(&put).await.map(drop), journal.beat(&wait_key(never, 0), Timestamp::from_micros(1)).await]
        {
            match outcome {
                Err(error) => ensure!(!error.is_transient(), "{error}"),
                Ok(()) => bail!("{} took it", never.run),
            }
        }
        ensure!(journal.record(&put.key).await?.is_none());
        ensure!(journal.last_beat(&wait_key(never, 0)).await?.is_none());
    }
    ensure!(journal.records(&run(&there)).await? == [record(&there, "0", 0, "first")]);
    Ok(())
}

/// Two executions have the same strands and numbers; and an old run's id reaches nothing of the name's.
pub async fn runs_do_not_see_each_other(journal: Adapter) -> Result<()> {
    let machine = machine_arn("runs");
    let (one, other) = (started(&journal, &machine, 1_000).await?, started(&journal, &machine, 1_000).await?);
    journal.put(&record(&one, "0", 1, "one")).await?;
    ensure!(journal.put(&record(&other, "0", 1, "other")).await? == Put::Won);
    ensure!(journal.records(&run(&one)).await?.len() == 2);
    let stale = Meta { run: RunId("stale".into()), ..one.clone() };
    ensure!(journal.records(&run(&stale)).await?.is_empty());
    ensure!(journal.mark_stop(&run(&stale), &stop_mark(1)).await?.is_none());
    journal.close(&run(&stale), ExecutionStatus::Failed, Timestamp::from_micros(1), 9).await?;
    ensure!(journal.meta(&one.execution).await? == Some(one));
    Ok(())
}

/// A time-out and a stop: whoever is first says how the execution ends.
pub async fn the_first_stop_mark_stays(journal: Adapter) -> Result<()> {
    let meta = started(&journal, &machine_arn("stop"), 1_000).await?;
    let marked = Meta { stop: Some(stop_mark(5)), ..meta.clone() };
    ensure!(journal.mark_stop(&run(&meta), &stop_mark(5)).await? == Some(marked.clone()));
    ensure!(journal.mark_stop(&run(&meta), &stop_mark(6)).await? == Some(marked.clone()));
    ensure!(journal.meta(&meta.execution).await? == Some(marked));
    Ok(())
}

/// META follows the terminal record, and an older message never overwrites a newer end.
pub async fn an_end_follows_the_record_with_the_higher_number(journal: Adapter) -> Result<()> {
    let meta = started(&journal, &machine_arn("close"), 1_000).await?;
    let at = Timestamp::from_micros(2_000);
    journal.close(&run(&meta), ExecutionStatus::Succeeded, at, 8).await?;
    for seq in [8, 3] {
        journal.close(&run(&meta), ExecutionStatus::Failed, Timestamp::from_micros(3_000), seq).await?;
    }
    let closed = Meta { status: ExecutionStatus::Succeeded, stopped: Some(at), seq: 8, ..meta.clone() };
    ensure!(journal.meta(&meta.execution).await? == Some(closed));
    Ok(())
}

/// From the moment its join is answered; once, however often it joins.
pub async fn a_child_that_joined_is_in_the_set(journal: Adapter) -> Result<()> {
    let meta = started(&journal, &machine_arn("join"), 1_000).await?;
    let key = join_key(&meta, 3);
    for (index, set) in [(1, vec![child(1)]), (0, vec![child(0), child(1)]), (1, vec![child(0), child(1)])] {
        journal.join(&key, &child(index)).await?;
        ensure!(sorted(journal.joined(&key).await?) == set);
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
            journal.joined(&key).await
        })
    });
    let mut largest = 0;
    for join in joins.collect::<Vec<_>>() {
        largest = largest.max(join.await??.len());
    }
    ensure!(largest == 150, "{largest}");
    let joined = sorted(journal.joined(&join_key(&meta, 3)).await?);
    ensure!(joined.iter().copied().eq((0..150).map(child)));
    Ok(())
}

/// Of one strand at two records, of two strands at one.
pub async fn forks_have_sets_of_their_own(journal: Adapter) -> Result<()> {
    let meta = started(&journal, &machine_arn("join"), 1_000).await?;
    journal.join(&join_key(&meta, 3), &child(0)).await?;
    ensure!(journal.joined(&join_key(&meta, 30)).await?.is_empty());
    let nested = JoinKey { strand: StrandId::from_stored("0/3.0"), ..join_key(&meta, 3) };
    journal.join(&nested, &child(4)).await?;
    ensure!(journal.joined(&nested).await? == [child(4)]);
    ensure!(journal.joined(&join_key(&meta, 3)).await? == [child(0)]);
    Ok(())
}

/// Of two that arrive in the wrong order, the later one counts.
pub async fn a_heartbeat_never_goes_back(journal: Adapter) -> Result<()> {
    let meta = started(&journal, &machine_arn("beat"), 1_000).await?;
    for at in [100, 300, 200] {
        journal.beat(&wait_key(&meta, 2), Timestamp::from_micros(at)).await?;
    }
    ensure!(journal.last_beat(&wait_key(&meta, 2)).await? == Some(Timestamp::from_micros(300)));
    ensure!(journal.last_beat(&wait_key(&meta, 20)).await?.is_none());
    Ok(())
}

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

async fn started(journal: &Adapter, machine: &StateMachineArn, at: i64) -> Result<Meta> {
    let meta = meta(machine, at);
    ensure!(journal.start(&meta, &record(&meta, "0", 0, "first")).await? == StartOutcome::New);
    Ok(meta)
}

fn meta(machine: &StateMachineArn, at: i64) -> Meta {
    Meta {
        execution: machine.execution(&fresh("execution")),
        run: RunId(fresh("run").into()),
        machine: machine.clone(),
        revision: "revision-1".into(),
        status: ExecutionStatus::Running,
        seq: 0,
        started: Timestamp::from_micros(at),
        stopped: None,
        input_hash: "0123456789abcdef".into(),
        stop: None,
        trace_header: None,
    }
}

fn run(meta: &Meta) -> RunKey {
    RunKey { execution: meta.execution.clone(), run: meta.run.clone() }
}

fn record(meta: &Meta, strand: &str, seq: Seq, body: &str) -> StoredRecord {
    let key = RecordKey { run: run(meta), strand: StrandId::from_stored(strand), seq };
    StoredRecord { key, body: Bytes::copy_from_slice(body.as_bytes()) }
}

fn join_key(meta: &Meta, fork: Seq) -> JoinKey {
    JoinKey { run: run(meta), strand: StrandId::root(), fork }
}

fn wait_key(meta: &Meta, since: Seq) -> WaitKey {
    WaitKey { run: run(meta), strand: StrandId::root(), since }
}

fn child(index: u32) -> EndedChild {
    EndedChild { index, seq: u64::from(index) + 2, succeeded: index.is_multiple_of(2) }
}

fn stop_mark(at: i64) -> StopMark {
    StopMark { at: Timestamp::from_micros(at), ending: Ending::Stopped(Failure::new("Stopped", at.to_string())) }
}

fn sorted(mut children: Vec<EndedChild>) -> Vec<EndedChild> {
    children.sort();
    children
}
