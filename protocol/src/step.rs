//! The next record of one strand: `engine::step` as far as the protocol can tell its results apart.

use crate::defects::Defect;
use crate::machine::{Body, Fork, Machine, Stage, Task};
use crate::record::{Cause, Ending, Outcome, Phase, Record, indexes};

/// A fact that moves a strand, but for the ends of its children.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "the names of the engine")]
pub enum Trigger {
    Entered,
    TaskSucceeded,
    TaskFailed,
    TaskTimedOut,
    TaskSubmitted,
    TimerFired,
    Aborted(Ending),
}

/// The engine panics on this state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Poisoned;

/// What a step needs to know besides the record before it.
#[derive(Clone, Copy)]
pub struct Step<'m> {
    /// The definition.
    pub machine: &'m Machine,
    /// The states of the strand.
    pub body: Body,
    /// The number of the new record.
    pub seq: u8,
    /// The message that it is for.
    pub cause: Cause,
    /// Whether whoever puts it makes calls.
    pub calls: bool,
    /// The wrong reading that is tried, if any.
    pub defect: Option<Defect>,
}

impl Step<'_> {
    /// The record after this one; none if the trigger does not fit.
    pub fn after(self, head: Record, trigger: Trigger) -> Result<Option<Record>, Poisoned> {
        let next = match (head.phase, trigger) {
            (Phase::Ended(_), _) => None,
            (_, Trigger::Aborted(ending)) => self.aborted(head, ending),
            (Phase::Ready { at }, Trigger::Entered) => Some(self.enter(head, at)?),
            (Phase::Waiting { at, retry: true }, Trigger::TimerFired) => Some(self.run(head, at)?),
            (Phase::Waiting { at, retry: false }, Trigger::TimerFired) => Some(self.leave(head, at)),
            (Phase::Calling { at, .. }, Trigger::TaskSubmitted) => Some(self.within(head, Phase::Pending { at })),
            (Phase::Calling { at, .. } | Phase::Pending { at }, Trigger::TaskSucceeded) => Some(self.leave(head, at)),
            (Phase::Calling { at, .. } | Phase::Pending { at }, Trigger::TaskFailed | Trigger::TaskTimedOut) => {
                Some(self.failed(head, at))
            }
            _ => None,
        };
        next.map(|next| self.run_on(next)).transpose()
    }

    /// Some children have ended; `is_done` says that all begun have and no more begins.
    pub fn after_children(
        self,
        head: Record,
        ends: &[(u8, Outcome)],
        is_done: bool,
    ) -> Result<Option<Record>, Poisoned> {
        let Phase::Forked { at, mut next, mut running, ending, .. } = head.phase else { return Ok(None) };
        for (index, _) in ends {
            running &= !(1 << index);
        }
        let ending = ending.or_else(|| first_failure(head, ends));
        let one_phase = self.defect == Some(Defect::ForkEndsInOneRecord);
        let record = match ending {
            Some(ending) if running == 0 || is_done || one_phase => self.finish_early(head, at, ending),
            None if is_done => self.leave(head, at),
            ending => {
                let mut fresh = 0;
                let fork = self.fork(at);
                if ending.is_none() && self.defect != Some(Defect::ChildBeginsSibling) {
                    (next, fresh) = fill(fork, next, running);
                }
                self.within(head, Phase::Forked { at, next, running: running | fresh, fresh, ending })
            }
        };
        self.run_on(record).map(Some)
    }

    /// Record 0 of a child; none if the parent's record begins none.
    pub fn first(self, parent: Record) -> Result<Record, Poisoned> {
        let phase = if self.body.is_empty() { Phase::Ended(Outcome::Succeeded) } else { Phase::Ready { at: 0 } };
        self.run_on(Record {
            phase,
            since: 0,
            attempts: 0,
            cause: Cause::Started,
            writer: 0,
            redrives: parent.redrives,
        })
    }

    /// Goes on through states that need nothing from outside.
    fn run_on(self, mut record: Record) -> Result<Record, Poisoned> {
        while self.machine.runs_on
            && let Phase::Ready { at } = record.phase
            && (self.calls || !makes_call(self.body, record.phase))
        {
            record = self.enter(record, at)?;
        }
        Ok(record)
    }

    fn enter(self, head: Record, at: u8) -> Result<Record, Poisoned> {
        self.run(Record { attempts: 0, ..head }, at)
    }

    fn run(self, head: Record, at: u8) -> Result<Record, Poisoned> {
        match self.body[usize::from(at)] {
            Stage::Pass => Ok(self.leave(head, at)),
            Stage::Wait => Ok(self.begins(head, Phase::Waiting { at, retry: false })),
            Stage::Task(_) => Ok(self.begins(head, Phase::Calling { at, called: false, late: false })),
            Stage::Fork(fork) if fork.children.is_empty() => Ok(self.leave(head, at)),
            Stage::Fork(fork) => {
                let (next, fresh) = fill(fork, 0, 0);
                let (next, running) = match self.defect {
                    Some(Defect::ChildBeginsSibling) => (fork.total(), (1 << fork.total()) - 1),
                    _ => (next, fresh),
                };
                Ok(self.begins(head, Phase::Forked { at, next, running, fresh, ending: None }))
            }
            Stage::Poison => Err(Poisoned),
        }
    }

    /// On to the next state; the strand ends with its last.
    fn leave(self, head: Record, at: u8) -> Record {
        if usize::from(at) + 1 == self.body.len() {
            self.begins(head, Phase::Ended(Outcome::Succeeded))
        } else {
            self.begins(Record { attempts: 0, ..head }, Phase::Ready { at: at + 1 })
        }
    }

    /// Retry, then Catch, then the end of the strand.
    fn failed(self, head: Record, at: u8) -> Record {
        let (retries, catches) = match self.body[usize::from(at)] {
            Stage::Task(Task { retries, catches, .. }) | Stage::Fork(Fork { retries, catches, .. }) => {
                (retries, catches)
            }
            Stage::Pass | Stage::Wait | Stage::Poison => (0, false),
        };
        if head.attempts < retries {
            let head = Record { attempts: head.attempts + 1, ..head };
            self.begins(head, Phase::Waiting { at, retry: true })
        } else if catches {
            self.leave(head, at)
        } else {
            self.begins(head, Phase::Ended(Outcome::Failed))
        }
    }

    fn aborted(self, head: Record, ending: Ending) -> Option<Record> {
        if let Phase::Forked { at, next, running, ending: before, .. } = head.phase
            && running != 0
        {
            if before.is_some_and(|before| rank(before) >= rank(ending)) {
                return None;
            }
            return Some(self.within(head, Phase::Forked { at, next, running, fresh: 0, ending: Some(ending) }));
        }
        Some(self.begins(head, Phase::Ended(outcome(ending))))
    }

    fn finish_early(self, head: Record, at: u8, ending: Ending) -> Record {
        match ending {
            Ending::ChildFailed => self.failed(head, at),
            Ending::Aborted | Ending::Stopped(_) | Ending::TimedOut(_) | Ending::Broken => {
                self.begins(head, Phase::Ended(outcome(ending)))
            }
        }
    }

    fn fork(self, at: u8) -> Fork {
        match self.body[usize::from(at)] {
            Stage::Fork(fork) => fork,
            Stage::Pass | Stage::Wait | Stage::Task(_) | Stage::Poison => Fork::of(&[]),
        }
    }

    /// A record that leaves the wait of the one before it.
    fn begins(self, head: Record, phase: Phase) -> Record {
        Record { phase, since: self.seq, cause: self.cause, writer: 0, ..head }
    }

    /// A record within the same wait.
    fn within(self, head: Record, phase: Phase) -> Record {
        Record { phase, cause: self.cause, writer: 0, ..head }
    }
}

/// Whether the next step of this cursor claims a call.
pub fn makes_call(body: Body, phase: Phase) -> bool {
    match phase {
        Phase::Ready { at } | Phase::Waiting { at, retry: true } => {
            matches!(body[usize::from(at)], Stage::Task(_))
        }
        Phase::Waiting { .. } | Phase::Calling { .. } | Phase::Pending { .. } | Phase::Forked { .. } => false,
        Phase::Ended(_) => false,
    }
}

/// What the children are told when their parent's fork ends like this.
pub fn for_children(ending: Ending) -> Ending {
    match ending {
        Ending::ChildFailed | Ending::Aborted => Ending::Aborted,
        Ending::Stopped(_) | Ending::TimedOut(_) | Ending::Broken => ending,
    }
}

fn fill(fork: Fork, mut next: u8, running: u8) -> (u8, u8) {
    let mut fresh: u8 = 0;
    while next < fork.total() && (running | fresh).count_ones() < u32::from(fork.at_once) {
        fresh |= 1 << next;
        next += 1;
    }
    (next, fresh)
}

fn first_failure(head: Record, ends: &[(u8, Outcome)]) -> Option<Ending> {
    ends.iter().find_map(|(_, outcome)| match outcome {
        Outcome::Succeeded => None,
        Outcome::Failed => Some(Ending::ChildFailed),
        // The child read the stop mark before its parent was told.
        Outcome::Aborted => Some(Ending::Stopped(head.redrives)),
        Outcome::TimedOut => Some(Ending::TimedOut(head.redrives)),
    })
}

fn outcome(ending: Ending) -> Outcome {
    match ending {
        Ending::Stopped(_) | Ending::Aborted => Outcome::Aborted,
        Ending::TimedOut(_) => Outcome::TimedOut,
        Ending::ChildFailed | Ending::Broken => Outcome::Failed,
    }
}

/// Which ending overrides which.
fn rank(ending: Ending) -> u8 {
    match ending {
        Ending::ChildFailed => 0,
        Ending::Aborted => 1,
        Ending::Stopped(_) | Ending::TimedOut(_) | Ending::Broken => 2,
    }
}

/// The lowest of these bits, for traces and tests.
pub fn lowest(bits: u8) -> Option<u8> {
    indexes(bits).next()
}
