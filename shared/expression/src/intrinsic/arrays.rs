//! `ArrayPartition`, `ArrayContains`, `ArrayRange`, `ArrayGetItem`, `ArrayUnique`.

use std::collections::HashSet;

use serde_json::Value;

use super::{Arguments, Failure};
use crate::json::{canonical, same};

/// Most items of a range.
///
/// Source: Step Functions developer guide, States.ArrayRange.
const MAX_RANGE: i128 = 1000;

/// Chunks of at most the given size.
pub(super) fn partition(arguments: &Arguments<'_>) -> Result<Value, Failure> {
    let items = arguments.array(0)?;
    let size = usize::try_from(arguments.integer(1)?).ok().filter(|size| *size > 0);
    let size = size.ok_or_else(|| arguments.refused("the chunk size must be a positive integer"))?;
    Ok(items.chunks(size).map(|chunk| Value::Array(chunk.to_vec())).collect())
}

/// Whether an item equals the value, by deep equality.
pub(super) fn contains(arguments: &Arguments<'_>) -> Result<Value, Failure> {
    let wanted = arguments.value(1);
    Ok(Value::Bool(arguments.array(0)?.iter().any(|item| same(item, wanted))))
}

/// From the first to the last integer, both included, by the step.
pub(super) fn range(arguments: &Arguments<'_>) -> Result<Value, Failure> {
    let integer = |index| arguments.integer(index).map(i128::from);
    let (first, last, step) = (integer(0)?, integer(1)?, integer(2)?);
    if step == 0 {
        return Err(arguments.refused("the step must not be 0"));
    }
    let count = if (last - first).signum() * step.signum() < 0 { 0 } else { (last - first) / step + 1 };
    if count > MAX_RANGE {
        return Err(arguments.refused(&format!("the range has {count} items, more than {MAX_RANGE}")));
    }
    Ok((0..count).filter_map(|index| i64::try_from(first + index * step).ok()).map(Value::from).collect())
}

/// The item at a zero-based index.
pub(super) fn get_item(arguments: &Arguments<'_>) -> Result<Value, Failure> {
    let items = arguments.array(0)?;
    let index = arguments.integer(1)?;
    let item = usize::try_from(index).ok().and_then(|index| items.get(index));
    item.cloned().ok_or_else(|| {
        arguments.refused(&format!("index {index} is out of bounds for an array of {} items", items.len()))
    })
}

/// Each value once, where it came first.
pub(super) fn unique(arguments: &Arguments<'_>) -> Result<Value, Failure> {
    let mut seen = HashSet::new();
    let items = arguments.array(0)?.iter().filter(|item| seen.insert(canonical(item)));
    Ok(items.cloned().collect())
}
