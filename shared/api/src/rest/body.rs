//! Bodies: an object whose payloads are JSON, which the operations take as text.

use crate::refusal::Refusal;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A member that holds JSON where the operation takes a text of JSON.
#[derive(Clone, Copy, Debug)]
pub(super) enum Embedded {
    /// Any JSON; a string is a JSON string.
    Data(&'static str),
    /// A definition: an object, or a string that holds one.
    Definition(&'static str),
}

/// The members of a body; none if it is empty. Embedded JSON keeps its text to the letter.
pub(super) fn members(body: &[u8], embedded: &[Embedded]) -> Result<Map<String, Value>, Refusal> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    let no_object = |error| Refusal::serialization(format!("The request's body is no JSON object: {error}"));
    let given: BTreeMap<String, &RawValue> = serde_json::from_slice(body).map_err(no_object)?;
    let mut members = Map::new();
    for (name, raw) in given {
        let value = match embedded.iter().find(|embedded| embedded.name() == name) {
            Some(Embedded::Data(_)) => Value::from(raw.get()),
            Some(Embedded::Definition(_)) if raw.get().starts_with('{') => Value::from(raw.get()),
            Some(Embedded::Definition(_)) | None => {
                let error = |error| Refusal::serialization(format!("'{name}' in the request's body: {error}"));
                serde_json::from_str(raw.get()).map_err(error)?
            }
        };
        members.insert(name, value);
    }
    Ok(members)
}

/// A body that is JSON as a whole, as text; none if it is empty.
pub(super) fn text(body: &[u8]) -> Result<Option<String>, Refusal> {
    if body.is_empty() {
        return Ok(None);
    }
    let text = std::str::from_utf8(body).map_err(|_| Refusal::serialization("The request's body is not UTF-8"))?;
    Ok(Some(text.to_owned()))
}

impl Embedded {
    fn name(&self) -> &'static str {
        match self {
            Self::Data(name) | Self::Definition(name) => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const EMBEDDED: &[Embedded] = &[Embedded::Data("output"), Embedded::Definition("definition")];

    fn check(body: &str, expected: Value) {
        assert_eq!(members(body.as_bytes(), EMBEDDED).map(Value::Object), Ok(expected), "{body}");
    }

    #[test]
    fn data_is_text_to_the_letter() {
        check(r#"{"output": [ 1.0, "é" ], "n": 1}"#, json!({"output": "[ 1.0, \"é\" ]", "n": 1}));
        check(r#"{"output": "text"}"#, json!({"output": "\"text\""}));
        check(r#"{"output": null}"#, json!({"output": "null"}));
    }

    #[test]
    fn a_definition_is_an_object_or_a_text_of_one() {
        check(r#"{"definition": {"a" : 1}}"#, json!({"definition": "{\"a\" : 1}"}));
        check(r#"{"definition": "{\"a\" : 1}"}"#, json!({"definition": "{\"a\" : 1}"}));
        check(r#"{"definition": null}"#, json!({"definition": null}));
        check("", json!({}));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        let deep = format!("{{\"tags\": {}1{}}}", "[".repeat(200), "]".repeat(200));
        for body in ["[]", "{", "1", "{} x", "\"x\"", deep.as_str()] {
            let refused = members(body.as_bytes(), EMBEDDED).err().map(|refusal| refusal.code);
            assert_eq!(refused, Some("SerializationException"), "{body}");
        }
        assert!(members(b"{\"a\": \"\xff\"}", EMBEDDED).is_err() && text(b"\"\xff\"").is_err());
    }
}
