//! Functions of dates, times and pictures of whole numbers.

use super::Arguments;
use crate::datetime::{self, Date, IntegerPicture};
use crate::error::{Code, Error};
use crate::evaluate::{Machine, Result};
use crate::value::Value;

/// Steps that it takes to read and apply a picture, whose separators are each compared with its other characters.
fn cost(picture: &str) -> usize {
    picture.len().saturating_add(picture.len().saturating_mul(picture.len()) / 64)
}

fn picture(machine: &Machine<'_>, arguments: &Arguments<'_, '_>) -> std::result::Result<IntegerPicture, Error> {
    match arguments.text(1) {
        Some(picture) => {
            machine.meter.spend(cost(picture))?;
            IntegerPicture::parse(picture)
        }
        None => Err(Error::internal("A picture string is missing")),
    }
}

pub(super) fn format_integer<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(number) = arguments.number(0) else { return Ok(Value::Undefined) };
    let picture = picture(machine, arguments)?;
    machine.meter.require(picture.room(number))?;
    let text = datetime::format_integer(number, &picture)?;
    machine.text(text)
}

pub(super) fn parse_integer<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(text) = arguments.text(0) else { return Ok(Value::Undefined) };
    // The least is what it takes to read the words that numbers have.
    machine.meter.spend(text.len().saturating_add(100))?;
    Ok(Value::Number(datetime::read_integer(text, &picture(machine, arguments)?)?))
}

pub(super) fn from_millis<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(millis) = arguments.number(0) else { return Ok(Value::Undefined) };
    format(machine, millis, arguments, 1)
}

pub(super) fn now<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    format(machine, now_millis(machine), arguments, 0)
}

pub(super) fn millis<'a>(machine: &Machine<'a>, _arguments: &Arguments<'_, 'a>) -> Result<'a> {
    Ok(Value::Number(now_millis(machine)))
}

#[expect(clippy::cast_precision_loss, reason = "exact for hundreds of thousands of years")]
fn now_millis(machine: &Machine<'_>) -> f64 {
    machine.now as f64
}

/// Steps that the picture takes which is used when none is given.
const ISO: usize = 40;

fn format<'a>(machine: &Machine<'a>, millis: f64, arguments: &Arguments<'_, 'a>, first: usize) -> Result<'a> {
    let picture = arguments.text(first).map(|picture| &**picture);
    let zone = arguments.text(first + 1).map(|zone| &**zone);
    machine.meter.spend(picture.map_or(ISO, cost))?;
    let text = datetime::format(millis, picture, zone, &machine.meter)?;
    machine.text(text)
}

pub(super) fn to_millis<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(text) = arguments.text(0) else { return Ok(Value::Undefined) };
    let Some(picture) = arguments.text(1) else {
        return match datetime::parse_iso(text, &machine.meter)? {
            Some(millis) => Ok(Value::Number(millis)),
            None => Err(Error::new(Code::D3110).with_value(text)),
        };
    };
    machine.meter.spend(cost(picture))?;
    let Some(now) = Date::new(now_millis(machine)) else { return Err(Error::internal("Invalid time value")) };
    let millis = datetime::parse(text, picture, now, &machine.meter)?;
    Ok(millis.map_or(Value::Undefined, Value::Number))
}
