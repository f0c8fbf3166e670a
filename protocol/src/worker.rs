//! Whoever is at work on a message, and what is left to do: a stack of operations, each of which is one request to the
//! journal, a queue or a task, and so one transition of the model.

use crate::record::{Cause, Ending, Outcome, Record, Strand};
use crate::state::{Kind, Message};
use crate::step::Trigger;

/// A worker, or an invocation of the API.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Worker {
    /// What it works on.
    pub message: Message,
    /// Whether the message comes back if the worker dies: not once it was brought to another.
    pub owns: bool,
    /// The process that it runs in, where processes remember.
    pub process: u8,
    /// Whether it makes calls itself.
    pub calls: bool,
    /// What is left to do; the last comes first.
    pub stack: Vec<Op>,
}

/// One request to the world.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Op {
    /// Puts META and the first record.
    Start,
    /// Reads META; nothing is left to do if the execution is closed.
    ReadMeta,
    /// Reads META: whether an answer from outside may be taken.
    MustStop,
    /// Reads a strand's head.
    Head {
        /// The strand.
        strand: Strand,
        /// What for.
        then: Then,
    },
    /// Puts a record.
    Put {
        /// The strand.
        strand: Strand,
        /// The record's number.
        seq: u8,
        /// The record.
        record: Record,
        /// The record before it, as this worker knows it.
        based: Option<Record>,
        /// What follows.
        then: Won,
        /// The writer id that the answer to an earlier attempt was lost of; 0: none was.
        doubt: u8,
    },
    /// Sends a message.
    Send(Message),
    /// Adds a child that ended to the set of its fork, and may have to wake the parent.
    Join {
        /// The child.
        child: Strand,
        /// Whether it was told for the first time.
        first: bool,
    },
    /// Reads the set of a fork.
    Joined {
        /// The parent.
        strand: Strand,
        /// The parent's head as this worker knows it.
        seq: u8,
    },
    /// Writes the end to META.
    Close {
        /// The root's record.
        seq: u8,
        /// The end.
        outcome: Outcome,
    },
    /// Writes to META that a redriven execution runs.
    Reopen {
        /// The root's record.
        seq: u8,
    },
    /// Writes the stop mark, if there is none; the root is then ended for the one that stands.
    Mark {
        /// Why.
        ending: Ending,
    },
    /// Reads the stop mark between a claim and its call.
    StopMark {
        /// The strand.
        strand: Strand,
        /// The claim.
        claim: u8,
    },
    /// Makes the call.
    Call {
        /// The strand.
        strand: Strand,
        /// The claim.
        claim: u8,
    },
    /// Nothing: above it lies what is left to do of the effects of this record.
    Acted {
        /// The strand.
        strand: Strand,
        /// The record.
        seq: u8,
        /// Whether this worker has put it.
        wrote: bool,
    },
    /// Nothing: above it lies what is left to do about the call that this record claims.
    Held {
        /// The strand.
        strand: Strand,
        /// The claim.
        claim: u8,
    },
    /// Acknowledges the message, or answers the caller.
    Done,
}

/// What a head is read for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Then {
    /// The message is about it.
    Handle,
    /// The message comes again: its worker may have died.
    TakeOver,
    /// The strand must end.
    Abort(Ending),
    /// Whether this message answers for that record, which it could not move.
    Answer {
        /// The message.
        cause: Cause,
        /// The record.
        seq: u8,
    },
    /// Whatever it waits for is repeated.
    Settle,
    /// A callback is for it.
    Callback(u8),
    /// The execution is broken off.
    BreakOff,
    /// The execution is redriven.
    Redrive,
}

/// What a record is put for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Won {
    /// A step that is due.
    Step(Cause),
    /// A trigger for one wait, tried again while that wait lasts.
    Within(Trigger),
    /// Children that ended.
    Children(u8),
    /// An abort.
    Abort(Ending),
    /// A fence in the place of a child's first record.
    Fence(Ending),
    /// A child's first record.
    Child,
    /// The end of a broken execution.
    BreakOff,
    /// A redrive.
    Redrive,
}

impl Op {
    /// Whether it leaves the world as it is.
    pub fn is_read(&self) -> bool {
        match self {
            Self::ReadMeta | Self::MustStop | Self::Head { .. } | Self::Joined { .. } | Self::StopMark { .. } => true,
            Self::Acted { .. } | Self::Held { .. } => true,
            Self::Start | Self::Put { .. } | Self::Send(_) | Self::Join { .. } | Self::Close { .. } => false,
            Self::Reopen { .. } | Self::Mark { .. } | Self::Call { .. } | Self::Done => false,
        }
    }
}

impl Worker {
    /// One that has just been given a message.
    pub fn new(message: Message, process: u8) -> Self {
        Self { message, owns: !message.kind.is_api(), process, calls: true, stack: vec![Op::Done] }
    }

    /// Whether it is breaking the execution off.
    pub fn breaks_off(&self) -> bool {
        self.stack.iter().any(|op| {
            matches!(
                op,
                Op::Mark { ending: Ending::Broken }
                    | Op::Head { then: Then::BreakOff, .. }
                    | Op::Put { then: Won::BreakOff, .. }
                    | Op::Close { .. }
            )
        })
    }

    /// Whether its next request is to send a message or to acknowledge its own.
    pub fn is_about_to_send(&self) -> bool {
        match self.stack.last() {
            Some(Op::Send(_)) => true,
            Some(Op::Done) => !matches!(self.message.kind, Kind::Stop(_)),
            _ => false,
        }
    }

    /// Adds what comes first.
    pub fn push(&mut self, op: Op) {
        self.stack.push(op);
    }

    /// Whether the call that this record claims is this worker's to make, or its outcome to record.
    pub fn holds_claim(&self, strand: Strand, claim: u8) -> bool {
        self.stack.contains(&Op::Held { strand, claim })
    }
}
