//! The whole world of one execution: what is stored, what is on its way, who works, and what may still go wrong.
//!
//! Kept small, since millions of these are held apart: sorted vectors, so that two states that differ only in the order
//! of their messages or workers are one.

use crate::properties::Violations;
use crate::record::{Cause, Ending, Outcome, Phase, Record, Strand};
use crate::worker::{Op, Worker};

/// The world.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State {
    /// The records of each strand that has any.
    pub journal: Vec<(Strand, Vec<Record>)>,
    /// Bits of the children that are in the set of a fork.
    pub sets: Vec<(Strand, u8, u8)>,
    /// META.
    pub meta: Meta,
    /// Messages nobody works on.
    pub queue: Vec<Message>,
    /// Everyone at work.
    pub workers: Vec<Worker>,
    /// Task tokens in the hands of people.
    pub tokens: Vec<Token>,
    /// The last record of a strand that a process knows to have carried out.
    pub acted: Vec<(u8, Strand, u8)>,
    /// What may still happen.
    pub budget: Budget,
    /// The redrive that StopExecution was last called for.
    pub asked: Option<u8>,
    /// Whether StopExecution has answered since the last redrive.
    pub answered: bool,
    /// What went wrong.
    pub violations: Violations,
}

/// The item that every execution has one of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Meta {
    /// The end, once it is written.
    pub end: Option<Outcome>,
    /// The root's record that set the status.
    pub seq: u8,
    /// The stop mark.
    pub mark: Option<Ending>,
    /// How often the execution was redriven.
    pub redrives: u8,
}

/// How often each thing may still happen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Budget {
    /// A worker dies.
    pub crashes: u8,
    /// A message is brought a second time though its worker is done with it or lives.
    pub copies: u8,
    /// A message becomes visible while its worker lives.
    pub expiries: u8,
    /// The answer to a put is lost.
    pub doubts: u8,
    /// StopExecution is called.
    pub stops: u8,
    /// RedriveExecution is called.
    pub redrives: u8,
}

/// A message, or a call of the API.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Message {
    /// The strand.
    pub strand: Strand,
    /// Why.
    pub kind: Kind,
    /// The strand's head, if its sender had just put it.
    pub carry: Option<(u8, Record)>,
    /// How often it was brought before, as far as anybody looks at it.
    pub receives: u8,
    /// Whether it is in the queue of dead letters.
    pub dead: bool,
    /// Comes only after whoever sent it from outside is gone.
    pub safety: bool,
    /// Given back until nobody is at work on this record.
    pub after: Option<(Strand, u8)>,
}

/// Why a strand is woken, or what the API is asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// The step after this record is due.
    Step(u8),
    /// A time has come that the strand waits for since this record.
    Timer(u8),
    /// A child forked by this record has ended.
    Children(u8),
    /// The strand must end.
    Abort(Ending),
    /// The execution has run for as long as its machine allows; the number is that of redrives before.
    ExecutionTimeout(u8),
    /// Something may have been lost. `known` messages do not look at META first.
    Settle {
        /// Whether the sender knew the execution.
        known: bool,
    },
    /// Makes the call that this record claims: a wrong reading alone sends it.
    CallClaimed(u8),
    /// StartExecution.
    Start,
    /// StopExecution, of the execution as redriven so often.
    Stop(u8),
    /// SendTaskSuccess for the wait that began at this record.
    Callback(u8),
    /// RedriveExecution.
    Redrive,
}

/// A task token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Token {
    /// The strand.
    pub strand: Strand,
    /// The record at which the wait began.
    pub since: u8,
    /// How often whoever has it will still use it.
    pub uses: u8,
}

impl Kind {
    /// Whether it is a call of the API: no message brings it again.
    pub fn is_api(self) -> bool {
        match self {
            Self::Start | Self::Stop(_) | Self::Callback(_) | Self::Redrive => true,
            Self::Step(_) | Self::Timer(_) | Self::Children(_) | Self::Abort(_) => false,
            Self::ExecutionTimeout(_) | Self::Settle { .. } | Self::CallClaimed(_) => false,
        }
    }
}

impl Message {
    /// A message that carries nothing.
    pub fn new(strand: Strand, kind: Kind) -> Self {
        Self { strand, kind, carry: None, receives: 0, dead: false, safety: false, after: None }
    }

    /// One that comes only after its sender is gone.
    #[must_use]
    pub fn safety(self) -> Self {
        Self { safety: true, ..self }
    }
}

impl State {
    /// All records of the strand.
    pub fn records(&self, strand: Strand) -> &[Record] {
        match self.journal.binary_search_by_key(&strand, |(strand, _)| *strand) {
            Ok(at) => &self.journal[at].1,
            Err(_) => &[],
        }
    }

    /// The strand's last record and its number.
    pub fn head(&self, strand: Strand) -> Option<(u8, Record)> {
        let records = self.records(strand);
        let seq = u8::try_from(records.len()).ok()?.checked_sub(1)?;
        Some((seq, *records.last()?))
    }

    /// One record.
    pub fn record(&self, strand: Strand, seq: u8) -> Option<Record> {
        self.records(strand).get(usize::from(seq)).copied()
    }

    /// One record, to note something on it.
    pub fn record_mut(&mut self, strand: Strand, seq: u8) -> Option<&mut Record> {
        let at = self.journal.binary_search_by_key(&strand, |(strand, _)| *strand).ok()?;
        self.journal[at].1.get_mut(usize::from(seq))
    }

    /// Adds a record, whatever was there.
    pub fn append(&mut self, strand: Strand, record: Record) {
        match self.journal.binary_search_by_key(&strand, |(strand, _)| *strand) {
            Ok(at) => self.journal[at].1.push(record),
            Err(at) => self.journal.insert(at, (strand, vec![record])),
        }
    }

    /// The message that led to the record: that of the claim, where it holds the outcome of a call.
    pub fn led_to(&self, strand: Strand, record: Record) -> Cause {
        let mut cause = record.cause;
        while let Cause::Call(claim) = cause {
            match self.record(strand, claim) {
                Some(claim) => cause = claim.cause,
                None => return cause,
            }
        }
        cause
    }

    /// Bits of the children in the set of this fork.
    pub fn set(&self, strand: Strand, fork: u8) -> u8 {
        let key = self.sets.binary_search_by_key(&(strand, fork), |(strand, fork, _)| (*strand, *fork));
        key.map_or(0, |at| self.sets[at].2)
    }

    /// Adds a child to the set of a fork, and gives its bits before.
    pub fn add(&mut self, strand: Strand, fork: u8, index: u8) -> u8 {
        match self.sets.binary_search_by_key(&(strand, fork), |(strand, fork, _)| (*strand, *fork)) {
            Ok(at) => {
                let before = self.sets[at].2;
                self.sets[at].2 |= 1 << index;
                before
            }
            Err(at) => {
                self.sets.insert(at, (strand, fork, 1 << index));
                0
            }
        }
    }

    /// Puts a message on its way.
    pub fn send(&mut self, message: Message) {
        // One that asks for the end of time is as good as two.
        if matches!(message.kind, Kind::ExecutionTimeout(_)) && self.queue.contains(&message) {
            return;
        }
        let at = self.queue.partition_point(|there| *there <= message);
        self.queue.insert(at, message);
    }

    /// Puts a worker to work.
    pub fn employ(&mut self, worker: Worker) {
        let at = self.workers.partition_point(|there| *there <= worker);
        self.workers.insert(at, worker);
    }

    /// Whether somebody makes, or is about to make, the call that this record claims.
    pub fn is_live(&self, strand: Strand, claim: u8) -> bool {
        self.workers.iter().any(|worker| worker.holds_claim(strand, claim))
    }

    /// Whether whoever put this record still carries out its effects, or makes its call.
    pub fn is_at_work(&self, strand: Strand, seq: u8) -> bool {
        let acts = Op::Acted { strand, seq, wrote: true };
        self.is_live(strand, seq) || self.workers.iter().any(|worker| worker.stack.contains(&acts))
    }

    /// Whether the strand waits for the answer that this token is for.
    pub fn awaits(&self, token: &Token) -> bool {
        self.head(token.strand).is_some_and(|(_, head)| {
            head.since == token.since && matches!(head.phase, Phase::Calling { .. } | Phase::Pending { .. })
        })
    }

    /// Whether nothing is on its way and nobody works.
    pub fn is_at_rest(&self) -> bool {
        let waits_for_answer = |token: &Token| token.uses > 0 && self.meta.mark.is_none() && self.awaits(token);
        self.queue.is_empty() && self.workers.is_empty() && !self.tokens.iter().any(waits_for_answer)
    }
}
