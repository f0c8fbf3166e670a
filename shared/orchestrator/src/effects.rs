//! Carrying out what a cursor asks for, and `settle`: doing so again for a strand's head, whatever was lost.

use crate::advance::Moved;
use crate::defects::Defect;
use crate::known::Known;
use crate::ports::{ActivityTask, EndedChild, ExecutionStatus, JOIN_SHARD, JoinKey, ParkedTimer};
use crate::{Cause, Error, Lane, Orchestrator, Record, RecordKey, RunKey, Wake, WakeKind};
use engine::{Cursor, Effect, Ending, Outcome, Phase, Trigger, effects};
use futures::future::try_join_all;
use model::{Failure, Payload, Seq, StrandId, error_name};
use std::sync::Arc;
use std::time::Duration;

/// How soon a strand is settled whose effects could not be carried out.
const SETTLE_DELAY: Duration = Duration::from_secs(1);

/// Which children an effect is carried out for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Those that the record itself begins: its predecessor's effects are known to be done.
    Fresh,
    /// All that it waits for: something may have been lost.
    All,
}

impl Orchestrator {
    /// Carries out the effects of a record that this process has just put.
    ///
    /// The record stands whatever happens now: if something cannot be done, the strand is settled soon. An error means
    /// that not even that could be asked for; the message that the record was put for has to come again.
    pub(crate) async fn carry_out_or_settle_later(&self, known: &Known, record: &Arc<Record>) -> Result<(), Error> {
        let Err(error) = self.carry_out(known, record, Reach::Fresh).await else { return Ok(()) };
        tracing::warn!(
            execution = %known.key.execution, strand = %record.key.strand, seq = record.key.seq, %error,
            "effects could not be carried out; the strand will be settled"
        );
        self.settle_later(known, &record.key).await
    }

    /// Asks for the strand of the record to be settled soon.
    pub(crate) async fn settle_later(&self, known: &Known, record: &RecordKey) -> Result<(), Error> {
        self.send(known, &record.strand, WakeKind::Settle, SETTLE_DELAY).await
    }

    /// Reads nothing and repeats everything that the strand's head waits for.
    pub(crate) async fn settle(&self, known: &Known, head: &Arc<Record>) -> Result<(), Error> {
        if head.key.strand.is_root() {
            self.arm_execution_timeout(known, head).await?;
        }
        if let (Phase::Calling(call), false) = (&head.cursor.phase, self.is_live(head)) {
            // The call may have happened, and its token may be in somebody's hands: the task's own clocks decide.
            if let Some((at, _)) = call.unanswered_deadline() {
                let kind = WakeKind::Timer { since: head.cursor.since };
                return self.send(known, &head.key.strand, kind, at.since(self.now())).await;
            }
            // Whoever claimed is gone, and nobody knows how far the call got.
            let failure = Failure::new(
                error_name::LAMBDA_UNKNOWN,
                "The worker that called the function was lost, and the outcome of the call is not known.",
            );
            let cause = Cause::Call(head.key.seq);
            let trigger = Trigger::TaskFailed(failure);
            let moved = self.advance_within(known, Arc::clone(head), &trigger, &cause, self.calls()).await?;
            if matches!(moved, Moved::Gone) && !self.has(Defect::LostOutcomeAcknowledged) {
                // Who recorded the outcome may have had this very message, and died before the effects.
                return self.settle_outcome(known, head).await;
            }
            return Ok(());
        }
        self.carry_out(known, head, Reach::All).await
    }

    /// Carries out the effects of the record that says what became of this claim, if it is the head.
    async fn settle_outcome(&self, known: &Known, claim: &Record) -> Result<(), Error> {
        match self.head(&known.key, &claim.key.strand).await? {
            Some(head) if head.cause == Cause::Call(claim.key.seq) => {
                Box::pin(self.make_sure(known, &Arc::new(head))).await
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Settles the head, unless this process knows that it carried out all its effects.
    ///
    /// Needed when a message comes again that led to the head, and before a fork's record is superseded: a later record
    /// does not repeat the effects for the children that this one began.
    pub(crate) async fn make_sure(&self, known: &Known, head: &Arc<Record>) -> Result<(), Error> {
        if self.has_acted(head) {
            return Ok(());
        }
        self.settle(known, head).await
    }

    /// Whether this process knows that all is established that the strand waits for at this record, or at one after it.
    pub(crate) fn has_acted(&self, record: &Record) -> bool {
        let strand = (record.key.run.clone(), record.key.strand.clone());
        // A claim's effects do not include its call, whose worker may be gone.
        let claims = matches!(record.cursor.phase, Phase::Calling(_));
        self.caches()
            .acted
            .get(&strand)
            .is_some_and(|acted| acted > record.key.seq || (acted == record.key.seq && !claims))
    }

    async fn carry_out(&self, known: &Known, record: &Arc<Record>, reach: Reach) -> Result<(), Error> {
        let (strand, cursor) = (&record.key.strand, &record.cursor);
        let mut children = Vec::new();
        for effect in effects(cursor, strand.is_root()) {
            match effect {
                Effect::Wake => {
                    let kind = WakeKind::Step { seq: record.key.seq };
                    let record = Some(Arc::clone(record));
                    let wake = Wake { record, lane: lane(known, cursor), ..known.wake(strand, kind) };
                    self.send_later(wake, Duration::ZERO).await?;
                }
                Effect::StartTimer { since, at } => {
                    let wake = known.wake(strand, WakeKind::Timer { since });
                    let wake = Wake { lane: lane(known, cursor), ..wake };
                    self.send_later(wake, at.since(self.now())).await?;
                }
                Effect::StartChild { index, fresh, .. } => {
                    if fresh || reach == Reach::All {
                        children.push(self.start_child(known, record, index));
                    }
                }
                Effect::AbortChild { fork, index, ending } => {
                    let child = strand.child(fork, index);
                    self.send(known, &child, WakeKind::Abort(ending), Duration::ZERO).await?;
                }
                Effect::OfferActivity { arn, since } => self.offer(known, strand, &arn, since).await?,
                Effect::TellParent => self.tell_parent(known, record, reach).await?,
                Effect::CloseExecution => self.close(known, record).await?,
                Effect::ReopenExecution(redriven) => {
                    let expires = self.expires(known, redriven.at, record.time);
                    self.ports().journal.reopen(&known.key, &redriven, expires).await?;
                }
                Effect::Join { fork } => {
                    self.send(known, strand, WakeKind::Children { fork }, Duration::ZERO).await?;
                }
            }
        }
        try_join_all(children).await?;
        self.note_acted(record, reach);
        Ok(())
    }

    /// Notes that all is established that the strand waits for at this record.
    ///
    /// A fork's later record begins only some of the children that it waits for: those before it were begun by whoever
    /// put the records before it, which this process knows only if it did so itself.
    fn note_acted(&self, record: &Record, reach: Reach) {
        let strand = (record.key.run.clone(), record.key.strand.clone());
        let is_whole = match &record.cursor.phase {
            Phase::Forked(forked) if reach == Reach::Fresh && forked.fork.seq != record.key.seq => {
                self.caches().acted.get(&strand).is_some_and(|acted| acted + 1 == record.key.seq)
            }
            _ => true,
        };
        if is_whole {
            self.caches().acted.insert(strand, record.key.seq);
        }
    }

    async fn offer(&self, known: &Known, strand: &StrandId, arn: &str, since: u64) -> Result<(), Error> {
        // The definition's check lets only activity ARNs come this far.
        if let Ok(activity) = arn.parse() {
            let RunKey { execution, run } = known.key.clone();
            let task = ActivityTask { activity, execution, run, strand: strand.clone(), since };
            self.ports().activities.offer(&task).await?;
        }
        Ok(())
    }

    /// Adds the child to the set of those that have ended, and wakes the parent when that has something to do: a child
    /// failed, a block of them has ended, or all of a shard of the set. Each of the last two is seen by one child,
    /// since each is told another number.
    async fn tell_parent(&self, known: &Known, record: &Arc<Record>, reach: Reach) -> Result<(), Error> {
        let Some((parent, fork, index)) = record.key.strand.parent() else { return Ok(()) };
        let succeeded = matches!(record.cursor.phase, Phase::Ended(Outcome::Succeeded { .. }));
        self.caches().ends.insert((known.key.clone(), record.key.strand.clone()), Arc::clone(record));
        let join = self.join_key(known, &parent, fork);
        let child = EndedChild { index, seq: record.key.seq, succeeded };
        let ended = self.ports().journal.join(&join, &child).await?;
        if self.has(Defect::ChildStartsSibling) && succeeded && reach == Reach::Fresh {
            return self.start_sibling(known, &parent, fork).await;
        }
        if self.has(Defect::JoinSeenOnce) && reach == Reach::All {
            return Ok(());
        }
        let has_to_wake = match record.cursor.place.siblings {
            // Whoever tells it again cannot know what became of the first time.
            Some(siblings) if succeeded && reach == Reach::Fresh => {
                let first = index - index % JOIN_SHARD;
                let shard = JOIN_SHARD.min(siblings.total.saturating_sub(first));
                ended >= shard || ended.is_multiple_of(siblings.block())
            }
            Some(_) | None => true,
        };
        if has_to_wake {
            self.send(known, &parent, WakeKind::Children { fork }, Duration::ZERO).await?;
        }
        Ok(())
    }

    /// The set of the fork's children that have ended.
    pub(crate) fn join_key(&self, known: &Known, parent: &StrandId, fork: Seq) -> JoinKey {
        let fork = if self.has(Defect::JoinSetReused) { 0 } else { fork };
        JoinKey { run: known.key.clone(), strand: parent.clone(), fork }
    }

    async fn close(&self, known: &Known, record: &Record) -> Result<(), Error> {
        let Phase::Ended(outcome) = &record.cursor.phase else { return Ok(()) };
        let status = status_of(outcome);
        self.ports().journal.close(&known.key, status, record.time, record.key.seq).await?;
        self.caches().executions.remove(&known.key);
        self.retain_after(known, record).await
    }

    /// Asks to be woken when the execution has run for as long as its machine allows.
    pub(crate) async fn arm_execution_timeout(&self, known: &Known, head: &Record) -> Result<(), Error> {
        let Some(seconds) = known.machine.timeout_seconds else { return Ok(()) };
        // An end that was set out for is not asked for again: the answer would be to settle, which asks again.
        let is_ending = match &head.cursor.phase {
            Phase::Forked(forked) => {
                matches!(forked.ending, Some(Ending::Stopped(_) | Ending::TimedOut(_) | Ending::Broken(_)))
            }
            phase => matches!(phase, Phase::Ended(_)),
        };
        if is_ending {
            return Ok(());
        }
        let delay = known.begun(&head.cursor).plus_seconds(seconds).since(self.now());
        self.send(known, &StrandId::root(), WakeKind::ExecutionTimeout, delay).await
    }

    /// Sends a wake of this run to whoever takes steps.
    pub(crate) async fn send(
        &self,
        known: &Known,
        strand: &StrandId,
        kind: WakeKind,
        delay: Duration,
    ) -> Result<(), Error> {
        self.send_later(known.wake(strand, kind), delay).await
    }

    /// Sends the wake, or parks it among the timers if the queue cannot wait for so long.
    pub(crate) async fn send_later(&self, wake: Wake, delay: Duration) -> Result<(), Error> {
        match (&self.ports().timers, self.settings().longest_delay) {
            (Some(timers), Some(longest)) if delay > longest => {
                let wake = Wake { record: None, ..wake };
                Ok(timers.park(&ParkedTimer { due: self.now() + delay, wake }).await?)
            }
            _ => Ok(self.ports().queue.send(wake, delay).await?),
        }
    }

    /// Sends a wake that comes only after this process is gone: for what it may leave undone after a put.
    pub(crate) async fn send_safety(&self, wake: Wake) -> Result<(), Error> {
        match self.settings().safety_delay {
            Some(_) if self.has(Defect::SafetyWakeTooSoon) => self.send_later(wake, Duration::ZERO).await,
            Some(delay) => self.send_later(wake, delay).await,
            None => Ok(()),
        }
    }
}

impl Known {
    /// A wake of this run, for whoever takes steps.
    pub(crate) fn wake(&self, strand: &StrandId, kind: WakeKind) -> Wake {
        Wake { start: Some(self.start()), ..Wake::new(&self.key, strand, kind) }
    }
}

/// What an execution is that ended so.
pub(crate) fn status_of(outcome: &Outcome<Payload>) -> ExecutionStatus {
    match outcome {
        Outcome::Succeeded { .. } => ExecutionStatus::Succeeded,
        Outcome::Failed(_) => ExecutionStatus::Failed,
        Outcome::Aborted(_) => ExecutionStatus::Aborted,
        Outcome::TimedOut(_) => ExecutionStatus::TimedOut,
    }
}

/// Who takes the step after this cursor.
pub(crate) fn lane(known: &Known, cursor: &Cursor<Payload>) -> Lane {
    if engine::makes_call(&known.machine, cursor) { Lane::Tasks } else { Lane::Steps }
}
