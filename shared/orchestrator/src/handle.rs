//! One message: what a worker does with a wake, and when it may acknowledge it.

use crate::advance::{Attempt, Calls, Moved};
use crate::defects::Defect;
use crate::effects::status_of;
use crate::known::Known;
use crate::ports::{BEATS_CLOSED, ExecutionStatus, Put, StopMark, StoredRecord, WaitKey};
use crate::{Acknowledge, Cause, Error, Orchestrator, Record, RecordKey, RunKey, Wake, WakeKind};
use engine::{Cursor, Ending, Outcome, Phase, Place, Trigger};
use model::history::{Event, Kind};
use model::{EventRef, Failure, Seq, StrandId, error_name};
use std::sync::Arc;
use std::time::Duration;

/// How soon an execution that was broken off is looked at again: later than any worker lives on over it.
const SETTLE_BROKEN: Duration = Duration::from_mins(1);

/// How soon a message comes again when the head it is about is another worker's and young.
const YOUNG: Duration = Duration::from_millis(200);

/// How soon it does at the latest: the older the head, the later, since a call may take hours.
const LONGEST_RETURN: Duration = Duration::from_secs(30);

impl Orchestrator {
    /// Does what the wake asks for.
    ///
    /// It is acknowledged only when this worker has finished its own effects, or carried out the head's, or when
    /// another message answers for the head. An error means: bring it again.
    pub async fn handle(&self, wake: Wake) -> Result<Acknowledge, Error> {
        let wake = if self.has(Defect::RunForgotten) {
            Wake { run: self.run_of_name(&wake.run).await?, ..wake }
        } else {
            wake
        };
        let (run, strand) = (wake.run.clone(), wake.strand.clone());
        match self.act_on(wake).await {
            Err(error) if !error.is_transient() => {
                if self.is_left(&run, &strand).await? {
                    tracing::warn!(execution = %run.execution, %strand, %error, "a message for a strand that was left");
                    return Ok(Acknowledge::Delete);
                }
                tracing::error!(execution = %run.execution, %error, "the execution is broken off");
                Box::pin(self.break_off(&run, &error)).await?;
                Ok(Acknowledge::Delete)
            }
            done => done,
        }
    }

    async fn act_on(&self, wake: Wake) -> Result<Acknowledge, Error> {
        if wake.kind == WakeKind::Settle && wake.start.is_none() {
            // Most safety wakes find that all is over.
            match self.present_meta(&wake.run.execution).await? {
                Some(meta) if meta.run == wake.run.run && meta.stopped.is_none() => self.execution(&meta).await?,
                Some(_) | None => return Ok(Acknowledge::Delete),
            };
        }
        let Some(known) = self.known_to(&wake).await? else { return Ok(Acknowledge::Delete) };
        if let WakeKind::Abort(ending) = &wake.kind {
            Box::pin(self.abort_for(&wake.run, &wake.strand, ending)).await?;
            return Ok(Acknowledge::Delete);
        }
        if wake.kind == WakeKind::ExecutionTimeout {
            return Box::pin(self.time_out(&known)).await;
        }
        if wake.kind == WakeKind::Retain {
            self.retain(&known).await?;
            return Ok(Acknowledge::Delete);
        }
        let head = match wake.record {
            Some(record) => record,
            None => match self.head(&wake.run, &wake.strand).await? {
                Some(head) => Arc::new(head),
                None => return Ok(Acknowledge::Delete),
            },
        };
        let head = if wake.redelivered && !self.has(Defect::SupersededEffectsLost) {
            self.take_over(&known, head).await?
        } else {
            head
        };
        match wake.kind {
            WakeKind::Step { seq } => return self.step_due(&known, head, seq).await,
            WakeKind::Timer { since } if head.cause != Cause::Timer(since) && head.cursor.since == since => {
                if let Moved::Gone = self.timer_fired(&known, head, since).await? {
                    return self.answer_for_head(&known, &wake.strand, &Cause::Timer(since)).await;
                }
            }
            WakeKind::Timer { since } => return self.answer_for(&known, head, &Cause::Timer(since)).await,
            WakeKind::Children { fork } => match &head.cursor.phase {
                Phase::Forked(forked) if forked.fork.seq == fork => {
                    let moved = self.children_ended(&known, head, fork).await?;
                    if let (Moved::Gone, true) = (moved, wake.redelivered) {
                        return self.answer_for_head(&known, &wake.strand, &Cause::Children(fork)).await;
                    }
                }
                // The fork is over. There are as many of these messages as children; only the one that led to the
                // head, if its worker died, still has something to answer for.
                _ if wake.redelivered => return self.answer_for(&known, head, &Cause::Children(fork)).await,
                _ => {}
            },
            WakeKind::Settle => self.settle(&known, &head).await?,
            WakeKind::Abort(_) | WakeKind::ExecutionTimeout | WakeKind::Retain => {}
        }
        Ok(Acknowledge::Delete)
    }

    /// For [`Defect::DeadLetterFails`].
    #[cfg(feature = "planted-defects")]
    pub async fn fail_dead_letter(&self, wake: &Wake) -> Result<(), Error> {
        self.break_off(&wake.run, &Error::ExecutionDoesNotExist(wake.run.execution.clone())).await
    }

    /// Settles every execution that runs: what a process does first whose queue died with its predecessor.
    pub async fn recover(&self) -> Result<usize, Error> {
        let (mut after, mut count) = (None, 0);
        loop {
            let running = Some(ExecutionStatus::Running);
            let page = self.ports().journal.executions(None, running, after.as_deref(), 1_000).await?;
            for meta in &page.items {
                let run = RunKey { execution: meta.execution.clone(), run: meta.run.clone() };
                self.send_later(Wake::new(&run, &StrandId::root(), WakeKind::Settle), Duration::ZERO).await?;
                if let Some(mark) = &meta.stop {
                    let kind = WakeKind::Abort(mark.ending.clone());
                    self.send_later(Wake::new(&run, &StrandId::root(), kind), Duration::ZERO).await?;
                }
                count += 1;
            }
            after = page.next;
            if after.is_none() {
                return Ok(count);
            }
        }
    }

    /// For a message that comes again: its worker may have put a fork's record and died before it began the children of
    /// it. Later records of the fork name only those that they begin themselves, so whatever has become the head, all
    /// children that the strand waits for are begun now, unless they were.
    async fn take_over(&self, known: &Known, head: Arc<Record>) -> Result<Arc<Record>, Error> {
        // The head that a message carries may be long superseded.
        let Some(head) = self.head(&known.key, &head.key.strand).await?.map(Arc::new) else { return Ok(head) };
        if matches!(head.cursor.phase, Phase::Forked(_)) {
            self.make_sure(known, &head).await?;
        }
        Ok(head)
    }

    /// What a message asks for that wants a strand to end.
    async fn abort_for(&self, run: &RunKey, strand: &StrandId, ending: &Ending) -> Result<(), Error> {
        if !strand.is_root() {
            return self.abort(run, strand, ending).await;
        }
        // It names no time that it is for. META's mark does; and before the first redrive there is only one.
        let meta = self.present_meta(&run.execution).await?.filter(|meta| meta.run == run.run);
        match meta.map(|meta| (meta.stop, meta.redriven)) {
            Some((Some(mark), _)) => self.abort_root(run, &mark).await,
            Some((None, None)) => {
                self.abort_root(run, &StopMark { at: self.now(), opened: 0, ending: ending.clone() }).await
            }
            Some((None, Some(_))) | None => Ok(()),
        }
    }

    async fn step_due(&self, known: &Known, head: Arc<Record>, seq: Seq) -> Result<Acknowledge, Error> {
        let cause = Cause::Step(seq);
        let mut head = head;
        if head.key.seq == seq {
            if self.is_for_others(known, &head) {
                let lane = crate::effects::lane(known, &head.cursor);
                let wake = known.wake(&head.key.strand, WakeKind::Step { seq });
                self.send_later(Wake { record: Some(head), lane, ..wake }, Duration::ZERO).await?;
                return Ok(Acknowledge::Delete);
            }
            match self.commit(known, &head, Trigger::Entered, cause.clone(), self.calls()).await? {
                Attempt::Won(committed) => {
                    self.make_calls(known, committed).await?;
                    return Ok(Acknowledge::Delete);
                }
                Attempt::Unfit => return Ok(Acknowledge::Delete),
                Attempt::Lost(winner) if self.has_acted(&winner) => return Ok(Acknowledge::Delete),
                Attempt::Lost(winner) => head = winner,
            }
        }
        self.answer_for(known, head, &cause).await
    }

    /// What becomes of a message that lost to another worker: it may have been the same message that the other had, which
    /// may be dead.
    async fn answer_for_head(&self, known: &Known, strand: &StrandId, cause: &Cause) -> Result<Acknowledge, Error> {
        match self.head(&known.key, strand).await? {
            Some(head) => self.answer_for(known, Arc::new(head), cause).await,
            None => Ok(Acknowledge::Delete),
        }
    }

    /// What becomes of a message that can move the strand no more: if it was the one that led to the head, its worker
    /// may have died before it carried out the head's effects, or while it made the call that the head claims.
    async fn answer_for(&self, known: &Known, head: Arc<Record>, cause: &Cause) -> Result<Acknowledge, Error> {
        if self.has(Defect::LoserAcknowledges) {
            return Ok(Acknowledge::Delete);
        }
        if self.has(Defect::ShadowChains) {
            self.settle(known, &head).await?;
            return Ok(Acknowledge::Delete);
        }
        // The head may have moved on beyond the record that this message led to: then others answer for it.
        if self.led_to(&head).await? != *cause {
            return Ok(Acknowledge::Delete);
        }
        if self.has(Defect::CallMadeByTheNext) && matches!(head.cursor.phase, Phase::Calling(_)) {
            self.make_calls(known, self.take_call(head)).await?;
            return Ok(Acknowledge::Delete);
        }
        let age = self.now().since(head.time);
        if let (Phase::Calling(call), true, false) =
            (&head.cursor.phase, self.is_live(&head), self.settings().only_process)
        {
            // Another process answers for it until then. Coming sooner would only count as one more receive.
            return Ok(Acknowledge::Return(call.expires.since(self.now()) + YOUNG));
        }
        if self.is_live(&head) || age < YOUNG {
            return Ok(Acknowledge::Return(age.clamp(YOUNG, LONGEST_RETURN)));
        }
        // What won against this message may have been followed by others: then they answer for the head. To repeat
        // the effects of a record in the past would begin a second chain, as long as the strand.
        match self.head(&known.key, &head.key.strand).await? {
            Some(now) if now.key.seq == head.key.seq => self.make_sure(known, &head).await?,
            Some(now) if self.led_to(&now).await? == *cause => self.make_sure(known, &Arc::new(now)).await?,
            Some(_) | None => {}
        }
        Ok(Acknowledge::Delete)
    }

    /// The message that led to this record: that of the claim, where it holds the outcome of a call.
    async fn led_to(&self, record: &Record) -> Result<Cause, Error> {
        let mut cause = record.cause.clone();
        while let Cause::Call(claim) = cause {
            let claim = RecordKey { seq: claim, ..record.key.clone() };
            cause = match self.record(&claim).await? {
                Some(claim) => claim.cause,
                None => return Ok(Cause::Call(claim.seq)),
            };
        }
        Ok(cause)
    }

    /// Whether the step after this record makes a call, and this process makes none.
    fn is_for_others(&self, known: &Known, head: &Record) -> bool {
        self.calls() != Calls::Allowed && engine::makes_call(&known.machine, &head.cursor)
    }

    /// Moves the strand on for a time that has come, or waits for the rest of it. Gone: another worker moved it meanwhile.
    async fn timer_fired(&self, known: &Known, head: Arc<Record>, since: Seq) -> Result<Moved, Error> {
        if head.cursor.since != since {
            return Ok(Moved::Won);
        }
        let strand = head.key.strand.clone();
        let wait = WaitKey { run: known.key.clone(), strand: strand.clone(), since };
        let mut last_beat = None;
        let (at, trigger) = match &head.cursor.phase {
            Phase::Waiting(waiting) => (waiting.until, Trigger::TimerFired),
            Phase::Pending(pending) => {
                if !self.has(Defect::HeartbeatForgotten) {
                    last_beat = self.ports().journal.last_beat(&wait).await?;
                }
                match pending.next_deadline(last_beat.filter(|at| *at != BEATS_CLOSED)) {
                    Some((at, heartbeat)) => (at, Trigger::TaskTimedOut { heartbeat }),
                    None => return Ok(Moved::Won),
                }
            }
            // Its worker is here, and keeps the time itself.
            Phase::Calling(call)
                if self.is_live(&head) && (self.settings().only_process || call.worker == self.settings().process) =>
            {
                return Ok(Moved::Won);
            }
            Phase::Calling(call) => {
                last_beat = self.ports().journal.last_beat(&wait).await?;
                match call.unanswered_deadline_after(last_beat.filter(|at| *at != BEATS_CLOSED)) {
                    // Its worker may be gone; that is known for certain only when the claim is over.
                    Some((at, heartbeat)) if self.is_live(&head) => {
                        (at.max(call.expires), Trigger::TaskTimedOut { heartbeat })
                    }
                    Some((at, heartbeat)) => (at, Trigger::TaskTimedOut { heartbeat }),
                    None => return Ok(Moved::Won),
                }
            }
            Phase::Ready { .. } | Phase::Forked(_) | Phase::Ended(_) => return Ok(Moved::Won),
        };
        // Whoever closed the wait to heartbeats died over its record.
        let is_closed = last_beat == Some(BEATS_CLOSED);
        let (at, trigger) =
            if is_closed { (head.time, Trigger::TaskTimedOut { heartbeat: true }) } else { (at, trigger) };
        let left = at.since(self.now());
        let wake = known.wake(&strand, WakeKind::Timer { since });
        let wake = Wake { lane: crate::effects::lane(known, &head.cursor), ..wake };
        let is_early = !left.is_zero() && !self.has(Defect::EarlyTimerFires);
        if is_early || self.is_for_others(known, &head) {
            // Early, or a heartbeat came: sent again with the rest. Or it came to the wrong worker.
            self.send_later(wake, left).await?;
            return Ok(Moved::Won);
        }
        if trigger == (Trigger::TaskTimedOut { heartbeat: true })
            && !is_closed
            && !self.ports().journal.close_beats(&wait, last_beat).await?
        {
            // One came since it was asked for the last.
            self.send_later(wake, Duration::ZERO).await?;
            return Ok(Moved::Won);
        }
        self.advance_within(known, head, &trigger, &Cause::Timer(since), self.calls()).await
    }

    async fn time_out(&self, known: &Known) -> Result<Acknowledge, Error> {
        let Some(seconds) = known.machine.timeout_seconds else { return Ok(Acknowledge::Delete) };
        let left = known.facts.started.plus_seconds(seconds).since(self.now());
        if !left.is_zero() {
            self.send(known, &StrandId::root(), WakeKind::ExecutionTimeout, left).await?;
            return Ok(Acknowledge::Delete);
        }
        let Some(meta) = self.present_meta(&known.key.execution).await? else {
            return Ok(Acknowledge::Delete);
        };
        if meta.run != known.key.run || meta.stopped.is_some() {
            return Ok(Acknowledge::Delete);
        }
        if let Some(redriven) = meta.redriven {
            let left = redriven.at.plus_seconds(seconds).since(self.now());
            if !left.is_zero() {
                self.send(known, &StrandId::root(), WakeKind::ExecutionTimeout, left).await?;
                return Ok(Acknowledge::Delete);
            }
        }
        let ending = Ending::TimedOut(Failure::default());
        let mark = StopMark { at: self.now(), opened: meta.opened(), ending };
        // None: it ended meanwhile, or was redriven and has a time-out of its own.
        if let Some(marked) = self.ports().journal.mark_stop(&known.key, &mark).await? {
            self.abort_root(&known.key, &marked.stop.unwrap_or(mark)).await?;
        }
        Ok(Acknowledge::Delete)
    }

    /// Whether the strand is a child, or a child's child, of a fork of the root that the root has left: nothing waits for
    /// it any more.
    async fn is_left(&self, run: &RunKey, strand: &StrandId) -> Result<bool, Error> {
        let mut top = None;
        let mut above = strand.parent();
        while let Some((parent, fork, index)) = above {
            above = parent.parent();
            top = Some((fork, index));
        }
        let Some((fork, index)) = top else { return Ok(false) };
        let Some(root) = self.ports().journal.head(run, &StrandId::root()).await? else { return Ok(false) };
        Ok(match self.open(&root).await.map(|root| root.cursor.phase) {
            Ok(Phase::Forked(forked)) => forked.fork.seq != fork || !forked.fork.running.contains(&index),
            // It may have been this very strand that ended it, and META may not say so yet.
            Ok(Phase::Ended(_)) => false,
            Ok(_) => true,
            Err(_) => false,
        })
    }

    /// Ends an execution that can never go on: its definition or a record cannot be read, or the engine panics on it.
    ///
    /// Needs nothing but the key of the root's head, so that an unreadable head cannot stop it.
    async fn break_off(&self, run: &RunKey, error: &Error) -> Result<(), Error> {
        let failure = Failure::new(
            error_name::RUNTIME,
            format!(
                "Ratchet cannot go on with this execution: {error}. Nothing was lost: its history is as it was. Once the \
                 reason is mended, RedriveExecution goes on from where it stopped; and report the text above."
            ),
        );
        let meta = self.ports().journal.meta(&run.execution).await?;
        let opened = meta.map_or(0, |meta| meta.opened());
        let mark = StopMark { at: self.now(), opened, ending: Ending::Broken(failure.clone()) };
        self.ports().journal.mark_stop(run, &mark).await?;
        // Should this worker die between the end and META, its message may find nothing to do: the end is not its own.
        let settle = Wake::new(run, &StrandId::root(), WakeKind::Settle);
        self.send_later(settle, self.settings().safety_delay.unwrap_or(SETTLE_BROKEN)).await?;
        while let Some(head) = self.ports().journal.head(run, &StrandId::root()).await? {
            let opened = self.open(&head).await.ok();
            if let Some(Phase::Ended(outcome)) = opened.as_ref().map(|head| &head.cursor.phase) {
                // Whoever ended it may have died before META said so.
                let (status, at) = (status_of(outcome), opened.as_ref().map_or(mark.at, |head| head.time));
                return Ok(self.ports().journal.close(run, status, at, head.key.seq).await?);
            }
            let seq = head.key.seq + 1;
            let phase = Phase::Ended(Outcome::Failed(failure.clone()));
            let last = Some(EventRef { strand: StrandId::root(), seq, index: 0 });
            let (place, events, previous) = match opened {
                Some(head) => (head.cursor.place, head.cursor.events + 1, head.cursor.last),
                None => (Place::root(), 0, None),
            };
            let end = Record {
                key: RecordKey { seq, ..head.key },
                writer: self.writer(),
                cause: Cause::Abort,
                time: self.now(),
                events: vec![Event { previous, kind: Kind::ExecutionFailed(failure.clone()) }],
                cursor: Cursor { since: seq, last, events, place, phase },
            };
            let expires = self.settings().retention.map(|retention| self.now() + retention);
            let stored = StoredRecord { expires, ..end.encode(usize::MAX).stored };
            if self.ports().journal.put(&stored).await? == Put::Won {
                return Ok(self.ports().journal.close(run, ExecutionStatus::Failed, end.time, seq).await?);
            }
        }
        Ok(())
    }
}
