//! One entry of a strand's journal.

use engine::Cursor;
use model::history::Event;
use model::{ExecutionArn, Payload, RunId, Seq, StrandId, Timestamp, WriterId};
use serde::{Deserialize, Serialize};

/// One start of an execution: the partition that its records lie in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RunKey {
    /// The execution.
    pub execution: ExecutionArn,
    /// Which start of its name.
    pub run: RunId,
}

/// Where a record lies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecordKey {
    /// The run.
    pub run: RunKey,
    /// The strand.
    pub strand: StrandId,
    /// Its number in the strand, from 0.
    pub seq: Seq,
}

/// One entry of a strand's journal: immutable once put.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Where it lies.
    pub key: RecordKey,
    /// Whose put it is.
    pub writer: WriterId,
    /// The message that it was put for.
    pub cause: Cause,
    /// When, in hybrid time: never before the record before it. Orders events; deadlines do not use it.
    pub time: Timestamp,
    /// The history events that it adds.
    pub events: Vec<Event<Payload>>,
    /// Where the strand stands after it.
    pub cursor: Cursor<Payload>,
}

/// The message that a record was put for: whoever brings that message again answers for the record's effects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// StartExecution, or the parent's fork.
    Started,
    /// The wake for the step after this record.
    Step(Seq),
    /// A timer of the wait that began at this record.
    Timer(Seq),
    /// Children of this fork that ended.
    Children(Seq),
    /// A call that this record claimed.
    Call(Seq),
    /// A callback or an activity's worker, for the wait that began at this record.
    Answer(Seq),
    /// A stop, a time-out or a sibling's failure.
    Abort,
    /// RedriveExecution.
    Redriven {
        /// The caller's name for this very call, if it gave one.
        token: Option<String>,
    },
}
