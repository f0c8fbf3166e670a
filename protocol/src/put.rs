//! A put: won, lost, or with its answer lost.

use crate::defects::Defect;
use crate::properties::judge_put;
use crate::record::{Phase, Record, Strand};
use crate::state::{Kind, Message};
use crate::step::Trigger;
use crate::turn::Turn;
use crate::worker::{Op, Then, Won};

impl Turn<'_> {
    pub fn put_now(&mut self, strand: Strand, seq: u8, record: Record, based: Option<Record>, then: Won, doubt: u8) {
        if let Some(winner) = self.state.record(strand, seq) {
            let is_ours = match self.protocol.defect {
                // The id names the process, and this process has put it.
                Some(Defect::WriterIsTheProcess) => doubt != 0 && winner.plain() == record.plain(),
                _ => doubt != 0 && winner.writer == doubt,
            };
            if is_ours {
                self.won(strand, seq, winner, then);
            } else {
                self.lost_put(strand, seq, record, winner, then);
            }
            return;
        }
        let record = self.write(strand, seq, Record { writer: doubt, ..record }, based, then);
        self.won(strand, seq, record, then);
    }

    /// The answer to the put at hand is lost, and whoever put it will ask again. The record may be there.
    pub fn lose_answer(&mut self, is_applied: bool) {
        let doubt = self.state.budget.doubts;
        self.state.budget.doubts -= 1;
        if let Some(Op::Put { strand, seq, record, based, then, doubt: 0 }) = self.worker.stack.pop() {
            if is_applied && self.state.record(strand, seq).is_none() {
                self.write(strand, seq, Record { writer: doubt, ..record }, based, then);
            }
            self.worker.push(Op::Put { strand, seq, record, based, then, doubt });
        }
    }

    /// The record is in the journal.
    fn write(&mut self, strand: Strand, seq: u8, mut record: Record, based: Option<Record>, then: Won) -> Record {
        if let Phase::Calling { late, .. } = &mut record.phase {
            *late = self.state.answered;
        }
        judge_put(self, strand, seq, record, based, then);
        self.state.append(strand, record);
        if then == Won::Redrive {
            self.state.answered = false;
        }
        record
    }

    fn won(&mut self, strand: Strand, seq: u8, record: Record, then: Won) {
        match then {
            Won::Step(_) | Won::Within(_) | Won::Children(_) => {
                if matches!(record.phase, Phase::Calling { .. }) {
                    if self.has(Defect::CallIsAnEffect) {
                        self.worker.push(Op::Send(Message::new(strand, Kind::CallClaimed(seq))));
                    } else {
                        self.call(strand, seq);
                    }
                }
                self.effects(strand, seq, record, true);
            }
            Won::Abort(_) | Won::Child | Won::Redrive | Won::BreakOff => self.effects(strand, seq, record, true),
            // Its siblings are not known to it: it wakes the parent in any case.
            Won::Fence(_) => self.effects(strand, seq, record, false),
        }
    }

    fn lost_put(&mut self, strand: Strand, seq: u8, record: Record, winner: Record, then: Won) {
        match then {
            Won::Step(cause) => {
                if !self.has_acted(strand, seq, winner) {
                    self.answer_for(strand, seq, winner, cause);
                }
            }
            Won::Within(trigger) => self.lost_within(strand, seq, record, winner, trigger),
            Won::Children(fork) if winner.is_in_fork(fork) => self.children_ended(strand, seq, winner, fork),
            Won::Children(_) => self.lost(strand, seq, winner),
            Won::Abort(ending) => self.worker.push(Op::Head { strand, then: Then::Abort(ending) }),
            Won::Fence(_) if winner.is_terminal() => self.settle(strand, seq, winner),
            Won::Fence(ending) => self.abort(strand, seq, winner, ending),
            Won::Child if self.has(Defect::LoserSendsItsOwn) => {
                let wake = Message::new(strand, Kind::Step(0));
                self.worker.push(Op::Send(Message { carry: Some((0, record)), ..wake }));
            }
            Won::Child => self.worker.push(Op::Head { strand, then: Then::Settle }),
            Won::BreakOff => self.worker.push(Op::Head { strand, then: Then::BreakOff }),
            Won::Redrive => {}
        }
    }

    pub fn lost_within(&mut self, strand: Strand, seq: u8, record: Record, winner: Record, trigger: Trigger) {
        let answers = match self.worker.message.kind {
            Kind::Callback(since) => Some(since),
            _ => None,
        };
        let before = seq.checked_sub(1).and_then(|before| self.state.record(strand, before));
        let lasts = before.is_some_and(|before| before.since == winner.since) && !winner.is_terminal();
        let gives_up = answers.is_some() && self.has(Defect::CallbackGivesUp);
        if gives_up {
            return;
        }
        if lasts {
            self.advance_within(strand, seq, winner, trigger, record.cause);
        } else if let Some(since) = answers {
            self.answered_before(strand, since);
        } else {
            self.lost(strand, seq, winner);
        }
    }
}
