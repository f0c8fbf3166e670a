//! Makes a scenario that fails small: fewer kinds of faults, then fewer and simpler states, for as long as it fails.
//!
//! A smaller machine draws other numbers, so that what went wrong may need another seed: some are tried.

use super::campaign::attempt;
use super::plan::{Interference, Scenario};
use crate::{Deliveries, Faults, Fleet};
use serde_json::{Map, Value, json};
use std::fmt;
use std::time::Duration;

/// Seeds that are tried for each smaller machine.
const SEEDS: u64 = 12;

/// Machines that are tried at most.
const MOST_ATTEMPTS: usize = 400;

/// A scenario that fails, and how.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// It.
    pub scenario: Scenario,
    /// How it fails.
    pub what: String,
}

/// The smallest that still fails, of those that were tried; none if the scenario itself holds.
pub fn smallest(scenario: &Scenario) -> Option<Shrunk> {
    let what = attempt(scenario).err()?;
    let mut best = Shrunk { scenario: scenario.clone(), what };
    let mut attempts = 0;
    loop {
        let candidates = calmer(&best.scenario).into_iter().chain(simpler(&best.scenario));
        let mut found = None;
        for candidate in candidates {
            attempts += 1;
            found = first_failure(&candidate);
            if found.is_some() || attempts >= MOST_ATTEMPTS {
                break;
            }
        }
        match found {
            Some(smaller) => best = smaller,
            None => return Some(best),
        }
    }
}

fn first_failure(candidate: &Scenario) -> Option<Shrunk> {
    let seed = candidate.options.seed;
    (seed..seed + SEEDS).find_map(|seed| {
        let mut scenario = candidate.clone();
        scenario.seed = seed;
        scenario.options.seed = seed;
        match attempt(&scenario) {
            // A machine that is no more what the generator makes proves nothing.
            Err(what) if !what.starts_with("where nothing goes wrong") => Some(Shrunk { scenario, what }),
            Ok(_) | Err(_) => None,
        }
    })
}

/// The same machine in a world with one kind of fault less.
fn calmer(scenario: &Scenario) -> Vec<Scenario> {
    let changes: [fn(&mut Scenario); 16] = [
        |it| it.interference = Interference::None,
        |it| it.options.faults.outage = None,
        |it| it.options.fleet.purge_at = None,
        |it| it.options.cut_after = None,
        |it| it.options.faults.refused = 0,
        |it| it.options.faults.crashes = 0,
        |it| it.options.faults.slow = 0,
        |it| it.options.faults.dropped = 0,
        |it| it.options.deliveries = Deliveries::Once,
        |it| it.options.lateness = Duration::ZERO,
        |it| it.options.fleet.skew = Duration::ZERO,
        |it| {
            it.options.fleet =
                Fleet { skew: it.options.fleet.skew, purge_at: it.options.fleet.purge_at, ..Fleet::default() }
        },
        |it| it.options.faults = Faults { at_most: it.options.faults.at_most / 2, ..it.options.faults },
        |it| it.options.states_per_invocation = 1,
        |it| it.workers = 1,
        |it| it.gives_up = false,
    ];
    let changed = changes.iter().map(|change| {
        let mut calmer = scenario.clone();
        change(&mut calmer);
        calmer
    });
    let before = format!("{scenario:?}");
    changed.filter(|calmer| format!("{calmer:?}") != before).collect()
}

/// Machines with one state, one branch or some items less, or one state simpler.
fn simpler(scenario: &Scenario) -> Vec<Scenario> {
    let mut definitions = Vec::new();
    let whole = &scenario.machine.definition;
    for pointer in chains(whole) {
        let Some(Value::Object(states)) = whole.pointer(&format!("{pointer}/States")) else { continue };
        for (name, state) in states {
            let at = format!("{pointer}/States/{name}");
            let followed_by = state.get("Next").and_then(Value::as_str);
            if let Some(next) = followed_by {
                definitions.push(changed(whole, &pointer, |chain| bypass(chain, name, next)));
            }
            if state["Type"] != "Pass" && state["Type"] != "Choice" && state["Type"] != "Fail" {
                let mut pass = json!({"Type": "Pass"});
                match followed_by {
                    Some(next) => pass["Next"] = next.into(),
                    None => pass["End"] = true.into(),
                }
                definitions.push(changed(whole, &at, |state| *state = pass));
            }
            for list in ["Branches", "Result"] {
                let length = state.get(list).and_then(Value::as_array).map_or(0, Vec::len);
                for index in (0..length).filter(|_| length > 1) {
                    definitions.push(changed(whole, &at, |state| {
                        if let Some(Value::Array(items)) = state.get_mut(list) {
                            items.remove(index);
                        }
                    }));
                }
            }
        }
    }
    let smaller = definitions.into_iter().map(|mut definition| {
        for pointer in chains(&definition) {
            if let Some(chain) = definition.pointer_mut(&pointer) {
                without_unreachable(chain);
            }
        }
        let mut smaller = scenario.clone();
        smaller.machine.definition = definition;
        smaller
    });
    smaller.collect()
}

/// Where chains of states are: the machine itself, branches, what is done for each item.
fn chains(definition: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut next = 0;
    while let Some(pointer) = found.get(next).cloned() {
        next += 1;
        let Some(Value::Object(states)) = definition.pointer(&format!("{pointer}/States")) else { continue };
        for (name, state) in states {
            let branches = state.get("Branches").and_then(Value::as_array).map_or(0, Vec::len);
            found.extend((0..branches).map(|index| format!("{pointer}/States/{name}/Branches/{index}")));
            if state.get("ItemProcessor").is_some() {
                found.push(format!("{pointer}/States/{name}/ItemProcessor"));
            }
        }
    }
    found
}

fn changed(definition: &Value, pointer: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut definition = definition.clone();
    if let Some(part) = definition.pointer_mut(pointer) {
        change(part);
    }
    definition
}

/// Leads whatever leads to this state to the next one.
fn bypass(chain: &mut Value, name: &str, next: &str) {
    redirect(chain, "StartAt", name, next);
    let Some(Value::Object(states)) = chain.get_mut("States") else { return };
    states.remove(name);
    for state in states.values_mut() {
        redirect(state, "Next", name, next);
        redirect(state, "Default", name, next);
        for list in ["Choices", "Catch"] {
            for rule in state.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                redirect(rule, "Next", name, next);
            }
        }
    }
}

fn redirect(value: &mut Value, field: &str, from: &str, to: &str) {
    if value.get(field).is_some_and(|there| there == from) {
        value[field] = to.into();
    }
}

fn without_unreachable(chain: &mut Value) {
    let mut reached: Vec<String> = chain["StartAt"].as_str().into_iter().map(str::to_owned).collect();
    let mut next = 0;
    while let Some(name) = reached.get(next).cloned() {
        next += 1;
        let state = &chain["States"][&name];
        let lists = ["Choices", "Catch"].into_iter().filter_map(|list| state.get(list)?.as_array()).flatten();
        let targets = lists.map(|rule| &rule["Next"]).chain([&state["Next"], &state["Default"]]);
        let targets: Vec<String> = targets.filter_map(Value::as_str).map(str::to_owned).collect();
        reached.extend(targets.into_iter().filter(|target| !reached.contains(target)).collect::<Vec<_>>());
    }
    if let Some(Value::Object(states)) = chain.get_mut("States") {
        let kept: Map<String, Value> =
            std::mem::take(states).into_iter().filter(|(name, _)| reached.contains(name)).collect();
        *states = kept;
    }
}

impl fmt::Display for Shrunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Scenario { machine, options, workers, gives_up, interference, .. } = &self.scenario;
        writeln!(f, "{}", self.what)?;
        writeln!(f, "definition: {}", machine.definition)?;
        writeln!(f, "input: {}", machine.input)?;
        write!(f, "{interference:?}, {workers} workers, gives up: {gives_up}, {options:#?}")
    }
}
