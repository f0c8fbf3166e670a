//! JSON values as text and as trees: compact text for causes, and a bound on nesting.

use std::cmp::Ordering;

use serde_json::Value;

use crate::{Error, decimal};

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
    value.to_string()
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

/// Deep equality: numbers by value, objects whatever the order of their members.
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            decimal::compare(left.as_str(), right.as_str()) == Some(Ordering::Equal)
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            let has = |(key, left): (&String, &Value)| right.get(key).is_some_and(|right| same(left, right));
            left.len() == right.len() && left.iter().all(has)
        }
        _ => left == right,
    }
}

/// A text that two values share exactly when they are the [`same`].
pub(crate) fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => text.push_str(&json_text(value)),
        Value::Number(number) => text.push_str(&decimal::canonical(number.as_str())),
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            text.push('{');
            for (key, member) in members {
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write_canonical(member, text);
                text.push(',');
            }
            text.push('}');
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

    #[test]
    fn canonical_texts_are_equal_for_equal_values() {
        let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        for (left, right, equal) in [
            ("1", "1.0", true),
            ("1e2", "100", true),
            ("-0", "0", true),
            (r#"{"a":1,"b":[2]}"#, r#"{"b":[2.0],"a":1}"#, true),
            ("1", "\"1\"", false),
            ("[1,2]", "[2,1]", false),
            ("[]", "{}", false),
        ] {
            let (left, right) = (parse(left), parse(right));
            assert_eq!(same(&left, &right), equal, "{left} {right}");
            assert_eq!(canonical(&left) == canonical(&right), equal, "{left} {right}");
        }
    }
}
