//! The ways in which each case runs: what AWS recorded must come out of all of them.

use super::compare::Mismatch;
use super::format::Case;
use super::run::{Manner, Outcome, Server, run};
use orchestrator::{Ports, Settings};
use simulation::{Deliveries, Options, World};
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

/// Builds the node of a world.
pub type Build<S> = fn(Ports, Settings) -> Arc<S>;

/// One way to run a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variation {
    /// As it is; wrong answers are planted.
    Straight,
    /// Everything volatile is lost before each call.
    Restarted,
    /// Everything volatile is lost when an execution's record with this number is put.
    Cut(u64),
    /// Every message comes twice.
    Twice,
    /// Every message comes twice, each time late by a random time.
    TwiceAndLate,
    /// One invocation runs on through several states.
    RunOn,
    /// The same, and everything volatile is lost when an execution's record with this number is put.
    RunOnCut(u64),
}

impl fmt::Display for Variation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Straight => write!(f, "straight"),
            Self::Restarted => write!(f, "restarted before every call"),
            Self::Cut(record) => write!(f, "cut after record {record}"),
            Self::Twice => write!(f, "every message twice"),
            Self::TwiceAndLate => write!(f, "every message twice and late"),
            Self::RunOn => write!(f, "8 states per invocation"),
            Self::RunOnCut(record) => write!(f, "8 states per invocation, cut after record {record}"),
        }
    }
}

impl Variation {
    fn options(self) -> Options {
        let plain = Options::default();
        match self {
            Self::Straight | Self::Restarted => plain,
            Self::Cut(record) => Options { cut_after: Some(record), ..plain },
            Self::Twice => Options { seed: 2, deliveries: Deliveries::Twice, ..plain },
            Self::TwiceAndLate => {
                let lateness = Duration::from_millis(40);
                Options { seed: 3, deliveries: Deliveries::Twice, lateness, ..plain }
            }
            Self::RunOn => Options { states_per_invocation: 8, ..plain },
            Self::RunOnCut(record) => Options { states_per_invocation: 8, cut_after: Some(record), ..plain },
        }
    }

    fn manner(self) -> Manner {
        match self {
            Self::Straight => Manner::Planting,
            Self::Restarted => Manner::Restarting,
            Self::Cut(_) | Self::Twice | Self::TwiceAndLate | Self::RunOn | Self::RunOnCut(_) => Manner::Plain,
        }
    }
}

/// What became of a case in all its variations.
#[derive(Debug)]
pub struct Verdict {
    /// The straight run.
    pub straight: Outcome,
    /// The first other variation that differs from what was expected, and how.
    pub varied: Option<(Variation, Outcome)>,
    /// How many variations ran.
    pub runs: usize,
}

impl Verdict {
    /// The first difference; none: the case matches in every variation.
    pub fn first(&self) -> Option<(Variation, &Mismatch)> {
        let straight = self.straight.mismatches.first().map(|mismatch| (Variation::Straight, mismatch));
        let varied =
            || self.varied.as_ref().and_then(|(variation, outcome)| Some((*variation, outcome.mismatches.first()?)));
        straight.or_else(varied)
    }
}

/// Runs the case straight; if it matches, in every variation until one does not.
pub fn run_all<S: Server>(case: &Case, build: Build<S>) -> Verdict {
    let straight = run_once(case, Variation::Straight, build);
    let records = straight.records;
    let mut verdict = Verdict { straight, varied: None, runs: 1 };
    if !verdict.straight.mismatches.is_empty() {
        return verdict;
    }
    let mut variations = Vec::new();
    // Of what executes nothing there are no messages and no records.
    if case.has_journal() {
        variations.extend([Variation::Twice, Variation::RunOn]);
        if !case.needs_one_instant() {
            variations.push(Variation::TwiceAndLate);
        }
        if may_be_cut(case) {
            variations.extend((1..=records).map(Variation::Cut));
        }
    } else {
        variations.push(Variation::Restarted);
    }
    let mut index = 0;
    while let Some(&variation) = variations.get(index) {
        index += 1;
        verdict.runs += 1;
        let outcome = run_once(case, variation, build);
        if variation == Variation::RunOn && may_be_cut(case) {
            variations.extend((1..=outcome.records).map(Variation::RunOnCut));
        }
        if !outcome.mismatches.is_empty() {
            verdict.varied = Some((variation, outcome));
            break;
        }
    }
    verdict
}

/// A task that an activity's worker took is lost with the worker's answer, on AWS as here; and what happens at one instant
/// does not where half of it is lost.
fn may_be_cut(case: &Case) -> bool {
    !case.is_activity_pair() && !case.needs_one_instant()
}

fn run_once<S: Server>(case: &Case, variation: Variation, build: Build<S>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime of one thread needs nothing but memory");
    let attempt =
        || runtime.block_on(async { run(case, World::new(variation.options(), build), variation.manner()).await });
    std::panic::catch_unwind(AssertUnwindSafe(attempt)).unwrap_or_else(|_| {
        let mismatch = Mismatch { path: variation.to_string(), expected: "an answer".into(), actual: "a panic".into() };
        Outcome { mismatches: vec![mismatch], ..Outcome::default() }
    })
}
