//! Rounding half to even, at any decimal place.

use super::print;

/// The number rounded to `places` after the point; before it, where negative.
pub(crate) fn round(number: f64, places: f64) -> f64 {
    if places == 0.0 || places.is_nan() {
        return without_sign_of_zero(half_to_even(number));
    }
    // Shifting the point in the text avoids the error that multiplying by a power of ten brings.
    without_sign_of_zero(shift(half_to_even(shift(number, places)), -places))
}

fn half_to_even(number: f64) -> f64 {
    let floor = number.floor();
    let rounded = if number - floor >= 0.5 { floor + 1.0 } else { floor };
    let is_half = (rounded - number).abs() == 0.5 && (rounded % 2.0).abs() == 1.0;
    if is_half { rounded - 1.0 } else { rounded }
}

fn shift(number: f64, places: f64) -> f64 {
    let text = print(number);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent = exponent.parse::<f64>().unwrap_or(0.0) + places;
    // JavaScript reads `1e1.5` as no number.
    if exponent.fract() != 0.0 {
        return f64::NAN;
    }
    format!("{mantissa}e{exponent}").parse().unwrap_or(f64::NAN)
}

fn without_sign_of_zero(number: f64) -> f64 {
    if number == 0.0 { 0.0 } else { number }
}

#[cfg(test)]
mod tests {
    use super::round;

    #[test]
    fn halves_go_to_even_at_any_place() {
        assert_eq!(round(11.5, 0.0), 12.0);
        assert_eq!(round(12.5, 0.0), 12.0);
        assert_eq!(round(-0.5, 0.0), 0.0);
        assert_eq!(round(4.525, 2.0), 4.52);
        assert_eq!(round(4.535, 2.0), 4.54);
        assert_eq!(round(12450.0, -2.0), 12400.0);
    }
}
