//! What a head asks for, and `settle`: doing it again, whatever was lost. The names are those of the orchestrator's
//! `effects.rs`.

use crate::defects::Defect;
use crate::record::{Cause, Ending, Outcome, Phase, Record, Strand, indexes};
use crate::state::{Kind, Message};
use crate::step::{Poisoned, Trigger, for_children};
use crate::turn::Turn;
use crate::worker::{Op, Won};

impl Turn<'_> {
    /// Reads nothing and repeats everything that the head waits for.
    pub fn settle(&mut self, strand: Strand, seq: u8, head: Record) {
        if matches!(head.phase, Phase::Calling { .. }) && !self.state.is_live(strand, seq) {
            if self.has_clock(strand, head) {
                self.worker.push(Op::Send(Message::new(strand, Kind::Timer(head.since))));
            } else {
                self.advance_within(strand, seq, head, Trigger::TaskFailed, Cause::Call(seq));
            }
            return;
        }
        self.effects(strand, seq, head, false);
        let is_ending = match head.phase {
            Phase::Forked { ending, .. } => {
                matches!(ending, Some(Ending::Stopped(_) | Ending::TimedOut(_) | Ending::Broken))
            }
            phase => matches!(phase, Phase::Ended(_)),
        };
        if strand == Strand::ROOT && self.protocol.machine.timeout && !is_ending {
            self.worker.push(Op::Send(Message::new(strand, Kind::ExecutionTimeout(head.redrives))));
        }
    }

    /// Settles the head, unless this process knows that it carried out its effects.
    pub fn make_sure(&mut self, strand: Strand, seq: u8, head: Record) {
        if !self.has_acted(strand, seq, head) {
            self.settle(strand, seq, head);
        }
    }

    /// Whether this process knows that it carried out the effects of this record, or of a later one.
    pub fn has_acted(&self, strand: Strand, seq: u8, head: Record) -> bool {
        let claims = matches!(head.phase, Phase::Calling { .. });
        let process = self.worker.process;
        self.state.acted.iter().any(|(of, acted_on, acted)| {
            (*of, *acted_on) == (process, strand) && (*acted > seq || (*acted == seq && !claims))
        })
    }

    pub fn remember(&mut self, strand: Strand, seq: u8) {
        if self.protocol.bounds.processes == 0 || self.worker.message.kind.is_api() {
            return;
        }
        let process = self.worker.process;
        match self.state.acted.iter_mut().find(|(of, acted_on, _)| (*of, *acted_on) == (process, strand)) {
            Some(there) => there.2 = seq,
            None => {
                self.state.acted.push((process, strand, seq));
                self.state.acted.sort_unstable();
            }
        }
    }

    /// What the head asks for (`carry_out`). `first` says that this worker has just put it.
    pub fn effects(&mut self, strand: Strand, seq: u8, record: Record, first: bool) {
        self.worker.push(Op::Acted { strand, seq, wrote: first });
        match record.phase {
            Phase::Ready { .. } => {
                let wake = Message::new(strand, Kind::Step(seq));
                self.worker.push(Op::Send(Message { carry: Some((seq, record.plain())), ..wake }));
            }
            Phase::Calling { .. } => {}
            Phase::Pending { .. } => {
                if self.has_clock(strand, record) {
                    self.worker.push(Op::Send(Message::new(strand, Kind::Timer(record.since))));
                }
            }
            Phase::Waiting { .. } => self.worker.push(Op::Send(Message::new(strand, Kind::Timer(record.since)))),
            Phase::Forked { running, fresh, ending: None, .. } => {
                let only_fresh = first || self.has(Defect::EffectsOfTheHeadAlone);
                let only_fresh = only_fresh || self.has(Defect::ChildBeginsSibling);
                for index in indexes(if only_fresh { fresh } else { running }).rev() {
                    self.start_child(strand, record, index);
                }
            }
            Phase::Forked { running, ending: Some(ending), .. } => {
                for index in indexes(running).rev() {
                    let child = strand.child(record.since, index);
                    self.worker.push(Op::Send(Message::new(child, Kind::Abort(for_children(ending)))));
                }
            }
            Phase::Ended(outcome) if strand == Strand::ROOT => self.worker.push(Op::Close { seq, outcome }),
            Phase::Ended(_) => self.worker.push(Op::Join { child: strand, first }),
        }
        if strand == Strand::ROOT && is_redriven(record) {
            self.worker.push(Op::Reopen { seq });
        }
    }

    /// Puts the child's first record, unless it is there.
    pub fn start_child(&mut self, parent: Strand, record: Record, index: u8) {
        let strand = parent.child(record.since, index);
        let Some(body) = self.protocol.child_body(&self.state, parent, record, index) else { return };
        let first = self.step_of(strand, body, 0, Cause::Started, false).first(record);
        match first {
            Ok(record) => self.worker.push(Op::Put { strand, seq: 0, record, based: None, then: Won::Child, doubt: 0 }),
            Err(Poisoned) => self.break_off(),
        }
    }

    pub fn fence(&mut self, strand: Strand, ending: Ending) {
        let phase = Phase::Ended(Outcome::Aborted);
        let record = Record { phase, since: 0, attempts: 0, cause: Cause::Abort, writer: 0, redrives: 0 };
        self.worker.push(Op::Put { strand, seq: 0, record, based: None, then: Won::Fence(ending), doubt: 0 });
    }

    /// Tells the parent that this child has ended (`tell_parent`).
    pub fn join(&mut self, child: Strand, first: bool) {
        let Some((parent, fork, index)) = child.parent() else { return };
        let Some(outcome) = self.child_end(child) else { return };
        let key = self.protocol.set_of(fork);
        let before = self.state.add(parent, key, index);
        let after = before | (1 << index);
        let Some(plan) = self.protocol.fork_of(&self.state, parent, fork) else { return };
        let bounds = &self.protocol.bounds;
        let shard = index - index % bounds.shard;
        let ended = indexes(after).filter(|other| other - other % bounds.shard == shard).count();
        let size = usize::from(bounds.shard.min(plan.total() - shard));
        let block = if plan.total() <= plan.at_once { plan.total() } else { plan.at_once / bounds.blocks };
        let is_due = ended >= size || ended.is_multiple_of(usize::from(block.max(1)));
        let succeeded = outcome == Outcome::Succeeded;
        let has_to_wake = match self.protocol.defect {
            Some(Defect::JoinByWhoCompletes) => before != after && is_due,
            _ => !(succeeded && first) || is_due,
        };
        if has_to_wake {
            self.worker.push(Op::Send(Message::new(parent, Kind::Children(fork))));
        }
        if self.has(Defect::ChildBeginsSibling)
            && succeeded
            && index + plan.at_once < plan.total()
            && let Some(record) = self.state.record(parent, fork)
        {
            self.start_child(parent, record, index + plan.at_once);
        }
    }
}

/// Whether this is the record of a redrive, which META may not show yet.
fn is_redriven(record: Record) -> bool {
    record.cause == Cause::Redrive && !record.is_terminal()
}
