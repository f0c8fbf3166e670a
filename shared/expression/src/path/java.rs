//! Values as Java prints them: Jayway's exception texts show users `{color=red}` and class names.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::{Number, Value};

/// The class that json-smart reads `value` into.
pub(super) fn class_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "java.lang.Boolean",
        Value::String(_) => "java.lang.String",
        Value::Array(_) => "net.minidev.json.JSONArray",
        Value::Object(_) => "java.util.LinkedHashMap",
        Value::Number(number) => {
            let text = number.as_str();
            if text.contains(['.', 'e', 'E']) {
                "java.lang.Double"
            } else if text.parse::<i32>().is_ok() {
                "java.lang.Integer"
            } else if text.parse::<i64>().is_ok() {
                "java.lang.Long"
            } else {
                "java.math.BigInteger"
            }
        }
    }
}

/// `toString()` of json-smart's value: maps as `{k=v}`, arrays as JSON.
pub(super) fn to_string(value: &Value) -> String {
    let mut text = String::new();
    write_value(value, &mut text);
    text
}

fn write_value(value: &Value, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&number_to_string(number)),
        Value::String(string) => text.push_str(string),
        // Its JSON style protects the web: a slash is escaped.
        Value::Array(_) => text.push_str(&value.to_string().replace('/', "\\/")),
        Value::Object(members) => {
            text.push('{');
            for (index, (key, member)) in members.iter().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                text.push_str(key);
                text.push('=');
                write_value(member, text);
            }
            text.push('}');
        }
    }
}

/// `toString()` of the number that json-smart reads.
pub(crate) fn number_to_string(number: &Number) -> Cow<'_, str> {
    let text = number.as_str();
    match number.as_f64() {
        Some(double) if text.contains(['.', 'e', 'E']) => Cow::Owned(double_to_string(double)),
        _ => Cow::Borrowed(text),
    }
}

/// `Double.toString`: plain between 0.001 and 10,000,000, else with an exponent, always with a fraction.
pub(crate) fn double_to_string(double: f64) -> String {
    if !double.is_finite() {
        return if double.is_nan() {
            "NaN"
        } else if double > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned();
    }
    let scientific = format!("{double:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let plain = double == 0.0 || (1e-3..1e7).contains(&double.abs());
    let mut text = if plain { format!("{double}") } else { mantissa.to_owned() };
    if !text.contains('.') {
        text.push_str(".0");
    }
    if !plain {
        // Writing to a string cannot fail.
        let _ = write!(text, "E{exponent}");
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn doubles_print_as_in_java() {
        for (double, expected) in [
            (0.0, "0.0"),
            (19.95, "19.95"),
            (100.0, "100.0"),
            (1e7, "1.0E7"),
            (1.5e-4, "1.5E-4"),
            (-0.001, "-0.001"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(double_to_string(double), expected);
        }
    }

    #[test]
    fn maps_print_with_equals_signs_and_arrays_as_json() {
        let value = json!({ "a": { "b": 1.5, "c": null }, "d": ["x/y", { "e": true }] });
        assert_eq!(to_string(&value), r#"{a={b=1.5, c=null}, d=["x\/y",{"e":true}]}"#);
    }
}
