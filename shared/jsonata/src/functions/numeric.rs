//! Functions of numbers.

use super::Arguments;
use crate::error::{Code, Error};
use crate::evaluate::{Machine, Result};
use crate::number::{Picture, Symbols, print, read, round as round_to, to_json, to_radix};
use crate::value::{Value, in_error};

fn map<'a>(arguments: &Arguments<'_, 'a>, compute: impl Fn(f64) -> f64) -> Result<'a> {
    Ok(arguments.number(0).map_or(Value::Undefined, |number| Value::Number(compute(number))))
}

pub(super) fn floor<'a>(_machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    map(arguments, f64::floor)
}

pub(super) fn ceil<'a>(_machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    map(arguments, f64::ceil)
}

pub(super) fn abs<'a>(_machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    map(arguments, f64::abs)
}

pub(super) fn round<'a>(_machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let places = arguments.number(1).unwrap_or(0.0);
    map(arguments, |number| round_to(number, places))
}

pub(super) fn sqrt<'a>(_machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    match arguments.number(0) {
        Some(number) if number < 0.0 => {
            Err(Error::new(Code::D3060).with_value_json(Some(to_json(number))).with_index(1))
        }
        _ => map(arguments, f64::sqrt),
    }
}

pub(super) fn power<'a>(_machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(base) = arguments.number(0) else { return Ok(Value::Undefined) };
    let exponent = arguments.number(1).unwrap_or(f64::NAN);
    // In JavaScript, one to the power of what is no number, or is infinite, is no number.
    let result = if base.abs() == 1.0 && !exponent.is_finite() { f64::NAN } else { base.powf(exponent) };
    if result.is_finite() {
        return Ok(Value::Number(result));
    }
    let error = Error::new(Code::D3061).with_value_json(Some(to_json(base))).with_index(1);
    Err(error.with_second_json(arguments.number(1).map(to_json)))
}

pub(super) fn number<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let value = arguments.get(0);
    let number = match value {
        Value::Undefined => return Ok(Value::Undefined),
        Value::Number(_) | Value::Digits(_) => return Ok(value.clone()),
        Value::Bool(bool) => Some(f64::from(u8::from(*bool))),
        Value::Text(text) => {
            machine.meter.scan(text.len())?;
            read(text)
        }
        _ => None,
    };
    match number {
        Some(number) => Ok(Value::Number(number)),
        None => Err(Error::new(Code::D3030).with_value_json(in_error(value, &machine.meter)).with_index(1)),
    }
}

/// Steps beyond the first that it takes to write a number of some hundred digits.
const LONG: usize = 20;

pub(super) fn format_base<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(number) = arguments.number(0) else { return Ok(Value::Undefined) };
    let radix = arguments.number(1).map_or(10.0, |radix| round_to(radix, 0.0));
    if !(2.0..=36.0).contains(&radix) {
        return Err(Error::new(Code::D3100).with_value_json(Some(to_json(radix))));
    }
    machine.meter.spend(if number.abs() < 1e15 { 0 } else { LONG })?;
    let number = round_to(number, 0.0);
    if radix == 10.0 {
        return machine.text(print(number));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 2 and 36")]
    machine.text(to_radix(number, radix as u32))
}

pub(super) fn format_number<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(number) = arguments.number(0) else { return Ok(Value::Undefined) };
    let Some(picture) = arguments.text(1) else { return Err(Error::internal("A picture string is missing")) };
    let mut symbols = Symbols::default();
    let mut room = picture.len();
    if let Some(fields) = arguments.get(2).fields() {
        machine.meter.spend(fields.len())?;
        for (name, value) in fields.list() {
            if let Value::Text(value) = value {
                room = room.saturating_add(value.len());
                symbols.set(&name, &value);
            }
        }
    }
    // Symbols are searched for everywhere in the picture, and its groups are counted for each separator.
    machine.meter.require(room.saturating_mul(16))?;
    machine.meter.spend(room.saturating_mul(16).saturating_add(room.saturating_mul(picture.len()) / 32))?;
    let text = Picture::parse(picture, symbols)?.format(number)?;
    machine.text(text)
}

pub(super) fn random<'a>(machine: &Machine<'a>, _arguments: &Arguments<'_, 'a>) -> Result<'a> {
    Ok(Value::Number(fraction(machine.random()?)))
}

/// A number from 0 up to, and without, 1.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
pub(super) fn fraction(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}
