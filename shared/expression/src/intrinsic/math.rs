//! `MathAdd`, `MathRandom`, and how numbers become the integers that functions work with.

use serde_json::Value;

use super::{Arguments, Failure};
use crate::scope::Random;

/// A number as a whole one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Whole {
    /// Fits Java's `int`.
    Int(i32),
    /// Does not.
    OutOfRange,
}

/// A number rounded half up, as Java's `Math.round`: 1.5 is 2, -1.5 is -1.
pub(super) fn rounded(value: &Value) -> Option<Whole> {
    whole(value, |double| {
        let floor = double.floor();
        if double - floor >= 0.5 { floor + 1.0 } else { floor }
    })
}

/// A number without its fraction, as Java's cast to `int`: all functions but `MathAdd` take it so, whatever AWS's
/// documentation says of rounding.
pub(super) fn truncated(value: &Value) -> Option<Whole> {
    whole(value, f64::trunc)
}

fn whole(value: &Value, fraction: impl FnOnce(f64) -> f64) -> Option<Whole> {
    let number = value.as_number()?;
    if number.as_str().bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return Some(number.as_str().parse().map_or(Whole::OutOfRange, Whole::Int));
    }
    let double = fraction(number.as_f64().unwrap_or(f64::INFINITY));
    let in_range = (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&double);
    #[expect(clippy::cast_possible_truncation, reason = "the range has just been checked")]
    Some(if in_range { Whole::Int(double as i32) } else { Whole::OutOfRange })
}

/// The sum of both arguments, each rounded first. Seen on AWS: arguments and sum are Java's `int`s.
pub(super) fn add(arguments: &Arguments<'_>) -> Result<Value, Failure> {
    let sum = arguments.rounded(0)?.checked_add(arguments.rounded(1)?);
    sum.map(Value::from).ok_or_else(|| arguments.refused("the sum is out of range"))
}

/// An integer from the first argument to below the second. With a seed it is the one that Java's `Random` gives: seen on
/// AWS, seed 42 gives -5 for -5 to 5.
pub(super) fn random(arguments: &Arguments<'_>, random: &Random) -> Result<Value, Failure> {
    let (start, end) = (arguments.integer(0)?, arguments.integer(1)?);
    let count = u32::try_from(i64::from(end) - i64::from(start)).ok().filter(|count| *count > 0);
    let count = count.ok_or_else(|| arguments.refused("the start must be less than the end"))?;
    let number = match arguments.values.get(2) {
        Some(_) => JavaRandom::seeded(i64::from(arguments.integer(2)?)).between(start, end),
        None => i64::from(start) + i64::try_from(random.below(u64::from(count))).unwrap_or(0),
    };
    Ok(Value::from(number))
}

/// `java.util.Random`, which its documentation specifies to the bit.
struct JavaRandom {
    state: u64,
}

impl JavaRandom {
    const MULTIPLIER: u64 = 0x5_DEEC_E66D;
    const MASK: u64 = (1 << 48) - 1;

    fn seeded(seed: i64) -> Self {
        Self { state: (seed.cast_unsigned() ^ Self::MULTIPLIER) & Self::MASK }
    }

    /// The next bits, 32 at most.
    fn next(&mut self, bits: u32) -> u32 {
        self.state = self.state.wrapping_mul(Self::MULTIPLIER).wrapping_add(0xB) & Self::MASK;
        u32::try_from(self.state >> (48 - bits)).unwrap_or(u32::MAX)
    }

    /// A number from `start` to below `end`, which is more.
    fn between(&mut self, start: i32, end: i32) -> i64 {
        let count = i64::from(end) - i64::from(start);
        let Ok(bound) = i32::try_from(count) else {
            // More numbers than an `int` can count: Java tries until one fits.
            loop {
                let number = i64::from(self.next(32).cast_signed());
                if (i64::from(start)..i64::from(end)).contains(&number) {
                    return number;
                }
            }
        };
        i64::from(start) + i64::from(self.below(bound.unsigned_abs()))
    }

    /// `nextInt(bound)`, with a bound from 1 to 2^31 - 1.
    fn below(&mut self, bound: u32) -> u32 {
        if bound.is_power_of_two() {
            let product = u64::from(bound) * u64::from(self.next(31));
            return u32::try_from(product >> 31).unwrap_or(0);
        }
        loop {
            let bits = self.next(31);
            let value = bits % bound;
            // The last numbers below 2^31 are not as many as the bound.
            if bits - value <= (1 << 31) - bound {
                return value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_whole_as_in_java() {
        for (text, rounded_to, truncated_to) in [
            ("1.49", Some(1), Some(1)),
            ("1.5", Some(2), Some(1)),
            ("-1.5", Some(-1), Some(-1)),
            ("-1.51", Some(-2), Some(-1)),
            ("0.49999999999999994", Some(0), Some(0)),
            ("1e3", Some(1000), Some(1000)),
            ("2147483647", Some(i32::MAX), Some(i32::MAX)),
            ("2147483647.4", Some(i32::MAX), Some(i32::MAX)),
            ("2147483647.5", None, Some(i32::MAX)),
            ("-2147483648", Some(i32::MIN), Some(i32::MIN)),
            ("2147483648", None, None),
            ("9223372036854775808", None, None),
            ("1e400", None, None),
        ] {
            let value = serde_json::from_str(text).unwrap();
            let int = |whole: Option<Whole>| match whole {
                Some(Whole::Int(int)) => Some(int),
                Some(Whole::OutOfRange) => None,
                None => panic!("{text} is a number"),
            };
            assert_eq!(int(rounded(&value)), rounded_to, "{text}");
            assert_eq!(int(truncated(&value)), truncated_to, "{text}");
        }
        assert_eq!(rounded(&Value::from("1")), None);
    }

    #[test]
    fn seeded_numbers_are_those_of_java() {
        // What a Java program prints for `new Random(42).nextInt()`, twice.
        let mut random = JavaRandom::seeded(42);
        assert_eq!(random.next(32).cast_signed(), -1_170_105_035);
        assert_eq!(random.next(32).cast_signed(), 234_785_527);
        let first = |seed, bound| JavaRandom::seeded(seed).below(bound);
        assert_eq!((first(42, 10), first(42, 100), first(0, 10), first(42, 16)), (0, 30, 0, 11));
        assert_eq!(JavaRandom::seeded(42).between(-5, 5), -5);
        let number = JavaRandom::seeded(7).between(i32::MIN, i32::MAX);
        assert!((i64::from(i32::MIN)..i64::from(i32::MAX)).contains(&number));
    }
}
