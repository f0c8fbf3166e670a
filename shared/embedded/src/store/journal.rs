//! The port `Journal`.

use super::error::Failure;
use super::page::{List, Position, page, rows_for};
use super::writer::whole;
use super::{Store, catalog};
use async_trait::async_trait;
use bytes::Bytes;
use model::{ExecutionArn, RunId, Seq, StateMachineArn, StrandId, Timestamp};
use orchestrator::ports::{
    BEATS_CLOSED, EndedChild, Error, ExecutionStatus, JoinKey, Journal, Meta, Page, Put, Redriven, StartOutcome,
    StopMark, StoredRecord, WaitKey,
};
use orchestrator::{RecordKey, RunKey};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params, params};
use std::ops::Range;
use std::sync::Arc;

/// Records that are read in place; more are read on a thread of their own.
const READ_IN_PLACE: usize = 8;

/// All statuses, each at the place that is its number in the database.
const STATUSES: [ExecutionStatus; 5] = [
    ExecutionStatus::Running,
    ExecutionStatus::Succeeded,
    ExecutionStatus::Failed,
    ExecutionStatus::TimedOut,
    ExecutionStatus::Aborted,
];

const META: &str = "SELECT arn, run, (SELECT arn FROM machine_arns WHERE machine_arns.id = machine), revision, status, \
                    seq, started, stopped, input_hash, stop, trace_header, id, expires, redriven, qualifier FROM executions";

#[async_trait]
impl Journal for Store {
    async fn start(&self, meta: &Meta, first: &StoredRecord) -> Result<StartOutcome, Error> {
        let (meta, first) = (meta.clone(), first.clone());
        let outcome = self.writer.write(move |connection| {
            let there = find_meta(connection, &meta.execution)?;
            let expired = match there {
                Some(there) if there.expires.is_some_and(|expires| expires <= meta.started) => Some(there),
                Some(there) => return Ok((StartOutcome::Exists(there), None)),
                None => None,
            };
            whole(connection, |connection| {
                if let Some(expired) = &expired {
                    forget_execution(connection, &expired.execution)?;
                }
                insert_meta(connection, &meta)?;
                insert_record(connection, &first)?;
                Ok((StartOutcome::New, expired))
            })
        });
        let (outcome, expired) = outcome.await?;
        if let Some(Meta { execution, run, .. }) = expired {
            let run = RunKey { execution, run };
            self.joins.forget(&run);
            // They are in nobody's way.
            if let Err(error) = self.blobs.remove(&run).await {
                tracing::warn!(run = %run.run, %error, "failed to remove the payloads of an expired execution");
            }
        }
        Ok(outcome)
    }

    async fn meta(&self, execution: &ExecutionArn) -> Result<Option<Meta>, Error> {
        Ok(self.readers.read(|connection| find_meta(connection, execution))?)
    }

    async fn mark_stop(&self, key: &RunKey, mark: &StopMark) -> Result<Option<Meta>, Error> {
        let (key, opened) = (key.clone(), mark.opened);
        let mark = serde_json::to_string(mark).map_err(|error| Failure::unreadable("stop mark", error))?;
        let meta = self.writer.write(move |connection| {
            let sql = "UPDATE executions SET stop = ?3 WHERE arn = ?1 AND run = ?2 AND seq = ?4 AND stop IS NULL";
            let values = (key.execution.as_str(), &*key.run.0, mark, opened.cast_signed());
            connection.prepare_cached(sql)?.execute(values)?;
            let meta = find_meta(connection, &key.execution)?;
            Ok(meta.filter(|meta| meta.run == key.run && meta.seq == opened))
        });
        Ok(meta.await?)
    }

    async fn close(&self, key: &RunKey, status: ExecutionStatus, at: Timestamp, seq: Seq) -> Result<(), Error> {
        let owned = key.clone();
        let closed = self.writer.write(move |connection| {
            let sql = "UPDATE executions SET status = ?3, stopped = ?4, seq = ?5 \
                       WHERE arn = ?1 AND run = ?2 AND seq < ?5";
            let at = at.as_micros();
            let values = params![owned.execution.as_str(), &*owned.run.0, number_of(status), at, seq.cast_signed()];
            connection.prepare_cached(sql)?.execute(values)?;
            Ok(())
        });
        closed.await?;
        self.joins.forget(key);
        Ok(())
    }

    async fn reopen(&self, key: &RunKey, redriven: &Redriven, expires: Option<Timestamp>) -> Result<(), Error> {
        let (key, redriven) = (key.clone(), *redriven);
        Ok(self.writer.write(move |connection| reopen(connection, &key, &redriven, expires)).await?)
    }

    async fn redrive(
        &self,
        record: &StoredRecord,
        redriven: &Redriven,
        expires: Option<Timestamp>,
    ) -> Result<Put, Error> {
        let (record, redriven) = (record.clone(), *redriven);
        let outcome = self.writer.write(move |connection| {
            whole(connection, |connection| {
                if insert_record(connection, &record)? {
                    reopen(connection, &record.key.run, &redriven, expires)?;
                    return Ok(Put::Won);
                }
                match find_record(connection, &record.key)? {
                    Some(there) => Ok(Put::Lost(there)),
                    None => Err(no_such_run(&record.key.run)),
                }
            })
        });
        Ok(outcome.await?)
    }

    async fn put(&self, record: &StoredRecord) -> Result<Put, Error> {
        let record = record.clone();
        let outcome = self.writer.write(move |connection| {
            if insert_record(connection, &record)? {
                return Ok(Put::Won);
            }
            match find_record(connection, &record.key)? {
                Some(there) => Ok(Put::Lost(there)),
                None => Err(no_such_run(&record.key.run)),
            }
        });
        Ok(outcome.await?)
    }

    async fn record(&self, key: &RecordKey) -> Result<Option<StoredRecord>, Error> {
        Ok(self.readers.read(|connection| find_record(connection, key))?)
    }

    async fn head(&self, run: &RunKey, strand: &StrandId) -> Result<Option<StoredRecord>, Error> {
        let head = self.readers.read(|connection| {
            let sql = "SELECT seq, body FROM records WHERE run = (SELECT id FROM executions WHERE arn = ?1 AND run = ?2) \
                       AND strand = ?3 ORDER BY seq DESC LIMIT 1";
            let values = (run.execution.as_str(), &*run.run.0, strand.as_str());
            let found = connection.prepare_cached(sql)?.query_row(values, |row| {
                let key = RecordKey { run: run.clone(), strand: strand.clone(), seq: seq_in(row, 0)? };
                Ok(StoredRecord { key, body: body_in(row, 1)?, expires: None })
            });
            Ok(found.optional()?)
        });
        Ok(head?)
    }

    async fn records_at(&self, keys: &[RecordKey]) -> Result<Vec<StoredRecord>, Error> {
        let find = |connection: &Connection, keys: &[RecordKey]| {
            let found = keys.iter().map(|key| find_record(connection, key));
            found.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()
        };
        if keys.len() <= READ_IN_PLACE {
            return Ok(self.readers.read(|connection| find(connection, keys))?);
        }
        let keys = keys.to_vec();
        Ok(self.readers.read_many(move |connection| find(connection, &keys)).await?)
    }

    async fn records(&self, run: &RunKey) -> Result<Vec<StoredRecord>, Error> {
        let run = run.clone();
        let records = self.readers.read_many(move |connection| {
            let sql = "SELECT strand, seq, body FROM records \
                       WHERE run = (SELECT id FROM executions WHERE arn = ?1 AND run = ?2) ORDER BY strand, seq";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query((run.execution.as_str(), &*run.run.0))?;
            let mut records: Vec<StoredRecord> = Vec::new();
            while let Some(row) = rows.next()? {
                let text = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
                let strand = match records.last() {
                    Some(last) if last.key.strand.as_str() == text => last.key.strand.clone(),
                    Some(_) | None => StrandId::from_stored(text),
                };
                let key = RecordKey { run: run.clone(), strand, seq: seq_in(row, 1)? };
                records.push(StoredRecord { key, body: body_in(row, 2)?, expires: None });
            }
            Ok(records)
        });
        Ok(records.await?)
    }

    async fn join(&self, key: &JoinKey, child: &EndedChild) -> Result<u32, Error> {
        // Room first: once the child is in the set, nothing may keep it from being written.
        let place = self.writer.place().await?;
        let load = || self.readers.read(|connection| find_children(connection, key));
        let (new, count) = self.joins.add(key, *child, load)?;
        if new {
            let (key, child) = (key.clone(), *child);
            let (sets, written) = (Arc::clone(&self.joins), key.clone());
            place.fill(
                move |connection| insert_child(connection, &key, &child),
                move |outcome| match outcome {
                    Ok(()) => sets.committed(&written),
                    Err(error) => tracing::error!(run = %written.run.run, %error, "failed to write a join set"),
                },
            );
        }
        Ok(count)
    }

    async fn joined(&self, key: &JoinKey, indexes: Range<u32>) -> Result<Vec<EndedChild>, Error> {
        Ok(self.joins.get(key, indexes, || self.readers.read(|connection| find_children(connection, key)))?)
    }

    async fn beat(&self, key: &WaitKey, at: Timestamp) -> Result<(), Error> {
        let key = key.clone();
        let written = self.writer.write(move |connection| {
            let sql = "INSERT INTO beats (run, strand, since, at) \
                       SELECT id, ?3, ?4, ?5 FROM executions WHERE arn = ?1 AND run = ?2 \
                       ON CONFLICT DO UPDATE SET at = max(at, excluded.at)";
            let (execution, run) = (key.run.execution.as_str(), &*key.run.run.0);
            let values = (execution, run, key.strand.as_str(), key.since.cast_signed(), at.as_micros());
            match connection.prepare_cached(sql)?.execute(values)? {
                0 => Err(no_such_run(&key.run)),
                _ => Ok(()),
            }
        });
        Ok(written.await?)
    }

    async fn close_beats(&self, key: &WaitKey, seen: Option<Timestamp>) -> Result<bool, Error> {
        let wait = key.clone();
        let written = self.writer.write(move |connection| {
            let sql = "INSERT INTO beats (run, strand, since, at) \
                       SELECT id, ?3, ?4, ?5 FROM executions WHERE arn = ?1 AND run = ?2 \
                       ON CONFLICT DO UPDATE SET at = excluded.at WHERE at = ?6";
            let (execution, run) = (wait.run.execution.as_str(), &*wait.run.run.0);
            let (since, closed) = (wait.since.cast_signed(), BEATS_CLOSED.as_micros());
            let values = (execution, run, wait.strand.as_str(), since, closed, seen.map(Timestamp::as_micros));
            connection.prepare_cached(sql)?.execute(values).map_err(Into::into)
        });
        Ok(written.await? > 0 || self.last_beat(key).await? == Some(BEATS_CLOSED))
    }

    async fn last_beat(&self, key: &WaitKey) -> Result<Option<Timestamp>, Error> {
        let beat = self.readers.read(|connection| {
            let sql = "SELECT at FROM beats WHERE run = (SELECT id FROM executions WHERE arn = ?1 AND run = ?2) \
                       AND strand = ?3 AND since = ?4";
            let (execution, run) = (key.run.execution.as_str(), &*key.run.run.0);
            let values = (execution, run, key.strand.as_str(), key.since.cast_signed());
            let at = connection.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()?;
            Ok(at.map(Timestamp::from_micros))
        });
        Ok(beat?)
    }

    async fn retain(&self, key: &RunKey, until: Timestamp) -> Result<(), Error> {
        let key = key.clone();
        let retained = self.writer.write(move |connection| {
            // All that there is of a run goes with its row. One that never expires stays so.
            let sql = "UPDATE executions SET expires = ?3 WHERE arn = ?1 AND run = ?2 AND expires < ?3";
            let values = (key.execution.as_str(), &*key.run.0, until.as_micros());
            connection.prepare_cached(sql)?.execute(values)?;
            Ok(())
        });
        Ok(retained.await?)
    }

    async fn executions(
        &self,
        machine: Option<&StateMachineArn>,
        status: Option<ExecutionStatus>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Meta>, Error> {
        let after = Position::after(List::Executions, after)?;
        let machine = machine.cloned();
        let page = self.readers.read_many(move |connection| {
            // The newest of each status, merged: so each list is a walk along an index.
            let wanted = status.map_or_else(|| STATUSES.to_vec(), |status| vec![status]);
            let mut found = Vec::new();
            for status in wanted {
                find_executions(connection, machine.as_ref(), status, after, limit, &mut found)?;
            }
            found.sort_unstable_by_key(|(position, _)| std::cmp::Reverse(*position));
            Ok(page(List::Executions, limit, found))
        });
        Ok(page.await?)
    }
}

fn find_executions(
    connection: &Connection,
    machine: Option<&StateMachineArn>,
    status: ExecutionStatus,
    after: Position,
    limit: u32,
    found: &mut Vec<(Position, Meta)>,
) -> Result<(), Failure> {
    let of_machine = match machine {
        Some(_) => "machine = (SELECT id FROM machine_arns WHERE arn = :machine)",
        // Names the parameter all the same, so that both statements take the same ones.
        None => ":machine IS NULL",
    };
    let sql = format!(
        "{META} WHERE {of_machine} AND status = :status AND (started, id) < (:time, :row) \
         ORDER BY started DESC, id DESC LIMIT :rows"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(named_params! {
        ":machine": machine.map(StateMachineArn::as_str),
        ":status": number_of(status),
        ":time": after.time,
        ":row": after.row,
        ":rows": rows_for(limit),
    })?;
    while let Some(row) = rows.next()? {
        found.push((Position { time: row.get(6)?, row: row.get(11)? }, meta_in(row)?));
    }
    Ok(())
}

fn find_meta(connection: &Connection, execution: &ExecutionArn) -> Result<Option<Meta>, Failure> {
    let mut statement = connection.prepare_cached(&format!("{META} WHERE arn = ?1"))?;
    let mut rows = statement.query((execution.as_str(),))?;
    rows.next()?.map(meta_in).transpose()
}

fn insert_meta(connection: &Connection, meta: &Meta) -> Result<(), Failure> {
    let machine = catalog::machine_number(connection, &meta.machine)?;
    let stop = meta.stop.as_ref().map(serde_json::to_string).transpose();
    let stop = stop.map_err(|error| Failure::unreadable("stop mark", error))?;
    let redriven = meta.redriven.as_ref().map(serde_json::to_string).transpose();
    let redriven = redriven.map_err(|error| Failure::unreadable("redrive", error))?;
    let qualifier = meta.qualifier.as_ref().map(serde_json::to_string).transpose();
    let qualifier = qualifier.map_err(|error| Failure::unreadable("qualifier", error))?;
    let sql = "INSERT INTO executions \
               (arn, run, machine, revision, status, seq, started, stopped, input_hash, stop, trace_header, expires, \
               redriven, qualifier) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    connection.prepare_cached(sql)?.execute(params![
        meta.execution.as_str(),
        &*meta.run.0,
        machine,
        meta.revision,
        number_of(meta.status),
        meta.seq.cast_signed(),
        meta.started.as_micros(),
        meta.stopped.map(Timestamp::as_micros),
        meta.input_hash,
        stop,
        meta.trace_header,
        meta.expires.map(Timestamp::as_micros),
        redriven,
        qualifier,
    ])?;
    Ok(())
}

fn reopen(
    connection: &Connection,
    key: &RunKey,
    redriven: &Redriven,
    expires: Option<Timestamp>,
) -> Result<(), Failure> {
    let text = serde_json::to_string(redriven).map_err(|error| Failure::unreadable("redrive", error))?;
    // max() of nothing and something is nothing: one that never expires stays so.
    let sql = "UPDATE executions SET status = ?3, stopped = NULL, stop = NULL, seq = ?4, redriven = ?5, \
               expires = max(expires, coalesce(?6, expires)) WHERE arn = ?1 AND run = ?2 AND seq < ?4";
    connection.prepare_cached(sql)?.execute(params![
        key.execution.as_str(),
        &*key.run.0,
        number_of(ExecutionStatus::Running),
        redriven.seq.cast_signed(),
        text,
        expires.map(Timestamp::as_micros),
    ])?;
    Ok(())
}

/// Takes away the execution with all that there is of its run.
fn forget_execution(connection: &Connection, execution: &ExecutionArn) -> Result<(), Failure> {
    for sql in [
        "DELETE FROM records WHERE run = (SELECT id FROM executions WHERE arn = ?1)",
        "DELETE FROM joins WHERE run = (SELECT id FROM executions WHERE arn = ?1)",
        "DELETE FROM beats WHERE run = (SELECT id FROM executions WHERE arn = ?1)",
        "DELETE FROM executions WHERE arn = ?1",
    ] {
        connection.prepare_cached(sql)?.execute((execution.as_str(),))?;
    }
    Ok(())
}

/// Whether it was inserted: not if its key is taken, nor if its run is not there.
fn insert_record(connection: &Connection, record: &StoredRecord) -> Result<bool, Failure> {
    let sql = "INSERT INTO records (run, strand, seq, body) \
               SELECT id, ?3, ?4, ?5 FROM executions WHERE arn = ?1 AND run = ?2 ON CONFLICT DO NOTHING";
    let (execution, run) = (record.key.run.execution.as_str(), &*record.key.run.run.0);
    let values = (execution, run, record.key.strand.as_str(), record.key.seq.cast_signed(), &record.body[..]);
    Ok(connection.prepare_cached(sql)?.execute(values)? > 0)
}

fn find_record(connection: &Connection, key: &RecordKey) -> Result<Option<StoredRecord>, Failure> {
    let sql = "SELECT body FROM records WHERE run = (SELECT id FROM executions WHERE arn = ?1 AND run = ?2) \
               AND strand = ?3 AND seq = ?4";
    let values = (key.run.execution.as_str(), &*key.run.run.0, key.strand.as_str(), key.seq.cast_signed());
    let body = connection.prepare_cached(sql)?.query_row(values, |row| body_in(row, 0)).optional()?;
    Ok(body.map(|body| StoredRecord { key: key.clone(), body, expires: None }))
}

fn insert_child(connection: &Connection, key: &JoinKey, child: &EndedChild) -> Result<(), Failure> {
    let sql = "INSERT INTO joins (run, strand, fork, child, seq, succeeded) \
               SELECT id, ?3, ?4, ?5, ?6, ?7 FROM executions WHERE arn = ?1 AND run = ?2 ON CONFLICT DO NOTHING";
    connection.prepare_cached(sql)?.execute(params![
        key.run.execution.as_str(),
        &*key.run.run.0,
        key.strand.as_str(),
        key.fork.cast_signed(),
        child.index,
        child.seq.cast_signed(),
        child.succeeded,
    ])?;
    Ok(())
}

fn find_children(connection: &Connection, key: &JoinKey) -> Result<Vec<EndedChild>, Failure> {
    let sql = "SELECT child, seq, succeeded FROM joins \
               WHERE run = (SELECT id FROM executions WHERE arn = ?1 AND run = ?2) AND strand = ?3 AND fork = ?4";
    let values = (key.run.execution.as_str(), &*key.run.run.0, key.strand.as_str(), key.fork.cast_signed());
    let mut statement = connection.prepare_cached(sql)?;
    let children = statement
        .query_map(values, |row| Ok(EndedChild { index: row.get(0)?, seq: seq_in(row, 1)?, succeeded: row.get(2)? }))?;
    Ok(children.collect::<Result<_, _>>()?)
}

fn meta_in(row: &Row<'_>) -> Result<Meta, Failure> {
    let arn: String = row.get(0)?;
    let unreadable = |source: Box<dyn std::error::Error + Send + Sync>| {
        Failure::unreadable(format!("what is stored of execution {arn}"), source)
    };
    let status: i64 = row.get(4)?;
    let known = usize::try_from(status).ok().and_then(|status| STATUSES.get(status));
    let stop: Option<String> = row.get(9)?;
    let redriven: Option<String> = row.get(13)?;
    let qualifier: Option<String> = row.get(14)?;
    Ok(Meta {
        execution: arn.parse().map_err(|error: model::arn::Error| unreadable(error.into()))?,
        run: RunId(row.get(1)?),
        machine: row.get::<_, String>(2)?.parse().map_err(|error: model::arn::Error| unreadable(error.into()))?,
        revision: row.get(3)?,
        status: *known.ok_or_else(|| unreadable(format!("status {status}").into()))?,
        seq: seq_in(row, 5)?,
        started: Timestamp::from_micros(row.get(6)?),
        stopped: row.get::<_, Option<i64>>(7)?.map(Timestamp::from_micros),
        input_hash: row.get(8)?,
        stop: stop.map(|text| serde_json::from_str(&text)).transpose().map_err(|error| unreadable(error.into()))?,
        trace_header: row.get(10)?,
        expires: row.get::<_, Option<i64>>(12)?.map(Timestamp::from_micros),
        redriven: redriven
            .map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(|error| unreadable(error.into()))?,
        qualifier: qualifier
            .map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(|error| unreadable(error.into()))?,
    })
}

// SQLite's integers are signed; the sign bit goes along for the ride.
fn seq_in(row: &Row<'_>, column: usize) -> rusqlite::Result<Seq> {
    Ok(row.get::<_, i64>(column)?.cast_unsigned())
}

fn body_in(row: &Row<'_>, column: usize) -> rusqlite::Result<Bytes> {
    Ok(Bytes::copy_from_slice(row.get_ref(column)?.as_blob().map_err(rusqlite::Error::from)?))
}

fn number_of(status: ExecutionStatus) -> i64 {
    match status {
        ExecutionStatus::Running => 0,
        ExecutionStatus::Succeeded => 1,
        ExecutionStatus::Failed => 2,
        ExecutionStatus::TimedOut => 3,
        ExecutionStatus::Aborted => 4,
    }
}

fn no_such_run(key: &RunKey) -> Failure {
    Failure::unreadable(format!("run {} of {}", key.run, key.execution), "it was never started")
}
