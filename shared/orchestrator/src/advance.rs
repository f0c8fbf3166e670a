//! One commit of one strand: work out the record, put it, carry out its effects, and make the call it claims.

use crate::caches::CallGuard;
use crate::defects::Defect;
use crate::known::Known;
use crate::ports::{Put, StoredRecord};
use crate::stored::Encoded;
use crate::{Cause, Error, Orchestrator, Record, RecordKey};
use bytes::Bytes;
use engine::{Claim, Cursor, Ending, Phase, Step, StepContext, Then, Trigger, VariableLimits};
use futures::future::try_join_all;
use model::history::{Event, Kind};
use model::{ExecutionArn, Payload, Seq, StrandId, Timestamp, WriterId};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// The size at which a commit ends, in bytes of payload: a record stays below 300 KB unless one state exceeds that.
const FULL_COMMIT_BYTES: usize = 200_000;

/// What became of an attempt to move a strand.
pub(crate) enum Moved {
    /// It moved.
    Won,
    /// What the trigger is about is over.
    Gone,
}

/// What became of one commit.
pub(crate) enum Attempt {
    /// The record is in the journal and its effects are carried out.
    Won(Committed),
    /// The trigger does not fit what the strand does.
    Unfit,
    /// Another record is there.
    Lost(Arc<Record>),
}

/// A record that this worker has put.
pub(crate) struct Committed {
    record: Arc<Record>,
    /// Held while the call that the record claims is this worker's to make.
    call: Option<CallGuard>,
}

/// Growing delays between attempts: below 50 ms, then twice that each time, up to 5 s; half of it at least, and where in
/// between is random, so that those whom one outage stopped do not come back together.
#[derive(Default)]
pub(crate) struct Delays {
    attempts: u32,
}

impl Delays {
    pub(crate) fn next(&mut self, random: u64) -> Duration {
        let longest = Duration::from_millis(50 << self.attempts.min(10)).min(Duration::from_secs(5));
        self.attempts += 1;
        let half = longest / 2;
        let micros = u64::try_from(half.as_micros()).unwrap_or(u64::MAX).max(1);
        half + Duration::from_micros(random % micros)
    }
}

/// Whether the worker may make calls itself, and wait for them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Calls {
    /// It may: it handles a wake.
    Allowed,
    /// It handles a wake too, but calls are for the workers of [`crate::Lane::Tasks`].
    Left,
    /// It must answer a caller, and no message brings its work again. States that call are left to a wake.
    Outside,
}

impl Orchestrator {
    /// Whether a worker of this process that handles a wake makes calls.
    pub(crate) fn calls(&self) -> Calls {
        if self.settings().makes_calls { Calls::Allowed } else { Calls::Left }
    }

    /// Moves the strand on for a trigger that is meant for one wait, however its head moves within that wait, and
    /// makes the calls that follow.
    pub(crate) async fn advance_within(
        &self,
        known: &Known,
        head: Arc<Record>,
        trigger: &Trigger,
        cause: &Cause,
        calls: Calls,
    ) -> Result<Moved, Error> {
        match self.commit_within(known, head, trigger, cause, calls).await? {
            Some(committed) => {
                self.make_calls(known, committed).await?;
                Ok(Moved::Won)
            }
            None => Ok(Moved::Gone),
        }
    }

    /// Makes the call that the record claims, if it does, records its outcome, and so on while each outcome's record
    /// claims the next call.
    pub(crate) async fn make_calls(&self, known: &Known, mut committed: Committed) -> Result<(), Error> {
        while let Some(guard) = committed.call.take() {
            let record = committed.record;
            let trigger = self.call(known, &record).await?;
            let cause = Cause::Call(record.key.seq);
            match self.record_outcome(known, &record, &trigger, &cause).await? {
                Some(next) => committed = next,
                None => return Ok(()),
            }
            drop(guard);
        }
        Ok(())
    }

    /// For [`Defect::CallMadeByTheNext`].
    pub(crate) fn take_call(&self, record: Arc<Record>) -> Committed {
        let call = Some(self.caches().begin_call(&record.writer));
        Committed { record, call }
    }

    /// Records a call's outcome, however often the journal has to be asked: nobody else knows it.
    async fn record_outcome(
        &self,
        known: &Known,
        claim: &Arc<Record>,
        trigger: &Trigger,
        cause: &Cause,
    ) -> Result<Option<Committed>, Error> {
        let mut delays = Delays::default();
        let mut has_failed = false;
        loop {
            let attempt = match self.commit_within(known, Arc::clone(claim), trigger, cause, self.calls()).await {
                // The attempt that failed may have put the record and lost its effects.
                Ok(None) if has_failed => match self.head(&known.key, &claim.key.strand).await {
                    Ok(Some(head)) => Box::pin(self.make_sure(known, &Arc::new(head))).await.map(|()| None),
                    Ok(None) => Ok(None),
                    Err(error) => Err(error),
                },
                attempt => attempt,
            };
            match attempt {
                Err(error) if error.is_transient() && self.is_live(claim) => {
                    tracing::warn!(execution = %known.key.execution, %error, "a call's outcome waits for the journal");
                    has_failed = true;
                    self.ports().clock.sleep(delays.next(self.ports().clock.random())).await;
                }
                done => return done,
            }
        }
    }

    /// Commits after the head, or after whatever has become the head within the same wait.
    async fn commit_within(
        &self,
        known: &Known,
        mut head: Arc<Record>,
        trigger: &Trigger,
        cause: &Cause,
        calls: Calls,
    ) -> Result<Option<Committed>, Error> {
        let since = head.cursor.since;
        loop {
            match self.commit(known, &head, trigger.clone(), cause.clone(), calls).await? {
                Attempt::Won(committed) => return Ok(Some(committed)),
                Attempt::Lost(winner) if winner.cursor.since == since && !winner.cursor.is_terminal() => {
                    head = if self.has(Defect::StaleHead) {
                        Arc::new(Record { key: winner.key.clone(), ..Record::clone(&head) })
                    } else {
                        winner
                    };
                }
                Attempt::Lost(_) | Attempt::Unfit => return Ok(None),
            }
        }
    }

    /// One commit: works out the record after the head, puts it, and carries out its effects.
    pub(crate) async fn commit(
        &self,
        known: &Known,
        head: &Record,
        trigger: Trigger,
        cause: Cause,
        calls: Calls,
    ) -> Result<Attempt, Error> {
        let Some(record) = self.work_out(known, head, trigger, cause, calls)? else { return Ok(Attempt::Unfit) };
        let claims = matches!(record.cursor.phase, Phase::Calling(_));
        let call = claims.then(|| self.caches().begin_call(&record.writer));
        if self.has(Defect::SendBeforeCommit) {
            self.carry_out_or_settle_later(known, &Arc::new(record.clone())).await?;
        }
        match self.put(known, &record).await {
            Ok(None) => {}
            Err(error) if error.is_transient() && self.has(Defect::AmbiguousPutWon) => {}
            Ok(Some(winner)) => return Ok(Attempt::Lost(Arc::new(winner))),
            Err(error) => {
                // The record may be there all the same. A message comes again; who calls from outside may not.
                if calls == Calls::Outside && error.is_transient() {
                    self.settle_later(known, &record.key).await?;
                }
                return Err(error);
            }
        }
        record.settle_payloads();
        let record = Arc::new(record);
        self.ports().observer.recorded(&known.key.execution, &record);
        self.carry_out_or_settle_later(known, &record).await?;
        Ok(Attempt::Won(Committed { record, call }))
    }

    /// Puts the record; the one that is there if it loses.
    pub(crate) async fn put(&self, known: &Known, record: &Record) -> Result<Option<Record>, Error> {
        let put = if self.has(Defect::BlobAfterRecord) {
            let stored = record.encode(self.settings().inline_payload_bytes).stored;
            let put = self.ports().journal.put(&stored).await?;
            self.stored(known, record).await?;
            put
        } else {
            self.ports().journal.put(&self.stored(known, record).await?).await?
        };
        self.other_winner(record, put).await
    }

    /// The record that is in the place of this one, if its put was lost to it.
    pub(crate) async fn other_winner(&self, record: &Record, put: Put) -> Result<Option<Record>, Error> {
        match put {
            Put::Won => Ok(None),
            Put::Lost(stored) => {
                let winner = self.open(&stored).await?;
                // An ambiguous answer was repeated by the adapter: the winner is this very put.
                Ok((winner.writer != record.writer).then_some(winner))
            }
        }
    }

    /// The record as the journal keeps it. Its large payloads are among the blobs then.
    pub(crate) async fn stored(&self, known: &Known, record: &Record) -> Result<StoredRecord, Error> {
        let Encoded { stored, blobs } = record.encode(self.settings().inline_payload_bytes);
        let puts = blobs
            .iter()
            .map(|(key, payload)| self.ports().blobs.put(key, Bytes::copy_from_slice(payload.text().as_bytes())));
        try_join_all(puts).await?;
        Ok(StoredRecord { expires: self.expires(known, known.begun(&record.cursor), record.time), ..stored })
    }

    /// Works out the record after the head: as many states as one commit may hold.
    fn work_out(
        &self,
        known: &Known,
        head: &Record,
        trigger: Trigger,
        cause: Cause,
        calls: Calls,
    ) -> Result<Option<Record>, Error> {
        let key = RecordKey { seq: head.key.seq + 1, ..head.key.clone() };
        let mut time = self.now().max(head.end()).max(not_before(&trigger));
        if self.has(Defect::HostClockOrders) {
            time = self.now();
        }
        let would_call = matches!(trigger, Trigger::TimerFired | Trigger::Entered);
        if calls != Calls::Allowed && would_call && engine::makes_call(&known.machine, &head.cursor) {
            return Ok(None);
        }
        let Some(step) = self.step(known, &key.strand, key.seq, 0, &head.cursor, trigger)? else { return Ok(None) };
        let (events, cursor) = self.run_on(known, &key.strand, key.seq, step, calls)?;
        Ok(Some(Record { key, writer: self.writer(), cause, time, events, cursor }))
    }

    /// Goes on through states that need nothing from outside, as far as one commit may.
    pub(crate) fn run_on(
        &self,
        known: &Known,
        strand: &StrandId,
        seq: Seq,
        first: Step,
        calls: Calls,
    ) -> Result<(Vec<Event<Payload>>, Cursor<Payload>), Error> {
        let mut then = first.then();
        let Step { mut events, mut cursor } = first;
        let mut states = 1;
        while then == Then::Proceed
            && states < self.settings().states_per_invocation
            && !(calls != Calls::Allowed && engine::makes_call(&known.machine, &cursor))
            && payload_bytes(&events) < FULL_COMMIT_BYTES
        {
            let before = u32::try_from(events.len()).unwrap_or(u32::MAX);
            let Some(step) = self.step(known, strand, seq, before, &cursor, Trigger::Entered)? else { break };
            then = step.then();
            events.extend(step.events);
            cursor = step.cursor;
            states += 1;
        }
        Ok((events, cursor))
    }

    fn step(
        &self,
        known: &Known,
        strand: &StrandId,
        seq: Seq,
        events_before: u32,
        cursor: &Cursor<Payload>,
        trigger: Trigger,
    ) -> Result<Option<Step>, Error> {
        self.with_context(known, strand, seq, events_before, |context| {
            engine::step(&known.machine, cursor, trigger, context)
        })
    }

    /// Takes a step of the pure engine.
    pub(crate) fn with_context<T>(
        &self,
        known: &Known,
        strand: &StrandId,
        seq: Seq,
        events_before: u32,
        step: impl FnOnce(&StepContext<'_>) -> T,
    ) -> Result<T, Error> {
        let now = self.now();
        let claim = Claim { worker: self.settings().process.clone(), expires: now + self.settings().claim_lifetime };
        let token = |since: Seq| {
            let wait = crate::ports::WaitKey { run: known.key.clone(), strand: strand.clone(), since };
            self.tokens().sign(&wait)
        };
        let context = StepContext {
            now,
            seed: self.ports().clock.random(),
            strand,
            seq,
            events_before,
            execution: &known.facts,
            variable_limits: self.settings().max_payload_bytes.map(|_| VariableLimits::AWS),
            inspector: None,
            claim: &claim,
            max_payload_bytes: self.settings().max_payload_bytes,
            token: &token,
        };
        guarded(&known.key.execution, || step(&context))
    }

    pub(crate) fn writer(&self) -> WriterId {
        if self.has(Defect::WriterNotFresh) {
            return WriterId(self.settings().process.as_str().into());
        }
        WriterId(self.fresh_id().into())
    }
}

/// Takes a step of the pure engine. A panic there is an error that will not get better by itself.
pub(crate) fn guarded<T>(execution: &ExecutionArn, step: impl FnOnce() -> T) -> Result<T, Error> {
    // The engine changes nothing outside, so nothing is left half done.
    catch_unwind(AssertUnwindSafe(step)).map_err(|panic| {
        let said = panic.downcast_ref::<&str>().map(ToString::to_string);
        let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        Error::Engine { execution: execution.clone(), said }
    })
}

/// The earliest time of what this moves on: a join comes after its children, and an abort after the failure that it is
/// for, whatever the clocks of their hosts said.
pub(crate) fn not_before(trigger: &Trigger) -> Timestamp {
    let others = match trigger {
        Trigger::ChildrenEnded(ends) | Trigger::ChildrenDone(ends) => ends.iter().map(|end| end.time).max(),
        Trigger::Aborted(Ending::Aborted { after, .. }) => Some(*after),
        _ => None,
    };
    others.unwrap_or_default()
}

/// The earliest time of what follows so many events: each takes a microsecond.
pub(crate) fn after_events(time: Timestamp, events: usize) -> Timestamp {
    time + Duration::from_micros(u64::try_from(events).unwrap_or(u64::MAX).max(1))
}

impl Record {
    /// The earliest time of a record after this one.
    pub(crate) fn end(&self) -> Timestamp {
        after_events(self.time, self.events.len())
    }
}

/// Bytes of payload in these events. Shared payloads count each time: a rough upper bound.
fn payload_bytes(events: &[Event<Payload>]) -> usize {
    events
        .iter()
        .map(|event| match &event.kind {
            Kind::StateExited { output, assigned, .. } => output.text().len() + assigned.bytes(),
            Kind::StateEntered { .. } => 64,
            _ => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_and_come_apart() {
        for random in [0, 1, 24_999, 12_345_678_901, u64::MAX] {
            let mut delays = Delays::default();
            let mut bound = Duration::from_millis(50);
            for _ in 0..20 {
                let delay = delays.next(random);
                assert!(delay >= bound / 2 && delay < bound, "{delay:?}, below {bound:?}");
                bound = (bound * 2).min(Duration::from_secs(5));
            }
        }
        let later = |random| (0..5).map(|_| Delays::default().next(random)).max();
        assert_ne!(later(3), later(4));
    }
}
