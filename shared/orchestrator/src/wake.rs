//! The message that asks for the next step of a strand.

use crate::{Record, RunKey};
use engine::Ending;
use model::{Seq, StrandId};
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
}

/// Why a strand is woken.
#[derive(Clone, Debug, PartialEq)]
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
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledge {
    /// It is done with.
    Delete,
    /// It is brought again after this time.
    Return(Duration),
}
