//! What a worker does with a message, as far as it asks nobody: everything here pushes the requests that come next.
//!
//! The names are those of `handle.rs`, `advance.rs` and `forks.rs` of the orchestrator.

use crate::defects::Defect;
use crate::record::{Cause, Ending, Phase, Record, Strand};
use crate::state::{Kind, Message};
use crate::step::{Poisoned, Trigger};
use crate::turn::Turn;
use crate::worker::{Op, Then, Won};

impl Turn<'_> {
    /// The requests that a message begins with (`Orchestrator::act_on`).
    pub fn begin(&mut self) {
        let Message { strand, kind, carry, receives, dead, .. } = self.worker.message;
        if dead && self.has(Defect::DeadLetterFails) {
            self.break_off();
            return;
        }
        let again = receives > 0;
        let then = if again { Then::TakeOver } else { Then::Handle };
        match kind {
            Kind::Start => {
                self.worker.push(Op::Start);
                self.worker.push(Op::Send(Message::new(strand, Kind::Settle { known: false }).safety()));
                if self.protocol.machine.timeout {
                    self.worker.push(Op::Send(Message::new(strand, Kind::ExecutionTimeout(0))));
                }
            }
            Kind::Stop(redrives) => {
                let ending = Ending::Stopped(redrives);
                self.worker.push(Op::Mark { ending });
                if !self.has(Defect::StopWithoutSafety) {
                    self.worker.push(Op::Send(Message::new(strand, Kind::Abort(ending)).safety()));
                }
            }
            Kind::Callback(since) => self.worker.push(Op::Head { strand, then: Then::Callback(since) }),
            Kind::Redrive => {
                self.worker.push(Op::Head { strand, then: Then::Redrive });
                self.worker.push(Op::Send(Message::new(strand, Kind::Settle { known: true }).safety()));
            }
            Kind::Abort(ending) => self.worker.push(Op::Head { strand, then: Then::Abort(ending) }),
            Kind::ExecutionTimeout(redrives) => {
                self.worker.push(Op::Mark { ending: Ending::TimedOut(redrives) });
                self.worker.push(Op::ReadMeta);
            }
            Kind::Settle { known } => {
                self.worker.push(Op::Head { strand, then: Then::Settle });
                if !known {
                    self.worker.push(Op::ReadMeta);
                }
            }
            Kind::Step(_) => match carry {
                Some((seq, head)) if !again => self.handle(strand, seq, head),
                _ => self.worker.push(Op::Head { strand, then }),
            },
            Kind::Timer(_) | Kind::Children(_) | Kind::CallClaimed(_) => self.worker.push(Op::Head { strand, then }),
        }
        if let Kind::Callback(_) = kind {
            self.worker.push(Op::MustStop);
        }
    }

    /// What the message asks of this head.
    pub fn handle(&mut self, strand: Strand, seq: u8, head: Record) {
        let again = self.worker.message.receives > 0;
        match self.worker.message.kind {
            Kind::Step(due) if due == seq => self.commit_step(strand, seq, head),
            Kind::Step(due) => self.answer_for(strand, seq, head, Cause::Step(due)),
            Kind::Timer(since) => {
                let matches = match self.protocol.defect {
                    Some(Defect::TimerMatchedBySeq) => seq == since,
                    Some(Defect::TimerMatchesAnything) => true,
                    _ => head.since == since,
                };
                if matches && head.cause != Cause::Timer(since) {
                    self.timer_fired(strand, seq, head, since);
                } else {
                    self.answer_for(strand, seq, head, Cause::Timer(since));
                }
            }
            Kind::Children(fork) => {
                let matches = if self.has(Defect::JoinMatchedBySeq) { seq == fork } else { true };
                if head.is_in_fork(fork) && matches {
                    self.children_ended(strand, seq, head, fork);
                } else if again {
                    self.answer_for(strand, seq, head, Cause::Children(fork));
                }
            }
            Kind::CallClaimed(claim) if claim == seq => self.call(strand, claim),
            Kind::CallClaimed(_) => {}
            Kind::Settle { .. } => self.settle(strand, seq, head),
            Kind::Abort(_) | Kind::ExecutionTimeout(_) | Kind::Start | Kind::Stop(_) => {}
            Kind::Callback(_) | Kind::Redrive => {}
        }
    }

    /// `step_due`.
    fn commit_step(&mut self, strand: Strand, seq: u8, head: Record) {
        let cause = Cause::Step(seq);
        let record = self.step(strand, seq, cause).after(head, Trigger::Entered);
        self.put_or_break_off(strand, seq, head, record, Won::Step(cause));
    }

    /// What becomes of a message that can move the strand no more.
    pub fn answer_for(&mut self, strand: Strand, seq: u8, head: Record, cause: Cause) {
        if self.has(Defect::LoserAcknowledges) || self.state.led_to(strand, head) != cause {
            return;
        }
        self.worker.push(Op::Head { strand, then: Then::Answer { cause, seq } });
    }

    /// The same for one that lost after it was found to fit.
    pub fn lost(&mut self, strand: Strand, seq: u8, winner: Record) {
        let cause = match self.worker.message.kind {
            Kind::Step(due) => Cause::Step(due),
            Kind::Timer(since) => Cause::Timer(since),
            Kind::Children(fork) => Cause::Children(fork),
            Kind::Abort(_) | Kind::ExecutionTimeout(_) | Kind::Settle { .. } | Kind::CallClaimed(_) => return,
            Kind::Start | Kind::Stop(_) | Kind::Callback(_) | Kind::Redrive => return,
        };
        let acknowledges = match cause {
            Cause::Timer(_) => self.has(Defect::TimerLoserAcknowledges),
            Cause::Children(_) => self.has(Defect::JoinLoserAcknowledges),
            _ => self.has(Defect::UnknownLoserAcknowledges),
        };
        if !acknowledges {
            self.answer_for(strand, seq, winner, cause);
        }
    }

    fn timer_fired(&mut self, strand: Strand, seq: u8, head: Record, since: u8) {
        let cause = Cause::Timer(since);
        match head.phase {
            Phase::Waiting { .. } => self.advance_within(strand, seq, head, Trigger::TimerFired, cause),
            Phase::Pending { .. } if self.has_clock(strand, head) => {
                self.advance_within(strand, seq, head, Trigger::TaskTimedOut, cause);
            }
            Phase::Calling { .. } if self.has_clock(strand, head) => {
                if self.state.is_live(strand, seq) {
                    // Too early by what the claim has left: sent again with the rest.
                    let after = Some((strand, seq));
                    self.worker.push(Op::Send(Message { after, ..Message::new(strand, Kind::Timer(since)) }));
                } else {
                    self.advance_within(strand, seq, head, Trigger::TaskTimedOut, cause);
                }
            }
            Phase::Calling { .. } | Phase::Pending { .. } => {}
            Phase::Ready { .. } | Phase::Forked { .. } | Phase::Ended(_) => {}
        }
    }

    /// Puts the record after the head for a trigger that is meant for one wait.
    pub fn advance_within(&mut self, strand: Strand, seq: u8, head: Record, trigger: Trigger, cause: Cause) {
        let record = self.step(strand, seq, cause).after(head, trigger);
        self.put_or_break_off(strand, seq, head, record, Won::Within(trigger));
    }

    /// Some child of the fork has ended: asks which.
    pub fn children_ended(&mut self, strand: Strand, seq: u8, head: Record, fork: u8) {
        if let Phase::Forked { running, .. } = head.phase
            && head.since == fork
            && running != 0
        {
            self.worker.push(Op::Joined { strand, seq });
        }
    }

    /// A message that comes again first makes sure of the head of a fork (`take_over`).
    pub fn take_over(&mut self, strand: Strand, seq: u8, head: Record) {
        self.handle(strand, seq, head);
        if matches!(head.phase, Phase::Forked { .. }) && !self.has(Defect::EffectsOfTheHeadAlone) {
            if self.has(Defect::TakeOverTrustsMemory) {
                self.make_sure(strand, seq, head);
            } else {
                self.settle(strand, seq, head);
            }
        }
    }

    /// The requests that end the strand, whose head is this.
    pub fn abort(&mut self, strand: Strand, seq: u8, head: Record, ending: Ending) {
        let is_of_old = match ending {
            Ending::Stopped(redrives) | Ending::TimedOut(redrives) => redrives != head.redrives,
            Ending::ChildFailed | Ending::Aborted | Ending::Broken => false,
        };
        if strand == Strand::ROOT && is_of_old && !self.has(Defect::AbortOfOldRuns) {
            return;
        }
        match self.step(strand, seq, Cause::Abort).after(head, Trigger::Aborted(ending)) {
            Ok(Some(record)) => self.put(strand, seq, head, record, Won::Abort(ending)),
            Ok(None) => self.settle(strand, seq, head),
            Err(Poisoned) => self.break_off(),
        }
    }

    /// The call that a record claims: made after its effects, which are none.
    pub fn call(&mut self, strand: Strand, claim: u8) {
        self.worker.push(Op::Held { strand, claim });
        self.worker.push(Op::Call { strand, claim });
        if strand != Strand::ROOT && !self.protocol.skips_stop_mark() {
            self.worker.push(Op::StopMark { strand, claim });
        }
    }

    /// Ends an execution that can never go on, whatever else this worker had to do.
    pub fn break_off(&mut self) {
        self.worker.stack.clear();
        self.worker.push(Op::Done);
        self.worker.push(Op::Mark { ending: Ending::Broken });
        if !self.has(Defect::BreakOffForgetsMeta) {
            // The message that broke it may not come to the root again.
            self.worker.push(Op::Send(Message::new(Strand::ROOT, Kind::Settle { known: false }).safety()));
        }
    }
}
