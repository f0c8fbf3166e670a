//! Reading: an execution's facts, a strand's head, a record with all its payloads.

use crate::defects::Defect;
use crate::ports::{BlobKey, Meta, StoredRecord};
use crate::stored::{self, Located, Opened};
use crate::{Error, Orchestrator, Record, RecordKey, RunKey, Start, Wake, ports};
use engine::{ExecutionFacts, Phase};
use language::Machine;
use model::history::Kind;
use model::{ExecutionArn, Home, Payload, StateMachineArn, StrandId};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What never changes while an execution runs.
pub(crate) struct Known {
    pub(crate) key: RunKey,
    pub(crate) facts: ExecutionFacts,
    pub(crate) machine: Arc<Machine>,
    /// The machine's revision.
    pub(crate) revision: String,
    /// Whether the execution's input is among the facts: it is left out where no state can ask for it.
    has_input: bool,
}

impl Known {
    pub(crate) fn new(key: RunKey, facts: ExecutionFacts, machine: Arc<Machine>, revision: String) -> Self {
        Self { key, facts, machine, revision, has_input: true }
    }

    /// What wakes of this run carry.
    pub(crate) fn start(&self) -> Start {
        Start { revision: self.revision.clone(), at: self.facts.started }
    }
}

impl Orchestrator {
    /// The run that a wake is for. What the wake knows of its start spares the look at META.
    pub(crate) async fn known_to(&self, wake: &Wake) -> Result<Option<Arc<Known>>, Error> {
        let Some(start) = &wake.start else { return self.known(&wake.run).await };
        if let Some(known) = self.caches().executions.get(&wake.run) {
            return Ok(Some(known));
        }
        let known = self.begun(&wake.run, &wake.run.execution.state_machine(), start).await?;
        self.caches().executions.insert(wake.run.clone(), Arc::clone(&known));
        Ok(Some(known))
    }

    /// The run, unless its execution is gone or has been started anew.
    pub(crate) async fn known(&self, key: &RunKey) -> Result<Option<Arc<Known>>, Error> {
        if let Some(known) = self.caches().executions.get(key) {
            return Ok(Some(known));
        }
        match self.present_meta(&key.execution).await? {
            Some(meta) if meta.run == key.run => Ok(Some(self.execution(&meta).await?)),
            Some(_) | None => Ok(None),
        }
    }

    /// For [`crate::defects::Defect::RunForgotten`].
    pub(crate) async fn run_of_name(&self, key: &RunKey) -> Result<RunKey, Error> {
        let meta = self.present_meta(&key.execution).await?;
        Ok(meta.map_or_else(|| key.clone(), |meta| RunKey { execution: meta.execution, run: meta.run }))
    }

    /// The execution that META is of.
    pub(crate) async fn execution(&self, meta: &Meta) -> Result<Arc<Known>, Error> {
        let key = RunKey { execution: meta.execution.clone(), run: meta.run.clone() };
        if let Some(known) = self.caches().executions.get(&key) {
            return Ok(known);
        }
        let start = Start { revision: meta.revision.clone(), at: meta.started };
        let known = self.begun(&key, &meta.machine, &start).await?;
        if meta.stopped.is_none() {
            self.caches().executions.insert(key, Arc::clone(&known));
        }
        Ok(known)
    }

    /// META of the execution, unless there is none or its time is over.
    pub(crate) async fn present_meta(&self, execution: &ExecutionArn) -> Result<Option<Meta>, Error> {
        let meta = self.ports().journal.meta(execution).await?;
        Ok(meta.filter(|meta| meta.expires.is_none_or(|expires| self.now() < expires)))
    }

    async fn begun(&self, key: &RunKey, machine: &StateMachineArn, start: &Start) -> Result<Arc<Known>, Error> {
        let revision = self.parsed(machine, &start.revision).await?;
        let has_input = revision.machine.reads_execution_input;
        let facts = ExecutionFacts {
            arn: key.execution.clone(),
            machine: machine.clone(),
            role_arn: revision.role_arn.clone(),
            input: if has_input { self.input(key).await? } else { Payload::empty() },
            started: start.at,
            is_synchronous: false,
        };
        Ok(Arc::new(Known {
            key: key.clone(),
            facts,
            machine: Arc::clone(&revision.machine),
            revision: start.revision.clone(),
            has_input,
        }))
    }

    /// The execution's input.
    pub(crate) async fn input_of(&self, known: &Known) -> Result<Payload, Error> {
        if known.has_input { Ok(known.facts.input.clone()) } else { self.input(&known.key).await }
    }

    pub(crate) async fn input(&self, key: &RunKey) -> Result<Payload, Error> {
        let first = RecordKey { run: key.clone(), strand: StrandId::root(), seq: 0 };
        let record = self.record(&first).await?.ok_or_else(|| unreadable(&first, "it is not there".into()))?;
        let started = record.events.into_iter().find_map(|event| match event.kind {
            Kind::ExecutionStarted { input, .. } => Some(input),
            _ => None,
        });
        started.ok_or_else(|| unreadable(&first, "it starts no execution".into()))
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

    /// A stored record with the payloads that lie elsewhere.
    pub(crate) async fn open(&self, stored: &StoredRecord) -> Result<Record, Error> {
        let mut records = self.open_all(std::slice::from_ref(stored)).await?;
        records.pop().ok_or_else(|| unreadable(&stored.key, "it did not open".into()))
    }

    /// Stored records of one run, in this order, with the payloads that lie in other records or among the blobs.
    pub(crate) async fn open_all(&self, stored: &[StoredRecord]) -> Result<Vec<Record>, Error> {
        let damaged = |key: &RecordKey, error: stored::Error| match error {
            // Not for ever: the program that wrote it is to come back.
            stored::Error::Newer(_) => {
                Error::Port(ports::Error::Unavailable { what: "a record of a newer version", source: error.into() })
            }
            stored::Error::Damaged(_) | stored::Error::MissingPayload(_) => unreadable(key, error.into()),
        };
        let mut opened = Vec::with_capacity(stored.len());
        for record in stored {
            opened.push((&record.key, Opened::read(record).map_err(|error| damaged(&record.key, error))?));
        }
        let run = match stored.first() {
            Some(record) => record.key.run.clone(),
            None => return Ok(Vec::new()),
        };
        let key = |home: &Home| RecordKey { run: run.clone(), strand: home.strand.clone(), seq: home.seq };
        let homes: HashSet<Home> = opened.iter().flat_map(|(_, opened)| opened.elsewhere()).collect();
        let holders: HashSet<RecordKey> = homes.iter().map(key).collect();
        let mut there: HashMap<RecordKey, StoredRecord> = HashMap::new();
        for record in stored.iter().filter(|record| holders.contains(&record.key)) {
            there.insert(record.key.clone(), record.clone());
        }
        let away: Vec<RecordKey> = holders.into_iter().filter(|key| !there.contains_key(key)).collect();
        if !away.is_empty() {
            let read = self.ports().journal.records_at(&away).await?;
            there.extend(read.into_iter().map(|record| (record.key.clone(), record)));
        }
        let mut found = HashMap::with_capacity(homes.len());
        for home in homes {
            let key = key(&home);
            let record = there.get(&key).ok_or_else(|| unreadable(&key, "it is not there".into()))?;
            let payload = match stored::payload_at(record, home.slot).map_err(|error| damaged(&key, error))? {
                Located::Here(payload) => payload,
                Located::Blob(sha256) => self.blob(&key, &sha256).await?,
            };
            payload.settle_at(home.clone());
            found.insert(home, payload);
        }
        let mut records = Vec::with_capacity(opened.len());
        for (key, opened) in opened {
            let mut blobs = Vec::new();
            for sha256 in opened.blobs() {
                blobs.push(self.blob(key, sha256).await?);
            }
            records.push(opened.close(&found, &blobs).map_err(|error| damaged(key, error))?);
        }
        Ok(records)
    }

    /// A payload of this record that lies among the blobs. It is what its name says, or the record cannot be read.
    async fn blob(&self, record: &RecordKey, sha256: &str) -> Result<Payload, Error> {
        let key = BlobKey { run: record.run.clone(), sha256: sha256.to_owned() };
        self.payload_at(&key, &what_of(record)).await
    }

    /// The input of an Express execution, where it was too long for its message.
    pub(crate) async fn express_input(&self, key: &BlobKey) -> Result<Payload, Error> {
        self.payload_at(key, &format!("the start of {}", key.run.execution)).await
    }

    /// A payload of `what`.
    async fn payload_at(&self, key: &BlobKey, what: &str) -> Result<Payload, Error> {
        let sha256 = &key.sha256;
        let missing = |why: String| {
            let source = format!("its payload {sha256} {why}").into();
            Error::Port(ports::Error::Unreadable { what: what.to_owned(), source })
        };
        let content = self.ports().blobs.get(key).await?.ok_or_else(|| missing("is not there".to_owned()))?;
        let text = String::from_utf8(content.to_vec()).map_err(|error| missing(error.to_string()))?;
        if stored::sha256_hex(&text) != *sha256 {
            return Err(missing(format!("is damaged: its SHA-256 is {}", stored::sha256_hex(&text))));
        }
        Payload::from_text(text).map_err(|error| missing(error.to_string()))
    }

    /// Whether a call that the record claims may still be answered by its worker.
    pub(crate) fn is_live(&self, record: &Record) -> bool {
        let Phase::Calling(call) = &record.cursor.phase else { return false };
        if self.settings().only_process || call.worker == self.settings().process {
            return self.caches().is_calling(&record.writer);
        }
        self.now() < call.expires || self.has(Defect::ClaimNeverExpires)
    }
}

fn unreadable(key: &RecordKey, source: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::Port(ports::Error::Unreadable { what: what_of(key), source })
}

fn what_of(key: &RecordKey) -> String {
    format!("record {} of strand {} of {}", key.seq, key.strand, key.run.execution)
}
