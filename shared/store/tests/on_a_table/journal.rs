//! The journal on a table: what the contract of the port does not say, because only a table has it.

use crate::table::{Exchange, Fault, NAME, Stand, stand};
use anyhow::{Context as _, Result, bail, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use engine::Ending;
use model::{Failure, RunId, Seq, StateMachineArn, StrandId, Timestamp};
use orchestrator::ports::{
    EndedChild, Error, ExecutionStatus, JoinKey, Journal as _, Meta, Put, StartOutcome, StopMark, StoredRecord, WaitKey,
};
use orchestrator::{RecordKey, RunKey};
use ratchet_store::Store;

const SECOND: i64 = 1_000_000;

fn meta(name: &str, run: &str) -> Result<Meta> {
    let machine: StateMachineArn = "arn:aws:states:us-east-1:123456789012:stateMachine:orders".parse()?;
    Ok(Meta {
        execution: machine.execution(name),
        run: RunId(run.into()),
        machine,
        revision: "0b2dcd1c-5a4e-4b0e-9d2c-0f9d3a3c1a55".into(),
        status: ExecutionStatus::Running,
        seq: 0,
        started: Timestamp::from_micros(1_763_735_197_123_456),
        stopped: None,
        input_hash: "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a".into(),
        stop: None,
        trace_header: Some("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1".into()),
        expires: None,
        redriven: None,
        qualifier: None,
    })
}

fn run(meta: &Meta) -> RunKey {
    RunKey { execution: meta.execution.clone(), run: meta.run.clone() }
}

fn record(meta: &Meta, strand: &str, seq: Seq, body: impl Into<Bytes>) -> StoredRecord {
    let key = RecordKey { run: run(meta), strand: StrandId::from_stored(strand), seq };
    StoredRecord { key, body: body.into(), expires: None }
}

/// Bytes that do not get smaller.
fn noise(bytes: usize, seed: u64) -> Bytes {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    std::iter::repeat_with(next).take(bytes).collect::<Vec<_>>().into()
}

async fn started(stand: &Stand, name: &str) -> Result<Meta> {
    let meta = meta(name, "5f0c2f0e-9c1e-4f0c-8a64-6a1d7a3bb0c1")?;
    ensure!(stand.store.start(&meta, &record(&meta, "0", 0, "first")).await? == StartOutcome::New);
    stand.wire.take();
    Ok(meta)
}

fn units(exchanges: &[Exchange]) -> f64 {
    exchanges.iter().map(Exchange::units).sum()
}

fn lasting<T: std::fmt::Debug>(outcome: Result<T, Error>) -> Result<String> {
    match outcome {
        Err(error) if !error.is_transient() => Ok(error.to_string()),
        other => bail!("{other:?}"),
    }
}

#[tokio::test]
async fn a_transition_is_one_put_of_one_unit() -> Result<()> {
    let stand = stand().await?;
    let meta = started(&stand, "one").await?;
    ensure!(stand.store.put(&record(&meta, "0", 1, noise(500, 1))).await? == Put::Won);
    let seen = stand.wire.take();
    ensure!(seen.len() == 1 && seen[0].operation == "PutItem" && (units(&seen) - 1.0).abs() < 0.01, "{seen:?}");
    Ok(())
}

/// It reads nothing: the answer has the winner.
#[tokio::test]
async fn a_put_that_lost_hands_back_the_winner() -> Result<()> {
    let stand = stand().await?;
    let meta = started(&stand, "one").await?;
    for seq in 1..4 {
        let bodies = (0..8).map(|writer| record(&meta, "0", seq, noise(700, writer)));
        let puts = bodies.map(|record| {
            let store = stand.store.clone();
            tokio::spawn(async move { (store.put(&record).await, record) })
        });
        let (mut won, mut lost) = (Vec::new(), Vec::new());
        for put in puts.collect::<Vec<_>>() {
            match put.await? {
                (Ok(Put::Won), record) => won.push(record),
                (Ok(Put::Lost(winner)), _) => lost.push(winner),
                (Err(error), _) => bail!(error),
            }
        }
        ensure!(won.len() == 1 && lost.len() == 7 && lost.iter().all(|winner| *winner == won[0]));
    }
    ensure!(stand.wire.operations().iter().all(|operation| operation == "PutItem"));
    Ok(())
}

/// Some that speak DynamoDB's protocol leave it out.
#[tokio::test]
async fn where_the_answer_has_no_winner_it_is_read() -> Result<()> {
    let stand = stand().await?;
    let meta = started(&stand, "one").await?;
    stand.store.put(&record(&meta, "0", 1, "winner")).await?;
    stand.wire.fail("PutItem", &[Fault::NoItem]);
    ensure!(stand.store.put(&record(&meta, "0", 1, "loser")).await? == Put::Lost(record(&meta, "0", 1, "winner")));
    stand.wire.fail("PutItem", &[Fault::NoItem, Fault::NoItem]);
    let again = Meta { run: RunId("other".into()), ..meta.clone() };
    ensure!(stand.store.start(&again, &record(&again, "0", 0, "x")).await? == StartOutcome::Exists(meta));
    Ok(())
}

/// The SDK sends it again, and finds the record there: its writer tells that it is ours.
#[tokio::test]
async fn a_put_whose_answer_was_lost_finds_its_own_record() -> Result<()> {
    let stand = stand().await?;
    let meta = started(&stand, "one").await?;
    let ours = record(&meta, "0", 1, "ours");
    stand.wire.fail("PutItem", &[Fault::LostAnswer]);
    ensure!(stand.store.put(&ours).await? == Put::Lost(ours.clone()));
    ensure!(stand.store.record(&ours.key).await? == Some(ours));
    Ok(())
}

/// Of either of its two puts.
#[tokio::test]
async fn a_start_whose_answers_were_lost_has_begun() -> Result<()> {
    let stand = stand().await?;
    for (name, faults) in [("one", [Fault::LostAnswer, Fault::LostAnswer]), ("two", [Fault::LostAnswer, Fault::NoItem])]
    {
        let meta = meta(name, "run")?;
        stand.wire.fail("PutItem", &faults);
        ensure!(stand.store.start(&meta, &record(&meta, "0", 0, "first")).await? == StartOutcome::New);
        ensure!(stand.store.meta(&meta.execution).await? == Some(meta));
    }
    Ok(())
}

#[tokio::test]
async fn an_outage_is_a_transient_error() -> Result<()> {
    let stand = stand().await?;
    let meta = started(&stand, "one").await?;
    let put = record(&meta, "0", 1, "x");
    for code in ["ProvisionedThroughputExceededException", "InternalServerError", "AccessDeniedException"] {
        stand.wire.fail("PutItem", &[Fault::Refused(code); 3]);
        match stand.store.put(&put).await {
            Err(error) => ensure!(error.is_transient() && error.to_string().contains(code), "{error}"),
            other => bail!("{other:?}"),
        }
        // A permission that is missing is not asked for three times.
        while stand.store.put(&put).await.is_err() {}
        stand.wire.take();
    }
    stand.wire.fail("PutItem", &[Fault::Refused("ThrottlingException"); 2]);
    ensure!(stand.store.put(&record(&meta, "0", 2, "x")).await? == Put::Won);
    ensure!(stand.wire.take().len() == 3);
    Ok(())
}

#[tokio::test]
async fn a_missing_table_is_named() -> Result<()> {
    let stand = stand().await?;
    match Store::open(stand.connection.sdk_config(), "elsewhere").await {
        Err(error) => ensure!(error.is_transient() && error.to_string().contains("no table elsewhere"), "{error}"),
        Ok(_) => bail!("it is there"),
    }
    Ok(())
}

#[tokio::test]
async fn an_item_near_the_limit_is_kept_and_one_beyond_it_is_refused_for_good() -> Result<()> {
    let stand = stand().await?;
    let meta = started(&stand, "one").await?;
    // 400 KB with key and names.
    let large = record(&meta, "0", 1, noise(409_000, 1));
    ensure!(stand.store.put(&large).await? == Put::Won);
    ensure!(stand.store.put(&record(&meta, "0", 1, "loser")).await? == Put::Lost(large.clone()));
    ensure!(stand.store.head(&run(&meta), &StrandId::root()).await? == Some(large));
    let text = lasting(stand.store.put(&record(&meta, "0", 2, noise(410_000, 2))).await)?;
    ensure!(text.contains("exceeded the maximum allowed size"), "{text}");
    // What gets smaller may be larger.
    let long = record(&meta, "0", 2, vec![b'x'; 2_000_000]);
    ensure!(stand.store.put(&long).await? == Put::Won);
    ensure!(stand.store.record(&long.key).await? == Some(long));
    Ok(())
}

#[tokio::test]
async fn a_run_is_read_over_the_boundaries_of_pages() -> Result<()> {
    let stand = stand().await?;
    let meta = started(&stand, "one").await?;
    let mut put = Vec::new();
    for seq in 1..25 {
        put.push(record(&meta, "0", seq, noise(100_000, seq)));
        stand.store.put(&put[put.len() - 1]).await?;
    }
    stand.wire.take();
    let found = stand.store.records(&run(&meta)).await?;
    ensure!(found.len() == 25 && found[1..] == put[..]);
    let seen = stand.wire.take();
    ensure!(seen.len() >= 3 && seen.iter().all(|seen| seen.request["ConsistentRead"] == true), "{}", seen.len());
    Ok(())
}

#[tokio::test]
async fn records_that_are_missing_from_a_cheap_read_are_read_strongly() -> Result<()> {
    let stand = stand().await?;
    let meta = started(&stand, "one").await?;
    for seq in 1..=150 {
        stand.store.put(&record(&meta, "0", seq, "x")).await?;
    }
    let key = |seq| record(&meta, "0", seq, "").key;
    let mut keys = (0..160).chain(0..10).map(key).collect::<Vec<_>>();
    keys.reverse();
    stand.wire.take();
    let mut found = stand.store.records_at(&keys).await?.into_iter().map(|found| found.key.seq).collect::<Vec<_>>();
    found.sort_unstable();
    ensure!(found.iter().copied().eq(0..=150));
    let seen = stand.wire.take();
    let asked = |seen: &Exchange| {
        let batch = &seen.request["RequestItems"][NAME];
        (batch["Keys"].as_array().map_or(0, Vec::len), batch["ConsistentRead"] == true)
    };
    let mut asked = seen.iter().map(asked).collect::<Vec<_>>();
    asked.sort_unstable();
    ensure!(asked == [(9, true), (60, false), (100, false)], "{asked:?}");

    ensure!(stand.store.record(&key(3)).await?.is_some());
    ensure!(stand.wire.operations() == ["GetItem"]);
    ensure!(stand.store.record(&key(999)).await?.is_none());
    ensure!(stand.wire.operations() == ["GetItem", "GetItem"]);
    ensure!(stand.store.records_at(&[]).await?.is_empty() && stand.wire.take().is_empty());
    Ok(())
}

#[tokio::test]
async fn keys_left_unprocessed_are_asked_for_again() -> Result<()> {
    let stand = stand().await?;
    let meta = started(&stand, "one").await?;
    for seq in 1..20 {
        stand.store.put(&record(&meta, "0", seq, "x")).await?;
    }
    let keys = (0..20).map(|seq| record(&meta, "0", seq, "").key).collect::<Vec<_>>();
    stand.wire.fail("BatchGetItem", &[Fault::Only(7), Fault::Only(0), Fault::Only(0), Fault::Only(1)]);
    ensure!(stand.store.records_at(&keys).await?.len() == 20);
    stand.wire.fail("BatchGetItem", &[Fault::Only(0); 8]);
    match stand.store.records_at(&keys).await {
        Err(error) => ensure!(error.is_transient() && error.to_string().contains("20 keys unprocessed"), "{error}"),
        other => bail!("{other:?}"),
    }
    Ok(())
}

#[tokio::test]
async fn an_expired_name_is_free_and_no_other() -> Result<()> {
    let stand = stand().await?;
    let start = Timestamp::from_micros(1_000 * SECOND);
    let expires = Timestamp::from_micros(2_000 * SECOND + 1);
    let first = Meta { started: start, expires: Some(expires), ..meta("one", "first")? };
    ensure!(stand.store.start(&first, &record(&first, "0", 0, "first")).await? == StartOutcome::New);
    ensure!(stand.store.meta(&first.execution).await? == Some(first.clone()));
    for (run, at, free) in [("early", 2_000 * SECOND, false), ("late", 2_001 * SECOND, true)] {
        let again = Meta { run: RunId(run.into()), started: Timestamp::from_micros(at), ..first.clone() };
        let again = Meta { expires: None, ..again };
        let outcome = stand.store.start(&again, &record(&again, "0", 0, run.to_owned())).await?;
        ensure!((outcome == StartOutcome::New) == free, "{outcome:?}");
        ensure!(stand.store.record(&record(&again, "0", 0, "").key).await?.is_some() == free);
    }
    // One that never expires is never free.
    let again = Meta { run: RunId("third".into()), started: Timestamp::from_micros(i64::MAX), ..first.clone() };
    let outcome = stand.store.start(&again, &record(&again, "0", 0, "x")).await?;
    ensure!(matches!(outcome, StartOutcome::Exists(there) if there.run == RunId("late".into())));
    Ok(())
}

#[tokio::test]
async fn a_start_costs_three_units_and_an_end_two() -> Result<()> {
    let stand = stand().await?;
    let meta = meta("one", "run")?;
    stand.store.start(&meta, &record(&meta, "0", 0, noise(500, 1))).await?;
    let seen = stand.wire.take();
    ensure!(seen.len() == 2 && (units(&seen) - 3.0).abs() < 0.01, "{seen:?}");
    stand.store.close(&run(&meta), ExecutionStatus::Succeeded, meta.started, 7).await?;
    let seen = stand.wire.take();
    ensure!(seen.len() == 1 && (units(&seen) - 2.0).abs() < 0.01, "{seen:?}");
    Ok(())
}

/// The stop mark is not in the index, so that it costs one unit.
#[tokio::test]
async fn a_stop_mark_with_a_long_cause_comes_back() -> Result<()> {
    let stand = stand().await?;
    let meta = started(&stand, "one").await?;
    let mark = |cause: String| StopMark {
        at: Timestamp::from_micros(5),
        opened: 0,
        ending: Ending::Stopped(Failure::new("Stopped", cause)),
    };
    let first = mark("because ".repeat(4_000));
    let marked = Meta { stop: Some(first.clone()), ..meta.clone() };
    ensure!(stand.store.mark_stop(&run(&meta), &first).await? == Some(marked.clone()));
    let seen = stand.wire.take();
    ensure!((units(&seen) - 1.0).abs() < 0.01, "{seen:?}");
    ensure!(stand.store.mark_stop(&run(&meta), &mark("x".into())).await? == Some(marked));
    let other = RunKey { run: RunId("other".into()), ..run(&meta) };
    ensure!(stand.store.mark_stop(&other, &first).await?.is_none());
    Ok(())
}

fn child(index: u32) -> EndedChild {
    EndedChild { index, seq: u64::from(index) * 3, succeeded: !index.is_multiple_of(7) }
}

#[tokio::test]
async fn whoever_joins_last_is_told_of_all() -> Result<()> {
    let stand = stand().await?;
    let meta = started(&stand, "one").await?;
    let key = JoinKey { run: run(&meta), strand: StrandId::root(), fork: 3 };
    let joins = (0..230).rev().map(|index| {
        let (store, key) = (stand.store.clone(), key.clone());
        tokio::spawn(async move { (index, store.join(&key, &child(index)).await) })
    });
    let mut largest = [0; 3];
    for join in joins.collect::<Vec<_>>() {
        let (index, count) = join.await?;
        let set = &mut largest[index as usize / 100];
        *set = count?.max(*set);
    }
    ensure!(largest == [100, 100, 30], "{largest:?}");
    ensure!(stand.store.join(&key, &child(99)).await? == 100);
    let seen = stand.wire.take();
    ensure!(seen.iter().all(|seen| seen.units() <= 1.0 && seen.operation == "UpdateItem"));

    for range in [0..230, 0..1, 99..101, 100..200, 229..1_000, 0..u32::MAX, 5..5] {
        let mut found = stand.store.joined(&key, range.clone()).await?;
        found.sort();
        let there = range.start.min(230)..range.end.min(230);
        ensure!(found.iter().copied().eq(there.map(child)), "{range:?}");
    }
    let other = JoinKey { fork: 30, ..key };
    ensure!(stand.store.joined(&other, 0..100).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_heartbeat_never_goes_back() -> Result<()> {
    let stand = stand().await?;
    let meta = started(&stand, "one").await?;
    let key = WaitKey { run: run(&meta), strand: StrandId::root(), since: 2 };
    ensure!(stand.store.last_beat(&key).await?.is_none());
    for at in [100, 300, 200] {
        stand.store.beat(&key, Timestamp::from_micros(at)).await?;
    }
    ensure!(stand.store.last_beat(&key).await? == Some(Timestamp::from_micros(300)));
    Ok(())
}

/// As long as is known to who wrote them: from the record that was put before, or from META.
#[tokio::test]
async fn join_sets_and_heartbeats_are_kept_as_long_as_their_run() -> Result<()> {
    let stand = stand().await?;
    let begun = Meta { expires: Some(Timestamp::from_micros(5_000 * SECOND)), ..meta("one", "run")? };
    stand.store.start(&begun, &record(&begun, "0", 0, "first")).await?;
    let end = StoredRecord {
        expires: Some(Timestamp::from_micros(7_000 * SECOND)),
        ..record(&begun, "0/3.4", 2, "the child's last")
    };
    stand.store.put(&end).await?;
    stand.store.join(&JoinKey { run: run(&begun), strand: StrandId::root(), fork: 3 }, &child(4)).await?;
    let other = stand.another().await?;
    let wait = WaitKey { run: run(&begun), strand: StrandId::root(), since: 2 };
    ensure!(other.meta(&begun.execution).await?.is_some());
    other.beat(&wait, Timestamp::from_micros(1)).await?;
    let pk = format!("X#{}#{}", begun.execution, begun.run);
    for (sk, until) in [("J#0#00000000000000000003#0000000000", "7000"), ("HB#0#00000000000000000002", "5000")] {
        let item = stand.item(&pk, sk).await?.context("it is not there")?;
        ensure!(item.get("expires") == Some(&AttributeValue::N(until.into())), "{sk}: {item:?}");
    }
    stand.store.retain(&run(&begun), Timestamp::from_micros(9_000 * SECOND)).await?;
    let item = stand.item(&pk, "HB#0#00000000000000000002").await?.context("it is not there")?;
    ensure!(item.get("expires") == Some(&AttributeValue::N("9000".into())), "{item:?}");
    Ok(())
}

#[tokio::test]
async fn a_run_is_kept_longer_as_a_whole_and_never_shorter() -> Result<()> {
    let stand = stand().await?;
    let at = |seconds: i64| Timestamp::from_micros(seconds * SECOND);
    let begun = Meta { expires: Some(at(5_000)), ..meta("one", "run")? };
    let keep = |seq: Seq, until| StoredRecord { expires: until, ..record(&begun, "0", seq, noise(60_000, seq)) };
    stand.store.start(&begun, &keep(0, Some(at(5_000)))).await?;
    for seq in 1..40 {
        stand.store.put(&keep(seq, Some(at(5_000)))).await?;
    }
    stand.store.put(&keep(40, Some(at(9_000)))).await?;
    stand.store.put(&keep(41, None)).await?;
    stand.wire.take();

    stand.store.retain(&run(&begun), at(8_000)).await?;
    let expiry = async |sk: String| -> Result<Option<String>> {
        let pk = format!("X#{}#{}", begun.execution, begun.run);
        let item = stand.item(&pk, &sk).await?.context("it is gone")?;
        Ok(item.get("expires").and_then(|expires| expires.as_n().ok()).cloned())
    };
    for (seq, until) in [(0, Some("8000")), (20, Some("8000")), (39, Some("8000")), (40, Some("9000")), (41, None)] {
        let found = expiry(format!("R#0#{seq:020}")).await?;
        ensure!(found.as_deref() == until, "record {seq}: {found:?}");
    }
    let kept = Meta { expires: Some(at(8_000)), ..begun.clone() };
    ensure!(stand.store.meta(&begun.execution).await? == Some(kept.clone()));

    stand.wire.take();
    for until in [8_000, 6_000] {
        stand.store.retain(&run(&begun), at(until)).await?;
    }
    ensure!(stand.store.meta(&begun.execution).await? == Some(kept.clone()));
    let writes = stand.wire.take().into_iter().filter(|seen| seen.operation == "UpdateItem").count();
    ensure!(writes == 2, "{writes}: META's alone, which fail");
    // Nor does a run that is gone touch the one that has its name.
    stand.store.retain(&RunKey { run: RunId("old".into()), ..run(&begun) }, at(99_000)).await?;
    ensure!(stand.store.meta(&begun.execution).await? == Some(kept));
    Ok(())
}

#[tokio::test]
async fn what_was_damaged_or_written_by_a_newer_program_says_so() -> Result<()> {
    let stand = stand().await?;
    let meta = started(&stand, "one").await?;
    let client = aws_sdk_dynamodb::Client::new(stand.connection.sdk_config());
    let pk = format!("X#{}", meta.execution);
    let mut item = stand.item(&pk, "META").await?.context("it is there")?;
    for (text, transient) in [(r#"{"version":2,"who":"knows"}"#, true), ("{}", false), ("[", false)] {
        item.insert("meta".into(), AttributeValue::S(text.into()));
        client.put_item().table_name(NAME).set_item(Some(item.clone())).send().await?;
        match stand.store.meta(&meta.execution).await {
            Err(error) => ensure!(error.is_transient() == transient, "{error}"),
            other => bail!("{other:?}"),
        }
    }
    Ok(())
}
