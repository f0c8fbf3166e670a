//! JSON values as text and as trees: compact text for causes, and a bound on nesting.

use serde_json::Value;

use crate::Error;

/// Largest value that one path, template or call may build, in bytes of memory, roughly. `[[],[],[]]` takes thirty times
/// its text, and megabytes of text are allowed.
pub(crate) const MAX_BYTES: usize = 256 << 20;

/// Longest text that one call may build, in bytes.
pub(crate) const MAX_TEXT_BYTES: usize = 64 << 20;

/// Deepest nesting that templates, intrinsic functions and ResultPath may build, in levels of arrays and objects.
///
/// `serde_json` reads at most 127 levels, and dropping a value recurses: what is built here must stay readable.
pub const MAX_DEPTH: usize = 100;

/// The compact JSON text of `value`, as AWS prints inputs in causes.
pub fn json_text(value: &Value) -> String {
    model::json::to_text(value)
}

/// Whether `value` has more than `limit` levels of arrays and objects. A scalar has none.
///
/// Recurses at most `limit` calls deep.
pub fn is_deeper_than(value: &Value, limit: usize) -> bool {
    match value {
        Value::Array(items) => limit == 0 || items.iter().any(|item| is_deeper_than(item, limit - 1)),
        Value::Object(members) => limit == 0 || members.values().any(|member| is_deeper_than(member, limit - 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// The memory that `value` takes, roughly, once it is known to be at most `depth` levels deep.
pub(crate) fn weigh(value: &Value, depth: usize) -> Result<usize, Error> {
    /// The value itself.
    const VALUE: usize = size_of::<Value>();
    /// A key's own, its hash and its place in the table.
    const KEY: usize = size_of::<String>() + 24;
    let too_deep = || Error::TooDeep { limit: MAX_DEPTH };
    match value {
        Value::Null | Value::Bool(_) => Ok(VALUE),
        Value::Number(number) => Ok(VALUE + number.as_str().len()),
        Value::String(text) => Ok(VALUE + text.len()),
        Value::Array(items) => {
            let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
            items.iter().try_fold(VALUE, |bytes, item| Ok(bytes + weigh(item, depth)?))
        }
        Value::Object(members) => {
            let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
            members.iter().try_fold(VALUE, |bytes, (key, member)| Ok(bytes + KEY + key.len() + weigh(member, depth)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn depth_counts_arrays_and_objects() {
        assert!(!is_deeper_than(&json!(1), 0));
        assert!(is_deeper_than(&json!([]), 0));
        assert!(!is_deeper_than(&json!([{}]), 2));
        assert!(is_deeper_than(&json!([{ "a": [] }]), 2));
    }
}
