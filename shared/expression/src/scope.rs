//! What an expression sees: the input, the context object, variables, and a stream of randomness.

use std::cell::{Cell, OnceCell};
use std::fmt;

use serde_json::{Map, Value};

/// Everything an expression may read.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// What `$` means.
    pub input: &'a Value,
    /// What `$$` means.
    pub context: &'a Context<'a>,
    /// What `$name` means: the variables set by Assign.
    pub variables: &'a Map<String, Value>,
    /// Where `States.UUID` and `States.MathRandom` without a seed draw from.
    pub random: &'a Random,
}

/// The context object, built only when an expression asks for it.
pub struct Context<'a> {
    build: Option<&'a dyn Fn() -> Value>,
    value: OnceCell<Value>,
}

impl<'a> Context<'a> {
    /// A context object that `build` makes at the first use.
    pub fn lazy(build: &'a dyn Fn() -> Value) -> Self {
        Self { build: Some(build), value: OnceCell::new() }
    }

    /// A context object that exists already.
    pub fn fixed(value: Value) -> Self {
        Self { build: None, value: OnceCell::from(value) }
    }

    /// The context object.
    pub fn get(&self) -> &Value {
        self.value.get_or_init(|| self.build.map_or(Value::Null, |build| build()))
    }
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Context").field("value", &self.value).finish_non_exhaustive()
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

    #[test]
    fn context_is_built_once_and_only_when_asked() {
        let times = Cell::new(0);
        let build = || {
            times.set(times.get() + 1);
            Value::from(1)
        };
        let context = Context::lazy(&build);
        assert_eq!(times.get(), 0);
        assert_eq!(context.get(), context.get());
        assert_eq!(times.get(), 1);
    }
}
