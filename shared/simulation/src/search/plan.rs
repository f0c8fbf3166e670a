//! What a seed means: a machine, a world, and who interferes.

use super::dice::Dice;
use super::machine::{Generated, Size};
use crate::{Deliveries, Deployment, Faults, Fleet, Options, Outage, OutageOf};
use orchestrator::Settings;
use std::time::Duration;

/// Messages that no scenario needs.
const MOST_MESSAGES: u64 = 30_000;

/// A machine, and how a run of it goes.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Decides all that is random.
    pub seed: u64,
    /// What runs.
    pub machine: Generated,
    /// The world.
    pub options: Options,
    /// How many workers the activity has.
    pub workers: usize,
    /// Whether a caller whose process died does not call again once what it asked for has happened.
    pub gives_up: bool,
    /// Who interferes.
    pub interference: Interference,
}

/// Who interferes with a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interference {
    /// Nobody.
    None,
    /// StopExecution, once or twice, at some time of the undisturbed run.
    Stops,
    /// `TimeoutSeconds` of the machine, shorter than the undisturbed run or about as long.
    Limit,
    /// StopExecution as above, and RedriveExecution as soon as it has ended without success, by two callers at once now
    /// and then; sometimes all of that again.
    Redriven,
    /// The name is used again once the execution has expired, and old task tokens are tried on the new one.
    NameReused,
}

/// What a scenario is about: most mix everything, some have more of what seldom comes together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Focus {
    /// Everything.
    Any,
    /// Stops amid branches that call, while messages are late and callers' processes die.
    Stops,
    /// Messages that are visible again while a slow process handles them.
    Lapses,
    /// Maps that begin some items at a time, while processes die.
    Windows,
}

impl Scenario {
    /// What the seed means.
    pub fn from_seed(seed: u64) -> Self {
        let mut dice = Dice::new(seed, 2);
        let focus = match dice.below(20) {
            0..=11 => Focus::Any,
            12..=14 => Focus::Stops,
            15..=17 => Focus::Lapses,
            _ => Focus::Windows,
        };
        let mut scenario = Self::of_any_kind(seed, &mut dice);
        let options = &mut scenario.options;
        let functions = |options: &mut Options, dice: &mut Dice| {
            options.deployment = Deployment::Functions;
            options.fleet = Fleet { purge_at: None, ..fleet(dice) };
            options.faults = Faults { outage: None, ..faults(dice, Deployment::Functions) };
        };
        match focus {
            Focus::Any => return scenario,
            Focus::Stops => {
                functions(options, &mut dice);
                options.lateness =
                    dice.pick(&[Duration::from_secs(3), Duration::from_secs(20), Duration::from_mins(1)]);
                options.faults.callers_die = dice.pick(&[0, 60, 200]);
                options.faults.at_most = 40;
                scenario.interference = dice.pick(&[Interference::Stops, Interference::Stops, Interference::Redriven]);
                scenario.machine = Generated::from_seed(seed, Size::Branches);
            }
            Focus::Lapses => {
                functions(options, &mut dice);
                options.fleet.visibility = Duration::from_secs(1);
                options.fleet.holds = dice.chance(40);
                options.fleet.claim_lifetime = Duration::from_secs(40);
                options.faults.slow = dice.pick(&[100, 250]);
                options.faults.slowness = dice.pick(&[Duration::from_secs(3), Duration::from_secs(6)]);
                options.faults.crashes = dice.pick(&[10, 60, 100]);
                options.faults.at_most = dice.pick(&[20, 100]);
                let size = dice.pick(&[Size::Small, Size::Branches, Size::Call, Size::Call]);
                if size == Size::Call {
                    options.fleet.claim_lifetime = Duration::from_secs(4);
                }
                scenario.machine = Generated::from_seed(seed, size);
            }
            Focus::Windows => {
                functions(options, &mut dice);
                options.faults.crashes = dice.pick(&[20, 60]);
                options.faults.at_most = dice.pick(&[5, 20]);
                options.latency = Duration::from_millis(dice.pick(&[10, 100]));
                scenario.machine = Generated::from_seed(seed, Size::Window);
            }
        }
        scenario
    }

    fn of_any_kind(seed: u64, dice: &mut Dice) -> Self {
        let size = match dice.below(20) {
            0..=9 => Size::Small,
            10..=11 => Size::Window,
            12..=13 => Size::Branches,
            14..=18 => Size::Medium,
            _ => Size::Large,
        };
        let deployment = if dice.chance(30) { Deployment::OneProcess } else { Deployment::Functions };
        let interference = match dice.below(20) {
            0..=10 => Interference::None,
            11..=13 => Interference::Stops,
            14..=15 => Interference::Redriven,
            16..=17 => Interference::Limit,
            _ => Interference::NameReused,
        };
        let mut options = Options {
            seed,
            deployment,
            deliveries: deliveries(dice),
            lateness: Duration::from_millis(dice.pick(&[0, 0, 0, 50, 3_000, 60_000])),
            latency: Duration::from_millis(dice.pick(&[0, 2, 10, 30])),
            states_per_invocation: dice.pick(&[1, 1, 2, 8, 100]),
            faults: faults(dice, deployment),
            retention: (interference == Interference::NameReused).then(|| Duration::from_hours(1)),
            most_messages: MOST_MESSAGES,
            // Large payloads lie beside the journal.
            settings: |settings: &mut Settings| settings.inline_payload_bytes = 40,
            ..Options::default()
        };
        match deployment {
            // After a crash no claim lives on, after a cut every claim does: not both in one world.
            Deployment::OneProcess => {
                options.cut_after = (options.faults.crashes == 0 && dice.chance(50)).then(|| dice.between(1, 40));
            }
            Deployment::Functions => {
                options.fleet = fleet(dice);
                options.cut_after = dice.chance(25).then(|| dice.between(1, 25));
            }
        }
        Self {
            seed,
            machine: Generated::from_seed(seed, size),
            options,
            workers: usize::try_from(dice.between(1, 3)).unwrap_or(1),
            gives_up: dice.chance(50),
            interference,
        }
    }

    /// The world in which nothing goes wrong and one thing is done after the other: what is expected.
    pub(crate) fn reference(&self) -> Options {
        Options { seed: self.seed, states_per_invocation: 100, ..Options::default() }
    }
}

fn deliveries(dice: &mut Dice) -> Deliveries {
    let within = dice.pick(&[Duration::from_millis(100), Duration::from_secs(5), Duration::from_mins(10)]);
    match dice.below(4) {
        0 => Deliveries::Once,
        1 => Deliveries::TwiceWithin(within),
        _ => Deliveries::SomeTwice(dice.pick(&[5, 20]), within),
    }
}

fn faults(dice: &mut Dice, deployment: Deployment) -> Faults {
    let functions = deployment == Deployment::Functions;
    let outage = functions && dice.chance(8);
    Faults {
        refused: dice.pick(&[0, 8, 24, 80]),
        crashes: dice.pick(&[0, 3, 9, 18, 40]),
        slow: if functions { dice.pick(&[0, 0, 5, 20, 60]) } else { 0 },
        slowness: dice.pick(&[Duration::from_secs(2), Duration::from_secs(45), Duration::from_mins(2)]),
        callers_die: if functions { dice.pick(&[0, 0, 60]) } else { 0 },
        dropped: if functions { dice.pick(&[0, 0, 20, 100]) } else { 0 },
        at_most: dice.pick(&[1, 2, 5, 20, 40]),
        outage: outage.then(|| {
            // At the beginning, or when the timers of long waits are swept.
            let from = if dice.chance(60) { dice.below(20_000) } else { dice.between(3_000_000, 4_100_000) };
            let from = Duration::from_millis(from);
            let of = dice.pick(&[OutageOf::Journal, OutageOf::Queue]);
            Outage { of, from, until: from + Duration::from_secs(dice.between(5, 900)) }
        }),
    }
}

fn fleet(dice: &mut Dice) -> Fleet {
    Fleet {
        steppers: usize::try_from(dice.between(1, 4)).unwrap_or(1),
        batch: dice.pick(&[1, 3, 10]),
        callers: 40,
        calls: 1,
        visibility: dice.pick(&[Duration::from_secs(1), Duration::from_secs(6), Duration::from_secs(30)]),
        holds: true,
        most_receives: dice.pick(&[3, 10, 10]),
        // No call of a random machine is as long; an answer that the journal keeps waiting may be.
        claim_lifetime: dice.pick(&[Duration::from_mins(15), Duration::from_mins(15), Duration::from_secs(40)]),
        skew: dice.pick(&[Duration::ZERO, Duration::from_millis(300), Duration::from_secs(3)]),
        sweeps_each_minute: false,
        purge_at: dice.chance(5).then(|| Duration::from_millis(dice.below(60_000))),
    }
}
