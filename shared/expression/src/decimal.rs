//! Numbers compared by value, whatever their text: JSON numbers have any precision and never pass through `f64` here.

use std::cmp::Ordering;

use serde_json::Number;

/// A decimal number: 0.d1d2d3... times ten to the exponent. Zero has no digits.
struct Decimal {
    negative: bool,
    /// Without zeros at either end.
    digits: Vec<u8>,
    exponent: i64,
}

/// Whether `text` is a number to Java's BigDecimal, which also reads `+1`, `1.` and `.5`.
pub(crate) fn is_decimal(text: &str) -> bool {
    Decimal::parse(text).is_some()
}

/// How two numbers compare, exactly: `1e400` is more than `1e399`.
pub fn compare_numbers(left: &Number, right: &Number) -> Option<Ordering> {
    compare(left.as_str(), right.as_str())
}

/// How two numbers compare; `None` when one of them is no number.
pub(crate) fn compare(left: &str, right: &str) -> Option<Ordering> {
    if let (Ok(left), Ok(right)) = (left.parse::<i64>(), right.parse::<i64>()) {
        return Some(left.cmp(&right));
    }
    // So few digits in so small a range are as different as doubles as they are as decimals.
    if let (Some(left), Some(right)) = (short(left), short(right)) {
        return left.partial_cmp(&right);
    }
    let (left, right) = (Decimal::parse(left)?, Decimal::parse(right)?);
    let by_size = || left.exponent.cmp(&right.exponent).then_with(|| left.digits.cmp(&right.digits));
    Some(match (left.sign(), right.sign()) {
        (-1, -1) => by_size().reverse(),
        (1, 1) => by_size(),
        (left, right) => left.cmp(&right),
    })
}

/// The double of a number of at most fifteen digits without an exponent: no two such numbers have the same.
fn short(text: &str) -> Option<f64> {
    const DIGITS: usize = 15;
    let is_plain = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    (text.len() <= DIGITS && text.bytes().all(is_plain)).then(|| text.parse().ok())?
}

/// A text that two numbers share exactly when their values are equal.
pub(crate) fn canonical(text: &str) -> String {
    match Decimal::parse(text) {
        Some(decimal) if decimal.digits.is_empty() => "0".to_owned(),
        Some(Decimal { negative, digits, exponent }) => {
            let digits: String = digits.into_iter().map(char::from).collect();
            format!("{}0.{digits}e{exponent}", if negative { "-" } else { "" })
        }
        None => text.to_owned(),
    }
}

impl Decimal {
    fn parse(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !is_digits(whole) || !is_digits(fraction) {
            return None;
        }
        let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let leading = digits.iter().take_while(|digit| **digit == b'0').count();
        digits.drain(..leading);
        let point = i64::try_from(whole.len()).ok()?.saturating_sub(i64::try_from(leading).ok()?);
        Some(Self { negative, digits, exponent: point.saturating_add(exponent) })
    }

    fn sign(&self) -> i8 {
        match (self.digits.is_empty(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }
}

fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse().unwrap_or(i64::MAX / 2).min(i64::MAX / 2);
    Some(if text.starts_with('-') { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &str, right: &str, expected: Option<Ordering>) {
        assert_eq!(compare(left, right), expected, "{left} {right}");
        assert_eq!(compare(right, left), expected.map(Ordering::reverse), "{right} {left}");
    }

    #[test]
    fn numbers_compare_by_value() {
        check("1", "1.0", Some(Ordering::Equal));
        check("1e2", "100", Some(Ordering::Equal));
        check("0", "-0.00e9", Some(Ordering::Equal));
        check("-1.5", "-1.25", Some(Ordering::Less));
        check("9007199254740993", "9007199254740992.0", Some(Ordering::Greater));
        check("0.001", "0.0009999", Some(Ordering::Greater));
        check("0.1", "0.10", Some(Ordering::Equal));
        check("-0.0", "0", Some(Ordering::Equal));
        check("1.00000000000001", "1.00000000000002", Some(Ordering::Less));
        check("0.1", "0.1000000000000000055511151231257827", Some(Ordering::Less));
        check("1e999999999999999999999", "1e5", Some(Ordering::Greater));
        check(".5", "5.e-1", Some(Ordering::Equal));
        check("", "1", None);
        check("1x", "1", None);
        check("1-", "1.5", None);
    }
}
