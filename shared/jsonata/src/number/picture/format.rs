//! A number in the form that a picture gives.

use super::{Picture, find};
use crate::error::Error;
use crate::number::{print, round};

/// Most digits after the point that JavaScript writes.
const MAX_DIGITS: usize = 100;

impl Picture {
    pub(crate) fn format(&self, number: f64) -> Result<String, Error> {
        let symbols = &self.symbols;
        let form = if number >= 0.0 { &self.positive } else { &self.negative };
        let mut mantissa = number * form.factor;
        let mut exponent = None;
        if form.min_exponent > 0 {
            let (scaled, power) = scale(mantissa, form.scale);
            mantissa = scaled;
            exponent = Some(power);
        }
        #[expect(clippy::cast_precision_loss, reason = "a picture is short")]
        let rounded = round(mantissa, form.max_fraction as f64);
        let mut text = self.digits(rounded, form.max_fraction)?;
        match find(&text, ".", 0) {
            None => text.extend(symbols.decimal.chars()),
            Some(at) => drop(text.splice(at..=at, symbols.decimal.chars())),
        }
        let is_zero = |character: Option<&char>| character.is_some_and(|it| super::is(*it, &symbols.zero));
        let leading = text.iter().take_while(|it| is_zero(Some(it))).count();
        text.drain(..leading);
        while is_zero(text.last()) {
            text.pop();
        }
        let zero = symbols.digit(0);
        let point = |text: &[char]| find(text, &symbols.decimal, 0).unwrap_or(text.len());
        let missing = form.min_integer.saturating_sub(point(&text));
        let fraction = text.len().saturating_sub(point(&text) + 1);
        text.splice(0..0, std::iter::repeat_n(zero, missing));
        text.extend(std::iter::repeat_n(zero, form.min_fraction.saturating_sub(fraction)));
        self.group(&mut text, form);
        let at = point(&text);
        if !form.has_decimal || at + 1 == text.len() {
            text.pop();
        }
        if let Some(exponent) = exponent {
            text.extend(symbols.exponent.chars());
            if exponent < 0 {
                text.extend(symbols.minus.chars());
            }
            let digits = self.digits(f64::from(exponent), 0)?;
            text.extend(std::iter::repeat_n(zero, form.min_exponent.saturating_sub(digits.len())));
            text.extend(digits);
        }
        Ok(format!("{}{}{}", form.prefix, text.into_iter().collect::<String>(), form.suffix))
    }

    /// The separators between groups of digits.
    fn group(&self, text: &mut Vec<char>, form: &super::Analysis) {
        let symbols = &self.symbols;
        let point = |text: &[char]| find(text, &symbols.decimal, 0).unwrap_or(text.len());
        let mut at = point(text);
        let insert = |text: &mut Vec<char>, at: usize| drop(text.splice(at..at, symbols.grouping.chars()));
        if let Some(groups) = at.saturating_sub(1).checked_div(form.regular_group) {
            for group in 1..=groups {
                insert(text, at - group * form.regular_group);
            }
        } else {
            for place in &form.groups {
                // A place before the start counts from the end, as in JavaScript.
                let place = if *place <= at { at - place } else { (text.len() + at).saturating_sub(*place) };
                insert(text, place);
                at += 1;
            }
        }
        let at = point(text);
        for place in &form.fraction_groups {
            let place = (place + at + 1).min(text.len());
            insert(text, place);
        }
    }

    /// All digits of a number without its sign, so many of them after the point.
    fn digits(&self, number: f64, places: usize) -> Result<Vec<char>, Error> {
        if places > MAX_DIGITS {
            return Err(Error::internal("toFixed() digits argument must be between 0 and 100"));
        }
        let number = number.abs();
        let text = if number >= 1e21 || !number.is_finite() { print(number) } else { fixed(number, places) };
        Ok(text.chars().map(|it| it.to_digit(10).map_or(it, |digit| self.symbols.digit(digit))).collect())
    }
}

/// So many digits after the point. What lies in the middle goes up, as in JavaScript; in Rust it would go to even.
fn fixed(number: f64, places: usize) -> String {
    const BEYOND: usize = 30;
    let exact = format!("{number:.*}", places + BEYOND);
    let is_middle =
        exact[exact.len() - BEYOND..].strip_prefix('5').is_some_and(|rest| rest.bytes().all(|it| it == b'0'));
    if !is_middle {
        return format!("{number:.places$}");
    }
    let below = exact[..exact.len() - BEYOND].trim_end_matches('.');
    // The last digit that is no nine grows by one, and all behind it are zeros.
    let kept = below.trim_end_matches(['9', '.']);
    let (before, grown) = match kept.char_indices().next_back().zip(kept.bytes().next_back()) {
        Some(((at, _), digit)) => (&kept[..at], char::from(digit + 1)),
        None => ("", '1'),
    };
    let zeros = below[kept.len()..].replace('9', "0");
    format!("{before}{grown}{zeros}")
}

/// Mantissa and exponent, the mantissa with so many digits before the point.
fn scale(number: f64, digits: usize) -> (f64, i32) {
    let digits = i32::try_from(digits).unwrap_or(i32::MAX);
    let (least, most) = (10_f64.powi(digits - 1), 10_f64.powi(digits));
    let mut mantissa = number.abs();
    let mut exponent = 0;
    if mantissa == 0.0 || !mantissa.is_finite() || !most.is_finite() {
        return (number, 0);
    }
    while mantissa < least {
        mantissa *= 10.0;
        exponent -= 1;
    }
    while mantissa > most {
        mantissa /= 10.0;
        exponent += 1;
    }
    (mantissa.copysign(number), exponent)
}

#[cfg(test)]
mod tests {
    use super::fixed;

    #[test]
    fn the_middle_goes_up() {
        assert_eq!(fixed(150_299_095_271_955.53, 4), "150299095271955.5313");
        assert_eq!(fixed(9.5, 0), "10");
        assert_eq!(fixed(0.5, 0), "1");
        assert_eq!(fixed(99.96875, 4), "99.9688");
        assert_eq!(fixed(1.99999, 2), "2.00");
        assert_eq!(fixed(19.992_187_5, 6), "19.992188");
        assert_eq!(fixed(0.15, 1), "0.1");
    }
}
