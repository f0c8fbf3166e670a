//! What only this adapter has: a directory, a file, a disk, and a process that may be killed.

mod blobs;

use super::schema::{TOKEN_KEY_BYTES, VERSION};
use super::*;
use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use model::arn::Place;
use model::{RunId, Seq, StateMachineArn, StrandId, Timestamp};
use orchestrator::ports::{
    self, EndedChild, ExecutionStatus, JoinKey, Journal, Meta, Put, StartOutcome, StoredRecord, Versions as _,
};
use orchestrator::{RecordKey, RunKey};
use rusqlite::Connection;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Set for the copy of this test's process that is killed: the directory that it writes to.
const VICTIM: &str = "RATCHET_TEST_VICTIM_DIRECTORY";

#[tokio::test]
async fn what_was_acknowledged_is_there_after_reopening() -> Result<()> {
    let directory = TempDir::new()?;
    let store = Store::open(directory.path())?;
    let key = store.token_key().to_vec();
    let meta = started(&store, "one").await?;
    store.put(&record(&meta, 1)).await?;
    store.join(&join_key(&meta), &EndedChild { index: 4, seq: 2, succeeded: true }).await?;
    drop(store);

    let store = Store::open(directory.path())?;
    ensure!(store.token_key() == key && key.len() == TOKEN_KEY_BYTES);
    ensure!(store.meta(&meta.execution).await?.as_ref() == Some(&meta));
    ensure!(store.records(&run(&meta)).await? == [record(&meta, 0), record(&meta, 1)]);
    ensure!(store.joined(&join_key(&meta), 0..u32::MAX).await? == [EndedChild { index: 4, seq: 2, succeeded: true }]);
    Ok(())
}

/// This very test is run again in a process of its own, which writes until it is killed.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_nothing_that_it_acknowledged() -> Result<()> {
    if let Some(directory) = std::env::var_os(VICTIM) {
        return write_until_killed(directory.as_ref()).await;
    }
    let directory = TempDir::new()?;
    for round in 1..=3 {
        let mut victim = Command::new(std::env::current_exe()?)
            .args(["--exact", "--nocapture", "store::tests::a_killed_process_loses_nothing_that_it_acknowledged"])
            .env(VICTIM, directory.path())
            .stdout(Stdio::piped())
            .spawn()?;
        // Each line is one acknowledgement: `run seq`.
        let mut lines = BufReader::new(victim.stdout.take().context("no output")?).lines();
        let mut acknowledged = Vec::new();
        while acknowledged.len() < 500 * round {
            let line = lines.next().context("it ended by itself")??;
            acknowledged.extend(acknowledgement(&line));
        }
        victim.kill()?;
        victim.wait()?;
        acknowledged.extend(lines.map_while(Result::ok).filter_map(|line| acknowledgement(&line)));

        let store = Store::open(directory.path())?;
        for (name, seq) in &acknowledged {
            let expected = record(&meta(name), *seq);
            ensure!(store.record(&expected.key).await? == Some(expected), "round {round}: {name} {seq}");
        }
        drop(store);
        let database = Connection::open(directory.path().join("ratchet.sqlite"))?;
        let soundness: String = database.query_row("PRAGMA integrity_check", (), |row| row.get(0))?;
        ensure!(soundness == "ok", "{soundness}");
        let gaps: i64 = database.query_row(
            "SELECT count(*) FROM (SELECT 1 FROM records GROUP BY run, strand HAVING max(seq) + 1 <> count(*))",
            (),
            |row| row.get(0),
        )?;
        ensure!(gaps == 0, "{gaps} strands have gaps");
    }
    Ok(())
}

async fn write_until_killed(directory: &Path) -> Result<()> {
    let store = Arc::new(Store::open(directory)?);
    let writers = (0..8).map(|writer| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let name = format!("victim-{}-{writer}", std::process::id());
            let meta = started(&store, &name).await?;
            for seq in 1..1_000_000 {
                ensure!(store.put(&record(&meta, seq)).await? == Put::Won);
                println!("put {name} {seq}");
            }
            Ok(())
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await??;
    }
    Ok(())
}

fn acknowledgement(line: &str) -> Option<(String, Seq)> {
    // A test's first line may begin with what the test harness says. A line that was cut off is none.
    let (_, rest) = line.split_once("put ")?;
    let (name, seq) = rest.split_once(' ')?;
    Some((name.to_owned(), seq.parse().ok()?))
}

#[tokio::test]
async fn a_failed_write_leaves_its_neighbours_alone() -> Result<()> {
    let directory = TempDir::new()?;
    let store = Store::open(directory.path())?;
    let meta = started(&store, "one").await?;
    let unknown =
        StoredRecord { key: RecordKey { run: run(&self::meta("never")), ..record(&meta, 1).key }, ..record(&meta, 1) };
    let (good, another) = (record(&meta, 1), record(&meta, 2));
    let (one, two, three) = tokio::join!(store.put(&good), store.put(&unknown), store.put(&another));
    ensure!(one? == Put::Won && three? == Put::Won);
    ensure!(two.is_err_and(|error| !error.is_transient()));
    Ok(())
}

#[tokio::test]
async fn a_write_of_several_statements_is_undone_as_a_whole() -> Result<()> {
    let directory = TempDir::new()?;
    let store = Store::open(directory.path())?;
    let failed = store.writer.write(|connection| {
        writer::whole(connection, |connection| {
            connection.execute("INSERT INTO machine_arns (arn) VALUES ('left behind')", ())?;
            connection.execute("INSERT INTO deployment (name, value) VALUES ('token key', x'00')", ())?;
            Ok(())
        })
    });
    ensure!(failed.await.is_err());
    let left = store.writer.write(|connection| {
        Ok(connection.query_row("SELECT count(*) FROM machine_arns", (), |row| row.get::<_, i64>(0))?)
    });
    ensure!(left.await? == 0);
    Ok(())
}

#[tokio::test]
async fn a_full_disk_fails_writes_until_there_is_room() -> Result<()> {
    let directory = TempDir::new()?;
    let store = Store::open(directory.path())?;
    let meta = started(&store, "one").await?;
    set_page_limit(&store, 1).await?;
    let large = StoredRecord { body: Bytes::from(vec![1; 400_000]), ..record(&meta, 1) };
    let small = record(&meta, 2);
    let (refused, _) = tokio::join!(store.put(&large), store.put(&small));
    match refused {
        Err(error @ ports::Error::Unavailable { .. }) => ensure!(error.is_transient(), "{error}"),
        other => anyhow::bail!("{other:?}"),
    }
    ensure!(store.record(&large.key).await?.is_none());
    set_page_limit(&store, 1_000_000).await?;
    ensure!(store.put(&large).await? == Put::Won);
    Ok(())
}

async fn set_page_limit(store: &Store, pages: i64) -> Result<()> {
    // Inside of a group's transaction, as all writes are: this one takes effect at once all the same.
    let set = store.writer.write(move |connection| {
        Ok(connection.query_row(&format!("PRAGMA max_page_count = {pages}"), (), |row| row.get::<_, i64>(0))?)
    });
    set.await?;
    Ok(())
}

#[tokio::test]
async fn a_stopped_store_has_written_everything_and_writes_no_more() -> Result<()> {
    let directory = TempDir::new()?;
    let store = Arc::new(Store::open(directory.path())?);
    let meta = started(&store, "one").await?;
    let puts = (1..200).map(|seq| {
        let (store, record) = (Arc::clone(&store), record(&meta, seq));
        tokio::spawn(async move { store.put(&record).await })
    });
    let puts: Vec<_> = puts.collect();
    tokio::task::yield_now().await;
    store.stop().await;
    let again = Store::open(directory.path())?;
    for (seq, put) in (1..).zip(puts) {
        let there = again.record(&record(&meta, seq).key).await?.is_some();
        ensure!(put.await?.is_ok() == there, "{seq}");
    }
    ensure!(store.put(&record(&meta, 1_000)).await.is_err_and(|error| error.is_transient()));
    store.stop().await;
    Ok(())
}

#[test]
fn a_directory_is_held_by_one_store_at_a_time() -> Result<()> {
    let directory = TempDir::new()?;
    let store = Store::open(directory.path())?;
    let text = Store::open(directory.path()).err().context("it was opened twice")?.to_string();
    ensure!(text.contains(&directory.path().display().to_string()), "{text}");
    ensure!(text.contains(&format!("(process id {})", std::process::id())), "{text}");
    drop(store);
    Store::open(directory.path())?;
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_directory_that_is_made_is_its_owners_alone_and_one_that_is_there_stays() -> Result<()> {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;
    let directory = TempDir::new()?;
    let mode = |path: &Path| anyhow::Ok(fs::metadata(path)?.permissions().mode() & 0o777);
    let made = directory.path().join("above/data");
    drop(Store::open(&made)?);
    ensure!(mode(&made)? == 0o700, "{:o}", mode(&made)?);
    fs::set_permissions(&made, Permissions::from_mode(0o750))?;
    drop(Store::open(&made)?);
    ensure!(mode(&made)? == 0o750, "{:o}", mode(&made)?);
    Ok(())
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() -> Result<()> {
    let directory = TempDir::new()?;
    drop(Store::open(directory.path())?);
    let file = directory.path().join("ratchet.sqlite");
    Connection::open(&file)?.pragma_update(None, "user_version", VERSION + 1)?;
    let error = Store::open(directory.path()).err().context("it was opened")?;
    ensure!(matches!(error, Error::Newer { found, .. } if found == VERSION + 1), "{error}");
    let version: i64 = Connection::open(&file)?.query_row("PRAGMA user_version", (), |row| row.get(0))?;
    ensure!(version == VERSION + 1);
    Ok(())
}

#[tokio::test]
async fn a_database_of_version_1_keeps_its_executions_and_learns_that_they_may_expire() -> Result<()> {
    let directory = TempDir::new()?;
    let store = Store::open(directory.path())?;
    let old = started(&store, "old").await?;
    drop(store);
    // What version 1 did not have.
    Connection::open(directory.path().join("ratchet.sqlite"))?.execute_batch(
        "ALTER TABLE executions DROP COLUMN expires; ALTER TABLE executions DROP COLUMN redriven;
             ALTER TABLE executions DROP COLUMN qualifier; ALTER TABLE machines DROP COLUMN published;
             ALTER TABLE revisions DROP COLUMN type; DROP TABLE versions; DROP TABLE aliases; PRAGMA user_version = 1;",
    )?;

    for _ in 0..2 {
        let store = Store::open(directory.path())?;
        ensure!(store.meta(&old.execution).await?.as_ref() == Some(&old));
        ensure!(store.versions(&old.machine, None, 10).await?.items.is_empty());
    }
    let store = Store::open(directory.path())?;
    let new = Meta { expires: Some(Timestamp::from_micros(9_000)), ..meta("new") };
    ensure!(store.start(&new, &record(&new, 0)).await? == StartOutcome::New);
    ensure!(store.meta(&new.execution).await? == Some(new));
    Ok(())
}

#[test]
fn a_file_that_is_no_database_is_said_to_be_damaged() -> Result<()> {
    let directory = TempDir::new()?;
    std::fs::write(directory.path().join("ratchet.sqlite"), "this is no database. ".repeat(1_000))?;
    let error = Store::open(directory.path()).err().context("it was opened")?;
    ensure!(matches!(error, Error::Damaged { .. }), "{error}");
    Ok(())
}

#[test]
fn a_directory_that_cannot_be_made_is_named() -> Result<()> {
    let directory = TempDir::new()?;
    let file = directory.path().join("a file");
    std::fs::write(&file, "")?;
    let error = Store::open(&file.join("data")).err().context("it was opened")?;
    ensure!(matches!(error, Error::Unwritable { .. }) && error.to_string().contains("a file"), "{error}");
    Ok(())
}

/// Or a page of a list would cost as much as the table.
#[test]
fn every_statement_walks_an_index() -> Result<()> {
    let directory = TempDir::new()?;
    drop(Store::open(directory.path())?);
    let database = Connection::open(directory.path().join("ratchet.sqlite"))?;
    let run = "(SELECT id FROM executions WHERE arn = ?1 AND run = ?2)";
    let page = "(started, id) < (?1, ?2) ORDER BY started DESC, id DESC";
    for sql in [
        format!("SELECT seq, body FROM records WHERE run = {run} AND strand = ?3 ORDER BY seq DESC LIMIT 1"),
        format!("SELECT strand, seq, body FROM records WHERE run = {run} ORDER BY strand, seq"),
        format!("SELECT * FROM executions WHERE status = 0 AND {page}"),
        format!("SELECT * FROM executions WHERE machine = ?3 AND status = 0 AND {page}"),
        format!("{} WHERE k.arn > ?1 ORDER BY k.arn", catalog::MACHINE),
        format!("{} WHERE arn > ?1 ORDER BY arn", catalog::ACTIVITY),
        format!("{} AND number < ?2 ORDER BY number DESC", versions::VERSION),
        format!("{} AND name > ?2 ORDER BY name", versions::ALIAS),
    ] {
        let mut plan = database.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
        let steps: Vec<String> = plan.raw_query().mapped(|row| row.get(3)).collect::<Result<_, _>>()?;
        let text = steps.join("; ");
        ensure!(!text.contains("SCAN") && !text.contains("TEMP B-TREE"), "{sql}: {text}");
    }
    Ok(())
}

async fn started(store: &Store, name: &str) -> Result<Meta> {
    let meta = meta(name);
    ensure!(store.start(&meta, &record(&meta, 0)).await? == StartOutcome::New);
    Ok(meta)
}

fn meta(name: &str) -> Meta {
    let place = Place { partition: "aws".into(), region: "us-east-1".into(), account: "123456789012".into() };
    let machine = StateMachineArn::new(&place, "machine");
    Meta {
        execution: machine.execution(name),
        run: RunId(format!("run-of-{name}").into()),
        machine,
        revision: "1".into(),
        status: ExecutionStatus::Running,
        seq: 0,
        started: Timestamp::from_micros(1_000),
        stopped: None,
        input_hash: "00".into(),
        stop: None,
        trace_header: None,
        expires: None,
        redriven: None,
        qualifier: None,
    }
}

fn run(meta: &Meta) -> RunKey {
    RunKey { execution: meta.execution.clone(), run: meta.run.clone() }
}

fn record(meta: &Meta, seq: Seq) -> StoredRecord {
    let key = RecordKey { run: run(meta), strand: StrandId::root(), seq };
    StoredRecord { key, body: Bytes::from(format!("record {seq}").repeat(40)), expires: None }
}

fn join_key(meta: &Meta) -> JoinKey {
    JoinKey { run: run(meta), strand: StrandId::root(), fork: 1 }
}
