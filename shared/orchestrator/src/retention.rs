//! How long an execution is kept.
//!
//! Each record is put with a time from which on the store may forget it, reckoned from the execution's start, since
//! its end is not known. An execution that lives long gets later times, all at once: when it ends, and while it runs
//! when half of the time has passed.

use crate::known::Known;
use crate::{Error, Orchestrator, Record, WakeKind};
use engine::Cursor;
use model::{Payload, StrandId, Timestamp};
use std::time::Duration;

/// How much longer everything is kept than was asked for: executions that end within it need no second thought.
const SLACK: Duration = Duration::from_hours(24);

impl Orchestrator {
    /// From when on what is put now for this run may be forgotten, which began to run then; none: never.
    pub(crate) fn expires(&self, known: &Known, begun: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let retention = self.settings().retention?;
        Some(expected_end(known, begun).max(now) + retention + SLACK)
    }

    /// Has an execution that ended now kept for its time, if what was put at its start would go before.
    pub(crate) async fn retain_after(&self, known: &Known, end: &Record) -> Result<(), Error> {
        let begun = known.begun(&end.cursor);
        if self.settings().retention.is_none() || end.time <= expected_end(known, begun) + SLACK {
            return Ok(());
        }
        self.send(known, &StrandId::root(), WakeKind::Retain, Duration::ZERO).await
    }

    /// Whether a run that lives still, and would be forgotten from then on, has used up half of its time. Some hours more
    /// than half, since nobody looks more than once a day.
    pub(crate) fn must_be_retained(&self, expires: Option<Timestamp>) -> bool {
        let (Some(expires), Some(retention)) = (expires, self.settings().retention) else { return false };
        expires.since(self.now()) < (retention + SLACK) / 2 + SLACK / 2
    }

    /// Keeps all that there is of the run as if it ended now, and as long as its META. May be repeated.
    pub(crate) async fn retain(&self, known: &Known) -> Result<(), Error> {
        let Some(retention) = self.settings().retention else { return Ok(()) };
        let meta = self.present_meta(&known.key.execution).await?.filter(|meta| meta.run == known.key.run);
        let until = (self.now() + retention + SLACK).max(meta.and_then(|meta| meta.expires).unwrap_or_default());
        Ok(self.ports().journal.retain(&known.key, until).await?)
    }
}

impl Known {
    /// When the execution began to run as it does now: when it started, or was redriven. Its time-out counts from then.
    pub(crate) fn begun(&self, cursor: &Cursor<Payload>) -> Timestamp {
        cursor.place.redriven.map_or(self.facts.started, |redriven| redriven.at)
    }
}

/// When an execution that began to run then has ended at the latest, as far as is known.
fn expected_end(known: &Known, begun: Timestamp) -> Timestamp {
    begun.plus_seconds(known.machine.timeout_seconds.unwrap_or(0))
}
