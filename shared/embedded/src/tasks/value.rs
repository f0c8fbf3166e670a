//! TOML values as JSON, and times as people write them.

use serde_json::{Map, Value};
use std::time::Duration;
use toml::de::DeValue;

/// The value as JSON. Dates become their text; infinities and NaN, which JSON has not, are refused.
///
/// The parser bounds how deep values nest.
pub(super) fn to_json(value: &DeValue<'_>) -> Result<Value, String> {
    Ok(match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => integer(number.as_str(), number.radix())?,
        DeValue::Float(number) => float(number.as_str())?,
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(instant) => Value::String(instant.to_string()),
        DeValue::Array(items) => {
            Value::Array(items.iter().map(|item| to_json(item.get_ref())).collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => {
            let mut object = Map::new();
            for (key, value) in table {
                object.insert(key.get_ref().to_string(), to_json(value.get_ref())?);
            }
            Value::Object(object)
        }
    })
}

fn integer(digits: &str, radix: u32) -> Result<Value, String> {
    // A decimal number keeps every digit, however long it is.
    let text = if radix == 10 {
        digits.trim_start_matches('+').to_owned()
    } else {
        i128::from_str_radix(digits, radix).map_err(|error| format!("{digits} is no number: {error}"))?.to_string()
    };
    serde_json::from_str(&text).map_err(|_| format!("{digits} is not a number in JSON"))
}

fn float(digits: &str) -> Result<Value, String> {
    serde_json::from_str(digits.trim_start_matches('+')).map_err(|_| format!("{digits} is not a number in JSON"))
}

/// `250ms`, `1.5s`, `2m`, `1h`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().ok()?;
    let seconds = match unit.trim() {
        "ms" => number / 1_000.0,
        "s" => number,
        "m" | "min" => number * 60.0,
        "h" => number * 3_600.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits_and_keys_their_order() -> Result<(), String> {
        let value = DeValue::parse("{ z = 1.50, a = 0xff, when = 2026-11-21, list = [+7, true] }")
            .map_err(|error| error.to_string())?;
        assert_eq!(to_json(value.get_ref())?.to_string(), r#"{"z":1.50,"a":255,"when":"2026-11-21","list":[7,true]}"#);
        Ok(())
    }

    #[test]
    fn what_json_has_not_is_refused() {
        assert_eq!(float("inf"), Err("inf is not a number in JSON".into()));
    }

    #[test]
    fn times_are_read_as_written() {
        assert_eq!(duration("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(duration("1.5s"), Some(Duration::from_millis(1_500)));
        assert_eq!(duration("2 m"), Some(Duration::from_mins(2)));
        assert_eq!(duration("5"), None);
        assert_eq!(duration("soon"), None);
    }
}
