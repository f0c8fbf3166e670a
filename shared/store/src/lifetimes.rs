//! How long the runs are kept that this process works on.
//!
//! A join set and a heartbeat are kept as long as their run, and neither comes with a time of its own. It need not be
//! read: whoever tells of a child's end has put that child's last record just before, or read META to settle it; whoever
//! notes a heartbeat has read META for the stop mark. A run that is not known here has items that stay until they are
//! given a time with the whole run.

use model::Timestamp;
use orchestrator::RunKey;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Runs that are remembered at most; then all are forgotten.
const MOST: usize = 4_096;

/// From when on the items of runs may go.
#[derive(Debug, Default)]
pub(crate) struct Lifetimes {
    known: Mutex<HashMap<RunKey, Timestamp>>,
}

impl Lifetimes {
    /// Something of this run goes then: the latest counts.
    pub(crate) fn note(&self, run: &RunKey, expires: Option<Timestamp>) {
        let Some(expires) = expires else { return };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = known.get_mut(run) {
            *there = expires.max(*there);
            return;
        }
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(run.clone(), expires);
    }

    /// From when on the run's items may go, as far as is known.
    pub(crate) fn of(&self, run: &RunKey) -> Option<Timestamp> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(run).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::RunId;

    fn run(number: usize) -> anyhow::Result<RunKey> {
        let execution = "arn:aws:states:us-east-1:123456789012:execution:pay:one".parse()?;
        Ok(RunKey { execution, run: RunId(number.to_string().into()) })
    }

    #[test]
    fn the_latest_time_counts() -> anyhow::Result<()> {
        let lifetimes = Lifetimes::default();
        for (noted, known) in
            [(None, None), (Some(5), Some(5)), (Some(9), Some(9)), (Some(7), Some(9)), (None, Some(9))]
        {
            lifetimes.note(&run(1)?, noted.map(Timestamp::from_micros));
            assert_eq!(lifetimes.of(&run(1)?), known.map(Timestamp::from_micros));
        }
        assert_eq!(lifetimes.of(&run(2)?), None);
        Ok(())
    }

    #[test]
    fn no_more_than_so_many_are_remembered() -> anyhow::Result<()> {
        let lifetimes = Lifetimes::default();
        for number in 0..=MOST {
            lifetimes.note(&run(number)?, Some(Timestamp::from_micros(1)));
        }
        assert_eq!(lifetimes.of(&run(MOST)?), Some(Timestamp::from_micros(1)));
        assert_eq!(lifetimes.of(&run(0)?), None);
        Ok(())
    }
}
