//! What an expression sees: the input, the context object, variables, and a stream of randomness.

use std::cell::Cell;
use std::fmt;

use serde_json::{Map, Value};

use crate::context::Context;

/// Everything an expression may read.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// What `$` means.
    pub input: &'a Value,
    /// What `$$` means.
    pub context: &'a Context<'a>,
    /// What `$name` means: the variables set by Assign.
    pub variables: &'a dyn Variables,
    /// Where `States.UUID` and `States.MathRandom` without a seed draw from.
    pub random: &'a Random,
}

/// The variables that an expression may read, by name. Whoever holds them decides how; nothing is copied to look one up.
pub trait Variables: fmt::Debug {
    /// The value of a variable; none if it was never assigned.
    fn value(&self, name: &str) -> Option<&Value>;
}

impl Variables for Map<String, Value> {
    fn value(&self, name: &str) -> Option<&Value> {
        self.get(name)
    }
}

/// A stream of pseudo-random numbers that a seed decides: replaying an execution draws the same ones.
///
/// The generator is SplitMix64. It is not meant to keep secrets.
#[derive(Debug, Clone)]
pub struct Random {
    state: Cell<u64>,
}

impl Random {
    /// The stream of `seed`.
    pub fn seeded(seed: u64) -> Self {
        Self { state: Cell::new(seed) }
    }

    /// The next 64 bits.
    pub fn next_u64(&self) -> u64 {
        let state = self.state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.state.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, each with the same chance up to one in 2^64; 0 when `bound` is 0.
    pub fn below(&self, bound: u64) -> u64 {
        let product = u128::from(self.next_u64()) * u128::from(bound);
        u64::try_from(product >> 64).unwrap_or(0)
    }

    /// A UUID of version 4, in lower case.
    pub fn uuid(&self) -> String {
        let bits = (u128::from(self.next_u64()) << 64) | u128::from(self.next_u64());
        let bits = bits & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
        let hex = format!("{bits:032x}");
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_have_the_shape_of_version_four_and_replay() {
        let (one, two) = (Random::seeded(7), Random::seeded(7));
        for _ in 0..100 {
            let uuid = one.uuid();
            assert_eq!(uuid, two.uuid());
            assert_eq!(uuid.len(), 36);
            assert_eq!(uuid.as_bytes()[14], b'4');
            assert!(b"89ab".contains(&uuid.as_bytes()[19]), "{uuid}");
        }
    }
}
