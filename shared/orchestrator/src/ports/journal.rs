//! The journal: what is put there has happened.

use super::Error;
use crate::{RecordKey, RunKey};
use async_trait::async_trait;
use bytes::Bytes;
use engine::Ending;
pub use engine::Redriven;
use model::{ExecutionArn, Qualifier, RunId, Seq, StateMachineArn, StrandId, Timestamp};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Keeps executions. What is acknowledged is durable.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Puts the first record, then META, if the execution's name is free: when nobody has it, or its META had expired
    /// when this execution started.
    ///
    /// META is the lock. Where both cannot be put at once the record goes first: its key has the run in it, so that
    /// nothing ever finds it unless META names that run.
    async fn start(&self, meta: &Meta, first: &StoredRecord) -> Result<StartOutcome, Error>;

    /// The execution's META.
    async fn meta(&self, execution: &ExecutionArn) -> Result<Option<Meta>, Error>;

    /// Sets the stop mark, if the run has none, and gives META after it; none if there is no such run, or it does not run
    /// any more as it did when the mark was made: if META's `seq` is not the mark's `opened`.
    async fn mark_stop(&self, key: &RunKey, mark: &StopMark) -> Result<Option<Meta>, Error>;

    /// Writes the end of the run if META's `seq` is below `seq`.
    async fn close(&self, key: &RunKey, status: ExecutionStatus, at: Timestamp, seq: Seq) -> Result<(), Error>;

    /// Puts the record as [`Journal::put`] does, and, if it wins, does what [`Journal::reopen`] does. A store that can does
    /// both at once; another one leaves the second to the record's effects if it fails between them.
    async fn redrive(
        &self,
        record: &StoredRecord,
        redriven: &Redriven,
        expires: Option<Timestamp>,
    ) -> Result<Put, Error>;

    /// Writes that the run, which had ended, runs again, if META's `seq` is below that of the redrive: without end and stop
    /// mark, and kept until then at least.
    async fn reopen(&self, key: &RunKey, redriven: &Redriven, expires: Option<Timestamp>) -> Result<(), Error>;

    /// Puts the record if its key is free; otherwise the one that is there. The only lock there is.
    ///
    /// A store that can tell refuses a run that was never started; callers do not rely on it.
    async fn put(&self, record: &StoredRecord) -> Result<Put, Error>;

    /// The record with this key.
    async fn record(&self, key: &RecordKey) -> Result<Option<StoredRecord>, Error>;

    /// The strand's last record.
    async fn head(&self, run: &RunKey, strand: &StrandId) -> Result<Option<StoredRecord>, Error>;

    /// Those of these records that are there, in any order.
    async fn records_at(&self, keys: &[RecordKey]) -> Result<Vec<StoredRecord>, Error>;

    /// All records of the run, those of one strand in the order of their numbers.
    async fn records(&self, run: &RunKey) -> Result<Vec<StoredRecord>, Error>;

    /// Adds a child to the set of those that have ended, and tells how many of its [`JOIN_SHARD`] are in it then.
    /// Whoever looks at the set afterwards finds it there; whoever adds the last one is told of all.
    async fn join(&self, key: &JoinKey, child: &EndedChild) -> Result<u32, Error>;

    /// Those of the children with these indexes that have ended, in no order.
    async fn joined(&self, key: &JoinKey, indexes: Range<u32>) -> Result<Vec<EndedChild>, Error>;

    /// Notes a heartbeat of a task.
    async fn beat(&self, key: &WaitKey, at: Timestamp) -> Result<(), Error>;

    /// The task's last heartbeat; [`BEATS_CLOSED`] once its wait takes none any more.
    async fn last_beat(&self, key: &WaitKey) -> Result<Option<Timestamp>, Error>;

    /// Notes a heartbeat, unless the wait takes none any more: whether it does.
    ///
    /// This and [`Journal::close_beats`] decide together whether a heartbeat comes before its time-out.
    async fn beat_if_open(&self, key: &WaitKey, at: Timestamp) -> Result<bool, Error> {
        self.beat(key, at).await?;
        Ok(self.last_beat(key).await? != Some(BEATS_CLOSED))
    }

    /// Has the wait take no heartbeat any more, if none came after `seen`: whether it takes none now.
    ///
    /// Nothing may come between the look and the change. As it is written here that holds for a store that nobody else
    /// works on meanwhile; all others have their own.
    async fn close_beats(&self, key: &WaitKey, seen: Option<Timestamp>) -> Result<bool, Error> {
        let last = self.last_beat(key).await?;
        if last == seen && last != Some(BEATS_CLOSED) {
            self.beat(key, BEATS_CLOSED).await?;
            return Ok(true);
        }
        Ok(last == Some(BEATS_CLOSED))
    }

    /// Keeps all that there is of the run until then at least. It may be done in parts and be repeated.
    async fn retain(&self, key: &RunKey, until: Timestamp) -> Result<(), Error>;

    /// Executions, newest first: of one machine or of all, with this status or any. `after` continues a page.
    async fn executions(
        &self,
        machine: Option<&StateMachineArn>,
        status: Option<ExecutionStatus>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Meta>, Error>;
}

/// How many children with neighbouring indexes are counted together when one of them ends: those from a multiple of
/// this on. As many as a store keeps in one item at the price of a small one.
pub const JOIN_SHARD: u32 = 100;

/// The time of the last heartbeat of a wait that takes none any more: later than any.
pub const BEATS_CLOSED: Timestamp = Timestamp::from_micros(i64::MAX);

/// A record as a store keeps it: its key, and a body that only this crate reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    /// Where it lies.
    pub key: RecordKey,
    /// Its content.
    pub body: Bytes,
    /// When the store may forget it; none: never. Not part of what is read back.
    pub expires: Option<Timestamp>,
}

/// What became of a put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is in the journal.
    Won,
    /// Another record has its key: this one.
    Lost(StoredRecord),
}

/// What became of a start.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "one per start; a box would only move the bytes")]
pub enum StartOutcome {
    /// The execution has begun.
    New,
    /// The name is taken by this one.
    Exists(Meta),
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Continues the list after this page; none: this is the last one.
    pub next: Option<String>,
}

/// What is known of an execution without its records; at most 1 KB.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    /// The execution.
    pub execution: ExecutionArn,
    /// Which start of this name.
    pub run: RunId,
    /// The machine.
    pub machine: StateMachineArn,
    /// The revision that it runs.
    pub revision: String,
    /// Where it stands. The terminal record is the truth; this follows it.
    pub status: ExecutionStatus,
    /// The root's record that set the status.
    pub seq: Seq,
    /// When it started.
    pub started: Timestamp,
    /// When it ended.
    pub stopped: Option<Timestamp>,
    /// SHA-256 of its input, in hex, for StartExecution's idempotency.
    pub input_hash: String,
    /// Set before a stop or a time-out is answered: no call is claimed after it.
    pub stop: Option<StopMark>,
    /// The caller's trace header.
    pub trace_header: Option<String>,
    /// From when on the execution counts as absent; none: never.
    #[serde(default)]
    pub expires: Option<Timestamp>,
    /// Its last redrive.
    #[serde(default)]
    pub redriven: Option<Redriven>,
    /// The version and the alias that it was started by.
    #[serde(default)]
    pub qualifier: Option<Qualifier>,
}

impl Meta {
    /// The root's record with which the execution began to run as it does now, or did last.
    pub fn opened(&self) -> Seq {
        self.redriven.map_or(0, |redriven| redriven.seq)
    }
}

/// That the execution must end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopMark {
    /// When it was asked to.
    pub at: Timestamp,
    /// The [`Meta::opened`] that it is for: it does nothing to what runs after a redrive.
    #[serde(default)]
    pub opened: Seq,
    /// How it ends.
    pub ending: Ending,
}

/// `ExecutionStatus` of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names of the service model")]
pub enum ExecutionStatus {
    Running,
    Succeeded,
    Failed,
    TimedOut,
    Aborted,
}

impl ExecutionStatus {
    /// The status as the API spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
        }
    }
}

/// The children that one record forked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JoinKey {
    /// The run.
    pub run: RunKey,
    /// The parent.
    pub strand: StrandId,
    /// The record that forked.
    pub fork: Seq,
}

/// A wait: what a task token, a timer and a heartbeat name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WaitKey {
    /// The run.
    pub run: RunKey,
    /// The strand.
    pub strand: StrandId,
    /// The record at which the wait began.
    pub since: Seq,
}

/// A child that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EndedChild {
    /// Its place among its siblings.
    pub index: u32,
    /// Its terminal record.
    pub seq: Seq,
    /// Whether it succeeded.
    pub succeeded: bool,
}
