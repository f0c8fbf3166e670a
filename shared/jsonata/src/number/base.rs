//! Whole numbers in other bases than ten.

/// Whole numbers up to here have every digit.
const PRECISE: f64 = 9_007_199_254_740_992.0;

/// Digits of a whole number in a base from 2 to 36. Beyond 2^53 it follows V8: what a number cannot hold is zeros.
pub(crate) fn to_radix(number: f64, radix: u32) -> String {
    if !number.is_finite() {
        return super::print(number);
    }
    let base = f64::from(radix);
    let mut rest = number.abs();
    let mut digits = Vec::new();
    while rest / base >= PRECISE {
        rest /= base;
        digits.push('0');
    }
    loop {
        let digit = rest % base;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a remainder is below the base")]
        digits.push(char::from_digit(digit as u32, radix).unwrap_or('0'));
        rest = (rest - digit) / base;
        if rest <= 0.0 {
            break;
        }
    }
    if number < 0.0 {
        digits.push('-');
    }
    digits.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::to_radix;

    #[test]
    fn digits_of_any_base() {
        assert_eq!(to_radix(100.0, 2), "1100100");
        assert_eq!(to_radix(-2555.0, 16), "-9fb");
        assert_eq!(to_radix(0.0, 36), "0");
    }

    #[test]
    fn digits_beyond_what_a_number_holds_are_those_of_v8() {
        assert_eq!(to_radix(9_007_199_254_740_992.0, 3), "1121202011211211122211100012101112");
        assert_eq!(to_radix(123_456_789_012_345_680_000.0, 3), "1010110112012200200112100112002012100000000");
        assert_eq!(to_radix(123_456_789_012_345_680_000.0, 36), "q1ysz911igw00");
        assert_eq!(to_radix(1e21, 7), "5135235413265003022600000");
    }
}
