//! The context object that a test gives: which fields it may have, and of what type.

use super::Refused;
use serde_json::{Map, Value};

/// What a field of the context object holds.
enum Kind {
    Any,
    Text,
    Number,
    Object(&'static [(&'static str, Kind)]),
}

use Kind::{Any, Number, Object, Text};

const CONTEXT: &[(&str, Kind)] = &[
    (
        "Execution",
        Object(&[
            ("Id", Text),
            ("Input", Any),
            ("Name", Text),
            ("RoleArn", Text),
            ("StartTime", Text),
            ("RedriveCount", Number),
            ("RedriveTime", Text),
        ]),
    ),
    ("StateMachine", Object(&[("Id", Text), ("Name", Text)])),
    ("State", Object(&[("Name", Text), ("EnteredTime", Text), ("RetryCount", Number)])),
    ("Map", Object(&[("Item", Object(&[("Index", Number), ("Value", Any), ("Key", Text), ("Source", Text)]))])),
    ("Task", Object(&[("Token", Text)])),
];

/// The context object that a text holds: it stands for the whole of `$$`.
pub(super) fn parse(text: &str) -> Result<Value, Refused> {
    let wrong = |why: String| Refused::Validation(format!("Invalid Context object provided: {why}"));
    let value = model::json::parse(text).map_err(|_| wrong("it must be valid JSON".to_owned()))?;
    let Value::Object(object) = &value else { return Err(wrong("it must be a JSON object".to_owned())) };
    check("", object, CONTEXT).map_err(wrong)?;
    Ok(value)
}

/// The recursion is as deep as [`CONTEXT`].
fn check(path: &str, object: &Map<String, Value>, fields: &[(&str, Kind)]) -> Result<(), String> {
    for (name, value) in object {
        let Some((_, kind)) = fields.iter().find(|(field, _)| field == name) else {
            return Err(format!("Field '{name}' is not allowed"));
        };
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let wanted = match (kind, value) {
            (Any, _) | (Text, Value::String(_)) | (Number, Value::Number(_)) => continue,
            (Object(fields), Value::Object(object)) => {
                check(&path, object, fields)?;
                continue;
            }
            (Text, _) => "a string",
            (Number, _) => "a number",
            (Object(_), _) => "an object",
        };
        return Err(format!("{path} must be {wanted}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_the_context_object_has_not_are_refused_by_name() {
        for (text, why) in [
            (r#"{"Execution": {"pokemon": "squirtle"}}"#, "Field 'pokemon' is not allowed"),
            (r#"{"Execution": {"Id": 1}}"#, "Execution.Id must be a string"),
            (r#"{"Pokedex": {}}"#, "Field 'Pokedex' is not allowed"),
            (r#"{"State": {"RetryCount": "1"}}"#, "State.RetryCount must be a number"),
            (r#"{"Map": {"Item": 1}}"#, "Map.Item must be an object"),
            (r#"{"Map": {"Item": {"Index": "a"}}}"#, "Map.Item.Index must be a number"),
            ("[]", "it must be a JSON object"),
            ("{", "it must be valid JSON"),
        ] {
            let refused = parse(text).err().map(|refused| refused.to_string());
            assert_eq!(refused, Some(format!("Invalid Context object provided: {why}")), "{text}");
        }
    }

    #[test]
    fn any_part_of_the_context_object_may_be_given() {
        let whole = r#"{"Execution": {"Input": [1], "RedriveCount": 2}, "Map": {"Item": {"Index": 0, "Value": null}},
            "Task": {"Token": "t"}, "State": {}, "StateMachine": {"Id": "m"}}"#;
        for text in ["{}", whole] {
            assert!(parse(text).is_ok(), "{text}");
        }
    }
}
