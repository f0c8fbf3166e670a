//! The contract of the port `Journal`.

use super::executions::{ALL, Adapter, join_key, meta, record, run, started, stop_mark, wait_key};
use super::machine_arn;
use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use engine::Ending;
use model::{Qualifier, RunId, StrandId, Timestamp};
use orchestrator::RecordKey;
use orchestrator::ports::{BEATS_CLOSED, ExecutionStatus, Meta, Put, StartOutcome, StopMark, StoredRecord};
use std::collections::HashSet;
use std::sync::Arc;

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
            journal::a_body_near_the_limit_that_nobody_can_compress_comes_back,
            journal::a_head_is_the_last_record_of_its_strand_alone,
            journal::records_of_a_strand_come_in_the_order_of_their_numbers,
            journal::records_of_many_large_ones_come_all,
            journal::those_records_that_are_there_come_by_their_keys,
            journal::many_large_records_come_by_their_keys,
            journal::what_is_not_there_is_none,
            journal::runs_do_not_see_each_other,
            journal::the_first_stop_mark_stays,
            journal::an_end_follows_the_record_with_the_higher_number,
            journal::a_heartbeat_never_goes_back,
            journal::a_wait_that_is_closed_takes_no_heartbeat,
            redrives::a_redrive_puts_its_record_and_opens_meta,
            redrives::a_redrive_that_loses_changes_nothing,
            redrives::one_of_many_concurrent_redrives_wins,
            redrives::meta_is_opened_again_once,
            redrives::what_is_late_for_the_time_before_a_redrive_changes_nothing,
            redrives::a_redriven_run_is_listed_as_running,
            redrives::a_redriven_run_is_kept_for_longer_and_never_for_less,
            joins::a_child_that_joined_is_in_the_set,
            joins::the_last_of_concurrent_joins_finds_the_set_complete,
            joins::a_join_tells_how_many_of_its_shard_have_joined,
            joins::the_last_of_a_shards_concurrent_joins_is_told_of_all,
            joins::children_come_by_their_indexes,
            joins::forks_have_sets_of_their_own,
            retention::a_name_is_free_when_its_execution_has_expired,
            retention::one_of_many_concurrent_starts_of_an_expired_name_wins,
            retention::what_is_kept_for_longer_is_never_kept_for_less,
            retention::what_is_kept_for_longer_is_all_there,
            retention::a_run_that_is_not_there_is_not_kept,
            retention::when_a_record_expires_is_not_read_back,
            lists::lists_are_newest_first_and_page_without_gaps,
            lists::lists_keep_to_a_machine_and_a_status,
            lists::a_page_token_that_was_not_given_out_is_unreadable,
        }
    };
}

/// META first and record 0 with it, both readable at once.
pub async fn a_start_puts_meta_and_the_first_record(journal: Adapter) -> Result<()> {
    let mut meta = meta(&machine_arn("start"), 1_000);
    meta.trace_header = Some("Root=1-2-3".into());
    meta.qualifier = Some(Qualifier { version: 3, alias: Some("PROD".into()) });
    meta.stop = Some(StopMark {
        at: Timestamp::from_micros(7),
        opened: 0,
        ending: Ending::Aborted { at: None, after: Timestamp::from_micros(6) },
    });
    let first = record(&meta, "0", 0, "first");
    ensure!(journal.start(&meta, &first).await? == StartOutcome::New);
    ensure!(journal.meta(&meta.execution).await?.as_ref() == Some(&meta));
    let listed = journal.executions(Some(&meta.machine), None, None, 10).await?.items;
    ensure!(listed.into_iter().map(|listed| listed.qualifier).eq([meta.qualifier]));
    ensure!(journal.record(&first.key).await? == Some(first));
    Ok(())
}

/// The second start of a name gets the first one's META, and nothing of it can be seen in the first one's run.
pub async fn a_name_is_taken_once(journal: Adapter) -> Result<()> {
    let first = started(&journal, &machine_arn("name"), 1_000).await?;
    let second = Meta { run: RunId("another".into()), input_hash: "other".into(), ..first.clone() };
    let record = record(&second, "0", 0, "second");
    ensure!(journal.start(&second, &record).await? == StartOutcome::Exists(first.clone()));
    ensure!(journal.meta(&first.execution).await? == Some(first.clone()));
    ensure!(journal.records(&run(&first)).await? == [super::executions::record(&first, "0", 0, "first")]);
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

/// Of bytes that come from nowhere, as many as a record may have.
pub async fn a_body_near_the_limit_that_nobody_can_compress_comes_back(journal: Adapter) -> Result<()> {
    let meta = started(&journal, &machine_arn("body"), 1_000).await?;
    let put = StoredRecord { body: incompressible(300_000, 7), ..record(&meta, "0", 1, "") };
    ensure!(journal.put(&put).await? == Put::Won);
    ensure!(journal.record(&put.key).await? == Some(put.clone()));
    ensure!(journal.put(&put).await? == Put::Lost(put.clone()));
    ensure!(journal.head(&put.key.run, &put.key.strand).await? == Some(put));
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

/// Of a run whose records are more bytes than any store reads at once.
pub async fn records_of_many_large_ones_come_all(journal: Adapter) -> Result<()> {
    let meta = started(&journal, &machine_arn("records"), 1_000).await?;
    let mut expected = vec![record(&meta, "0", 0, "first")];
    for seq in 1..12 {
        let large = StoredRecord { body: incompressible(290_000, seq), ..record(&meta, "0", seq, "") };
        journal.put(&large).await?;
        expected.push(large);
    }
    ensure!(journal.records(&run(&meta)).await? == expected);
    Ok(())
}

/// More than any store takes in one request, of several strands; those that are not there are left out.
pub async fn those_records_that_are_there_come_by_their_keys(journal: Adapter) -> Result<()> {
    let meta = started(&journal, &machine_arn("at"), 1_000).await?;
    ensure!(journal.records_at(&[]).await?.is_empty());
    let mut keys = Vec::new();
    for (strand, count) in [("0", 130), ("0/1.1", 60), ("0/1.11", 60)] {
        for seq in 0..count {
            journal.put(&record(&meta, strand, seq, strand)).await?;
            keys.push(record(&meta, strand, seq, "").key);
        }
        keys.push(record(&meta, strand, count, "").key);
    }
    keys.push(RecordKey { strand: StrandId::from_stored("0/2.0"), ..keys[0].clone() });
    let found = journal.records_at(&keys).await?;
    ensure!(found.len() == 250, "{}", found.len());
    let there: HashSet<&RecordKey> = found.iter().map(|record| &record.key).collect();
    ensure!(there.len() == 250 && there.iter().all(|key| keys.contains(key)));
    let one = found.iter().find(|record| record.key == keys[131]).context("the child's first is there")?;
    ensure!(*one == record(&meta, "0/1.1", 0, "0/1.1"));
    ensure!(journal.records_at(&keys[130..131]).await?.is_empty());
    Ok(())
}

/// More bytes than any store gives in one answer.
pub async fn many_large_records_come_by_their_keys(journal: Adapter) -> Result<()> {
    let meta = started(&journal, &machine_arn("at"), 1_000).await?;
    let mut expected = Vec::new();
    for seq in 1..60 {
        let large = StoredRecord { body: incompressible(290_000, seq), ..record(&meta, "0", seq, "") };
        journal.put(&large).await?;
        expected.push(large);
    }
    let keys: Vec<RecordKey> = expected.iter().map(|record| record.key.clone()).collect();
    let mut found = journal.records_at(&keys).await?;
    found.sort_by_key(|record| record.key.seq);
    ensure!(found == expected);
    Ok(())
}

/// Absence is an answer, not an error.
pub async fn what_is_not_there_is_none(journal: Adapter) -> Result<()> {
    let unknown = meta(&machine_arn("absent"), 1_000);
    let key = run(&unknown);
    ensure!(journal.meta(&unknown.execution).await?.is_none());
    ensure!(journal.head(&key, &StrandId::root()).await?.is_none());
    ensure!(journal.records(&key).await?.is_empty());
    ensure!(journal.joined(&join_key(&unknown, 1), ALL).await?.is_empty());
    ensure!(journal.last_beat(&wait_key(&unknown, 1)).await?.is_none());
    ensure!(journal.mark_stop(&key, &stop_mark(1)).await?.is_none());
    journal.close(&key, ExecutionStatus::Failed, Timestamp::from_micros(1), 1).await?;
    let meta = started(&journal, &machine_arn("absent"), 1_000).await?;
    ensure!(journal.head(&run(&meta), &StrandId::from_stored("0/0.0")).await?.is_none());
    ensure!(journal.record(&record(&meta, "0", 1, "").key).await?.is_none());
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

/// And one that came after the last that was seen keeps it open.
pub async fn a_wait_that_is_closed_takes_no_heartbeat(journal: Adapter) -> Result<()> {
    let meta = started(&journal, &machine_arn("beat"), 1_000).await?;
    let at = Timestamp::from_micros;
    let (silent, beating) = (wait_key(&meta, 2), wait_key(&meta, 20));
    ensure!(journal.close_beats(&silent, None).await?, "nobody sent one");
    ensure!(!journal.beat_if_open(&silent, at(100)).await?, "it is closed");
    ensure!(journal.close_beats(&silent, None).await?, "it stays closed");
    ensure!(journal.last_beat(&silent).await? == Some(BEATS_CLOSED));

    for (beat, newest) in [(100, 100), (300, 300), (200, 300)] {
        ensure!(journal.beat_if_open(&beating, at(beat)).await?, "it is open");
        ensure!(journal.last_beat(&beating).await? == Some(at(newest)));
    }
    for seen in [None, Some(at(100))] {
        ensure!(!journal.close_beats(&beating, seen).await?, "one came after {seen:?}");
    }
    ensure!(journal.beat_if_open(&beating, at(400)).await?, "it is open still");
    ensure!(!journal.close_beats(&beating, Some(at(300))).await?, "one came after it");
    ensure!(journal.close_beats(&beating, Some(at(400))).await?, "none came after it");
    ensure!(!journal.beat_if_open(&beating, at(500)).await?, "it is closed");
    Ok(())
}

/// Bytes in which nothing repeats.
fn incompressible(length: usize, seed: u64) -> Bytes {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let words = std::iter::repeat_with(|| {
        // Xorshift: too weak for secrets, and no compressor knows it.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.flatten().take(length).collect()
}
