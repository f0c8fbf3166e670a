//! `ArrayPartition`, `ArrayContains`, `ArrayRange`, `ArrayGetItem`, `ArrayUnique`.

use std::borrow::Cow;

use serde_json::Value;

use super::{Arguments, Failure, java_set};
use crate::json::json_text;

/// Most items of a range.
///
/// Source: Step Functions developer guide, States.ArrayRange.
const MAX_RANGE: i64 = 1000;

/// Chunks of at most the given size.
pub(super) fn partition(arguments: &Arguments<'_>) -> Result<Value, Failure> {
    let items = arguments.array(0)?;
    let size = usize::try_from(arguments.integer(1)?).ok().filter(|size| *size > 0);
    let size = size.ok_or_else(|| arguments.refused("the chunk size must be a positive integer"))?;
    Ok(items.chunks(size).map(|chunk| Value::Array(chunk.to_vec())).collect())
}

/// Whether an item has the same text as the value. Seen on AWS: `"true"` is `true` here, `{"a":1,"b":2}` is not
/// `{"b":2,"a":1}`, and a string is not a list that has it.
pub(super) fn contains(arguments: &Arguments<'_>) -> Result<Value, Failure> {
    let wanted = plain_text(arguments.value(1));
    Ok(Value::Bool(arguments.array(0)?.iter().any(|item| plain_text(item) == wanted)))
}

fn plain_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Number(number) => Cow::Borrowed(number.as_str()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => Cow::Owned(json_text(value)),
    }
}

/// From the first to the last integer, both included, by the step.
pub(super) fn range(arguments: &Arguments<'_>) -> Result<Value, Failure> {
    let integer = |index| arguments.integer(index).map(i64::from);
    let (first, last, step) = (integer(0)?, integer(1)?, integer(2)?);
    if step == 0 {
        return Err(arguments.refused("the step must not be 0"));
    }
    let count = if (last - first).signum() * step.signum() < 0 { 0 } else { (last - first) / step + 1 };
    if count > MAX_RANGE {
        return Err(arguments.refused(&format!("the range has {count} items, more than {MAX_RANGE}")));
    }
    Ok((0..count).map(|index| Value::from(first + index * step)).collect())
}

/// The item at a zero-based index. Seen on AWS: an empty array has `null` at every index.
pub(super) fn get_item(arguments: &Arguments<'_>) -> Result<Value, Failure> {
    let items = arguments.array(0)?;
    let index = arguments.integer(1)?;
    let place = usize::try_from(index).ok();
    match place.and_then(|place| items.get(place)) {
        Some(item) => Ok(item.clone()),
        None if items.is_empty() && place.is_some() => Ok(Value::Null),
        None => {
            let length = items.len();
            Err(arguments.refused(&format!("index {index} is out of bounds for an array of {length} items")))
        }
    }
}

/// Each value once. Seen on AWS: `[true, false]` gives `[false, true]`, the order of a Java `HashSet`.
pub(super) fn unique(arguments: &Arguments<'_>) -> Result<Value, Failure> {
    Ok(java_set::in_order(arguments.array(0)?).into_iter().cloned().collect())
}
