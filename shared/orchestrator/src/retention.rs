//! How long an execution is kept.
//!
//! Each record is put with a time from which on the store may forget it, reckoned from the execution's start, since
//! its end is not known. An execution that lives long gets later times, all at once: when it ends, and while it runs
//! when half of the time has passed.

use crate::known::Known;
use crate::{Error, Orchestrator, WakeKind};
use model::{StrandId, Timestamp};
use std::time::Duration;

/// How much longer everything is kept than was asked for: executions that end within it need no second thought.
const SLACK: Duration = Duration::from_hours(24);

impl Orchestrator {
    /// From when on what is put now for this run may be forgotten; none: never.
    pub(crate) fn expires(&self, known: &Known, now: Timestamp) -> Option<Timestamp> {
        let retention = self.settings().retention?;
        let expected_end = known.facts.started.plus_seconds(known.machine.timeout_seconds.unwrap_or(0));
        Some(expected_end.max(now) + retention + SLACK)
    }

    /// Has an execution that ended now kept for its time, if what was put at its start would go before.
    pub(crate) async fn retain_after(&self, known: &Known, ended: Timestamp) -> Result<(), Error> {
        let expected_end = known.facts.started.plus_seconds(known.machine.timeout_seconds.unwrap_or(0));
        if self.settings().retention.is_none() || ended <= expected_end + SLACK {
            return Ok(());
        }
        self.send(known, &StrandId::root(), WakeKind::Retain, Duration::ZERO).await
    }

    /// Whether a run that started then and lives still has used up half of its time.
    pub(crate) fn must_be_retained(&self, expires: Option<Timestamp>, started: Timestamp) -> bool {
        let Some(expires) = expires else { return false };
        let lifetime = expires.since(started);
        self.now().since(started) > lifetime / 2
    }

    /// Keeps all that there is of the run as if it ended now. May be repeated.
    pub(crate) async fn retain(&self, known: &Known) -> Result<(), Error> {
        let Some(retention) = self.settings().retention else { return Ok(()) };
        Ok(self.ports().journal.retain(&known.key, self.now() + retention + SLACK).await?)
    }
}
