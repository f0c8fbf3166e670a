//! The message that asks for the next step of a strand.

use crate::{Record, RunKey};
use engine::Ending;
use model::{Seq, StrandId, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// The message that asks for the next step of a strand.
#[derive(Clone, Debug, PartialEq)]
pub struct Wake {
    /// The run.
    pub run: RunKey,
    /// The strand.
    pub strand: StrandId,
    /// Why.
    pub kind: WakeKind,
    /// The strand's head, when the sender has just put it: then the receiver reads nothing.
    pub record: Option<Arc<Record>>,
    /// Who handles it.
    pub lane: Lane,
    /// What the sender knows of the run's start: then the receiver does not read META either.
    pub start: Option<Start>,
    /// Whether the queue has brought this very message before: then a worker may have died over it. Does not travel.
    pub redelivered: bool,
}

impl Wake {
    /// A wake whose receiver reads everything.
    pub fn new(run: &RunKey, strand: &StrandId, kind: WakeKind) -> Self {
        let (run, strand) = (run.clone(), strand.clone());
        Self { run, strand, kind, record: None, lane: Lane::Steps, start: None, redelivered: false }
    }
}

/// Who handles a wake, where calls have workers of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Lane {
    /// Workers that make no calls.
    #[default]
    Steps,
    /// Workers that make calls, each of which may be long.
    Tasks,
}

/// What never changes about a run: enough to take its steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The machine's revision.
    pub revision: String,
    /// When it started.
    pub at: Timestamp,
}

/// Why a strand is woken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum WakeKind {
    /// The step after this record is due.
    Step {
        /// The record.
        seq: Seq,
    },
    /// A time has come that the strand waits for since this record.
    Timer {
        /// The record.
        since: Seq,
    },
    /// A child forked by this record has ended.
    Children {
        /// The record.
        fork: Seq,
    },
    /// The strand must end.
    Abort(Ending),
    /// The execution has run for as long as its machine allows. Names no record: it is for whatever the run does then.
    ExecutionTimeout,
    /// Something may have been lost: read the head and carry out its effects.
    Settle,
    /// The execution has lived long: what there is of it must be kept for longer.
    Retain,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledge {
    /// It is done with.
    Delete,
    /// It is brought again after this time.
    Return(Duration),
}
