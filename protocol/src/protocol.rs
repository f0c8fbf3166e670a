//! The rules over one definition, within bounds.

use crate::defects::Defect;
use crate::machine::{Body, Fork, Machine, Stage};
use crate::record::{Record, Strand};
use crate::state::{Budget, Message, State};

/// The protocol over one definition, within bounds.
#[derive(Clone, Debug)]
pub struct Protocol {
    /// The definition.
    pub machine: Machine,
    /// What may happen, and how often.
    pub bounds: Bounds,
    /// The wrong reading that is tried; none: the protocol as it should be.
    pub defect: Option<Defect>,
}

/// What may happen, and how often.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// What may happen a number of times.
    pub budget: Budget,
    /// How many messages are handled at once, besides calls of the API.
    pub workers: usize,
    /// How often whoever holds a token uses it.
    pub answers: u8,
    /// How often a message is brought before it becomes a dead letter; 0: never.
    pub receives: u8,
    /// How many children share an item of a join set.
    pub shard: u8,
    /// How many blocks of ends there are among those children that run at once.
    pub blocks: u8,
    /// How many processes there are that remember what they carried out; 0: every worker is a new one.
    pub processes: u8,
    /// Whether a worker may be so slow that its record is no longer young while it carries out the effects.
    pub slow: bool,
    /// Whether StartExecution is part of it.
    pub starts: bool,
}

impl Bounds {
    /// Nothing goes wrong.
    pub const NONE: Self = Self {
        budget: Budget { crashes: 0, copies: 0, expiries: 0, doubts: 0, stops: 0, redrives: 0 },
        workers: 2,
        answers: 1,
        receives: 0,
        shard: 8,
        blocks: 4,
        processes: 0,
        slow: false,
        starts: false,
    };
}

impl Protocol {
    /// The states of a strand.
    pub fn body(&self, state: &State, strand: Strand) -> Body {
        match strand.parent() {
            None => self.machine.root,
            Some((parent, fork, index)) => match self.fork_of(state, parent, fork) {
                Some(fork) => fork.children[usize::from(index)],
                None => &[],
            },
        }
    }

    /// The Parallel or Map that this record forked for.
    pub fn fork_of(&self, state: &State, parent: Strand, fork: u8) -> Option<Fork> {
        let at = state.record(parent, fork)?.phase.at()?;
        match self.body(state, parent).get(usize::from(at))? {
            Stage::Fork(fork) => Some(*fork),
            Stage::Pass | Stage::Wait | Stage::Task(_) | Stage::Poison => None,
        }
    }

    /// The states of the child that this record begins.
    pub fn child_body(&self, state: &State, parent: Strand, record: Record, index: u8) -> Option<Body> {
        let at = record.phase.at()?;
        match self.body(state, parent).get(usize::from(at))? {
            Stage::Fork(fork) => fork.children.get(usize::from(index)).copied(),
            Stage::Pass | Stage::Wait | Stage::Task(_) | Stage::Poison => None,
        }
    }

    /// Which set the children of this fork are added to.
    pub fn set_of(&self, fork: u8) -> u8 {
        if self.defect == Some(Defect::JoinSetReused) { 0 } else { fork }
    }

    /// Whether a claim is followed by its call without a look at the stop mark.
    pub fn skips_stop_mark(&self) -> bool {
        matches!(
            self.defect,
            Some(Defect::NoLookAtStopMark | Defect::FenceOfExistingAlone | Defect::ChildBeginsSibling)
        )
    }

    /// Whether any state of the definition is one that the engine panics on.
    pub fn has_poison(&self) -> bool {
        fn poisons(body: Body) -> bool {
            body.iter().any(|stage| match stage {
                Stage::Poison => true,
                Stage::Fork(fork) => fork.children.iter().any(|child| poisons(child)),
                Stage::Pass | Stage::Wait | Stage::Task(_) => false,
            })
        }
        poisons(self.machine.root)
    }

    /// The message as it comes the next time.
    pub fn brought_again(&self, message: Message) -> Message {
        let most = self.bounds.receives.max(1);
        let receives = (message.receives + 1).min(most);
        if self.bounds.receives > 0 && receives == most && !message.dead {
            let receives = if self.defect == Some(Defect::DeadLetterCountsAnew) { 0 } else { receives };
            return Message { receives, dead: true, ..message };
        }
        Message { receives, ..message }
    }
}
