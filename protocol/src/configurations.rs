//! Small executions and what may go wrong with them: each is explored to its end.

use crate::machine::{Body, Fork, Machine, Stage, TASK, Task};
use crate::protocol::{Bounds, Protocol};
use crate::state::Budget;

/// A definition within bounds, by name.
#[derive(Clone, Copy, Debug)]
pub struct Configuration {
    /// Its name.
    pub name: &'static str,
    /// What it is there for.
    pub about: &'static str,
    /// The definition.
    pub machine: Machine,
    /// What may happen.
    pub bounds: Bounds,
}

const NONE: Budget = Bounds::NONE.budget;
const CRASH: Budget = Budget { crashes: 1, ..NONE };
const STOP: Budget = Budget { stops: 1, ..NONE };
const COPY: Budget = Budget { copies: 1, ..NONE };
const CRASH_AND_COPY: Budget = Budget { crashes: 1, ..COPY };
const TWO_CRASHES: Budget = Budget { crashes: 2, ..NONE };
const CRASH_AND_STOP: Budget = Budget { crashes: 1, ..STOP };
/// Two workers die, and a message is brought twice.
const WORST: Budget = Budget { crashes: 2, copies: 1, ..NONE };

/// A task that fails.
pub const FAILS: Stage = Stage::Task(Task { fails: u8::MAX, ..Task::PLAIN });
/// A task that waits for its token.
pub const TOKEN: Stage = Stage::Task(Task { token: true, ..Task::PLAIN });
/// The same with a clock.
pub const CLOCKED: Stage = Stage::Task(Task { token: true, clock: true, ..Task::PLAIN });
/// The same, tried again once.
const CLOCKED_TWICE: Stage = Stage::Task(Task { token: true, clock: true, retries: 1, ..Task::PLAIN });
/// A task that fails once and is tried again.
const RETRIES: Stage = Stage::Task(Task { fails: 1, retries: 1, ..Task::PLAIN });

/// Two children with a task each.
pub const PARALLEL: Stage = Stage::Fork(Fork::of(&[&[TASK], &[TASK]]));
/// One child with a task.
pub const SINGLE: Stage = Stage::Fork(Fork::of(&[&[TASK]]));
/// Three children that wait, two at once.
pub const WINDOWS: Stage =
    Stage::Fork(Fork { at_once: 2, ..Fork::of(&[&[Stage::Wait], &[Stage::Wait], &[Stage::Wait]]) });
/// The same, the one in the middle over with its first record where records run on.
pub const QUICK_WINDOWS: Stage = Stage::Fork(Fork { at_once: 2, ..Fork::of(&[WAITS, PASSES, WAITS]) });
/// Gives up at the first failure, and goes on.
pub const CAUGHT: Stage = Stage::Fork(Fork { catches: true, ..Fork::of(&[&[FAILS], &[TASK]]) });
/// Gives up at the first failure, and is tried again once.
pub const RETRIED: Stage = Stage::Fork(Fork { retries: 1, ..Fork::of(&[&[FAILS], &[TASK]]) });
/// A child that the engine panics on, beside one with a task.
pub const POISONED: Stage = Stage::Fork(Fork::of(&[&[Stage::Poison], &[TASK]]));
/// One child that waits for its token.
const WAITING: Stage = Stage::Fork(Fork::of(&[&[TOKEN]]));
/// A fork in a fork, the inner one with a child that fails.
const DEEP: Stage = Stage::Fork(Fork::of(&[&[PAIR]]));
/// One child that fails: caught, tried again once, or neither.
const CAUGHT_SINGLE: Stage = Stage::Fork(Fork { catches: true, ..Fork::of(&[&[FAILS]]) });
const RETRIED_SINGLE: Stage = Stage::Fork(Fork { retries: 1, ..Fork::of(&[&[FAILS]]) });
const FAILING: Stage = Stage::Fork(Fork::of(&[&[FAILS]]));
/// The same beside another child.
const NESTED: Stage = Stage::Fork(Fork::of(&[&[PAIR], &[TASK]]));
const PAIR: Stage = Stage::Fork(Fork::of(&[&[TASK], &[FAILS]]));
/// A fork in a fork, with one child each.
const CHAIN: Stage = Stage::Fork(Fork::of(&[&[SINGLE]]));
/// More children than an item of the join set holds, four at once, most of them over with their first record.
const MANY: Stage = Stage::Fork(Fork { at_once: 4, ..Fork::of(&[PASSES, WAITS, PASSES, PASSES, WAITS, WAITS]) });
const PASSES: Body = &[Stage::Pass];
const WAITS: Body = &[Stage::Wait];

/// A definition without a time-out, whose records hold one state each.
pub const fn machine(root: Body) -> Machine {
    Machine { root, runs_on: false, timeout: false }
}

/// A definition within a budget, two workers at once.
pub const fn configuration(name: &'static str, about: &'static str, root: Body, budget: Budget) -> Configuration {
    Configuration { name, about, machine: machine(root), bounds: Bounds { budget, ..Bounds::NONE } }
}

impl Configuration {
    /// The protocol as it should be.
    pub fn protocol(&self) -> Protocol {
        Protocol { machine: self.machine, bounds: self.bounds, defect: None }
    }

    /// With a start by the API.
    #[must_use]
    pub const fn started(mut self) -> Self {
        self.bounds.starts = true;
        self
    }

    /// With workers so slow that their records are no longer young.
    #[must_use]
    pub const fn slow(mut self) -> Self {
        self.bounds.slow = true;
        self
    }

    /// With tokens that are used so often.
    #[must_use]
    pub const fn answered(mut self, answers: u8) -> Self {
        self.bounds.answers = answers;
        self
    }

    /// With messages that become dead letters when they were brought so often.
    #[must_use]
    pub const fn receives(mut self, receives: u8) -> Self {
        self.bounds.receives = receives;
        self
    }

    /// With that many processes that remember what they carried out.
    #[must_use]
    pub const fn processes(mut self, processes: u8) -> Self {
        self.bounds.processes = processes;
        self
    }

    /// With `TimeoutSeconds` of the whole execution.
    #[must_use]
    pub const fn timed(mut self) -> Self {
        self.machine.timeout = true;
        self
    }

    /// With records that run on through states that need nothing from outside.
    #[must_use]
    pub const fn running_on(mut self) -> Self {
        self.machine.runs_on = true;
        self
    }

    /// With that many workers at once.
    #[must_use]
    pub const fn with_workers(mut self, workers: usize) -> Self {
        self.bounds.workers = workers;
        self
    }

    /// With join sets of so many children an item, and as many blocks of ends among those that run at once.
    #[must_use]
    pub const fn sharded(mut self, shard: u8, blocks: u8) -> Self {
        self.bounds.shard = shard;
        self.bounds.blocks = blocks;
        self
    }
}

/// Those of every test run: small enough for a minute together.
pub const QUICK: &[Configuration] = &[
    configuration("tasks", "a start and two tasks", &[TASK, TASK], WORST).started(),
    configuration(
        "slow-workers",
        "a task, a wait, a task; messages visible again while their workers live",
        &[TASK, Stage::Wait, TASK],
        Budget { crashes: 1, expiries: 2, ..NONE },
    )
    .slow(),
    configuration(
        "lost-answers",
        "two tasks; puts whose answers are lost",
        &[TASK, TASK],
        Budget { crashes: 1, copies: 1, doubts: 2, ..NONE },
    ),
    configuration("retried-task", "a task tried again after a timer", &[RETRIES], WORST),
    configuration("child", "one child", &[SINGLE], WORST),
    configuration("fork", "two children, then a task", &[PARALLEL, TASK], CRASH),
    configuration("fork-stopped", "two children; a stop", &[PARALLEL], STOP),
    configuration("windows", "three children, two at once", &[QUICK_WINDOWS], CRASH).running_on(),
    configuration("caught", "a failing child, a Catcher, a task", &[CAUGHT, TASK], CRASH),
    configuration("retried-fork", "a failing child, the fork tried again", &[RETRIED], NONE),
    configuration("nested", "a fork in a fork, a child that fails", &[NESTED], NONE),
    configuration("nested-stopped", "a fork in a fork; a stop", &[CHAIN], STOP),
    configuration("callback", "a task that waits for its token", &[TOKEN], WORST),
    configuration("callback-twice", "a token that is used twice", &[TOKEN, TASK], CRASH).answered(2),
    configuration("callback-child", "a child that waits for its token", &[WAITING], CRASH),
    configuration("callback-clocked", "a callback with a clock, tried again", &[CLOCKED_TWICE], CRASH),
    configuration("timed-out", "a child; the execution's time-out", &[SINGLE], CRASH).timed(),
    configuration("redriven", "a failing child; a redrive", &[FAILING], Budget { crashes: 1, redrives: 1, ..NONE }),
    configuration(
        "stopped-redriven",
        "a child; a stop and a redrive",
        &[SINGLE],
        Budget { stops: 1, redrives: 1, ..NONE },
    ),
    configuration("dead-letters", "two children; dead letters", &[PARALLEL], CRASH).receives(1),
    configuration("poison", "a child that the engine panics on", &[POISONED], CRASH).receives(1),
    configuration(
        "run-on",
        "records that hold many states",
        &[Stage::Fork(Fork::of(&[&[Stage::Pass, Stage::Pass], &[TASK, TASK]])), Stage::Pass, TASK],
        CRASH,
    )
    .running_on(),
    configuration("shards", "six children, four at once, a set in two items", &[MANY], NONE).running_on().sharded(4, 2),
];

/// Those that take longer.
pub const FULL: &[Configuration] = &[
    configuration("child-worst", "one child, a task", &[SINGLE, TASK], WORST),
    configuration("fork-copy", "two children", &[PARALLEL], CRASH_AND_COPY),
    configuration("fork-two-crashes", "two children", &[PARALLEL], TWO_CRASHES),
    configuration("child-stopped-two", "one child; a stop", &[SINGLE], Budget { stops: 1, ..TWO_CRASHES }),
    configuration("child-stopped-copy", "one child; a stop", &[SINGLE], Budget { stops: 1, ..CRASH_AND_COPY }),
    configuration("windows-crash", "three children, two at once", &[WINDOWS], CRASH),
    configuration("windows-copy", "three children, two at once", &[QUICK_WINDOWS], COPY).running_on(),
    configuration("caught-worst", "a failing child, a Catcher", &[CAUGHT_SINGLE], WORST),
    configuration("retried-fork-two", "a failing child, the fork tried again", &[RETRIED_SINGLE], TWO_CRASHES),
    configuration("retried-fork-copy", "a failing child, the fork tried again", &[RETRIED_SINGLE], CRASH_AND_COPY),
    configuration("nested-two", "a fork in a fork", &[CHAIN], TWO_CRASHES),
    configuration("nested-copy", "a fork in a fork", &[CHAIN], CRASH_AND_COPY),
    configuration("nested-fails-crash", "a fork in a fork, a child that fails", &[DEEP], CRASH),
    configuration("nested-stopped-crash", "a fork in a fork; a stop", &[CHAIN], CRASH_AND_STOP),
    configuration(
        "slow-child",
        "one child, a task; messages visible again while their workers live",
        &[SINGLE, TASK],
        Budget { crashes: 1, expiries: 1, ..NONE },
    )
    .slow(),
    configuration("callback-twice-worst", "a token that is used twice", &[TOKEN], WORST).answered(2),
    configuration("callback-stopped", "a child that waits for its token; a stop", &[WAITING], CRASH_AND_STOP),
    configuration("callback-clocked-copy", "a callback with a clock, tried again", &[CLOCKED_TWICE], CRASH_AND_COPY),
    configuration("callback-clocked-worst", "a callback with a clock", &[CLOCKED], WORST),
    configuration("timed-out-copy", "one child; the execution's time-out", &[SINGLE], CRASH_AND_COPY).timed(),
    configuration("timed-out-stopped", "one child; a time-out and a stop", &[SINGLE], CRASH_AND_STOP).timed(),
    configuration("redriven-copy", "a failing child; a redrive", &[FAILING], Budget { redrives: 1, ..CRASH_AND_COPY }),
    configuration("redriven-twice", "a failing task; two redrives", &[FAILS], Budget { redrives: 2, ..WORST }),
    configuration(
        "stopped-redriven-crash",
        "one child; a stop and a redrive",
        &[SINGLE],
        Budget { redrives: 1, ..CRASH_AND_STOP },
    ),
    configuration(
        "stopped-redriven-stopped",
        "a task; two stops and a redrive",
        &[TASK],
        Budget { stops: 2, redrives: 1, crashes: 1, ..NONE },
    ),
    configuration("dead-letters-worst", "one child; dead letters", &[SINGLE], WORST).receives(2),
    configuration("poison-copy", "a child that the engine panics on", &[POISONED], CRASH_AND_COPY),
    configuration("remembering", "three children, two at once; processes that remember", &[QUICK_WINDOWS], CRASH)
        .running_on()
        .processes(2),
    configuration(
        "remembering-slow",
        "one child; processes that remember; a message visible again",
        &[SINGLE],
        Budget { crashes: 1, expiries: 1, ..NONE },
    )
    .processes(2),
    configuration("three-workers", "two children, three workers at once", &[PARALLEL], CRASH).with_workers(3),
];
