//! Functions about any value, and those that stop or start evaluations.

use super::{Arguments, is_true};
use crate::error::{Code, Error};
use crate::evaluate::{Machine, Result};
use crate::value::Value;

pub(super) fn boolean<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    match arguments.get(0) {
        Value::Undefined => Ok(Value::Undefined),
        value => Ok(Value::Bool(is_true(value, &machine.meter)?)),
    }
}

pub(super) fn not<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    match arguments.get(0) {
        Value::Undefined => Ok(Value::Undefined),
        value => Ok(Value::Bool(!is_true(value, &machine.meter)?)),
    }
}

pub(super) fn exists<'a>(_machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    Ok(Value::Bool(!arguments.get(0).is_undefined()))
}

pub(super) fn type_of<'a>(_machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    Ok(Value::borrowed(match arguments.get(0) {
        Value::Undefined => return Ok(Value::Undefined),
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Text(_) => "string",
        value @ (Value::Number(_) | Value::Digits(_)) => {
            if super::is_numeric(value)? {
                "number"
            } else {
                "object"
            }
        }
        Value::JsonArray(_) | Value::Array(_) | Value::Tuples(_) => "array",
        Value::JsonObject(_) | Value::Given(_) | Value::Object(_) => "object",
        Value::Function(_) => "function",
    }))
}

pub(super) fn error<'a>(_machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    Err(Error::new(Code::D3137).with_words(message(arguments, 0, "$error() function evaluated")))
}

pub(super) fn assert<'a>(_machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    if matches!(arguments.get(0), Value::Bool(true)) {
        return Ok(Value::Undefined);
    }
    Err(Error::new(Code::D3141).with_words(message(arguments, 1, "$assert() statement failed")))
}

fn message(arguments: &Arguments<'_, '_>, index: usize, default: &str) -> String {
    match arguments.text(index) {
        Some(text) if !text.is_empty() => (**text).to_owned(),
        _ => default.to_owned(),
    }
}

/// Units of memory of a character of an expression, once it is parsed.
const PARSED: usize = 64;

pub(super) fn eval<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(text) = arguments.text(0) else { return Ok(Value::Undefined) };
    machine.meter.spend(text.len().saturating_mul(4))?;
    machine.meter.retain((text.len() + 1).saturating_mul(PARSED))?;
    let failed = |code: Code, error: Error| {
        if error.limit().is_some() { error } else { Error::new(code).with_value(&error.message()) }
    };
    let expr = crate::parse::parse_while_evaluating(text).map_err(|error| failed(Code::D3120, error))?;
    let Some(expr) = machine.arena.expressions.keep(expr) else {
        return Err(Error::internal("Too many expressions to evaluate"));
    };
    let input = match arguments.get(1) {
        Value::Undefined => arguments.input.clone(),
        focus => machine.context(focus.clone())?,
    };
    machine.evaluate(expr, &input, arguments.frame).map_err(|error| failed(Code::D3121, error))
}
