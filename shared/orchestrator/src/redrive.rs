//! RedriveExecution: an execution that ended without success goes on from where it stopped.
//!
//! One record is put after the root's last one, the only kind that ever follows an end. Ends of children are final: what
//! a fork's children had not done, new ones do in a new fork, each from where the old one was (`engine::redrive`). META is
//! opened again by that record's first effect. It forgets the stop mark, and whatever was sent for the time before finds
//! another `since`, another fork or another `opened` than it names.

use crate::known::Known;
use crate::ports::{ExecutionStatus, JoinKey, MachineStatus, Meta};
use crate::{Cause, Error, Orchestrator, Record, RecordKey, RunKey, Wake, WakeKind, ports};
use engine::{Cursor, End, Ending, Fork, Left, Origin, Outcome, Phase, Place, Redriven, Resume, Resumed, Scopes};
use model::history::Kind;
use model::{EventRef, ExecutionArn, Payload, Seq, StrandId, Timestamp, error_name};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// AWS's reasons.
const RUNNING: &str = "Execution is RUNNING and cannot be redriven";
const SUCCEEDED: &str = "Execution is SUCCEEDED and cannot be redriven";
const PERIOD_EXCEEDED: &str = "Execution redrivable period exceeded";
const DELETING: &str = "State machine is in DELETING status";

/// How often it is looked whether the children of an execution that was broken off have ended, and how long after the
/// last look.
const LOOKS: u32 = 100;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// After how many looks the children are told once more.
const LOOKS_FOR_EACH_WORD: u32 = 25;

/// Records of one strand that are read at once in search of the one that entered a state.
const READ_AT_ONCE: Seq = 25;

/// Children that are looked at before a redrive is promised. Those beyond are found out when they begin.
const CHILDREN_LOOKED_AT: u32 = 100;

/// What RedriveExecution is asked for.
#[derive(Clone, Debug)]
pub struct RedriveRequest {
    /// The execution.
    pub execution: ExecutionArn,
    /// The caller's name for this very call: the same again is answered as the first time.
    pub token: Option<String>,
}

impl Orchestrator {
    /// RedriveExecution: answers when the execution was redriven.
    pub async fn redrive_execution(&self, request: RedriveRequest) -> Result<Timestamp, Error> {
        let RedriveRequest { execution, token } = request;
        let refused = |error| refused(&execution, error);
        let mut meta = self.meta(&execution).await?;
        let key = RunKey { execution: execution.clone(), run: meta.run.clone() };
        let head = self.head(&key, &StrandId::root()).await.map_err(refused)?;
        let head = Arc::new(head.ok_or_else(|| Error::ExecutionDoesNotExist(execution.clone()))?);
        let last = head.cursor.place.redriven.max_by_count(meta.redriven);
        if let (Some(last), Some(token)) = (last, &token)
            && self.is_redrive(&head, last, token).await?
        {
            // The call that this one repeats may have failed between its put and its effects.
            if head.key.seq == last.seq {
                let known = self.execution(&meta).await?;
                self.settle(&known, &head).await?;
            }
            return Ok(last.at);
        }
        if !head.cursor.is_terminal() {
            if meta.seq < head.cursor.place.opened() {
                // It was redriven by somebody who did not come to say so.
                let known = self.execution(&meta).await.map_err(refused)?;
                self.settle(&known, &head).await?;
            }
            return Err(not_redrivable(&execution, RUNNING));
        }
        if meta.stopped.is_none() || meta.seq != head.key.seq {
            // Its end is yet to be written there.
            let known = self.execution(&meta).await.map_err(refused)?;
            self.settle(&known, &head).await?;
            meta = self.meta(&execution).await?;
        }
        if let Some(reason) = self.not_redrivable(&meta).await? {
            return Err(not_redrivable(&execution, reason));
        }
        let known = self.execution(&meta).await.map_err(refused)?;
        let (left, before) = self.left(&known, &head).await.map_err(refused)?;
        if let Left::InFork { forked, .. } = &left {
            self.end_children(&known, &head, &forked.fork).await.map_err(refused)?;
        }
        let resume = self.resume_from(&known, &head, before.as_ref(), left).await.map_err(refused)?;
        let resume = resume.ok_or_else(|| not_redrivable(&execution, "Execution has entered no state"))?;
        self.look_at_children(&known, &resume, &mut CHILDREN_LOOKED_AT.clone()).await.map_err(refused)?;
        let last = last.max_by_count(before.as_ref().and_then(|before| before.cursor.place.redriven));
        let count = last.map_or(1, |last| last.count + 1);
        let end = end_of(&head, before.as_ref());
        let seq = head.key.seq + 1;
        let step = self
            .with_context(&known, &StrandId::root(), seq, 0, |context| engine::redrive(&end, resume, count, context))
            .map_err(refused)?;
        let record = Record {
            key: RecordKey { run: key, strand: StrandId::root(), seq },
            writer: self.writer(),
            cause: Cause::Redriven { token },
            time: self.now().max(head.end()),
            events: step.events,
            cursor: step.cursor,
        };
        self.put_redrive(&known, record).await
    }

    /// Puts the record with what must come before and after it.
    async fn put_redrive(&self, known: &Known, record: Record) -> Result<Timestamp, Error> {
        let (execution, root) = (&known.key.execution, StrandId::root());
        let fresh = Redriven { count: 1, at: record.time, seq: record.key.seq };
        let redriven = record.cursor.place.redriven.unwrap_or(fresh);
        // Sent before anything is put; they find nothing to do if the put is lost.
        if let Some(seconds) = known.machine.timeout_seconds {
            self.send(known, &root, WakeKind::ExecutionTimeout, Duration::from_secs(seconds)).await?;
        }
        if self.settings().retention.is_some() {
            // What was put before the end has the time of before; META gets its own when it is opened.
            let delay = self.settings().safety_delay.unwrap_or_default();
            self.send_later(Wake::new(&known.key, &root, WakeKind::Retain), delay).await?;
        }
        // With what META would tell: META says until the first effect that the execution has ended.
        self.send_safety(known.wake(&root, WakeKind::Settle)).await?;
        let expires = self.expires(known, redriven.at, record.time);
        let stored = self.stored(known, &record).await?;
        let put = match self.ports().journal.redrive(&stored, &redriven, expires).await {
            Ok(put) => self.other_winner(&record, put).await,
            Err(error) => Err(error.into()),
        };
        match put {
            Ok(None) => {}
            Ok(Some(winner)) => {
                return match (&winner.cause, winner.cursor.place.redriven) {
                    (Cause::Redriven { token: Some(_) }, Some(redriven)) if winner.cause == record.cause => {
                        Ok(redriven.at)
                    }
                    _ => Err(not_redrivable(execution, RUNNING)),
                };
            }
            Err(error) => {
                if error.is_transient() {
                    self.settle_later(known, &record.key).await?;
                }
                return Err(error);
            }
        }
        record.settle_payloads();
        let record = Arc::new(record);
        self.ports().observer.recorded(execution, &record);
        self.carry_out_or_settle_later(known, &record).await?;
        Ok(redriven.at)
    }

    /// Why the execution cannot be redriven, in AWS's words; none: it can.
    pub(crate) async fn not_redrivable(&self, meta: &Meta) -> Result<Option<&'static str>, Error> {
        let stopped = match (meta.status, meta.stopped) {
            (ExecutionStatus::Running, _) => return Ok(Some(RUNNING)),
            (ExecutionStatus::Succeeded, _) => return Ok(Some(SUCCEEDED)),
            (ExecutionStatus::Failed | ExecutionStatus::TimedOut | ExecutionStatus::Aborted, stopped) => stopped,
        };
        if stopped.is_some_and(|stopped| self.now().since(stopped) > self.settings().redrive_window) {
            return Ok(Some(PERIOD_EXCEEDED));
        }
        let machine = self.ports().catalog.machine(&meta.machine).await?;
        Ok(match machine.map(|machine| machine.status) {
            Some(MachineStatus::Active) => None,
            Some(MachineStatus::Deleting) | None => Some(DELETING),
        })
    }

    /// Whether this redrive is the call with that token.
    async fn is_redrive(&self, head: &Record, redriven: Redriven, token: &str) -> Result<bool, Error> {
        let call = Cause::Redriven { token: Some(token.to_owned()) };
        if head.key.seq == redriven.seq {
            return Ok(head.cause == call);
        }
        let record = self.record(&RecordKey { seq: redriven.seq, ..head.key.clone() }).await?;
        Ok(record.is_some_and(|record| record.cause == call))
    }

    /// Where a strand was left that ended with this record, and the record before it.
    async fn left(&self, known: &Known, end: &Record) -> Result<(Left, Option<Record>), Error> {
        let before = match end.key.seq.checked_sub(1) {
            None => None,
            Some(seq) => {
                let key = RecordKey { seq, ..end.key.clone() };
                Some(self.record(&key).await?.ok_or_else(|| missing(&key))?)
            }
        };
        let RecordKey { strand, seq, .. } = &end.key;
        let last = End { strand, seq: *seq, time: end.time, events: &end.events, cursor: &end.cursor };
        Ok((engine::left(&known.machine, before.as_ref().map(|before| &before.cursor), last), before))
    }

    /// What a strand does first that goes on for one that ended with this record; none: it begins.
    async fn resume_from(
        &self,
        known: &Known,
        end: &Record,
        before: Option<&Record>,
        left: Left,
    ) -> Result<Option<Resume>, Error> {
        let (forked, follows) = match left {
            Left::Beginning => return Ok(None),
            Left::AtState { state, input, follows } => return Ok(Some(Resume::Enter { state, input, follows })),
            Left::InState { visit, entered } => {
                let follows = match entered {
                    Some(entered) => Some(entered),
                    None => self.entry(before).await?,
                };
                return Ok(Some(Resume::Again { visit, follows }));
            }
            Left::InFork { forked, follows } => (forked, follows),
        };
        let origin = Origin { strand: end.key.strand.clone(), fork: forked.fork.seq };
        let mut again: BTreeSet<u32> = (0..forked.fork.next).collect();
        let mut origins = vec![origin.clone()];
        origins.extend(forked.fork.before.iter().cloned());
        for Origin { strand, fork } in origins {
            let join = JoinKey { run: known.key.clone(), strand, fork };
            let ended = self.ports().journal.joined(&join, 0..forked.fork.next).await?;
            for child in ended.iter().filter(|child| child.succeeded) {
                again.remove(&child.index);
            }
        }
        // All have succeeded, and their outputs are too much: only another run of them may give less.
        let is_too_much = matches!(&end.cursor.phase, Phase::Ended(Outcome::Failed(failure))
            if failure.error.as_deref() == Some(error_name::DATA_LIMIT_EXCEEDED));
        if is_too_much && again.is_empty() && forked.fork.next >= forked.fork.total {
            return Ok(Some(Resume::Again { visit: forked.visit, follows: self.entry(before).await? }));
        }
        Ok(Some(Resume::Fork { forked, follows, origin, again: again.into_iter().collect() }))
    }

    /// What a child does first whose fork goes on with other forks, in one of which it had no success; none: it begins.
    pub(crate) async fn resume_of_child(
        &self,
        known: &Known,
        before: &[Origin],
        index: u32,
    ) -> Result<Option<Resumed>, Error> {
        for Origin { strand, fork } in before {
            let Some(end) = self.head(&known.key, &strand.child(*fork, index)).await? else { continue };
            if !end.cursor.is_terminal() {
                let what = format!("strand {} of {} has not ended", end.key.strand, known.key.execution);
                return Err(Error::Port(ports::Error::Unavailable { what: "the journal", source: what.into() }));
            }
            // One that was given up before it began tells nothing; the one before it may.
            let (left, before) = self.left(known, &end).await?;
            if let Some(resume) = self.resume_from(known, &end, before.as_ref(), left).await? {
                let variables = variables_of(&end, before.as_ref()).clone();
                return Ok(Some(Resumed { resume, variables }));
            }
        }
        Ok(None)
    }

    /// Reads what the children will read when they begin again, so that what cannot be read is found out now.
    async fn look_at_children(&self, known: &Known, resume: &Resume, left: &mut u32) -> Result<(), Error> {
        let Resume::Fork { forked, origin, again, .. } = resume else { return Ok(()) };
        let mut before = vec![origin.clone()];
        before.extend(forked.fork.before.iter().cloned());
        for &index in again {
            if *left == 0 {
                return Ok(());
            }
            *left -= 1;
            if let Some(Resumed { resume, .. }) = self.resume_of_child(known, &before, index).await? {
                Box::pin(self.look_at_children(known, &resume, left)).await?;
            }
        }
        Ok(())
    }

    /// The event that says that the state was entered which the strand is in after this record.
    async fn entry(&self, record: Option<&Record>) -> Result<Option<EventRef>, Error> {
        let Some(record) = record else { return Ok(None) };
        if let Some(entry) = entered_in(record) {
            return Ok(Some(entry));
        }
        let (mut seq, mut first) = (record.key.seq, None);
        while seq > 0 {
            let from = seq.saturating_sub(READ_AT_ONCE);
            let keys: Vec<RecordKey> = (from..seq).map(|seq| RecordKey { seq, ..record.key.clone() }).collect();
            let mut records = self.open_all(&self.ports().journal.records_at(&keys).await?).await?;
            records.sort_by_key(|record| record.key.seq);
            if let Some(entry) = records.iter().rev().find_map(entered_in) {
                return Ok(Some(entry));
            }
            first = records.into_iter().next();
            seq = from;
        }
        // The strand goes on for another one, in which the state was entered.
        Ok(first.as_ref().unwrap_or(record).cursor.last.clone())
    }

    /// Sees to it that the children of a fork that the root has left for good have ended. They have, but where the
    /// execution was broken off, which waits for nobody.
    async fn end_children(&self, known: &Known, end: &Record, fork: &Fork<Payload>) -> Result<(), Error> {
        let (Some(first), Some(last)) = (fork.running.first(), fork.running.last()) else { return Ok(()) };
        let root = &end.key.strand;
        let join = JoinKey { run: known.key.clone(), strand: root.clone(), fork: fork.seq };
        let ending = Ending::Aborted { at: end.cursor.last.clone(), after: end.end() };
        for look in 0..LOOKS {
            let ended = self.ports().journal.joined(&join, *first..last.saturating_add(1)).await?;
            let mut living = fork.running.clone();
            living.retain(|index| !ended.iter().any(|child| child.index == *index));
            if living.is_empty() {
                return Ok(());
            }
            if look % LOOKS_FOR_EACH_WORD == 0 {
                for index in living {
                    self.abort(&known.key, &root.child(fork.seq, index), &ending).await?;
                }
            }
            self.ports().clock.sleep(BETWEEN_LOOKS).await;
        }
        let reason = "Branches or iterations of the execution are still being ended; redrive it again in some seconds";
        Err(not_redrivable(&known.key.execution, reason))
    }
}

/// The later of two redrives of one execution.
trait Later {
    fn max_by_count(self, other: Self) -> Self;
}

impl Later for Option<Redriven> {
    fn max_by_count(self, other: Self) -> Self {
        self.into_iter().chain(other).max_by_key(|redriven| redriven.count)
    }
}

/// The last event of this record that enters a state.
fn entered_in(record: &Record) -> Option<EventRef> {
    let entered = |kind: &Kind<Payload>| matches!(kind, Kind::StateEntered { .. });
    let index = record.events.iter().rposition(|event| entered(&event.kind))?;
    let RecordKey { strand, seq, .. } = &record.key;
    Some(EventRef { strand: strand.clone(), seq: *seq, index: u32::try_from(index).ok()? })
}

/// The root's last cursor. One of an execution that was broken off may not know what is before it.
fn end_of(end: &Record, before: Option<&Record>) -> Cursor<Payload> {
    let RecordKey { strand, seq, .. } = &end.key;
    let events = u64::try_from(end.events.len()).unwrap_or(u64::MAX);
    let index = u32::try_from(events).unwrap_or(u32::MAX).saturating_sub(1);
    let last = || EventRef { strand: strand.clone(), seq: *seq, index };
    let counted = before.map_or(0, |before| before.cursor.events).saturating_add(events);
    let variables = variables_of(end, before).clone();
    Cursor {
        last: Some(end.cursor.last.clone().unwrap_or_else(last)),
        events: end.cursor.events.max(counted),
        place: Place { variables, ..end.cursor.place.clone() },
        ..end.cursor.clone()
    }
}

/// The variables of a strand at its end. Where that was put by whoever broke the execution off, only the record before it
/// knows them.
fn variables_of<'r>(end: &'r Record, before: Option<&'r Record>) -> &'r Scopes<Payload> {
    let known = [Some(end), before].into_iter().flatten().map(|record| &record.cursor.place.variables);
    known.into_iter().find(|variables| !variables.are_empty()).unwrap_or(&end.cursor.place.variables)
}

fn missing(key: &RecordKey) -> Error {
    let what = format!("record {} of strand {} of {}", key.seq, key.strand, key.run.execution);
    Error::Port(ports::Error::Unreadable { what, source: "it is not there".into() })
}

fn not_redrivable(execution: &ExecutionArn, reason: &str) -> Error {
    Error::ExecutionNotRedrivable { execution: execution.clone(), reason: reason.to_owned() }
}

/// What cannot be read now is no reason to end anything: it may be mended, and then it is redriven.
fn refused(execution: &ExecutionArn, error: Error) -> Error {
    match error {
        Error::ExecutionNotRedrivable { .. } => error,
        error if error.is_transient() => error,
        error => not_redrivable(execution, &format!("Execution cannot be redriven until this is mended: {error}")),
    }
}
