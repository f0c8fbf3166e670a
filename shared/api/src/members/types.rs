//! JSON types: what AWS's parser refuses before any constraint is looked at.

use super::{Member, Shape};
use crate::refusal::Refusal;
use serde_json::{Map, Value};

/// Refuses the first member with a value of the wrong JSON type. Null is absence.
pub(super) fn check(members: &[Member], body: &Map<String, Value>) -> Result<(), Refusal> {
    members.iter().try_for_each(|member| match body.get(member.name) {
        Some(value) => check_value(&member.shape, value),
        None => Ok(()),
    })
}

fn check_value(shape: &Shape, value: &Value) -> Result<(), Refusal> {
    let wanted = match (shape, value) {
        (_, Value::Null) | (Shape::Text(_) | Shape::Payload, Value::String(_)) | (Shape::Boolean, Value::Bool(_)) => {
            return Ok(());
        }
        (Shape::Structure(members), Value::Object(body)) => return check(members, body),
        (Shape::List(item), Value::Array(items)) => {
            return items.iter().try_for_each(|value| check_value(item, value));
        }
        (Shape::Structures(list), Value::Array(items)) => {
            return items.iter().try_for_each(|value| check_value(&Shape::Structure(list.members), value));
        }
        (Shape::Integer { .. }, Value::Number(number)) if number.as_i64().is_some() => return Ok(()),
        (Shape::Integer { .. }, _) => "an Integer",
        (Shape::Text(_) | Shape::Payload, _) => "a String",
        (Shape::Boolean, _) => "a Boolean",
        (Shape::Structure(_), _) => "a structure",
        (Shape::List(_) | Shape::Structures(_), _) => "a list",
    };
    let found = match value {
        Value::Array(_) => return Err(Refusal::serialization("Start of list found where not expected")),
        Value::Object(_) => {
            return Err(Refusal::serialization("Start of structure or map found where not expected"));
        }
        Value::String(_) => "STRING_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Null => "NULL_VALUE",
    };
    Err(Refusal::serialization(format!("{found} can not be converted to {wanted}")))
}
