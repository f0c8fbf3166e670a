//! A moment in the form that a picture gives.

use super::calendar::{Component, Date};
use super::integer::{Case, Groups, IntegerPicture, Primary, format_integer};
use super::picture::{Marker, Part, Picture};
use crate::error::{Code, Error};
use crate::meter::Meter;

pub(super) const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const ISO: &str = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]";

/// A distance from UTC.
#[derive(Clone, Copy)]
struct Offset {
    hours: f64,
    minutes: f64,
}

/// The moment by the picture, or in ISO 8601, in the time zone `+hhmm`.
pub(crate) fn format(
    millis: f64,
    picture: Option<&str>,
    zone: Option<&str>,
    meter: &Meter<'_>,
) -> Result<String, Error> {
    let offset = match zone {
        Some(zone) => {
            let zone = leading_integer(zone).unwrap_or(f64::NAN);
            Offset { hours: (zone / 100.0).floor(), minutes: zone % 100.0 }
        }
        None => Offset { hours: 0.0, minutes: 0.0 },
    };
    let picture = Picture::parse(picture.unwrap_or(ISO))?;
    let shifted = millis + (60.0 * offset.hours + offset.minutes) * 60_000.0;
    let date = Date::new(shifted);
    let mut text = String::new();
    for part in &picture.parts {
        match part {
            Part::Literal(literal) => text.push_str(literal),
            Part::Marker(marker) => text.push_str(&component(date, marker, offset, meter)?),
        }
        meter.require(text.len())?;
    }
    Ok(text)
}

/// What JavaScript's `parseInt` reads: a sign and the digits that follow, of base 16 behind a prefix.
pub(super) fn leading_integer(text: &str) -> Option<f64> {
    let text = text.trim_start();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let number = match unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X")) {
        Some(digits) => {
            let mut digits = digits.chars().map_while(|digit| digit.to_digit(16)).map(f64::from);
            let first = digits.next()?;
            digits.fold(first, |sum, digit| sum * 16.0 + digit)
        }
        None => {
            let digits = unsigned.bytes().take_while(u8::is_ascii_digit).count();
            unsigned[..digits].parse().ok()?
        }
    };
    Some(if text.starts_with('-') { -number } else { number })
}

fn component(date: Option<Date>, marker: &Marker, offset: Offset, meter: &Meter<'_>) -> Result<String, Error> {
    match marker.component {
        'Y' | 'M' | 'D' | 'd' | 'F' | 'W' | 'w' | 'X' | 'x' | 'H' | 'h' | 'm' | 's' => {
            let mut number = match Date::component_of(date, marker.component) {
                Component::Number(number) => number,
                Component::Text(_) | Component::Nothing => f64::NAN,
            };
            if let Some(case) = marker.names {
                return name(number, marker, case);
            }
            if let ('Y', Some(digits)) = (marker.component, marker.digits) {
                number %= 10_f64.powf(digits);
            }
            integer(number, marker.integer.as_ref(), meter)
        }
        'f' => match Date::component_of(date, 'f') {
            Component::Number(number) => integer(number, marker.integer.as_ref(), meter),
            Component::Text(_) | Component::Nothing => Ok(String::new()),
        },
        'Z' | 'z' => zone(marker, offset, meter),
        letter => Ok(match Date::component_of(date, letter) {
            Component::Text(text) if letter == 'P' && marker.names == Some(Case::Upper) => text.to_uppercase(),
            Component::Text(text) => text.to_owned(),
            Component::Number(_) | Component::Nothing => "undefined".to_owned(),
        }),
    }
}

fn integer(number: f64, picture: Option<&IntegerPicture>, meter: &Meter<'_>) -> Result<String, Error> {
    let Some(picture) = picture else { return Err(Error::internal("The component has no integer format")) };
    meter.require(picture.room(number))?;
    format_integer(number, picture)
}

fn name(number: f64, marker: &Marker, case: Case) -> Result<String, Error> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a month or a day")]
    let index = (number - 1.0) as usize;
    let name = match marker.component {
        'M' | 'x' => MONTHS.get(index),
        'F' => DAYS.get(index),
        _ => return Err(Error::new(Code::D3133).with_value(&marker.component.to_string())),
    };
    let Some(name) = name.filter(|_| !number.is_nan()) else {
        return match (case, marker.max_width) {
            (Case::Title, None) => Ok("undefined".to_owned()),
            _ => Err(Error::internal("The component has no name")),
        };
    };
    let name = match case {
        Case::Upper => name.to_uppercase(),
        Case::Lower => name.to_lowercase(),
        Case::Title => (*name).to_owned(),
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a width, or the greatest one")]
    Ok(match marker.max_width {
        Some(width) => name.chars().take(width as usize).collect(),
        None => name,
    })
}

fn zone(marker: &Marker, offset: Offset, meter: &Meter<'_>) -> Result<String, Error> {
    let Some(picture) = &marker.integer else { return Err(Error::new(Code::D3134)) };
    let together = offset.hours * 100.0 + offset.minutes;
    let mandatory = match &picture.primary {
        Primary::Decimal(digits) => match &digits.groups {
            Groups::Regular(..) => None,
            Groups::Irregular(_) => Some(digits.mandatory),
        },
        _ => Some(0),
    };
    let mut text = match mandatory {
        None | Some(3 | 4) => integer(together, Some(picture), meter)?,
        Some(1 | 2) => {
            let mut text = integer(offset.hours, Some(picture), meter)?;
            if offset.minutes != 0.0 {
                text.push(':');
                text.push_str(&format_integer(offset.minutes, &IntegerPicture::parse("00")?)?);
            }
            text
        }
        Some(digits) => return Err(Error::new(Code::D3134).with_value_json(Some(digits.to_string()))),
    };
    if together >= 0.0 {
        text.insert(0, '+');
    }
    if marker.component == 'z' {
        text.insert_str(0, "GMT");
    }
    if together == 0.0 && marker.modifier == Some('t') {
        "Z".clone_into(&mut text);
    }
    Ok(text)
}
