//! The bounds of one evaluation.

/// What one evaluation may spend. Every bound is checked before the work is done or the memory is taken.
///
/// ```
/// use ratchet_jsonata::{Expression, Limits, Options};
///
/// let wide = Expression::parse("$pad('', 2000)").unwrap();
/// let options = Options { limits: Limits { memory: 1000, ..Limits::default() }, ..Options::default() };
/// assert!(wide.evaluate_with(&serde_json::Value::Null, options).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Levels of expressions within expressions. Each takes up to seven kilobytes of the thread's stack in a build without
    /// optimization, and less with it.
    pub depth: usize,
    /// Units of work: expressions evaluated, items visited, bytes gone over by the dozen, steps of the matcher of regular
    /// expressions. One takes about 100 nanoseconds with optimization.
    pub steps: u64,
    /// Units of memory alive at one time: a byte of a string is one, an element of an array 12.
    pub memory: usize,
    /// Levels of arrays and objects within each other, in values that are made or walked through.
    pub nesting: usize,
}

/// Levels on AWS: a sum of some hundred terms still evaluates, one of 200 does not (measured by third parties).
const AWS_DEPTH: usize = 100;

/// Units on AWS: `[1..873782]` evaluates, `[1..873783]` does not (measured by third parties). That is ten mebibytes at 12
/// units a number; what little is missing to them, AWS itself needs.
pub(crate) const AWS_MEMORY: usize = 873_783 * 12;

impl Default for Limits {
    /// The bounds of AWS Step Functions, as far as they are known.
    fn default() -> Self {
        Self { depth: AWS_DEPTH, steps: 10_000_000, memory: AWS_MEMORY, nesting: 250 }
    }
}
