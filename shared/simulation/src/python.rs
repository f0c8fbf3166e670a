//! How Python writes a JSON value: as `json.dumps` does, and as `repr` does.
//!
//! Recorded functions are Python functions; what they answer is what Python makes of their input. Nesting is
//! bounded by the JSON parser that read the value.

use serde_json::{Number, Value};
use std::fmt::Write;

/// `json.dumps(value, ensure_ascii=False)`: the text with which Lambda's Python runtime answers.
pub fn dumps(value: &Value) -> String {
    let mut text = String::new();
    write_value(value, &JSON, &mut text);
    text
}

/// `repr(value)`.
pub fn repr(value: &Value) -> String {
    let mut text = String::new();
    write_value(value, &REPR, &mut text);
    text
}

/// What differs between the two notations.
struct Notation {
    null: &'static str,
    yes: &'static str,
    no: &'static str,
    string: fn(&str, &mut String),
}

const JSON: Notation = Notation { null: "null", yes: "true", no: "false", string: write_json_string };
const REPR: Notation = Notation { null: "None", yes: "True", no: "False", string: write_repr_string };

fn write_value(value: &Value, notation: &Notation, text: &mut String) {
    match value {
        Value::Null => text.push_str(notation.null),
        Value::Bool(true) => text.push_str(notation.yes),
        Value::Bool(false) => text.push_str(notation.no),
        Value::Number(number) => write_number(number, text),
        Value::String(string) => (notation.string)(string, text),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                write_value(item, notation, text);
            }
            text.push(']');
        }
        Value::Object(fields) => {
            text.push('{');
            for (index, (key, field)) in fields.iter().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                (notation.string)(key, text);
                text.push_str(": ");
                write_value(field, notation, text);
            }
            text.push('}');
        }
    }
}

/// Integers as they are, of any size; everything else is a float.
fn write_number(number: &Number, text: &mut String) {
    let digits = number.to_string();
    let is_integer = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if is_integer {
        // Python has one integer zero.
        text.push_str(if digits == "-0" { "0" } else { &digits });
    } else {
        // The parser took it for a number, so it is one; what is too large for a double is infinite in Python.
        write_float(digits.parse().unwrap_or(f64::INFINITY), text);
    }
}

/// `repr(float)`: the shortest digits that read back, with an exponent below 1e-4 and from 1e16 on.
fn write_float(float: f64, text: &mut String) {
    if float.is_infinite() {
        text.push_str(if float > 0.0 { "inf" } else { "-inf" });
        return;
    }
    let scientific = format!("{float:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = format!("{float}");
        text.push_str(&plain);
        if !plain.contains('.') {
            text.push_str(".0");
        }
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(text, "{mantissa}e{sign}{:02}", exponent.abs());
    }
}

fn write_json_string(string: &str, text: &mut String) {
    text.push_str(&Value::from(string).to_string());
}

/// Single quotes, unless the string has some and no double ones.
fn write_repr_string(string: &str, text: &mut String) {
    let quote = if string.contains('\'') && !string.contains('"') { '"' } else { '\'' };
    text.push(quote);
    for character in string.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            quoted if quoted == quote => {
                text.push('\\');
                text.push(quoted);
            }
            control if control.is_control() => {
                let code = u32::from(control);
                let _ = write!(text, "\\x{code:02x}");
            }
            other => text.push(other),
        }
    }
    text.push(quote);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, as_dumped: &str, as_repr: &str) {
        let value: Value = serde_json::from_str(json).unwrap_or(Value::Null);
        assert_eq!((dumps(&value).as_str(), repr(&value).as_str()), (as_dumped, as_repr), "{json}");
    }

    #[test]
    fn constants_have_python_names() {
        check("[null,true,false]", "[null, true, false]", "[None, True, False]");
    }

    #[test]
    fn floats_are_the_shortest_that_read_back() {
        check(
            "[1.0,0.1,1e3,1e16,1.5e16,1e15,0.0001,0.00001,-0.0,1e100]",
            "[1.0, 0.1, 1000.0, 1e+16, 1.5e+16, 1000000000000000.0, 0.0001, 1e-05, -0.0, 1e+100]",
            "[1.0, 0.1, 1000.0, 1e+16, 1.5e+16, 1000000000000000.0, 0.0001, 1e-05, -0.0, 1e+100]",
        );
    }

    #[test]
    fn integers_keep_all_their_digits() {
        check("12345678901234567890123", "12345678901234567890123", "12345678901234567890123");
    }

    #[test]
    fn a_repr_chooses_its_quotes() {
        check(r#""it's""#, r#""it's""#, r#""it's""#);
        check(r#""plain""#, r#""plain""#, "'plain'");
        check(r#""'\"\n\u0001é""#, r#""'\"\n\u0001é""#, r#"'\'"\n\x01é'"#);
    }

    #[test]
    fn objects_keep_their_order() {
        check(r#"{"b":1,"a":{}}"#, r#"{"b": 1, "a": {}}"#, "{'b': 1, 'a': {}}");
    }
}
