//! The values of an array as a Java `HashSet` holds them: each once, in the order of its buckets.
//!
//! Java's collections specify how hashes are made of parts; how a table is laid out has been the same since Java 8.

use std::collections::HashSet;

use serde_json::{Number, Value};

use crate::decimal;

/// Each value once, in the order in which `new HashSet<>(values)` gives them.
pub(super) fn in_order(values: &[Value]) -> Vec<&Value> {
    let mut seen = HashSet::new();
    let mut unique: Vec<_> = values
        .iter()
        .filter(|value| seen.insert(identity(value)))
        .map(|value| (bucket(hash(value), values.len()), value))
        .collect();
    // Stable: a bucket keeps the order in which values came.
    unique.sort_by_key(|(bucket, _)| *bucket);
    unique.into_iter().map(|(_, value)| value).collect()
}

/// Where a hash lies in the table that a set of so many values begins with.
fn bucket(hash: u32, values: usize) -> u32 {
    let wanted = u32::try_from(values * 4 / 3 + 1).unwrap_or(1 << 30).clamp(16, 1 << 30);
    (hash ^ (hash >> 16)) & (wanted.next_power_of_two() - 1)
}

/// A text that two values share exactly when Java takes them for equal: 1 is not 1.0, and the order of members does not
/// matter.
fn identity(value: &Value) -> String {
    let mut text = String::new();
    write_identity(value, &mut text);
    text
}

fn write_identity(value: &Value, text: &mut String) {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => text.push_str(&value.to_string()),
        Value::Number(number) => {
            text.push_str(if is_double(number) { "d" } else { "" });
            text.push_str(&decimal::canonical(number.as_str()));
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_identity(item, text);
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
                write_identity(member, text);
                text.push(',');
            }
            text.push('}');
        }
    }
}

/// `hashCode()`.
fn hash(value: &Value) -> u32 {
    match value {
        Value::Null => 0,
        Value::Bool(true) => 1231,
        Value::Bool(false) => 1237,
        Value::Number(number) => hash_of_number(number),
        Value::String(text) => hash_of_text(text),
        Value::Array(items) => items.iter().fold(1, |sum: u32, item| sum.wrapping_mul(31).wrapping_add(hash(item))),
        Value::Object(members) => {
            members.iter().fold(0, |sum: u32, (key, member)| sum.wrapping_add(hash_of_text(key) ^ hash(member)))
        }
    }
}

fn hash_of_text(text: &str) -> u32 {
    text.encode_utf16().fold(0, |sum: u32, unit| sum.wrapping_mul(31).wrapping_add(u32::from(unit)))
}

fn hash_of_number(number: &Number) -> u32 {
    let text = number.as_str();
    if let Ok(int) = text.parse::<i32>() {
        return int.cast_unsigned();
    }
    match (text.parse::<i64>(), number.as_f64()) {
        (Ok(long), _) => fold(long.cast_unsigned()),
        (Err(_), Some(double)) if is_double(number) => fold(double.to_bits()),
        // An integer beyond `long`: its real hash takes its binary digits, which nobody would see the difference of.
        (Err(_), _) => hash_of_text(text),
    }
}

/// The two halves of 64 bits, one over the other.
fn fold(bits: u64) -> u32 {
    u32::try_from((bits ^ (bits >> 32)) & u64::from(u32::MAX)).unwrap_or(0)
}

fn is_double(number: &Number) -> bool {
    number.as_str().contains(['.', 'e', 'E'])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(values: &str, expected: &str) {
        let values: Vec<Value> = serde_json::from_str(values).unwrap();
        let found: Value = in_order(&values).into_iter().cloned().collect();
        assert_eq!(found.to_string(), expected, "{values:?}");
    }

    #[test]
    fn the_order_is_that_of_the_buckets() {
        // Both were seen on AWS.
        check("[true,false,true,false]", "[false,true]");
        check("[[1,2],[1,2],[2,1]]", "[[2,1],[1,2]]");
        check(r#"[1,"1","01",null]"#, r#"[null,1,"1","01"]"#);
        check("[3,1,2,17,1]", "[1,17,2,3]");
        check(r#"["c","b","a"]"#, r#"["a","b","c"]"#);
        check("[]", "[]");
    }

    #[test]
    fn equal_is_what_java_takes_for_equal() {
        check("[1,1.0,1.00,1]", "[1.0,1]");
        check(r#"[{"a":1,"b":[2]},{"b":[2],"a":1}]"#, r#"[{"a":1,"b":[2]}]"#);
        check("[12345678901234567890123,12345678901234567890123]", "[12345678901234567890123]");
    }

    #[test]
    fn hashes_are_those_of_java() {
        for (value, expected) in [
            (json!("hello"), 99_162_322),
            (json!("a"), 97),
            (json!(1.0), 1_072_693_248),
            (json!(4_294_967_296_i64), 1),
            (json!([1, 2]), 994),
            (json!({ "a": 1 }), 96),
            (json!(-1), u32::MAX),
        ] {
            assert_eq!(hash(&value), expected, "{value}");
        }
    }
}
