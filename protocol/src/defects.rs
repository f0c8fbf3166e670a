//! Readings of the protocol's rules that break it: what shows that the check can fail.

use crate::configurations::{
    CAUGHT, CLOCKED, Configuration, FAILS, PARALLEL, POISONED, QUICK_WINDOWS, RETRIED, SINGLE, TOKEN, WINDOWS,
    configuration,
};
use crate::machine::{Body, Fork, Stage, TASK};
use crate::protocol::{Bounds, Protocol};
use crate::state::Budget;

/// A wrong reading of one rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Defect {
    /// Only the child that completes the set wakes the parent.
    JoinByWhoCompletes,
    /// A stop fences only the children that are there, and no claim is followed by a look at the mark.
    FenceOfExistingAlone,
    /// Whoever lost the put of a child's record sends the child's wake with its own.
    LoserSendsItsOwn,
    /// A child that ends begins the next one.
    ChildBeginsSibling,
    /// Whoever takes over carries out what the head begins, not all that it waits for.
    EffectsOfTheHeadAlone,
    /// Ends of children count only for the very record that forked.
    JoinMatchedBySeq,
    /// No look at the stop mark between claim and call.
    NoLookAtStopMark,
    /// A fork is left with the record that says that a child failed.
    ForkEndsInOneRecord,
    /// Whoever loses a put acknowledges.
    LoserAcknowledges,
    /// A safety wake may come while its sender is at work.
    SafetyComesEarly,
    /// A callback that loses its put does not try again.
    CallbackGivesUp,
    /// The call that a record claims is asked for by a message.
    CallIsAnEffect,
    /// The writer id names the process.
    WriterIsTheProcess,
    /// StopExecution sends no safety wake.
    StopWithoutSafety,
    /// Whoever loses the put of an unknown outcome acknowledges.
    UnknownLoserAcknowledges,
    /// A timer that loses its put is acknowledged.
    TimerLoserAcknowledges,
    /// An end of a child that loses its put, or finds no news, is acknowledged.
    JoinLoserAcknowledges,
    /// Whoever takes over believes that the effects of a later record stand for those before it.
    TakeOverTrustsMemory,
    /// A dead letter counts its receives anew, and so seems to come for the first time.
    DeadLetterCountsAnew,
    /// Whoever finds a broken execution ended does not look whether META says so.
    BreakOffForgetsMeta,
    /// A retried fork uses the set of the first attempt.
    JoinSetReused,
    /// A dead letter ends its execution.
    DeadLetterFails,
    /// A timer fits only the very record that armed it.
    TimerMatchedBySeq,
    /// A timer moves whatever waits.
    TimerMatchesAnything,
    /// The end is written to META whatever it says.
    MetaWithoutSeq,
    /// A token fits only the very record that claimed.
    TokenMatchedBySeq,
    /// A token fits whatever waits for one.
    TokenMatchesAnything,
    /// A redrive leaves the stop mark.
    RedriveKeepsMark,
    /// Whoever claimed before a redrive looks for the mark alone, which the redrive took away.
    StopMarkAlone,
    /// A stop ends the root whichever redrive it was asked for.
    AbortOfOldRuns,
}

/// A wrong reading, and where it shows.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// What it is called in the README.
    pub name: &'static str,
    /// The reading.
    pub defect: Defect,
    /// Where.
    pub within: Configuration,
}

const fn case(name: &'static str, defect: Defect, root: Body, budget: Budget) -> Case {
    of(defect, configuration(name, "", root, budget))
}

const fn of(defect: Defect, within: Configuration) -> Case {
    Case { name: within.name, defect, within }
}

const NONE: Budget = Bounds::NONE.budget;
const LANES: Stage = Stage::Fork(Fork { at_once: 1, ..Fork::of(&[&[TASK], &[TASK], &[TASK]]) });
const CRASH: Budget = Budget { crashes: 1, ..NONE };
const COPY: Budget = Budget { copies: 1, ..NONE };
const STOP: Budget = Budget { stops: 1, ..NONE };
const SLOW: Budget = Budget { crashes: 1, expiries: 1, ..NONE };

impl Case {
    /// The protocol with this reading.
    pub fn protocol(&self) -> Protocol {
        Protocol { defect: Some(self.defect), ..self.within.protocol() }
    }
}

/// All wrong readings.
pub const CASES: &[Case] = &[
    case("B1 only whoever completes the set wakes", Defect::JoinByWhoCompletes, &[PARALLEL], CRASH),
    case("B2 a stop fences the children that are there", Defect::FenceOfExistingAlone, &[PARALLEL], STOP),
    case("B3 a lost put's wake carries its own record", Defect::LoserSendsItsOwn, &[PARALLEL], STOP),
    case("B4 a child that ends begins the next", Defect::ChildBeginsSibling, &[LANES], STOP),
    case("B5 effects of the head alone", Defect::EffectsOfTheHeadAlone, &[WINDOWS], CRASH),
    case("B6 a join fits the forking record alone", Defect::JoinMatchedBySeq, &[WINDOWS], NONE),
    case("B7 no look at the stop mark", Defect::NoLookAtStopMark, &[PARALLEL], STOP),
    case("B8 a fork ends in one record", Defect::ForkEndsInOneRecord, &[CAUGHT, TASK], NONE),
    case("B8b the same at the end of the root", Defect::ForkEndsInOneRecord, &[CAUGHT], CRASH),
    case("B9 a loser acknowledges", Defect::LoserAcknowledges, &[TASK], SLOW),
    case("B10 a safety wake comes early", Defect::SafetyComesEarly, &[TOKEN], CRASH),
    case("B11 a callback that loses gives up", Defect::CallbackGivesUp, &[TOKEN], NONE),
    case("B12 the call is asked for by a message", Defect::CallIsAnEffect, &[TASK], COPY),
    case(
        "B13 the writer id names the process",
        Defect::WriterIsTheProcess,
        &[TASK],
        Budget { doubts: 1, copies: 1, ..NONE },
    ),
    case(
        "B14 a stop sends no safety wake",
        Defect::StopWithoutSafety,
        &[TOKEN],
        Budget { stops: 1, crashes: 1, ..NONE },
    ),
    case(
        "B15 a lost unknown outcome is acknowledged",
        Defect::UnknownLoserAcknowledges,
        &[TASK, Stage::Wait],
        Budget { crashes: 2, expiries: 1, ..NONE },
    ),
    case("a timer that loses is acknowledged", Defect::TimerLoserAcknowledges, &[Stage::Wait, TASK], SLOW),
    case("a join that loses is acknowledged", Defect::JoinLoserAcknowledges, &[SINGLE, Stage::Wait], SLOW),
    of(
        Defect::TakeOverTrustsMemory,
        configuration("whoever takes over trusts its memory", "", &[QUICK_WINDOWS], CRASH).running_on().processes(2),
    ),
    of(Defect::DeadLetterCountsAnew, configuration("a dead letter counts anew", "", &[WINDOWS], CRASH).receives(1)),
    case("a broken execution's META is forgotten", Defect::BreakOffForgetsMeta, &[Stage::Poison], CRASH),
    case("the same, broken by a child", Defect::BreakOffForgetsMeta, &[POISONED], CRASH),
    case("a retried fork reuses its set", Defect::JoinSetReused, &[RETRIED], NONE),
    of(Defect::DeadLetterFails, configuration("a dead letter ends its execution", "", &[TASK], CRASH).receives(1)),
    of(
        Defect::TimerMatchedBySeq,
        configuration("a timer fits the arming record alone", "", &[CLOCKED], NONE).answered(0),
    ),
    case("a timer moves whatever waits", Defect::TimerMatchesAnything, &[CLOCKED, CLOCKED], NONE),
    of(
        Defect::MetaWithoutSeq,
        configuration("META is written whatever it says", "", &[FAILS], Budget { redrives: 1, expiries: 1, ..NONE })
            .slow(),
    ),
    case("a token fits the claiming record alone", Defect::TokenMatchedBySeq, &[TOKEN], NONE),
    of(
        Defect::TokenMatchesAnything,
        configuration("a token fits whatever waits for one", "", &[TOKEN, TOKEN], NONE).answered(2),
    ),
    case(
        "a redrive leaves the stop mark",
        Defect::RedriveKeepsMark,
        &[SINGLE],
        Budget { stops: 1, redrives: 1, ..NONE },
    ),
    case(
        "whoever claimed before a redrive looks for the mark alone",
        Defect::StopMarkAlone,
        &[SINGLE],
        Budget { stops: 1, redrives: 1, ..NONE },
    ),
    case(
        "an old stop ends a redriven execution",
        Defect::AbortOfOldRuns,
        &[TASK],
        Budget { stops: 1, redrives: 1, ..NONE },
    ),
];
