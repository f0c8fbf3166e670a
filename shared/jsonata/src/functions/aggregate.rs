//! Functions of an array of numbers.

use super::{Arguments, count as whole};
use crate::error::Error;
use crate::evaluate::{Machine, Result};
use crate::value::Value;

fn fold<'a>(
    machine: &Machine<'a>,
    arguments: &Arguments<'_, 'a>,
    start: f64,
    step: impl Fn(f64, f64) -> f64,
) -> std::result::Result<Option<(f64, usize)>, Error> {
    let Some(items) = arguments.get(0).items() else { return Ok(None) };
    machine.meter.spend(items.len())?;
    items.iter().try_for_each(|item| machine.meter.spend(item.weight()))?;
    let numbers = items.iter().map(|item| item.as_number().unwrap_or(f64::NAN));
    Ok(Some((numbers.fold(start, step), items.len())))
}

pub(super) fn sum<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let total = fold(machine, arguments, 0.0, |total, number| total + number)?;
    Ok(total.map_or(Value::Undefined, |(total, _)| Value::Number(total)))
}

pub(super) fn count<'a>(_machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    Ok(whole(arguments.get(0).items().map_or(0, |items| items.len())))
}

pub(super) fn max<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let larger = |known: f64, number: f64| if number.is_nan() || number > known { number } else { known };
    extreme(fold(machine, arguments, f64::NEG_INFINITY, larger)?)
}

pub(super) fn min<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let smaller = |known: f64, number: f64| if number.is_nan() || number < known { number } else { known };
    extreme(fold(machine, arguments, f64::INFINITY, smaller)?)
}

fn extreme<'a>(found: Option<(f64, usize)>) -> Result<'a> {
    Ok(match found {
        Some((number, len)) if len > 0 => Value::Number(number),
        _ => Value::Undefined,
    })
}

pub(super) fn average<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    #[expect(clippy::cast_precision_loss, reason = "no array is that long")]
    Ok(match fold(machine, arguments, 0.0, |total, number| total + number)? {
        Some((total, len)) if len > 0 => Value::Number(total / len as f64),
        _ => Value::Undefined,
    })
}
