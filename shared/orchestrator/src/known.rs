//! Reading: an execution's facts, a strand's head, a record with all its payloads.

use crate::ports::{Meta, StoredRecord};
use crate::stored::{self, Opened};
use crate::{Error, Orchestrator, Record, RecordKey, RunKey, ports};
use engine::{ExecutionFacts, Phase};
use language::Machine;
use model::history::Kind;
use model::{Payload, StrandId};
use std::sync::Arc;

/// What never changes while an execution runs.
pub(crate) struct Known {
    pub(crate) key: RunKey,
    pub(crate) facts: ExecutionFacts,
    pub(crate) machine: Arc<Machine>,
}

impl Orchestrator {
    /// The run, unless its execution is gone or has been started anew.
    pub(crate) async fn known(&self, key: &RunKey) -> Result<Option<Arc<Known>>, Error> {
        if let Some(known) = self.caches().executions.get(key) {
            return Ok(Some(known));
        }
        match self.ports().journal.meta(&key.execution).await? {
            Some(meta) if meta.run == key.run => Ok(Some(self.execution(&meta).await?)),
            Some(_) | None => Ok(None),
        }
    }

    /// The execution that META is of.
    pub(crate) async fn execution(&self, meta: &Meta) -> Result<Arc<Known>, Error> {
        let key = RunKey { execution: meta.execution.clone(), run: meta.run.clone() };
        if let Some(known) = self.caches().executions.get(&key) {
            return Ok(known);
        }
        let machine = self.parsed(&meta.machine, &meta.revision).await?;
        let first = RecordKey { run: key.clone(), strand: StrandId::root(), seq: 0 };
        let record = self.record(&first).await?.ok_or_else(|| unreadable(&first, "it is not there".into()))?;
        let started = record.events.into_iter().find_map(|event| match event.kind {
            Kind::ExecutionStarted { input, role_arn } => Some((input, role_arn)),
            _ => None,
        });
        let (input, role_arn) = started.ok_or_else(|| unreadable(&first, "it starts no execution".into()))?;
        let facts = ExecutionFacts {
            arn: meta.execution.clone(),
            machine: meta.machine.clone(),
            role_arn,
            input,
            started: meta.started,
        };
        let known = Arc::new(Known { key: key.clone(), facts, machine });
        if meta.stopped.is_none() {
            self.caches().executions.insert(key, Arc::clone(&known));
        }
        Ok(known)
    }

    /// The strand's last record.
    pub(crate) async fn head(&self, run: &RunKey, strand: &StrandId) -> Result<Option<Record>, Error> {
        match self.ports().journal.head(run, strand).await? {
            Some(stored) => Ok(Some(self.open(&stored).await?)),
            None => Ok(None),
        }
    }

    /// The record with this key.
    pub(crate) async fn record(&self, key: &RecordKey) -> Result<Option<Record>, Error> {
        match self.ports().journal.record(key).await? {
            Some(stored) => Ok(Some(self.open(&stored).await?)),
            None => Ok(None),
        }
    }

    /// A stored record with the payloads that lie in others.
    pub(crate) async fn open(&self, stored: &StoredRecord) -> Result<Record, Error> {
        let damaged = |error: stored::Error| match error {
            // Not for ever: the program that wrote it is to come back.
            stored::Error::Newer(_) => {
                Error::Port(ports::Error::Unavailable { what: "a record of a newer version", source: error.into() })
            }
            stored::Error::Damaged(_) | stored::Error::MissingPayload(_) => unreadable(&stored.key, error.into()),
        };
        let opened = Opened::read(stored).map_err(damaged)?;
        let mut found: Vec<Payload> = Vec::new();
        for home in opened.elsewhere() {
            let key = RecordKey { run: stored.key.run.clone(), strand: home.strand.clone(), seq: home.seq };
            let there = self.ports().journal.record(&key).await?;
            let there = there.ok_or_else(|| unreadable(&key, "it is not there".into()))?;
            found.push(stored::payload_at(&there, home.slot).map_err(|error| unreadable(&key, error.into()))?);
        }
        opened.close(&found).map_err(damaged)
    }

    /// Whether a call that the record claims may still be answered by its worker.
    pub(crate) fn is_live(&self, record: &Record) -> bool {
        let Phase::Calling(call) = &record.cursor.phase else { return false };
        if self.settings().only_process || call.worker == self.settings().process {
            return self.caches().is_calling(&record.writer);
        }
        self.now() < call.expires
    }
}

fn unreadable(key: &RecordKey, source: Box<dyn std::error::Error + Send + Sync>) -> Error {
    let what = format!("record {} of strand {} of {}", key.seq, key.strand, key.run.execution);
    Error::Port(ports::Error::Unreadable { what, source })
}
