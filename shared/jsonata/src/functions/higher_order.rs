//! Functions that call a function for each element.

use super::{Arguments, count, is_true};
use crate::error::{Code, Error};
use crate::evaluate::{Machine, Result};
use crate::value::{Object, Value};

/// Calls with the value, and with its place and the whole if the function takes them.
fn visit<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>, value: Value<'a>, place: Value<'a>) -> Result<'a> {
    let function = arguments.get(1);
    let arity = match function {
        Value::Function(function) => function.arity(),
        _ => return Err(Error::new(Code::T1006)),
    };
    let mut given = Vec::with_capacity(arity.clamp(1, 3));
    given.push(value);
    if arity >= 2 {
        given.push(place);
    }
    if arity >= 3 {
        given.push(arguments.get(0).clone());
    }
    machine.apply(function, given, &Value::Null, arguments.frame)
}

pub(super) fn map<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(items) = arguments.get(0).items() else { return Ok(Value::Undefined) };
    let mut results = Vec::new();
    for index in 0..items.len() {
        let result = visit(machine, arguments, items.get(index), count(index))?;
        if !result.is_undefined() {
            machine.meter.require(results.len() * crate::meter::ELEMENT)?;
            results.push(result);
        }
    }
    machine.sequence(results)
}

pub(super) fn filter<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(items) = arguments.get(0).items() else { return Ok(Value::Undefined) };
    let mut results = Vec::new();
    for index in 0..items.len() {
        let item = items.get(index);
        if is_true(&visit(machine, arguments, item.clone(), count(index))?, &machine.meter)? {
            machine.meter.require(results.len() * crate::meter::ELEMENT)?;
            results.push(item);
        }
    }
    machine.sequence(results)
}

pub(super) fn single<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(items) = arguments.get(0).items() else { return Ok(Value::Undefined) };
    let mut found = None;
    for index in 0..items.len() {
        let item = items.get(index);
        let fits = arguments.get(1).is_undefined()
            || is_true(&visit(machine, arguments, item.clone(), count(index))?, &machine.meter)?;
        if fits && found.replace(item).is_some() {
            return Err(Error::new(Code::D3138).with_index(index));
        }
    }
    found.ok_or_else(|| Error::new(Code::D3139))
}

pub(super) fn reduce<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(items) = arguments.get(0).items() else { return Ok(Value::Undefined) };
    let arity = match arguments.get(1) {
        Value::Function(function) => function.arity(),
        _ => 0,
    };
    if arity < 2 {
        return Err(Error::new(Code::D3050).with_index(1));
    }
    let (mut result, start) = match arguments.get(2) {
        Value::Undefined if items.len() > 0 => (items.get(0), 1),
        initial => (initial.clone(), 0),
    };
    for index in start..items.len() {
        let mut given = vec![result, items.get(index)];
        if arity >= 3 {
            given.push(count(index));
        }
        if arity >= 4 {
            given.push(arguments.get(0).clone());
        }
        result = machine.apply(arguments.get(1), given, &Value::Null, arguments.frame)?;
    }
    Ok(result)
}

pub(super) fn each<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let mut results = Vec::new();
    for (name, value) in arguments.get(0).fields().map(|fields| fields.list()).unwrap_or_default() {
        let result = visit(machine, arguments, value, Value::Text(name))?;
        if !result.is_undefined() {
            results.push(result);
        }
    }
    machine.sequence(results)
}

pub(super) fn sift<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let kept = Object::new(&machine.meter)?;
    let mut is_empty = true;
    for (name, value) in arguments.get(0).fields().map(|fields| fields.list()).unwrap_or_default() {
        if is_true(&visit(machine, arguments, value.clone(), Value::Text(name.clone()))?, &machine.meter)? {
            kept.insert(name, value)?;
            is_empty = false;
        }
    }
    Ok(if is_empty { Value::Undefined } else { kept.into() })
}
