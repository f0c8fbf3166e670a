//! `$formatNumber`: numbers by a picture, as XPath defines it and as the reference reads that.

mod analysis;
mod format;

use crate::error::{Code, Error};
use analysis::Analysis;
pub(crate) use analysis::regular;

/// A picture, understood: one form for what is zero or more, one for less.
pub(crate) struct Picture {
    symbols: Symbols,
    positive: Analysis,
    negative: Analysis,
}

/// The characters that mean something in a picture. Some may be longer strings; then nothing in a picture matches them.
pub(crate) struct Symbols {
    decimal: String,
    grouping: String,
    exponent: String,
    minus: String,
    percent: String,
    per_mille: String,
    zero: String,
    digit: String,
    pattern: String,
}

impl Default for Symbols {
    fn default() -> Self {
        Self {
            decimal: ".".to_owned(),
            grouping: ",".to_owned(),
            exponent: "e".to_owned(),
            minus: "-".to_owned(),
            percent: "%".to_owned(),
            per_mille: "\u{2030}".to_owned(),
            zero: "0".to_owned(),
            digit: "#".to_owned(),
            pattern: ";".to_owned(),
        }
    }
}

impl Symbols {
    /// Sets the symbol of that name; other names mean nothing.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        let symbol = match name {
            "decimal-separator" => &mut self.decimal,
            "grouping-separator" => &mut self.grouping,
            "exponent-separator" => &mut self.exponent,
            "minus-sign" => &mut self.minus,
            "percent" => &mut self.percent,
            "per-mille" => &mut self.per_mille,
            "zero-digit" => &mut self.zero,
            "digit" => &mut self.digit,
            "pattern-separator" => &mut self.pattern,
            _ => return,
        };
        value.clone_into(symbol);
    }

    /// The ten digits, from the one for zero on.
    fn digit(&self, value: u32) -> char {
        let zero = self.zero.chars().next().map_or(0x30, u32::from);
        char::from_u32(zero + value).unwrap_or('0')
    }

    fn is_decimal_digit(&self, character: char) -> bool {
        let zero = self.zero.chars().next().map_or(0x30, u32::from);
        (zero..zero + 10).contains(&u32::from(character))
    }

    fn is_active(&self, character: char) -> bool {
        let symbols = [&self.decimal, &self.exponent, &self.grouping, &self.digit, &self.pattern];
        self.is_decimal_digit(character) || symbols.into_iter().any(|symbol| is(character, symbol))
    }
}

/// Whether the symbol is this one character.
fn is(character: char, symbol: &str) -> bool {
    let mut characters = symbol.chars();
    characters.next() == Some(character) && characters.next().is_none()
}

/// Where the symbol stands first, at `from` or behind it.
fn find(text: &[char], symbol: &str, from: usize) -> Option<usize> {
    let symbol: Vec<char> = symbol.chars().collect();
    (from..=text.len().checked_sub(symbol.len())?).find(|at| text[*at..].starts_with(&symbol))
}

impl Picture {
    pub(crate) fn parse(picture: &str, symbols: Symbols) -> Result<Self, Error> {
        let parts: Vec<&str> = picture.split(&symbols.pattern).collect();
        let (first, second) = match parts.as_slice() {
            [first] => (*first, None),
            [first, second] => (*first, Some(*second)),
            _ => return Err(Error::new(Code::D3080)),
        };
        let positive = Analysis::of(first, &symbols)?;
        let negative = match second {
            Some(second) => Analysis::of(second, &symbols)?,
            None => positive.negated(&symbols),
        };
        Ok(Self { symbols, positive, negative })
    }
}

#[cfg(test)]
mod tests {
    use super::{Picture, Symbols};

    fn check(number: f64, picture: &str, expected: &str) {
        let picture = Picture::parse(picture, Symbols::default()).expect("a valid picture");
        assert_eq!(picture.format(number).expect("a number that fits"), expected);
    }

    #[test]
    fn pictures_decide_groups_digits_and_signs() {
        check(12345.6, "#,###.00", "12,345.60");
        check(-1.0, "000", "-001");
        check(-1.0, "000;(000)", "(001)");
        check(0.14, "01%", "14%");
        check(1234.5678, "00.000e0", "12.346e2");
    }
}
