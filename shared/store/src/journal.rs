//! The port `Journal`.

use crate::error::unavailable;
use crate::item::{Item, n, s};
use crate::keys::{Key, PK};
use crate::meta::{self, EXPIRES, RUN, SEQ, STATUS, STOP, STOPPED};
use crate::records::WHAT;
use crate::table::{Table, Written};
use crate::{Store, joins, listing, records, reopen, retain};
use async_trait::async_trait;
use aws_sdk_dynamodb::types::ReturnValue;
use model::{ExecutionArn, Seq, StateMachineArn, StrandId, Timestamp};
use orchestrator::ports::{
    EndedChild, Error, ExecutionStatus, JoinKey, Journal, Meta, Page, Put, Redriven, StartOutcome, StopMark,
    StoredRecord, WaitKey,
};
use orchestrator::{RecordKey, RunKey};
use std::ops::Range;

#[async_trait]
impl Journal for Store {
    async fn start(&self, meta: &Meta, first: &StoredRecord) -> Result<StartOutcome, Error> {
        // Nobody else has this run's id: what lies there is this very record, put by an attempt whose answer was lost.
        records::put(&self.table, first).await?;
        match put_meta(&self.table, meta).await? {
            None => Ok(StartOutcome::New),
            // So is this.
            Some(there) if there.run == meta.run => Ok(StartOutcome::New),
            Some(there) => {
                // Nothing leads to the first record. If it stays, it is nobody's, until it expires.
                let removed = self.table.delete(Key::record(&first.key)).send().await;
                if let Err(error) = removed {
                    let error = self.table.refused(WHAT, "DeleteItem")(error);
                    tracing::debug!(execution = %meta.execution, %error, "failed to remove the record of a lost start");
                }
                Ok(StartOutcome::Exists(there))
            }
        }
    }

    async fn meta(&self, execution: &ExecutionArn) -> Result<Option<Meta>, Error> {
        get_meta(&self.table, execution).await
    }

    async fn mark_stop(&self, key: &RunKey, mark: &StopMark) -> Result<Option<Meta>, Error> {
        let update = self
            .table
            .update(Key::meta(&key.execution))
            .update_expression("SET #stop = if_not_exists(#stop, :stop)")
            .condition_expression("#run = :run AND #seq = :opened")
            .expression_attribute_names("#stop", STOP)
            .expression_attribute_names("#run", RUN)
            .expression_attribute_names("#seq", SEQ)
            .expression_attribute_values(":opened", n(mark.opened))
            .expression_attribute_values(":stop", meta::stop_mark(&key.execution, mark)?)
            .expression_attribute_values(":run", s(&*key.run.0))
            .return_values(ReturnValue::AllNew);
        let updated = self.table.update_if(WHAT, update).await?;
        read_meta(&self.table, updated.and_then(|updated| updated.attributes))
    }

    async fn close(&self, key: &RunKey, status: ExecutionStatus, at: Timestamp, seq: Seq) -> Result<(), Error> {
        let update = self
            .table
            .update(Key::meta(&key.execution))
            .update_expression("SET #status = :status, #stopped = :stopped, #seq = :seq")
            .condition_expression("#run = :run AND #seq < :seq")
            .expression_attribute_names("#status", STATUS)
            .expression_attribute_names("#stopped", STOPPED)
            .expression_attribute_names("#seq", SEQ)
            .expression_attribute_names("#run", RUN)
            .expression_attribute_values(":status", s(status.as_str()))
            .expression_attribute_values(":stopped", n(at.as_micros()))
            .expression_attribute_values(":seq", n(seq))
            .expression_attribute_values(":run", s(&*key.run.0));
        // A failed condition: another run, or one that has this end already.
        self.table.update_if(WHAT, update).await.map(drop)
    }

    async fn redrive(
        &self,
        record: &StoredRecord,
        redriven: &Redriven,
        expires: Option<Timestamp>,
    ) -> Result<Put, Error> {
        let put = records::put(&self.table, record).await?;
        if put == Put::Won {
            reopen::reopen(&self.table, &record.key.run, *redriven, expires).await?;
        }
        Ok(put)
    }

    async fn reopen(&self, key: &RunKey, redriven: &Redriven, expires: Option<Timestamp>) -> Result<(), Error> {
        reopen::reopen(&self.table, key, *redriven, expires).await
    }

    async fn put(&self, record: &StoredRecord) -> Result<Put, Error> {
        records::put(&self.table, record).await
    }

    async fn record(&self, key: &RecordKey) -> Result<Option<StoredRecord>, Error> {
        records::record(&self.table, key).await
    }

    async fn head(&self, run: &RunKey, strand: &StrandId) -> Result<Option<StoredRecord>, Error> {
        records::head(&self.table, run, strand).await
    }

    async fn records_at(&self, keys: &[RecordKey]) -> Result<Vec<StoredRecord>, Error> {
        records::at(&self.table, keys).await
    }

    async fn records(&self, run: &RunKey) -> Result<Vec<StoredRecord>, Error> {
        records::all(&self.table, run).await
    }

    async fn join(&self, key: &JoinKey, child: &EndedChild) -> Result<u32, Error> {
        joins::join(&self.table, key, child).await
    }

    async fn joined(&self, key: &JoinKey, indexes: Range<u32>) -> Result<Vec<EndedChild>, Error> {
        joins::joined(&self.table, key, indexes).await
    }

    async fn beat(&self, key: &WaitKey, at: Timestamp) -> Result<(), Error> {
        joins::beat(&self.table, key, at).await.map(drop)
    }

    async fn beat_if_open(&self, key: &WaitKey, at: Timestamp) -> Result<bool, Error> {
        joins::beat_if_open(&self.table, key, at).await
    }

    async fn close_beats(&self, key: &WaitKey, seen: Option<Timestamp>) -> Result<bool, Error> {
        joins::close_beats(&self.table, key, seen).await
    }

    async fn last_beat(&self, key: &WaitKey) -> Result<Option<Timestamp>, Error> {
        joins::last_beat(&self.table, key).await
    }

    async fn retain(&self, key: &RunKey, until: Timestamp) -> Result<(), Error> {
        retain::retain(&self.table, key, until).await
    }

    async fn executions(
        &self,
        machine: Option<&StateMachineArn>,
        status: Option<ExecutionStatus>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Meta>, Error> {
        listing::executions(&self.table, machine, status, after, limit).await
    }
}

/// Puts META if the name is free, or was when this execution started; otherwise whose it is.
async fn put_meta(table: &Table, meta: &Meta) -> Result<Option<Meta>, Error> {
    let put = table
        .put(meta::item(table, meta)?)
        .condition_expression(format!("attribute_not_exists({PK}) OR #expires <= :started"))
        .expression_attribute_names("#expires", EXPIRES)
        .expression_attribute_values(":started", n(meta.started.as_micros().div_euclid(1_000_000)));
    match table.put_if(WHAT, put).await? {
        Written::Here => Ok(None),
        Written::Taken(there) if !there.is_empty() => meta::of(&there).map(Some),
        Written::Taken(_) => match get_meta(table, &meta.execution).await? {
            Some(there) => Ok(Some(there)),
            None => Err(unavailable(WHAT, "the execution that had the name expired just now")),
        },
    }
}

pub(crate) async fn get_meta(table: &Table, execution: &ExecutionArn) -> Result<Option<Meta>, Error> {
    let read = table.get(Key::meta(execution)).consistent_read(true).send().await;
    let item = read.map_err(table.refused(WHAT, "GetItem"))?.item;
    read_meta(table, item)
}

fn read_meta(table: &Table, item: Option<Item>) -> Result<Option<Meta>, Error> {
    let Some(item) = item else { return Ok(None) };
    let meta = meta::of(&item)?;
    let run = RunKey { execution: meta.execution.clone(), run: meta.run.clone() };
    table.lifetimes().note(&run, meta.expires);
    Ok(Some(meta))
}
