//! Functions of arrays.

use super::{Arguments, is_numeric};
use crate::error::{Code, Error};
use crate::evaluate::{Machine, Result, merge_sort};
use crate::value::{Array, Flags, Items, Value, compare_text, is_deep_equal};
use std::cmp::Ordering;

pub(super) fn append<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let (first, second) = (arguments.get(0), arguments.get(1));
    if first.is_undefined() {
        return Ok(second.clone());
    }
    if second.is_undefined() {
        return Ok(first.clone());
    }
    let mut joined = Array::new(&machine.meter)?;
    joined.extend(first)?;
    joined.extend(second)?;
    Ok(joined.into())
}

pub(super) fn reverse<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(items) = arguments.get(0).items().filter(|items| items.len() > 1) else {
        return Ok(arguments.get(0).clone());
    };
    let mut reversed = Array::new(&machine.meter)?;
    machine.meter.spend(items.len())?;
    items.iter().rev().try_for_each(|item| reversed.push(item))?;
    Ok(reversed.into())
}

pub(super) fn zip<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let lists: Vec<Items<'_, 'a>> = arguments.values.iter().filter_map(Value::items).collect();
    // What is no array has no elements at all.
    let len = if lists.len() < arguments.values.len() { 0 } else { lists.iter().map(Items::len).min().unwrap_or(0) };
    let mut zipped = Array::new(&machine.meter)?;
    for index in 0..len {
        machine.meter.spend(lists.len())?;
        let mut tuple = Array::new(&machine.meter)?;
        lists.iter().try_for_each(|list| tuple.push(list.get(index)))?;
        zipped.push(tuple.into())?;
    }
    Ok(zipped.into())
}

pub(super) fn sort<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(items) = arguments.get(0).items().filter(|items| items.len() > 1) else {
        return Ok(arguments.get(0).clone());
    };
    machine.meter.require(items.len().saturating_mul(crate::meter::ELEMENT))?;
    let list: Vec<Value<'a>> = items.iter().collect();
    let comparator = arguments.get(1);
    let sorted = if comparator.is_undefined() {
        let is_numbers = list.iter().try_fold(true, |so_far, item| Ok::<_, Error>(so_far && is_numeric(item)?))?;
        if !is_numbers && list.iter().any(|item| item.as_text().is_none()) {
            return Err(Error::new(Code::D3070).with_index(1));
        }
        merge_sort(list, &mut |left, right| {
            machine.meter.spend(1)?;
            Ok(match (left.as_text(), right.as_text()) {
                (Some(left), Some(right)) => compare_text(left, right, &machine.meter)? == Ordering::Greater,
                _ => {
                    machine.meter.spend(left.weight() + right.weight())?;
                    left.as_number() > right.as_number()
                }
            })
        })?
    } else {
        merge_sort(list, &mut |left, right| {
            machine.meter.spend(1)?;
            let given = vec![left.clone(), right.clone()];
            Ok(is_truthy(&machine.apply(comparator, given, &Value::Null, arguments.frame)?))
        })?
    };
    machine.array(sorted)
}

/// JavaScript's idea of true, which counts any array and any object.
fn is_truthy(value: &Value<'_>) -> bool {
    match value {
        Value::Undefined | Value::Null | Value::Bool(false) => false,
        Value::Text(text) => !text.is_empty(),
        Value::Number(_) | Value::Digits(_) => {
            value.as_number().is_some_and(|number| number != 0.0 && !number.is_nan())
        }
        _ => true,
    }
}

pub(super) fn shuffle<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(items) = arguments.get(0).items().filter(|items| items.len() > 1) else {
        return Ok(arguments.get(0).clone());
    };
    machine.meter.spend(items.len())?;
    machine.meter.require(items.len().saturating_mul(crate::meter::ELEMENT))?;
    let mut shuffled: Vec<Value<'a>> = Vec::with_capacity(items.len());
    for item in items.iter() {
        let bits = u128::from(machine.random()?);
        let places = shuffled.len() as u128 + 1;
        shuffled.push(item);
        let place = usize::try_from((bits * places) >> 64).unwrap_or(0);
        let last = shuffled.len() - 1;
        shuffled.swap(place, last);
    }
    machine.array(shuffled)
}

pub(super) fn distinct<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let value = arguments.get(0);
    let Some(items) = value.items().filter(|items| items.len() > 1) else { return Ok(value.clone()) };
    let mut kept = Array::new(&machine.meter)?;
    'items: for item in items.iter() {
        machine.meter.spend(kept.len())?;
        for index in 0..kept.len() {
            if is_deep_equal(&item, &kept.get(index), &machine.meter)? {
                continue 'items;
            }
        }
        kept.push(item)?;
    }
    kept.set_flags(Flags { is_sequence: value.is_sequence(), ..Flags::default() });
    Ok(kept.into())
}
