//! `StringSplit`.

use std::collections::HashSet;

use serde_json::Value;

use super::{Arguments, Failure};

/// The pieces between any of the characters of the second argument; empty pieces are dropped.
pub(super) fn split(arguments: &Arguments<'_>) -> Result<Value, Failure> {
    let (text, delimiters) = (arguments.text(0)?, arguments.text(1)?);
    // Both may be long.
    let delimiters: HashSet<char> = delimiters.chars().collect();
    let pieces = text.split(|character| delimiters.contains(&character));
    Ok(pieces.filter(|piece| !piece.is_empty()).map(Value::from).collect())
}
