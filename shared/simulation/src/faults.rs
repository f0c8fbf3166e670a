//! What goes wrong at random, wherever a port is called or a message comes, and how often it did.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What goes wrong at random, at each call of a port and at each message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Of 1,000 calls of ports, those that are refused: half of them after they were carried out.
    pub refused: u64,
    /// Of 1,000 calls of ports, those at which the process dies: half of them after they were carried out.
    pub crashes: u64,
    /// Of 1,000 calls of ports by processes that answer callers, those at which the process dies besides: all of them
    /// after they were carried out.
    pub callers_die: u64,
    /// Of 1,000 calls of ports, those that take long: up to [`Faults::slowness`]. A third of them ends with the death of
    /// the process, as that of a function does whose time is up.
    pub slow: u64,
    /// The longest that a slow call takes.
    pub slowness: Duration,
    /// Of 1,000 deliveries of a message, those that are lost on their way: it comes again when its time is over.
    pub dropped: u64,
    /// How many there are in all. Then the world is calm, and what runs in it must come to its end.
    pub at_most: u32,
    /// A time in which every call of the journal or of the queue is refused.
    pub outage: Option<Outage>,
}

/// A time in which a port refuses every call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// Which.
    pub of: OutageOf,
    /// From when on.
    pub from: Duration,
    /// Until when.
    pub until: Duration,
}

/// What refuses every call in an outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum OutageOf {
    Journal,
    Queue,
}

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    RefusedBefore,
    RefusedAfter,
    CrashBefore,
    CrashAfter,
    Slow,
    Stall,
}

impl Faults {
    /// What a random number means for one call.
    pub(crate) fn draw(&self, random: u64, by_caller: bool) -> Option<Fault> {
        let (of_thousand, half) = (random / 2 % 1_000, random.is_multiple_of(2));
        if by_caller && (random >> 40) % 1_000 < self.callers_die {
            return Some(Fault::CrashAfter);
        }
        if of_thousand < self.refused {
            Some(if half { Fault::RefusedBefore } else { Fault::RefusedAfter })
        } else if of_thousand < self.refused + self.crashes {
            Some(if half { Fault::CrashBefore } else { Fault::CrashAfter })
        } else if of_thousand < self.refused + self.crashes + self.slow {
            Some(if (random >> 32).is_multiple_of(3) { Fault::Stall } else { Fault::Slow })
        } else {
            None
        }
    }
}

/// A kind of thing that goes wrong, for counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "`label` says what each is")]
pub enum FaultKind {
    RefusedBefore,
    RefusedAfter,
    CrashBefore,
    CrashAfter,
    Slow,
    Stalled,
    Outage,
    Duplicated,
    Late,
    Dropped,
    Lapsed,
    DeadLettered,
    Purged,
    Skewed,
    Cut,
    Stopped,
    Redriven,
}

impl FaultKind {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::RefusedBefore,
        Self::RefusedAfter,
        Self::CrashBefore,
        Self::CrashAfter,
        Self::Slow,
        Self::Stalled,
        Self::Outage,
        Self::Duplicated,
        Self::Late,
        Self::Dropped,
        Self::Lapsed,
        Self::DeadLettered,
        Self::Purged,
        Self::Skewed,
        Self::Cut,
        Self::Stopped,
        Self::Redriven,
    ];

    /// What it is.
    pub const fn label(self) -> &'static str {
        match self {
            Self::RefusedBefore => "refused before it was applied",
            Self::RefusedAfter => "applied, and the answer lost",
            Self::CrashBefore => "process killed before a call",
            Self::CrashAfter => "process killed after a call was applied",
            Self::Slow => "slow calls",
            Self::Stalled => "slow calls that ended with the process",
            Self::Outage => "refused in an outage",
            Self::Duplicated => "messages duplicated",
            Self::Late => "messages late and out of order",
            Self::Dropped => "deliveries lost",
            Self::Lapsed => "messages visible again while handled",
            Self::DeadLettered => "messages handed to the dead-letter worker",
            Self::Purged => "messages purged",
            Self::Skewed => "processes with a skewed clock",
            Self::Cut => "process lost at a given record",
            Self::Stopped => "executions stopped from outside",
            Self::Redriven => "executions redriven",
        }
    }
}

/// How often each kind of thing went wrong.
#[derive(Debug, Default)]
pub struct Tally {
    counts: [AtomicU64; FaultKind::ALL.len()],
}

impl Tally {
    /// One more of these.
    pub fn add(&self, kind: FaultKind) {
        self.add_many(kind, 1);
    }

    /// So many more of these.
    pub fn add_many(&self, kind: FaultKind, count: u64) {
        self.counts[kind as usize].fetch_add(count, Ordering::Relaxed);
    }

    /// How many of these.
    pub fn of(&self, kind: FaultKind) -> u64 {
        self.counts[kind as usize].load(Ordering::Relaxed)
    }

    /// All of the other, too.
    pub fn absorb(&self, other: &Self) {
        for kind in FaultKind::ALL {
            self.add_many(kind, other.of(kind));
        }
    }

    /// How many in all.
    pub fn total(&self) -> u64 {
        FaultKind::ALL.iter().map(|kind| self.of(*kind)).sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for kind in FaultKind::ALL {
            writeln!(f, "{:>12}  {}", self.of(kind), kind.label())?;
        }
        Ok(())
    }
}
