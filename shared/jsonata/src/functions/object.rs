//! Functions of objects.

use super::Arguments;
use crate::error::Error;
use crate::evaluate::{Machine, Result};
use crate::value::{Array, Object, Text, Value};
use indexmap::IndexSet;

pub(super) fn keys<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let mut names = IndexSet::new();
    collect_keys(machine, arguments.get(0), &mut names, 0)?;
    machine.sequence(names.into_iter().map(Value::Text).collect())
}

fn collect_keys<'a>(
    machine: &Machine<'a>,
    value: &Value<'a>,
    names: &mut IndexSet<Text<'a>>,
    level: usize,
) -> std::result::Result<(), Error> {
    machine.meter.nest(level)?;
    if let Some(items) = value.items() {
        machine.meter.spend(items.len())?;
        return items.iter().try_for_each(|item| collect_keys(machine, &item, names, level + 1));
    }
    if let Some(fields) = value.fields() {
        machine.meter.spend(fields.len())?;
        for (name, _) in fields.list() {
            machine.meter.scan(name.len())?;
        }
        names.extend(fields.list().into_iter().filter(|(_, value)| !value.is_undefined()).map(|(name, _)| name));
    }
    Ok(())
}

pub(super) fn lookup<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let name = arguments.text(1).map_or("undefined", |text| text);
    machine.lookup(arguments.get(0), name)
}

pub(super) fn spread<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    spread_value(machine, arguments.get(0), 0)
}

fn spread_value<'a>(machine: &Machine<'a>, value: &Value<'a>, level: usize) -> Result<'a> {
    machine.meter.nest(level)?;
    if let Some(items) = value.items() {
        let mut all = if items.len() == 0 { Array::sequence(&machine.meter)? } else { Array::new(&machine.meter)? };
        for item in items.iter() {
            machine.meter.spend(1)?;
            let spread = spread_value(machine, &item, level + 1)?;
            if !spread.is_undefined() {
                all.extend(&spread)?;
            }
        }
        return Ok(all.into());
    }
    let Some(fields) = value.fields() else { return Ok(value.clone()) };
    let mut objects = Vec::with_capacity(fields.len());
    for (name, value) in fields.list() {
        let object = Object::new(&machine.meter)?;
        object.insert(name, value)?;
        objects.push(object.into());
    }
    machine.sequence(objects)
}

pub(super) fn merge<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(items) = arguments.get(0).items() else { return Ok(Value::Undefined) };
    let merged = Object::new(&machine.meter)?;
    for item in items.iter() {
        machine.meter.spend(1)?;
        for (name, value) in item.fields().map(|fields| fields.list()).unwrap_or_default() {
            merged.insert(name, value)?;
        }
    }
    Ok(merged.into())
}

pub(super) fn clone<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    match arguments.get(0) {
        Value::Undefined => Ok(Value::Undefined),
        value => machine.clone_by_text(value, 0),
    }
}
