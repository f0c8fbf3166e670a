//! Many seeds, on all cores.

use super::plan::Scenario;
use super::trial::{Report, try_out};
use crate::Tally;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Many seeds.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// Which.
    pub seeds: Range<u64>,
    /// How many threads try them.
    pub threads: usize,
    /// After so many failures no more seeds are tried.
    pub most_failures: usize,
}

/// What came of a campaign.
#[derive(Debug, Default)]
pub struct Found {
    /// How many seeds were tried.
    pub seeds: u64,
    /// How many records were put.
    pub records: u64,
    /// How many messages were handled.
    pub handled: u64,
    /// What went wrong, as it was asked for.
    pub tally: Tally,
    /// What must not be.
    pub failures: Vec<Failed>,
}

/// A seed that showed something that must not be.
#[derive(Clone, Debug)]
pub struct Failed {
    /// The seed.
    pub seed: u64,
    /// What.
    pub what: String,
}

impl Campaign {
    /// Tries each seed. `prepare` may change what it means.
    pub fn run(&self, prepare: impl Fn(&mut Scenario) + Sync) -> Found {
        let next = AtomicU64::new(self.seeds.start);
        let enough = AtomicBool::new(false);
        let found = Mutex::new(Found::default());
        thread::scope(|scope| {
            for _ in 0..self.threads.max(1) {
                scope.spawn(|| {
                    while !enough.load(Ordering::Relaxed) {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= self.seeds.end {
                            return;
                        }
                        let mut scenario = Scenario::from_seed(seed);
                        prepare(&mut scenario);
                        let outcome = attempt(&scenario);
                        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                        found.note(seed, outcome);
                        if found.failures.len() >= self.most_failures {
                            enough.store(true, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.failures.sort_by_key(|failed| failed.seed);
        found
    }
}

/// Tries the scenario; a panic is a failure like any other.
pub(crate) fn attempt(scenario: &Scenario) -> Result<Report, String> {
    match catch_unwind(AssertUnwindSafe(|| try_out(scenario))) {
        Ok(outcome) => outcome.map_err(|error| format!("{error:#}")),
        Err(_) => Err("a panic".to_owned()),
    }
}

impl Found {
    fn note(&mut self, seed: u64, outcome: Result<Report, String>) {
        self.seeds += 1;
        match outcome {
            Ok(report) => {
                self.records += report.records;
                self.handled += report.handled;
                self.tally.absorb(&report.tally);
            }
            Err(what) => self.failures.push(Failed { seed, what }),
        }
    }
}
