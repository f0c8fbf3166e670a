//! Numbers out of text, as `$number` takes them.

/// A decimal number as JSON has it, or digits of base 16, 8 or 2 with their prefix.
pub(crate) fn read(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let decimal = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-');
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_decimal = unsigned.bytes().all(decimal)
        && match mantissa.split_once('.') {
            Some((whole, fraction)) => is_digits(whole) && is_digits(fraction),
            None => is_digits(mantissa),
        }
        && exponent.is_none_or(|exponent| is_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)));
    if is_decimal {
        return text.parse().ok().filter(|number: &f64| number.is_finite());
    }
    if is_like_radix(text) { Some(radix_number(text.trim())) } else { None }
}

/// Whether the reference takes the text for one with a prefix. Its regular expression looks for some of that anywhere.
fn is_like_radix(text: &str) -> bool {
    let digits_follow = |prefix: [&str; 2], radix: u32| {
        let places = prefix.into_iter().flat_map(|prefix| text.match_indices(prefix));
        let mut rests = places.map(|(at, prefix)| (at, &text[at + prefix.len()..]));
        rests.any(|(at, rest)| {
            let len = rest.chars().take_while(|digit| digit.is_digit(radix)).count();
            len > 0 && (radix != 16 || at == 0) && (radix != 2 || len == rest.len())
        })
    };
    digits_follow(["0x", "0X"], 16) || digits_follow(["0o", "0O"], 8) || digits_follow(["0b", "0B"], 2)
}

/// What JavaScript's `Number` makes of digits behind a prefix; no number if there is anything else.
fn radix_number(text: &str) -> f64 {
    let (radix, digits) = match text.get(..2) {
        Some("0x" | "0X") => (16, &text[2..]),
        Some("0o" | "0O") => (8, &text[2..]),
        Some("0b" | "0B") => (2, &text[2..]),
        _ => return f64::NAN,
    };
    let value = |sum: f64, digit: char| Some(sum * f64::from(radix) + f64::from(digit.to_digit(radix)?));
    digits.chars().try_fold(0.0, value).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn decimals_are_read_as_json_has_them() {
        assert_eq!(read("-12.5e1"), Some(-125.0));
        for text in ["", "+1", ".5", "1.", "1e", "1e400", " 1", "1_000", "Infinity"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn digits_behind_a_prefix_are_read_or_are_no_number() {
        assert_eq!(read("0x1f"), Some(31.0));
        assert_eq!(read("0b101"), Some(5.0));
        assert!(read("0x1z").is_some_and(f64::is_nan));
        assert_eq!(read("0b12"), None);
    }
}
