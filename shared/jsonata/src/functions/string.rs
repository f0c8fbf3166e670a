//! Functions of strings that need no patterns.

use super::{Arguments, count, is_true, slice, stringify};
use crate::error::Error;
use crate::evaluate::{Machine, Result};
use crate::value::{Text, Value};

pub(super) fn string<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    match arguments.get(0) {
        Value::Undefined => Ok(Value::Undefined),
        Value::Text(text) => Ok(Value::Text(text.clone())),
        Value::Function(_) => Ok(Value::borrowed("")),
        other => {
            let text = stringify(machine, other, is_true(arguments.get(1), &machine.meter)?)?;
            machine.text(text)
        }
    }
}

/// Byte offsets of a range of characters.
fn bytes(text: &str, start: usize, end: usize) -> (usize, usize) {
    if text.is_ascii() {
        return (start, end);
    }
    let offset = |index: usize| text.char_indices().nth(index).map_or(text.len(), |(at, _)| at);
    (offset(start), offset(end))
}

pub(super) fn substring<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(text) = arguments.text(0) else { return Ok(Value::Undefined) };
    machine.meter.scan(text.len())?;
    let len = text.chars().count();
    #[expect(clippy::cast_precision_loss, reason = "no string is that long")]
    let width = len as f64;
    let mut start = arguments.number(1).unwrap_or(f64::NAN);
    if width + start < 0.0 {
        start = 0.0;
    }
    let end = match arguments.number(2) {
        Some(length) if length <= 0.0 => return Ok(Value::borrowed("")),
        Some(length) => Some(if start >= 0.0 { start + length } else { width + start + length }),
        None => None,
    };
    let (start, end) = slice(len, start, end);
    let (start, end) = bytes(text, start, end);
    Ok(Value::Text(text.slice(start, end, &machine.meter)?))
}

pub(super) fn substring_before<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(text) = arguments.text(0) else { return Ok(Value::Undefined) };
    machine.meter.scan(text.len())?;
    let end = text.find(wanted(arguments)).unwrap_or(text.len());
    Ok(Value::Text(text.slice(0, end, &machine.meter)?))
}

pub(super) fn substring_after<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(text) = arguments.text(0) else { return Ok(Value::Undefined) };
    let wanted = wanted(arguments);
    machine.meter.scan(text.len())?;
    let start = text.find(wanted).map_or(0, |at| at + wanted.len());
    Ok(Value::Text(text.slice(start, text.len(), &machine.meter)?))
}

/// What is searched for. JavaScript searches for the word when nothing is given.
fn wanted<'v>(arguments: &'v Arguments<'_, '_>) -> &'v str {
    arguments.text(1).map_or("undefined", |text| text)
}

pub(super) fn lowercase<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    changed(machine, arguments, str::to_lowercase)
}

pub(super) fn uppercase<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    changed(machine, arguments, str::to_uppercase)
}

/// Bytes that are changed one by one in the time of another step.
const CHANGED_A_STEP: usize = 8;

fn changed<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>, change: impl Fn(&str) -> String) -> Result<'a> {
    let Some(text) = arguments.text(0) else { return Ok(Value::Undefined) };
    machine.meter.require(text.len())?;
    machine.meter.spend(text.len() / CHANGED_A_STEP)?;
    machine.text(change(text))
}

pub(super) fn length<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(text) = arguments.text(0) else { return Ok(Value::Undefined) };
    machine.meter.scan(text.len())?;
    Ok(count(text.chars().count()))
}

pub(super) fn trim<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    changed(machine, arguments, |text| {
        let mut result = String::with_capacity(text.len());
        for word in text.split([' ', '\t', '\n', '\r']).filter(|word| !word.is_empty()) {
            if !result.is_empty() {
                result.push(' ');
            }
            result.push_str(word);
        }
        result
    })
}

pub(super) fn pad<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(text) = arguments.text(0) else { return Ok(Value::Undefined) };
    let width = arguments.number(1).unwrap_or(f64::NAN);
    let filling = arguments.text(2).cloned().filter(|filling| !filling.is_empty()).unwrap_or(Text::Borrowed(" "));
    machine.meter.scan(text.len())?;
    #[expect(clippy::cast_precision_loss, reason = "no string is that long")]
    let missing = width.abs() - text.chars().count() as f64;
    if missing.is_nan() || missing <= 0.0 {
        return Ok(Value::Text(text.clone()));
    }
    if missing.fract() != 0.0 {
        return Err(Error::internal("Invalid array length"));
    }
    // A float beyond all lengths becomes the greatest length, which no limit admits.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and positive, or too large")]
    let missing = missing as usize;
    machine.meter.scan(filling.len())?;
    let widest = filling.chars().map(char::len_utf8).max().unwrap_or(1);
    let room = missing.saturating_mul(widest).saturating_add(text.len());
    machine.meter.require(room)?;
    machine.meter.spend(room / CHANGED_A_STEP)?;
    let padding = filling.chars().cycle().take(missing);
    machine.text(if width > 0.0 {
        text.chars().chain(padding).collect()
    } else {
        padding.chain(text.chars()).collect()
    })
}

pub(super) fn join<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(items) = arguments.get(0).items() else { return Ok(Value::Undefined) };
    let separator = arguments.text(1).cloned().unwrap_or(Text::Borrowed(""));
    machine.meter.spend(items.len())?;
    let mut joined = String::new();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            machine.meter.require(joined.len() + separator.len())?;
            joined.push_str(&separator);
        }
        if let Some(text) = item.as_text() {
            machine.meter.require(joined.len() + text.len())?;
            joined.push_str(text);
        }
    }
    machine.text(joined)
}
