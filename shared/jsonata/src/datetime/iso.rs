//! ISO 8601, as far as the reference lets it through to JavaScript's `Date.parse`.

use super::calendar::Date;
use crate::error::Error;
use crate::meter::Meter;
use crate::regex::Regex;
use std::sync::LazyLock;

/// What the reference lets through.
static SHAPE: LazyLock<Result<Regex, &str>> = LazyLock::new(|| {
    let shape = r"^\d{4}(-[01]\d)*(-[0-3]\d)*(T[0-2]\d:[0-5]\d:[0-5]\d)*(\.\d+)?([+-][0-2]\d:?[0-5]\d|Z)?$";
    Regex::parse(shape, "")
});

/// Milliseconds since 1970: none where the reference refuses the text, not a number where JavaScript finds no moment in
/// it. A time without a zone is taken as UTC.
pub(crate) fn parse_iso(text: &str, meter: &Meter<'_>) -> Result<Option<f64>, Error> {
    let shape = SHAPE.as_ref().map_err(|reason| Error::internal(*reason))?;
    if shape.find(text, 0, meter)?.is_none() {
        return Ok(None);
    }
    let mut reader = Reader { rest: text };
    Ok(Some(reader.moment().filter(|_| reader.rest.is_empty()).unwrap_or(f64::NAN)))
}

/// 400 years, after which the calendar repeats.
const ERA: f64 = 146_097.0 * 86_400_000.0;

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    /// A date, and the time if there is one. A date alone is in UTC, and may say so.
    fn moment(&mut self) -> Option<f64> {
        let year = self.digits(4)?;
        let tens = &['0', '1', '2', '3'];
        let (month, day) = (self.after('-', tens).unwrap_or(1.0), self.after('-', tens).unwrap_or(1.0));
        let sixty = &['0', '1', '2', '3', '4', '5'];
        let (mut time, mut millis, mut zone) = ([0.0; 3], 0.0, 0.0);
        if let Some(hour) = self.after('T', &['0', '1', '2']) {
            time = [hour, self.after(':', sixty)?, self.after(':', sixty)?];
            millis = self.fraction().unwrap_or(0.0);
            zone = self.zone().unwrap_or(0.0);
        } else if let Some(rest) = self.rest.strip_prefix('Z') {
            self.rest = rest;
        }
        let [hour, minute, second] = time;
        let is_valid = (1.0..=12.0).contains(&month)
            && (1.0..=31.0).contains(&day)
            && (hour < 24.0 || hour == 24.0 && minute == 0.0 && second == 0.0 && millis == 0.0);
        // Not through the calendar's rule for years of two digits: here they are meant as they stand.
        let moment = Date::utc([year + 400.0, month - 1.0, day, hour, minute, second, millis]) - ERA;
        is_valid.then_some(moment - zone * 60_000.0)
    }

    fn digits(&mut self, count: usize) -> Option<f64> {
        let digits = self.rest.get(..count).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))?;
        self.rest = &self.rest[count..];
        digits.parse().ok()
    }

    /// Two digits behind a mark, the first one of some.
    fn after(&mut self, mark: char, first: &[char]) -> Option<f64> {
        let rest = self.rest.strip_prefix(mark).filter(|rest| rest.starts_with(first))?;
        let before = std::mem::replace(&mut self.rest, rest);
        let digits = self.digits(2);
        if digits.is_none() {
            self.rest = before;
        }
        digits
    }

    /// Milliseconds, rounded down.
    fn fraction(&mut self) -> Option<f64> {
        let rest = self.rest.strip_prefix('.')?;
        let len = rest.bytes().take_while(u8::is_ascii_digit).count();
        let digits = rest.get(..len).filter(|digits| !digits.is_empty())?;
        self.rest = &rest[len..];
        let millis: String = digits.chars().chain("000".chars()).take(3).collect();
        millis.parse().ok()
    }

    /// Minutes from UTC.
    fn zone(&mut self) -> Option<f64> {
        if let Some(rest) = self.rest.strip_prefix('Z') {
            self.rest = rest;
            return Some(0.0);
        }
        let before = self.rest;
        let sign = if before.starts_with('-') { -1.0 } else { 1.0 };
        let mark = before.chars().next().filter(|mark| matches!(mark, '+' | '-'))?;
        let hours = self.after(mark, &['0', '1', '2'])?;
        let colon = self.rest.strip_prefix(':').unwrap_or(self.rest);
        self.rest = colon;
        if !self.rest.starts_with(['0', '1', '2', '3', '4', '5']) {
            self.rest = before;
            return None;
        }
        match self.digits(2) {
            Some(minutes) => Some(sign * (hours * 60.0 + minutes)),
            None => {
                self.rest = before;
                None
            }
        }
    }
}
