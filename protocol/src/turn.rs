//! One worker's turn: what all that it can do has in common.

use crate::defects::Defect;
use crate::machine::{Body, Stage};
use crate::protocol::Protocol;
use crate::record::{Cause, Outcome, Phase, Record, Strand};
use crate::state::{Kind, State};
use crate::step::{Poisoned, Step, makes_call};
use crate::worker::{Op, Won, Worker};

/// One worker's turn: the world, and the worker taken out of it.
pub struct Turn<'p> {
    /// The rules.
    pub protocol: &'p Protocol,
    /// The world without the worker.
    pub state: State,
    /// The worker.
    pub worker: Worker,
}

impl Turn<'_> {
    /// Whether this wrong reading is tried.
    pub fn has(&self, defect: Defect) -> bool {
        self.protocol.defect == Some(defect)
    }

    /// A put of the record after this head.
    pub fn put(&mut self, strand: Strand, seq: u8, head: Record, record: Record, then: Won) {
        self.worker.push(Op::Put { strand, seq: seq + 1, record, based: Some(head.plain()), then, doubt: 0 });
    }

    /// A put of the record if there is one; a panic of the engine ends the execution.
    pub fn put_or_break_off(
        &mut self,
        strand: Strand,
        seq: u8,
        head: Record,
        record: Result<Option<Record>, Poisoned>,
        then: Won,
    ) {
        match record {
            Ok(Some(record)) => self.put(strand, seq, head, record, then),
            Ok(None) => {}
            Err(Poisoned) => self.break_off(),
        }
    }

    /// The step after the record with this number.
    pub fn step(&self, strand: Strand, seq: u8, cause: Cause) -> Step<'_> {
        let body = self.protocol.body(&self.state, strand);
        self.step_of(strand, body, seq + 1, cause, self.worker.calls)
    }

    pub fn step_of(&self, _strand: Strand, body: Body, seq: u8, cause: Cause, calls: bool) -> Step<'_> {
        let Protocol { machine, defect, .. } = self.protocol;
        Step { machine, body, seq, cause, calls, defect: *defect }
    }

    /// Whether whoever handles this message makes calls: its sender chose the queue.
    pub fn makes_calls(&self) -> bool {
        let message = &self.worker.message;
        let head = match message.kind {
            Kind::Step(seq) | Kind::Timer(seq) => self.state.record(message.strand, seq),
            _ => None,
        };
        let body = self.protocol.body(&self.state, message.strand);
        !self.protocol.machine.runs_on || head.is_some_and(|head| makes_call(body, head.phase))
    }

    pub fn has_clock(&self, strand: Strand, head: Record) -> bool {
        let body = self.protocol.body(&self.state, strand);
        let stage = head.phase.at().map(|at| body[usize::from(at)]);
        matches!(stage, Some(Stage::Task(task)) if task.clock)
    }

    /// How the child ended; none while it lives.
    pub fn child_end(&self, strand: Strand) -> Option<Outcome> {
        match self.state.head(strand)?.1.phase {
            Phase::Ended(outcome) => Some(outcome),
            Phase::Ready { .. } | Phase::Calling { .. } | Phase::Pending { .. } => None,
            Phase::Waiting { .. } | Phase::Forked { .. } => None,
        }
    }
}
