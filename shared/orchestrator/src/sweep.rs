//! What a clock asks for each minute: parked timers that are due, and executions that nobody wakes any more.

use crate::defects::Defect;
use crate::ports::{ExecutionStatus, Minute, ParkedTimer, Timers};
use crate::{Error, Orchestrator, RunKey, Wake, WakeKind};
use engine::{Cursor, Phase};
use futures::future::join_all;
use model::{Payload, StrandId, Timestamp};
use std::time::Duration;

/// How far ahead of their time timers are sent, with the rest as their delay: a minute that is missed, or some, does
/// no harm.
const AHEAD_MINUTES: i64 = 5;

/// How far behind the present the watermark stays: whoever parks a timer late, or by a slow clock, is heard all the
/// same.
const BEHIND_MINUTES: i64 = 60;

/// Minutes before the present that every sweep looks at; those before them up to the watermark are looked at in every
/// tenth minute: each costs a query a shard, and seldom has anything.
const RECENT_MINUTES: i64 = 10;
const FULL_SWEEP_EVERY: i64 = 10;

/// How far back the first sweep of all looks: timers may have been parked for as long before somebody noticed that the
/// schedule was off, or failed.
const FIRST_LOOK_MINUTES: i64 = 24 * 60;

/// Timers read at once.
const PAGE: u32 = 100;

/// Timers sent at once: as many as fill the queue's batches.
const SENDS_AT_ONCE: usize = 50;

/// How long a strand may stand ready for its next step before nobody is taken to be on the way to it.
const FORGOTTEN: Duration = Duration::from_mins(15);

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Timers sent.
    pub sent: usize,
    /// Timers that the queue will never take. They stay parked; the log names their executions.
    pub refused: usize,
    /// Whether it stopped because its time was up; the next one goes on.
    pub unfinished: bool,
}

/// What a look at the running executions did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Executions looked at.
    pub seen: usize,
    /// Those that were settled, since nobody was on the way to them.
    pub settled: usize,
    /// Those whose time was prolonged.
    pub retained: usize,
    /// Where the next look goes on; none: at the beginning.
    pub next: Option<String>,
}

impl Orchestrator {
    /// Sends every parked timer that is due within some minutes, each with the exact rest as its delay, until `until`.
    ///
    /// Two at once do no harm: a timer that is sent twice finds its wait over the second time.
    pub async fn sweep_timers(&self, until: Timestamp) -> Result<Swept, Error> {
        let Some(timers) = self.ports().timers.clone() else { return Ok(Swept::default()) };
        let present = Minute::of(self.now()).0;
        let (first, is_new) = match timers.watermark().await? {
            Some(minute) => (minute.0, false),
            None => (present - FIRST_LOOK_MINUTES, true),
        };
        if is_new {
            // Should this sweep fail, and all others for an hour, those after them begin here.
            timers.set_watermark(Minute(first)).await?;
        }
        let is_full = is_new || first < present - 2 * BEHIND_MINUTES || present % FULL_SWEEP_EVERY == 0;
        let first =
            if is_full || self.has(Defect::WatermarkJumps) { first } else { first.max(present - RECENT_MINUTES) };
        if self.has(Defect::WatermarkJumps) {
            timers.set_watermark(Minute(present + AHEAD_MINUTES)).await?;
        }
        let mut swept = Swept::default();
        // The watermark moves over minutes that are over for good and empty.
        let mut all_empty = true;
        let mut trouble = None;
        let mut watermark = first;
        for minute in first..=present + AHEAD_MINUTES {
            let found = match self.sweep_minute(timers.as_ref(), Minute(minute), until).await {
                Ok(found) => found,
                // One minute that cannot be read does not hold up the others.
                Err(error) => {
                    tracing::warn!(minute, %error, "a minute's timers could not be sent; the next sweep tries again");
                    trouble.get_or_insert(error);
                    Swept { unfinished: false, ..Swept::default() }
                }
            };
            swept.sent += found.sent;
            swept.refused += found.refused;
            all_empty &= !found.unfinished && trouble.is_none();
            if all_empty && minute < present - BEHIND_MINUTES {
                watermark = minute + 1;
            }
            // A schedule that was off for days left thousands of minutes: how far this sweep came is what the next one
            // begins with.
            swept.unfinished = found.unfinished || (minute < present + AHEAD_MINUTES && self.now() >= until);
            if swept.unfinished {
                break;
            }
        }
        if is_full && watermark > first {
            timers.set_watermark(Minute(watermark)).await?;
        }
        match trouble {
            Some(error) => Err(error),
            None => Ok(swept),
        }
    }

    async fn sweep_minute(&self, timers: &dyn Timers, minute: Minute, until: Timestamp) -> Result<Swept, Error> {
        let mut swept = Swept::default();
        let mut after: Option<String> = None;
        loop {
            let page = timers.due_in(minute, after.as_deref(), PAGE).await?;
            for some in page.items.chunks(SENDS_AT_ONCE) {
                let mut trouble = None;
                for (timer, fired) in some.iter().zip(join_all(some.iter().map(|timer| self.fire(timers, timer))).await)
                {
                    match fired {
                        Ok(()) => swept.sent += 1,
                        Err(error) if error.is_transient() => trouble = Some(error),
                        // One that the queue will never take holds up no others. It stays where it is.
                        Err(error) => {
                            swept.refused += 1;
                            tracing::error!(execution = %timer.wake.run.execution, due = %timer.due, %error, "a timer cannot be sent");
                        }
                    }
                }
                // The others of its page were tried: what goes wrong for all of them is not tried for hours.
                if let Some(error) = trouble {
                    return Err(error);
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(swept);
            }
            if self.now() >= until {
                return Ok(Swept { unfinished: true, ..swept });
            }
        }
    }

    /// Sends first and removes after: a timer is never lost, and one that is sent twice does nothing.
    async fn fire(&self, timers: &dyn Timers, timer: &ParkedTimer) -> Result<(), Error> {
        if self.has(Defect::TimerRemovedFirst) {
            timers.remove(timer).await?;
        }
        self.ports().queue.send(timer.wake.clone(), timer.due.since(self.now())).await?;
        Ok(timers.remove(timer).await?)
    }

    /// Looks at some of the running executions, from `after` on: settles those to which nobody is on the way, and
    /// prolongs the time of those that live long.
    pub async fn reconcile(&self, after: Option<&str>, limit: u32) -> Result<Reconciled, Error> {
        let page = self.ports().journal.executions(None, Some(ExecutionStatus::Running), after, limit).await?;
        let mut done = Reconciled { next: page.next, ..Reconciled::default() };
        for meta in &page.items {
            let run = RunKey { execution: meta.execution.clone(), run: meta.run.clone() };
            let root = StrandId::root();
            done.seen += 1;
            if self.must_be_retained(meta.expires) {
                self.send_later(Wake::new(&run, &root, WakeKind::Retain), Duration::ZERO).await?;
                done.retained += 1;
            }
            // The lists may be behind, and most executions have just begun.
            if self.now().since(meta.started) < FORGOTTEN {
                continue;
            }
            let wake = match (&meta.stop, self.head(&run, &root).await) {
                (Some(mark), _) => WakeKind::Abort(mark.ending.clone()),
                (None, Ok(Some(head))) if !self.is_forgotten(&head.cursor, head.time) => continue,
                // One that cannot be read ends when it is handled.
                (None, Ok(Some(_)) | Err(_)) => WakeKind::Settle,
                (None, Ok(None)) => continue,
            };
            self.send_later(Wake::new(&run, &root, wake), Duration::ZERO).await?;
            done.settled += 1;
        }
        Ok(done)
    }

    /// Whether a strand that has stood so since then should have moved.
    fn is_forgotten(&self, cursor: &Cursor<Payload>, since: Timestamp) -> bool {
        let now = self.now();
        let late = |due: Timestamp| now.since(due) > FORGOTTEN;
        match &cursor.phase {
            Phase::Ready { .. } => late(since),
            Phase::Calling(call) => late(call.expires),
            Phase::Waiting(waiting) => late(waiting.until),
            Phase::Pending(pending) => pending.next_deadline(None).is_some_and(|(at, _)| late(at)),
            // Its children are not looked at: settling the root settles them too.
            Phase::Forked(_) => late(since + FORGOTTEN * 3),
            // The execution is closed nevertheless as running.
            Phase::Ended(_) => late(since),
        }
    }
}
