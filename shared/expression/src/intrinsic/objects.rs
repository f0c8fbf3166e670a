//! `JsonMerge` and `StringToJson`.

use serde_json::{Number, Value};

use super::{Arguments, Failure};

/// The members of both objects; those of the second win. Deep merging does not exist on AWS either.
pub(super) fn merge(arguments: &Arguments<'_>) -> Result<Value, Failure> {
    let object = |index| arguments.value(index).as_object().ok_or_else(|| arguments.expected(index, "an object"));
    let (mut merged, other) = (object(0)?.clone(), object(1)?);
    match arguments.value(2) {
        Value::Bool(false) => {}
        Value::Bool(true) => {
            return Err(arguments.refused("only shallow merging is supported: argument 3 must be false"));
        }
        _ => return Err(arguments.expected(2, "a boolean")),
    }
    merged.extend(other.iter().map(|(key, value)| (key.clone(), value.clone())));
    Ok(Value::Object(merged))
}

/// The value of a JSON text; a blank text is `null`.
pub(super) fn from_text(arguments: &Arguments<'_>) -> Result<Value, Failure> {
    let text = arguments.text(0)?;
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    let mut value = serde_json::from_str(text)
        .map_err(|error| arguments.refused(&format!("argument 1 is not valid JSON: {error}")))?;
    drop_negative_zeros(&mut value);
    Ok(value)
}

/// Java has no negative integer zero: `-0` reads as 0.
fn drop_negative_zeros(value: &mut Value) {
    match value {
        Value::Number(number) if number.as_str() == "-0" => *number = Number::from(0),
        Value::Array(items) => items.iter_mut().for_each(drop_negative_zeros),
        Value::Object(members) => members.values_mut().for_each(drop_negative_zeros),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
