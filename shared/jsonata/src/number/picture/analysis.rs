//! A sub-picture taken apart, checked, and understood.

use super::{Symbols, find};
use crate::error::{Code, Error};

#[derive(Clone)]
pub(super) struct Analysis {
    pub(super) prefix: String,
    pub(super) suffix: String,
    /// Digits from the point to each separator, and whether they stand at equal distances.
    pub(super) groups: Vec<usize>,
    pub(super) regular_group: usize,
    pub(super) fraction_groups: Vec<usize>,
    pub(super) min_integer: usize,
    pub(super) scale: usize,
    pub(super) min_fraction: usize,
    pub(super) max_fraction: usize,
    pub(super) min_exponent: usize,
    pub(super) has_decimal: bool,
    pub(super) factor: f64,
}

struct Parts {
    whole: Vec<char>,
    prefix: Vec<char>,
    suffix: Vec<char>,
    active: Vec<char>,
    mantissa: Vec<char>,
    exponent: Option<Vec<char>>,
    integer: Vec<char>,
    fraction: Vec<char>,
}

impl Analysis {
    pub(super) fn of(picture: &str, symbols: &Symbols) -> Result<Self, Error> {
        let parts = Parts::split(picture, symbols)?;
        if let Some(code) = parts.fault(symbols) {
            return Err(Error::new(code));
        }
        Ok(parts.analysis(symbols))
    }

    /// The form for negative numbers that the picture does not give.
    pub(super) fn negated(&self, symbols: &Symbols) -> Self {
        Self { prefix: format!("{}{}", symbols.minus, self.prefix), ..self.clone() }
    }
}

impl Parts {
    fn split(picture: &str, symbols: &Symbols) -> Result<Self, Error> {
        let whole: Vec<char> = picture.chars().collect();
        let opens = |character: &char| symbols.is_active(*character) && !super::is(*character, &symbols.exponent);
        let (Some(first), Some(last)) = (whole.iter().position(opens), whole.iter().rposition(opens)) else {
            return Err(Error::internal("The picture string has no active characters"));
        };
        let (prefix, active, suffix) = (&whole[..first], &whole[first..=last], &whole[last + 1..]);
        let exponent_at = find(&whole, &symbols.exponent, first).filter(|at| *at <= whole.len() - suffix.len());
        // The place is counted from the start of the whole, as in the reference, also where a prefix moves it.
        let (mantissa, exponent) = match exponent_at {
            None => (active, None),
            Some(at) => (&active[..at.min(active.len())], Some(active.get(at + 1..).unwrap_or_default().to_vec())),
        };
        let (integer, fraction) = match find(mantissa, &symbols.decimal, 0) {
            None => (mantissa, suffix),
            Some(at) => (&mantissa[..at], &mantissa[at + 1..]),
        };
        Ok(Self {
            prefix: prefix.to_vec(),
            suffix: suffix.to_vec(),
            active: active.to_vec(),
            mantissa: mantissa.to_vec(),
            exponent,
            integer: integer.to_vec(),
            fraction: fraction.to_vec(),
            whole,
        })
    }

    /// What is wrong with it. Of several faults, the last in the reference's order counts.
    fn fault(&self, symbols: &Symbols) -> Option<Code> {
        let occurs = |symbol: &str| find(&self.whole, symbol, 0);
        let twice = |symbol: &str| occurs(symbol).is_some_and(|at| find(&self.whole, symbol, at + 1).is_some());
        let is_digit = |character: &char| symbols.is_decimal_digit(*character);
        let is_optional = |character: &char| super::is(*character, &symbols.digit);
        let is_grouping = |character: Option<&char>| character.is_some_and(|it| super::is(*it, &symbols.grouping));
        let is_scaled = occurs(&symbols.percent).is_some() || occurs(&symbols.per_mille).is_some();
        let decimal = occurs(&symbols.decimal);
        let beside_decimal = decimal
            .is_some_and(|at| at > 0 && is_grouping(self.whole.get(at - 1)) || is_grouping(self.whole.get(at + 1)));
        let optional_in_integer = self.integer.iter().position(is_optional);
        let optional_in_fraction = self.fraction.iter().rposition(is_optional);
        let exponent = self.exponent.as_deref();
        let faults = [
            (twice(&symbols.decimal), Code::D3081),
            (twice(&symbols.percent), Code::D3082),
            (twice(&symbols.per_mille), Code::D3083),
            (occurs(&symbols.percent).is_some() && occurs(&symbols.per_mille).is_some(), Code::D3084),
            (!self.mantissa.iter().any(|it| is_digit(it) || is_optional(it)), Code::D3085),
            (!self.active.iter().all(|it| symbols.is_active(*it)), Code::D3086),
            (beside_decimal, Code::D3087),
            (decimal.is_none() && is_grouping(self.integer.last()), Code::D3088),
            (occurs(&symbols.grouping.repeat(2)).is_some(), Code::D3089),
            (optional_in_integer.is_some_and(|at| self.integer[..at].iter().any(is_digit)), Code::D3090),
            (optional_in_fraction.is_some_and(|at| self.fraction[at..].iter().any(is_digit)), Code::D3091),
            (exponent.is_some_and(|exponent| !exponent.is_empty()) && is_scaled, Code::D3092),
            (exponent.is_some_and(|exponent| exponent.is_empty() || !exponent.iter().all(is_digit)), Code::D3093),
        ];
        faults.into_iter().rev().find(|(is_fault, _)| *is_fault).map(|(_, code)| code)
    }

    /// Digits between the point and each separator of a part.
    fn groups(&self, part: &[char], symbols: &Symbols, is_fraction: bool) -> Vec<usize> {
        let is_place =
            |character: &&char| symbols.is_decimal_digit(**character) || super::is(**character, &symbols.digit);
        let mut groups = Vec::new();
        let mut next = find(part, &symbols.grouping, 0);
        while let Some(at) = next {
            let at_most = at.min(part.len());
            let side = if is_fraction { &part[..at_most] } else { &part[at_most..] };
            groups.push(side.iter().filter(is_place).count());
            // The reference goes on in the integer part, whichever part it began in.
            next = find(&self.integer, &symbols.grouping, at + 1);
        }
        groups
    }

    fn analysis(self, symbols: &Symbols) -> Analysis {
        let digits = |part: &[char]| part.iter().filter(|it| symbols.is_decimal_digit(**it)).count();
        let optional = |part: &[char]| part.iter().filter(|it| super::is(**it, &symbols.digit)).count();
        let groups = self.groups(&self.integer, symbols, false);
        let mut min_integer = digits(&self.integer);
        let scale = min_integer;
        let mut min_fraction = digits(&self.fraction);
        let mut max_fraction = min_fraction + optional(&self.fraction);
        if min_integer == 0 && max_fraction == 0 {
            if self.exponent.is_some() {
                (min_fraction, max_fraction) = (1, 1);
            } else {
                min_integer = 1;
            }
        }
        if self.exponent.is_some() && min_integer == 0 && optional(&self.integer) > 0 {
            min_integer = 1;
        }
        if min_integer == 0 && min_fraction == 0 {
            min_fraction = 1;
        }
        let factor = match () {
            () if find(&self.whole, &symbols.percent, 0).is_some() => 100.0,
            () if find(&self.whole, &symbols.per_mille, 0).is_some() => 1000.0,
            () => 1.0,
        };
        Analysis {
            regular_group: regular(&groups),
            fraction_groups: self.groups(&self.fraction, symbols, true),
            groups,
            min_integer,
            scale,
            min_fraction,
            max_fraction,
            min_exponent: self.exponent.as_deref().map_or(0, digits),
            has_decimal: find(&self.whole, &symbols.decimal, 0).is_some(),
            factor,
            prefix: self.prefix.into_iter().collect(),
            suffix: self.suffix.into_iter().collect(),
        }
    }
}

/// The distance at which all separators stand, or 0.
pub(crate) fn regular(places: &[usize]) -> usize {
    fn divisor(left: usize, right: usize) -> usize {
        if right == 0 { left } else { divisor(right, left % right) }
    }
    let Some(distance) = places.iter().copied().reduce(divisor) else { return 0 };
    if (1..=places.len()).all(|index| places.contains(&(index * distance))) { distance } else { 0 }
}
