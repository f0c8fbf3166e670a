//! Explores a model to its end, and tells what it found.

use crate::model::Action;
use crate::properties::{self, is_good_end};
use crate::protocol::Protocol;
use crate::state::State;
use crate::trace;
use stateright::{Checker, HasDiscoveries, Model, Property};
use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What an exploration found.
#[derive(Clone, Debug)]
pub struct Report {
    /// Different states.
    pub states: usize,
    /// The longest way to one, in steps.
    pub depth: usize,
    /// How long it took.
    pub took: Duration,
    /// The first property that does not hold, and the steps that show it.
    pub counterexample: Option<Counterexample>,
    /// States from which no good end can be reached; none where the ways were not kept, or were too many.
    pub lost: Option<usize>,
    /// Whether all states were seen.
    pub is_complete: bool,
}

/// Steps that lead to where a property does not hold.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// The property.
    pub property: &'static str,
    /// The steps, one a line.
    pub steps: Vec<String>,
}

/// What an exploration keeps and when it gives up.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Threads.
    pub threads: usize,
    /// Whether the steps between states are kept, to see whether a good end can be reached from each.
    pub keeps_ways: bool,
    /// The most steps; more, and it gives up.
    pub steps: Option<usize>,
}

impl Default for Effort {
    /// To the end, on two cores, without keeping the ways.
    fn default() -> Self {
        Self { threads: 2, keeps_ways: false, steps: None }
    }
}

impl Report {
    /// Whether all is as it should be.
    pub fn holds(&self) -> bool {
        self.is_complete && self.counterexample.is_none() && self.lost.unwrap_or(0) == 0
    }
}

/// Explores it.
pub fn explore(protocol: Protocol, effort: Effort) -> Report {
    let begun = Instant::now();
    let walk = Walk { protocol, keeps_ways: effort.keeps_ways, ways: Default::default() };
    let mut checker = walk.checker().threads(effort.threads).finish_when(HasDiscoveries::AnyFailures);
    if let Some(steps) = effort.steps {
        checker = checker.target_state_count(steps);
    }
    let checker = checker.spawn_bfs().join();
    let model = checker.model();
    let failed = |property: &Property<Walk>| property.expectation.discovery_is_failure();
    let discoveries = checker.discoveries();
    let mut found = model.properties().into_iter().filter(failed).filter_map(|property| {
        let path = discoveries.get(property.name)?.clone();
        Some(Counterexample { property: property.name, steps: trace::steps(&model.protocol, path) })
    });
    let counterexample = found.next();
    let states = checker.unique_state_count();
    let is_complete = counterexample.is_none() && effort.steps.is_none_or(|most| checker.state_count() < most);
    let lost = (effort.keeps_ways && is_complete).then(|| model.lost()).flatten();
    Report { states, depth: checker.max_depth(), took: begun.elapsed(), counterexample, lost, is_complete }
}

/// The model, and a note of each step that the checker takes.
struct Walk {
    protocol: Protocol,
    keeps_ways: bool,
    ways: [Mutex<Ways>; SHARDS],
}

const SHARDS: usize = 16;

/// The most steps that are kept, each in 16 bytes.
const MOST_STEPS: usize = 48_000_000;

struct Ways {
    /// Each step by where it leads and where it comes from.
    steps: Vec<(u64, u64)>,
    ends: HashSet<u64>,
    are_all: bool,
}

impl Default for Ways {
    fn default() -> Self {
        Self { steps: Vec::new(), ends: HashSet::new(), are_all: true }
    }
}

impl Walk {
    /// How many of the states seen have no way to a good end; none if there were too many steps to keep them.
    fn lost(&self) -> Option<usize> {
        let (mut steps, mut good) = (Vec::new(), HashSet::new());
        for ways in &self.ways {
            let mut ways = ways.lock().unwrap_or_else(PoisonError::into_inner);
            if !ways.are_all {
                return None;
            }
            steps.append(&mut ways.steps);
            good.extend(ways.ends.drain());
        }
        steps.sort_unstable();
        let mut reached: Vec<u64> = good.iter().copied().collect();
        while let Some(state) = reached.pop() {
            let first = steps.partition_point(|(to, _)| *to < state);
            for (_, from) in steps[first..].iter().take_while(|(to, _)| *to == state) {
                if good.insert(*from) {
                    reached.push(*from);
                }
            }
        }
        // Every state but the first is one that a step leads to.
        let mut seen: Vec<u64> = steps.iter().map(|(to, _)| *to).collect();
        seen.dedup();
        Some(seen.iter().filter(|state| !good.contains(state)).count())
    }
}

impl Model for Walk {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        self.protocol.init_states()
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.protocol.actions(state, actions);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let next = self.protocol.next_state(last, action)?;
        if self.keeps_ways {
            let hasher = BuildHasherDefault::<Quick>::default();
            let (from, to) = (hasher.hash_one(last), hasher.hash_one(&next));
            let shard = usize::try_from(from).unwrap_or_default() % SHARDS;
            let mut ways = self.ways[shard].lock().unwrap_or_else(PoisonError::into_inner);
            if ways.steps.len() >= MOST_STEPS / SHARDS {
                ways.are_all = false;
                return Some(next);
            }
            ways.steps.push((to, from));
            if is_good_end(&self.protocol, &next) {
                ways.ends.insert(to);
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}

impl AsRef<Protocol> for Walk {
    fn as_ref(&self) -> &Protocol {
        &self.protocol
    }
}

/// A hash of 64 bits that is quick for small numbers one after the other.
struct Quick(u64);

impl Default for Quick {
    fn default() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }
}

impl Hasher for Quick {
    fn finish(&self) -> u64 {
        let mixed = (self.0 ^ (self.0 >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        mixed ^ (mixed >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(u64::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(23) ^ number).wrapping_mul(0xf135_7aea_2e62_a9c5);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_usize(number.cast_unsigned());
    }
}
