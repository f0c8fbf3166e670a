//! Text back into a moment, by the picture that it was written with.

use super::calendar::{Component, Date};
use super::format::{DAYS, MONTHS, leading_integer};
use super::integer::{Groups, Primary};
use super::picture::{Marker, Part, Picture};
use super::read::{pattern, read_integer};
use crate::error::{Code, Error};
use crate::meter::Meter;
use crate::regex::Regex;

/// What was read for each component. A component can be there without a value: a name that nobody knows.
#[derive(Default)]
struct Found(Vec<(char, Option<f64>)>);

impl Found {
    fn get(&self, component: char) -> Option<f64> {
        self.0.iter().rev().find(|(known, _)| *known == component).and_then(|(_, value)| *value)
    }

    fn set(&mut self, component: char, value: f64) {
        self.0.push((component, Some(value)));
    }

    /// One bit for each component, first to last: whether it is there and not zero.
    fn mask(&self, components: &str) -> u32 {
        let is_set = |component| self.get(component).is_some_and(|value| value != 0.0 && !value.is_nan());
        components.chars().fold(0, |mask, component| mask << 1 | u32::from(is_set(component)))
    }
}

/// Milliseconds since 1970; none where the text does not match, not a number where there is no such moment. What the
/// text does not say is taken from `now`, or is the start of what it says.
pub(crate) fn parse(text: &str, picture: &str, now: Date, meter: &Meter<'_>) -> Result<Option<f64>, Error> {
    let picture = Picture::parse(picture)?;
    let mut source = "^".to_owned();
    for part in &picture.parts {
        source.push('(');
        source.push_str(&part_pattern(part)?);
        source.push(')');
    }
    source.push('$');
    meter.spend(source.len().saturating_mul(2))?;
    let regex = Regex::parse(&source, "i").map_err(Error::internal)?;
    let Some(captures) = regex.find(text, 0, meter)? else { return Ok(None) };
    let mut found = Found::default();
    for (part, capture) in picture.parts.iter().zip(captures.iter().skip(1)) {
        if let (Part::Marker(marker), Some((start, end))) = (part, capture) {
            found.0.push((marker.component, value(marker, &text[*start..*end])?));
        }
    }
    if found.0.is_empty() {
        return Ok(None);
    }
    moment(found, now).map(Some)
}

/// What the day is counted in: it says which components a moment is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum DayOf {
    Month,
    Year,
    WeekOfMonth,
    Week,
}

impl DayOf {
    fn of(found: &Found) -> Self {
        let mask = found.mask("YXMxWwdD");
        match () {
            () if is_of(mask, 0b1010_0001) => Self::Month,
            () if is_of(mask, 0b1000_0010) => Self::Year,
            () if is_of(mask, 0b0101_0100) => Self::WeekOfMonth,
            () if is_of(mask, 0b0100_1000) => Self::Week,
            () => Self::Month,
        }
    }

    /// Largest first. The reference goes through the day of the month, not that of the year, for what is missing.
    fn components(self) -> &'static str {
        match self {
            Self::Month => "YMD",
            Self::Year => "YD",
            Self::WeekOfMonth => "XxwF",
            Self::Week => "XWF",
        }
    }
}

/// Whether something that belongs to the kind is there, and nothing that does not.
fn is_of(mask: u32, kind: u32) -> bool {
    mask & !kind == 0 && mask & kind != 0
}

fn is_in_12_hours(found: &Found) -> bool {
    let mask = found.mask("PHhmsf");
    !is_of(mask, 0b01_0111) && is_of(mask, 0b10_1111)
}

/// Fills in what the text does not say: before what it says from `now`, behind it the start of that; there are no gaps.
fn complete(found: &mut Found, components: impl Iterator<Item = char>, now: Date) -> Result<(), Error> {
    let (mut has_begun, mut has_ended) = (false, false);
    for component in components {
        if found.get(component).is_some() {
            has_begun = true;
            if has_ended {
                return Err(Error::new(Code::D3136));
            }
        } else if has_begun {
            found.set(component, if matches!(component, 'M' | 'D' | 'd') { 1.0 } else { 0.0 });
            has_ended = true;
        } else if let Component::Number(value) = now.component(component) {
            found.set(component, value);
        }
    }
    Ok(())
}

fn moment(mut found: Found, now: Date) -> Result<f64, Error> {
    let days = DayOf::of(&found);
    let in_12_hours = is_in_12_hours(&found);
    let time = if in_12_hours { "Phmsf" } else { "Hmsf" };
    complete(&mut found, days.components().chars().chain(time.chars()), now)?;
    let get = |component| found.get(component).unwrap_or(0.0);
    let (month, day) = match days {
        DayOf::Month => ((get('M') - 1.0).max(0.0), get('D')),
        DayOf::Year => {
            let first = Date::utc([get('Y'), 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
            let Some(date) = Date::new(first + (get('d') - 1.0) * 86_400_000.0) else { return Ok(f64::NAN) };
            #[expect(clippy::cast_precision_loss, reason = "parts of a date are small")]
            let parts = (date.month as f64, date.day as f64);
            parts
        }
        // As in the reference, which knows these forms but cannot read them.
        DayOf::WeekOfMonth | DayOf::Week => return Err(Error::new(Code::D3136)),
    };
    let hour = if in_12_hours {
        (if get('h') == 12.0 { 0.0 } else { get('h') }) + if get('P') == 1.0 { 12.0 } else { 0.0 }
    } else {
        get('H')
    };
    let millis = Date::utc([get('Y'), month, day, hour, get('m'), get('s'), get('f')]);
    let zone = [get('Z'), get('z')].into_iter().find(|zone| *zone != 0.0).unwrap_or(0.0);
    Ok(millis - zone * 60_000.0)
}

/// The regular expression of a part.
fn part_pattern(part: &Part) -> Result<String, Error> {
    let marker = match part {
        Part::Literal(text) => return Ok(escape(text)),
        Part::Marker(marker) => marker,
    };
    if matches!(marker.component, 'Z' | 'z') {
        let prefix = if marker.component == 'z' { "GMT" } else { "" };
        return Ok(match zone_separator(marker) {
            Some(separator) => format!("{prefix}[-+][0-9]+{separator}[0-9]+"),
            None => format!("{prefix}[-+][0-9]+"),
        });
    }
    match &marker.integer {
        Some(integer) => pattern(integer, marker.digits),
        None if matches!(marker.component, 'M' | 'x' | 'F' | 'P') => Ok("[a-zA-Z]+".to_owned()),
        None => Err(Error::new(Code::D3133).with_value(&marker.component.to_string())),
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        if ".*+?^${}()|[]\\".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

fn zone_separator(marker: &Marker) -> Option<char> {
    match &marker.integer.as_ref()?.primary {
        Primary::Decimal(digits) => match &digits.groups {
            Groups::Regular(_, separator) => Some(*separator),
            Groups::Irregular(_) => None,
        },
        _ => None,
    }
}

/// The value of a component that was found; none for an unknown name.
fn value(marker: &Marker, text: &str) -> Result<Option<f64>, Error> {
    if matches!(marker.component, 'Z' | 'z') {
        let text = if marker.component == 'z' { text.get(3..).unwrap_or_default() } else { text };
        return Ok(Some(zone(text, zone_separator(marker))));
    }
    if let Some(integer) = &marker.integer {
        return read_integer(text, integer).map(Some);
    }
    let known: &[&str] = match marker.component {
        'P' => {
            return Ok(match text {
                "am" | "AM" => Some(0.0),
                "pm" | "PM" => Some(1.0),
                _ => None,
            });
        }
        'F' => &DAYS,
        _ => &MONTHS,
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a width, or the greatest one")]
    let width = marker.max_width.filter(|width| *width > 0.0).map_or(usize::MAX, |width| width as usize);
    let index = known.iter().rposition(|name| &name[..width.min(name.len())] == text);
    #[expect(clippy::cast_precision_loss, reason = "a month or a day")]
    Ok(index.map(|index| index as f64 + 1.0))
}

/// Minutes from UTC.
fn zone(text: &str, separator: Option<char>) -> f64 {
    let integer = |text: &str| leading_integer(text).unwrap_or(f64::NAN);
    let (hours, minutes) = match separator {
        Some(separator) => text.split_once(separator).unwrap_or((text, "")),
        None if text.len() <= 3 => (text, "0"),
        None => text.split_at(3),
    };
    integer(hours) * 60.0 + integer(minutes)
}
