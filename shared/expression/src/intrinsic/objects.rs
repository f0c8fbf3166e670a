//! `JsonMerge`, `StringToJson` and `JsonToString`.

use std::io::{self, Write};

use serde_json::{Number, Value};

use super::{Arguments, Failure};
use crate::Error;
use crate::json::MAX_TEXT_BYTES;

/// The members of both objects; those of the second win. Deep merging does not exist on AWS either, and anything but
/// `true` is seen to be as good as `false`.
pub(super) fn merge(arguments: &Arguments<'_>) -> Result<Value, Failure> {
    let object = |index| arguments.value(index).as_object().ok_or_else(|| arguments.expected(index, "an object"));
    let (mut merged, other) = (object(0)?.clone(), object(1)?);
    if *arguments.value(2) == Value::Bool(true) {
        return Err(arguments.refused("only shallow merging is supported: argument 3 must be false"));
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
    let mut value = model::json::parse(text)
        .map_err(|error| arguments.refused(&format!("argument 1 is not valid JSON: {error}")))?;
    drop_negative_zeros(&mut value);
    Ok(value)
}

/// The JSON text of a value. Each further call doubles the backslashes of the one inside it, so the text is bounded.
pub(super) fn to_text(arguments: &Arguments<'_>) -> Result<Value, Failure> {
    let mut text = Bounded(Vec::new());
    let too_large = |_| Failure::Other(Error::TooLarge { limit: MAX_TEXT_BYTES });
    serde_json::to_writer(&mut text, arguments.value(0)).map_err(too_large)?;
    Ok(Value::String(String::from_utf8_lossy(&text.0).into_owned()))
}

/// Takes no more than [`MAX_TEXT_BYTES`].
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_TEXT_BYTES {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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
