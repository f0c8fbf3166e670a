//! Numbers as Java writes them, which is how they leave AWS.

/// The text of a number with a whole value that fits 64 bits, else of Java's `Double.toString`; that of a number that is
/// not finite is no JSON.
pub(crate) fn print_java(number: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "whole numbers below 2^63 fit")]
    if number.fract() == 0.0 && number.abs() < 9_223_372_036_854_775_808.0 {
        return (number as i64).to_string();
    }
    if !number.is_finite() {
        return super::print(number);
    }
    if (1e-3..1e7).contains(&number.abs()) {
        return number.to_string();
    }
    let text = format!("{number:E}");
    match text.split_once('E') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0E{exponent}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::print_java;

    #[test]
    fn whole_numbers_of_64_bits_are_spelled_out_and_others_have_a_point() {
        for (number, text) in [
            (1.0, "1"),
            (-0.0, "0"),
            (1e18, "1000000000000000000"),
            (-9_223_372_036_854_774_784.0, "-9223372036854774784"),
            (9_223_372_036_854_775_808.0, "9.223372036854776E18"),
            (1.234_567_890_123_456_8e29, "1.2345678901234568E29"),
            (1e21, "1.0E21"),
            (-2e300, "-2.0E300"),
            (0.1, "0.1"),
            (-0.001, "-0.001"),
            (0.0009, "9.0E-4"),
            (1.5e-7, "1.5E-7"),
            (9_999_999.5, "9999999.5"),
            (12_345_678.9, "1.23456789E7"),
            (5e-324, "5.0E-324"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(print_java(number), text);
        }
    }
}
