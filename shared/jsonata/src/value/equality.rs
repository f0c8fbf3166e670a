//! When two values are equal, and which of two strings comes first.

use super::{Items, Value};
use crate::error::Error;
use crate::meter::Meter;
use std::cmp::Ordering;
use std::rc::Rc;

/// Equal in depth; objects in any order of their members.
pub(crate) fn is_deep_equal<'a>(left: &Value<'a>, right: &Value<'a>, meter: &Meter<'a>) -> Result<bool, Error> {
    equal_at(left, right, meter, 0)
}

fn equal_at<'a>(left: &Value<'a>, right: &Value<'a>, meter: &Meter<'a>, level: usize) -> Result<bool, Error> {
    if is_same(left, right, meter)? {
        return Ok(true);
    }
    meter.spend(1)?;
    meter.nest(level)?;
    match (left.items(), right.items()) {
        (Some(left), Some(right)) => return items_equal(left, right, meter, level),
        (Some(_), None) | (None, Some(_)) => return Ok(false),
        (None, None) => {}
    }
    let (Some(left), Some(right)) = (left.fields(), right.fields()) else { return Ok(false) };
    if left.len() != right.len() {
        return Ok(false);
    }
    meter.spend(left.len())?;
    for (name, value) in left.list() {
        meter.scan(name.len())?;
        let other = right.get(&name);
        if other.is_undefined() || !equal_at(&value, &other, meter, level + 1)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn items_equal<'a>(left: Items<'_, 'a>, right: Items<'_, 'a>, meter: &Meter<'a>, level: usize) -> Result<bool, Error> {
    if left.len() != right.len() {
        return Ok(false);
    }
    for index in 0..left.len() {
        if !equal_at(&left.get(index), &right.get(index), meter, level + 1)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// JavaScript's `===`: by value for what has no parts, else whether both are the very same.
pub(crate) fn is_same<'a>(left: &Value<'a>, right: &Value<'a>, meter: &Meter<'a>) -> Result<bool, Error> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) if left.len() == right.len() => meter.scan(left.len())?,
        (Value::Digits(_), _) | (_, Value::Digits(_)) => meter.spend(left.weight() + right.weight())?,
        _ => {}
    }
    Ok(match (left, right) {
        (Value::Undefined, Value::Undefined) | (Value::Null, Value::Null) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Text(left), Value::Text(right)) => left == right,
        (Value::JsonArray(left), Value::JsonArray(right)) => std::ptr::eq(*left, *right),
        (Value::JsonObject(left), Value::JsonObject(right)) => std::ptr::eq(*left, *right),
        (Value::Given(left), Value::Given(right)) => std::ptr::eq(*left, *right),
        (Value::Array(left), Value::Array(right)) => Rc::ptr_eq(left, right),
        (Value::Object(left), Value::Object(right)) => Rc::ptr_eq(left, right),
        (Value::Function(left), Value::Function(right)) => Rc::ptr_eq(left, right),
        _ => matches!((left.as_number(), right.as_number()), (Some(left), Some(right)) if left == right),
    })
}

/// The order of JavaScript's strings: by UTF-16 units.
pub(crate) fn compare_text(left: &str, right: &str, meter: &Meter<'_>) -> Result<Ordering, Error> {
    meter.scan(left.len() + right.len())?;
    let is_ascii = left.is_ascii() && right.is_ascii();
    Ok(if is_ascii { left.cmp(right) } else { left.encode_utf16().cmp(right.encode_utf16()) })
}
