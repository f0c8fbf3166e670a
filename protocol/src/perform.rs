//! One request of one worker: what it does to the world, and what the answer makes of the worker's plan.

use crate::defects::Defect;
use crate::machine::{Fork, Stage};
use crate::model::Choice;
use crate::properties::{Violation, judge_call};
use crate::record::{Cause, Ending, Outcome, Phase, Record, Strand, indexes};
use crate::state::{Kind, Message, Meta, Token};
use crate::step::Trigger;
use crate::turn::Turn;
use crate::worker::{Op, Then, Won};

impl Turn<'_> {
    /// Carries out the worker's next request. False: the worker is gone, having given its message back.
    pub fn perform(&mut self, choice: Choice) -> bool {
        let Some(op) = self.worker.stack.pop() else { return false };
        match op {
            Op::Start => self.start(),
            Op::ReadMeta => {
                if self.state.meta.end.is_some() {
                    self.worker.stack.truncate(1);
                }
            }
            Op::MustStop => {
                if self.state.meta.end.is_some() || self.state.meta.mark.is_some() {
                    self.worker.stack.truncate(1);
                }
            }
            Op::Head { strand, then } => return self.head(strand, then, choice),
            Op::Put { strand, seq, record, based, then, doubt } => {
                self.put_now(strand, seq, record, based, then, doubt);
            }
            Op::Send(message) => self.state.send(message),
            Op::Join { child, first } => self.join(child, first),
            Op::Joined { strand, seq } => self.joined(strand, seq),
            Op::Close { seq, outcome } => {
                if self.state.meta.seq < seq || self.has(Defect::MetaWithoutSeq) {
                    self.state.meta = Meta { end: Some(outcome), seq, ..self.state.meta };
                }
            }
            Op::Reopen { seq } => self.reopen(seq),
            Op::Mark { ending } => self.set_mark(ending),
            Op::StopMark { strand, claim } => self.look_at_stop_mark(strand, claim),
            Op::Call { strand, claim } => self.call_now(strand, claim),
            Op::Acted { .. } | Op::Held { .. } => {}
            Op::Done => {
                // One that comes after a redrive answers for what was before it.
                let redrives = self.state.head(Strand::ROOT).map(|(_, head)| head.redrives);
                if matches!(self.worker.message.kind, Kind::Stop(of) if redrives == Some(of)) {
                    self.state.answered = true;
                }
                return false;
            }
        }
        self.skip_notes();
        true
    }

    /// Drops what says nothing any more: effects that are carried out, claims whose outcome is put.
    pub fn skip_notes(&mut self) {
        while let Some(note) = self.worker.stack.last().copied() {
            match note {
                Op::Acted { strand, seq, .. } => self.remember(strand, seq),
                Op::Held { .. } => {}
                _ => return,
            }
            self.worker.stack.pop();
        }
    }

    fn start(&mut self) {
        let phase = Phase::Ready { at: 0 };
        let record = Record { phase, since: 0, attempts: 0, cause: Cause::Started, writer: 0, redrives: 0 };
        self.state.append(Strand::ROOT, record);
        self.effects(Strand::ROOT, 0, record, true);
    }

    /// Between claim and call: a strand of before a redrive is to stop too, though the redrive took the mark away.
    fn look_at_stop_mark(&mut self, strand: Strand, claim: u8) {
        let (Some(record), meta) = (self.state.record(strand, claim), self.state.meta) else { return };
        let is_of_old = record.redrives != meta.redrives && !self.has(Defect::StopMarkAlone);
        let gone = is_of_old.then_some(Ending::Stopped(record.redrives));
        // The call is either not made, or made at once: whatever comes between, nobody can tell.
        self.worker.stack.pop();
        match meta.mark.or(gone) {
            Some(ending) => self.advance_within(strand, claim, record, Trigger::Aborted(ending), Cause::Call(claim)),
            None => self.call_now(strand, claim),
        }
    }

    /// Writes the stop mark, unless there is one, or it is for what ran before a redrive.
    fn set_mark(&mut self, ending: Ending) {
        let meta = &mut self.state.meta;
        if redrives_of(ending).is_some_and(|of| of != meta.redrives) {
            return;
        }
        let mark = *meta.mark.get_or_insert(ending);
        let then = if ending == Ending::Broken { Then::BreakOff } else { Then::Abort(mark) };
        self.worker.push(Op::Head { strand: Strand::ROOT, then });
    }

    fn reopen(&mut self, seq: u8) {
        let redrives = self.state.record(Strand::ROOT, seq).map_or(0, |record| record.redrives);
        if self.state.meta.seq < seq {
            let mark = self.state.meta.mark.filter(|_| self.has(Defect::RedriveKeepsMark));
            self.state.meta = Meta { end: None, seq, mark, redrives };
        }
    }

    fn head(&mut self, strand: Strand, then: Then, choice: Choice) -> bool {
        let head = self.state.head(strand);
        match (then, head) {
            (Then::Abort(ending), None) => {
                if strand != Strand::ROOT && self.protocol.defect != Some(Defect::FenceOfExistingAlone) {
                    self.fence(strand, ending);
                }
            }
            (Then::Answer { cause, seq }, Some((now, head))) => {
                if choice == Choice::GiveBack {
                    self.give_back((strand, seq));
                    return false;
                }
                if now == seq || self.state.led_to(strand, head) == cause {
                    self.make_sure(strand, now, head);
                }
            }
            (_, None) => {}
            (Then::Handle, Some((seq, head))) => self.handle(strand, seq, head),
            (Then::TakeOver, Some((seq, head))) => self.take_over(strand, seq, head),
            (Then::Abort(ending), Some((seq, head))) if !head.is_terminal() => self.abort(strand, seq, head, ending),
            (Then::Abort(_) | Then::Settle, Some((seq, head))) => self.settle(strand, seq, head),
            (Then::Callback(since), Some((seq, head))) => self.callback(strand, seq, head, since),
            (Then::BreakOff, Some((seq, head))) => self.break_off_root(seq, head),
            (Then::Redrive, Some((seq, head))) => self.redrive(seq, head),
        }
        self.skip_notes();
        true
    }

    /// The message comes again once nobody is at work on that record.
    fn give_back(&mut self, after: (Strand, u8)) {
        if self.worker.owns {
            let message = Message { after: Some(after), ..self.worker.message };
            self.state.send(self.protocol.brought_again(message));
        }
    }

    fn callback(&mut self, strand: Strand, seq: u8, head: Record, since: u8) {
        let waits = match head.phase {
            Phase::Calling { at, .. } | Phase::Pending { at } => {
                let body = self.protocol.body(&self.state, strand);
                matches!(body[usize::from(at)], Stage::Task(task) if task.token)
            }
            Phase::Ready { .. } | Phase::Waiting { .. } | Phase::Forked { .. } | Phase::Ended(_) => false,
        };
        let matches = match self.protocol.defect {
            Some(Defect::TokenMatchedBySeq) => seq == since,
            Some(Defect::TokenMatchesAnything) => true,
            _ => head.since == since,
        };
        if waits && matches {
            self.advance_within(strand, seq, head, Trigger::TaskSucceeded, Cause::Answer(since));
            self.worker.push(Op::Send(Message::new(strand, Kind::Settle { known: false }).safety()));
        } else {
            self.answered_before(strand, since);
        }
    }

    /// A callback that is too late: if it was this very answer that won before, its effects are made sure of.
    pub fn answered_before(&mut self, strand: Strand, since: u8) {
        let is_answer = |record: &Record| record.cause == Cause::Answer(since);
        if self.state.records(strand).iter().any(is_answer) {
            self.worker.push(Op::Head { strand, then: Then::Settle });
        }
    }

    fn break_off_root(&mut self, seq: u8, head: Record) {
        if head.is_terminal() {
            if !self.has(Defect::BreakOffForgetsMeta) {
                self.settle(Strand::ROOT, seq, head);
            }
            return;
        }
        let phase = Phase::Ended(Outcome::Failed);
        let record = Record { phase, since: seq + 1, cause: Cause::Abort, writer: 0, ..head };
        self.put(Strand::ROOT, seq, head, record, Won::BreakOff);
        if !self.protocol.has_poison() {
            self.state.violations.add(Violation::HealthyFailed);
        }
    }

    fn redrive(&mut self, seq: u8, head: Record) {
        let failed = seq.checked_sub(1).and_then(|before| self.state.record(Strand::ROOT, before));
        let Some(at) = failed.and_then(|failed| failed.phase.at()) else { return };
        if head.phase == Phase::Ended(Outcome::Succeeded) || !head.is_terminal() {
            return;
        }
        let ready = Record { phase: Phase::Ready { at }, attempts: 0, redrives: head.redrives + 1, ..head };
        let record = match self.protocol.machine.root[usize::from(at)] {
            Stage::Fork(_) => self.step(Strand::ROOT, seq, Cause::Redrive).after(ready, Trigger::Entered),
            Stage::Pass | Stage::Wait | Stage::Task(_) | Stage::Poison => {
                Ok(Some(Record { cause: Cause::Redrive, since: seq + 1, ..ready }))
            }
        };
        self.put_or_break_off(Strand::ROOT, seq, head, record, Won::Redrive);
    }

    /// What has become of the children (`children_ended`): moves the parent on if that is news to it.
    pub fn joined(&mut self, strand: Strand, seq: u8) {
        let Some(head) = self.state.record(strand, seq) else { return };
        let Phase::Forked { next, running, ending, .. } = head.phase else { return };
        let fork = head.since;
        let news = self.state.set(strand, self.protocol.set_of(fork)) & running;
        if news == 0 {
            if self.worker.message.receives > 0 {
                self.lost(strand, seq, head);
            }
            return;
        }
        let end = |index| (index, self.child_end(strand.child(fork, index)).unwrap_or(Outcome::Succeeded));
        let ends: Vec<(u8, Outcome)> = indexes(news).map(end).collect();
        let gives_up = ending.is_some() || ends.iter().any(|(_, outcome)| *outcome != Outcome::Succeeded);
        let total = self.protocol.fork_of(&self.state, strand, fork).map_or(0, |fork: Fork| fork.total());
        let is_done = news == running && (gives_up || next == total);
        let record = self.step(strand, seq, Cause::Children(fork)).after_children(head, &ends, is_done);
        self.put_or_break_off(strand, seq, head, record, Won::Children(fork));
    }

    fn call_now(&mut self, strand: Strand, claim: u8) {
        let Some(record) = self.state.record(strand, claim) else { return };
        let Phase::Calling { at, .. } = record.phase else { return };
        judge_call(self, record);
        if let Some(Record { phase: Phase::Calling { called, .. }, .. }) = self.state.record_mut(strand, claim) {
            *called = true;
        }
        let Stage::Task(task) = self.protocol.body(&self.state, strand)[usize::from(at)] else { return };
        let trigger = if task.token {
            let token = Token { strand, since: record.since, uses: self.protocol.bounds.answers };
            if !self.state.tokens.iter().any(|there| (there.strand, there.since) == (strand, record.since)) {
                self.state.tokens.push(token);
                self.state.tokens.sort_unstable();
            }
            Trigger::TaskSubmitted
        } else if record.attempts < task.fails {
            Trigger::TaskFailed
        } else {
            Trigger::TaskSucceeded
        };
        self.advance_within(strand, claim, record, trigger, Cause::Call(claim));
    }
}

/// The redrive that a stop or a time-out is for; none for other ends.
fn redrives_of(ending: Ending) -> Option<u8> {
    match ending {
        Ending::Stopped(redrives) | Ending::TimedOut(redrives) => Some(redrives),
        Ending::ChildFailed | Ending::Aborted | Ending::Broken => None,
    }
}
