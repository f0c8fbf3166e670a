//! `MathAdd`, `MathRandom`, and the rounding that all functions share.

use serde_json::Value;

use super::{Arguments, Failure};
use crate::scope::Random;

/// A number rounded half up, as Java's `Math.round`: 1.5 is 2, -1.5 is -1.
pub(super) fn round(value: &Value) -> Option<i64> {
    let number = value.as_number()?;
    if let Some(integer) = number.as_i64() {
        return Some(integer);
    }
    let double = number.as_f64()?;
    let floor = double.floor();
    let rounded = if double - floor >= 0.5 { floor + 1.0 } else { floor };
    // 2^63 as a double; every double in this range is an i64.
    let in_range = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&rounded);
    #[expect(clippy::cast_possible_truncation, reason = "the range has just been checked")]
    in_range.then_some(rounded as i64)
}

/// The sum of both arguments, each rounded first.
pub(super) fn add(arguments: &Arguments<'_>) -> Result<Value, Failure> {
    let sum = arguments.integer(0)?.checked_add(arguments.integer(1)?);
    sum.map(Value::from).ok_or_else(|| arguments.refused("the sum is out of range"))
}

/// An integer from the first argument to below the second. The same seed gives the same number; AWS's own numbers for a
/// seed are not known, so these differ.
pub(super) fn random(arguments: &Arguments<'_>, random: &Random) -> Result<Value, Failure> {
    let (start, end) = (arguments.integer(0)?, arguments.integer(1)?);
    let count = u64::try_from(i128::from(end) - i128::from(start)).ok().filter(|count| *count > 0);
    let count = count.ok_or_else(|| arguments.refused("the start must be less than the end"))?;
    let offset = match arguments.values.get(2) {
        Some(_) => Random::seeded(arguments.integer(2)?.cast_unsigned()).below(count),
        None => random.below(count),
    };
    Ok(Value::from(start.wrapping_add_unsigned(offset)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_round_up() {
        for (text, expected) in [
            ("1.49", Some(1)),
            ("1.5", Some(2)),
            ("-1.5", Some(-1)),
            ("-1.51", Some(-2)),
            ("0.49999999999999994", Some(0)),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("1e400", None),
            ("\"1\"", None),
        ] {
            assert_eq!(round(&serde_json::from_str(text).unwrap()), expected, "{text}");
        }
    }
}
