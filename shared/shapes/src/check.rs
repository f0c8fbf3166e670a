//! Whether a value fits a shape.

use crate::Response;
use crate::model::{Limits, Model, Shape};
use serde_json::{Map, Number, Value};
use std::borrow::Cow;

/// How a mocked answer differs from the API's. The texts are those of TestState.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// A member that every answer has is not there.
    #[error("Required field '{0}' is missing")]
    Missing(Cow<'static, str>),
    /// A value is of another type.
    #[error("Field '{field}' must be {wanted}")]
    Type {
        /// The member, or the one that holds the list or map.
        field: Cow<'static, str>,
        /// `a string`, `an array`.
        wanted: &'static str,
    },
    /// A value is of the right type and out of bounds.
    #[error("Field '{field}' {how}")]
    Value {
        /// The member, or the one that holds the list or map.
        field: Cow<'static, str>,
        /// `is less than the minimum value`.
        how: &'static str,
    },
    /// The whole is no object.
    #[error("Mocked result must be a JSON object")]
    NoObject,
}

/// Whether members may be missing that every answer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Required {
    /// All must be there.
    All,
    /// What is there is looked at.
    Present,
}

impl Response {
    /// Whether a mocked answer fits. Members that the API does not have are fine, and what is null counts as absent.
    ///
    /// Each structure is asked for what it requires first, then its members are looked at in the answer's own order. The
    /// recursion is as deep as the value is.
    pub fn check(&self, value: &Value, required: Required) -> Result<(), Mismatch> {
        let Value::Object(object) = value else { return Err(Mismatch::NoObject) };
        Checker { model: self.model, required }.structure(self.structure, object)
    }
}

struct Checker {
    model: &'static Model,
    required: Required,
}

impl Checker {
    fn structure(&self, index: usize, object: &Map<String, Value>) -> Result<(), Mismatch> {
        let members = &self.model.structures[index];
        if self.required == Required::All {
            let missing = members.iter().find(|member| member.is_required && !object.contains_key(member.name));
            missing.map_or(Ok(()), |member| Err(Mismatch::Missing(member.name.into())))?;
        }
        for (name, value) in object.iter().filter(|(_, value)| !value.is_null()) {
            if let Some(member) = members.iter().find(|member| member.name == name) {
                self.value(member.name, &member.shape, value)?;
            }
        }
        Ok(())
    }

    fn value(&self, field: &'static str, shape: &Shape, value: &Value) -> Result<(), Mismatch> {
        let of_type = |wanted| Mismatch::Type { field: field.into(), wanted };
        let out_of_bounds = |how| Mismatch::Value { field: field.into(), how };
        match shape {
            Shape::Any => Ok(()),
            Shape::Boolean => value.as_bool().map(drop).ok_or_else(|| of_type("a boolean")),
            Shape::Timestamp => value.as_str().map(drop).ok_or_else(|| of_type("a string")),
            Shape::Text(limits) => {
                let text = value.as_str().ok_or_else(|| of_type("a string"))?;
                limits.length(text.chars().count()).map_err(out_of_bounds)
            }
            Shape::Blob(limits) => {
                let text = value.as_str().ok_or_else(|| of_type("a string"))?;
                limits.length_of_blob(text.len()).map_err(out_of_bounds)
            }
            Shape::Integer(limits) => {
                let number = value.as_number().filter(|number| is_whole(number)).ok_or_else(|| of_type("a number"))?;
                limits.number(number).map_err(out_of_bounds)
            }
            Shape::Number(limits) => {
                let number = value.as_number().ok_or_else(|| of_type("a number"))?;
                limits.number(number).map_err(out_of_bounds)
            }
            Shape::OneOf(words) => {
                let word = value.as_str().ok_or_else(|| of_type("a string"))?;
                words.contains(&word).then_some(()).ok_or_else(|| out_of_bounds("is not an expected value"))
            }
            Shape::List(item, limits) => {
                let items = value.as_array().ok_or_else(|| of_type("an array"))?;
                limits.length(items.len()).map_err(out_of_bounds)?;
                items.iter().try_for_each(|value| self.value(field, item, value))
            }
            Shape::Map(inner, limits) => {
                let object = value.as_object().ok_or_else(|| of_type("an object"))?;
                limits.length(object.len()).map_err(out_of_bounds)?;
                object.values().try_for_each(|value| self.value(field, inner, value))
            }
            Shape::Structure(index) => self.structure(*index, value.as_object().ok_or_else(|| of_type("an object"))?),
        }
    }
}

fn is_whole(number: &Number) -> bool {
    number.is_i64() || number.is_u64()
}

impl Limits {
    fn number(self, number: &Number) -> Result<(), &'static str> {
        let number = number.as_f64().unwrap_or_default();
        self.hold(number, "is less than the minimum value", "exceeds the maximum value")
    }

    fn length(self, length: usize) -> Result<(), &'static str> {
        let length = u32::try_from(length).map_or(f64::MAX, f64::from);
        self.hold(length, "is smaller than the minimum length", "exceeds the maximum length")
    }

    fn hold(self, number: f64, too_little: &'static str, too_much: &'static str) -> Result<(), &'static str> {
        match self {
            Self { min: Some(min), .. } if number < min => Err(too_little),
            Self { max: Some(max), .. } if number > max => Err(too_much),
            Self { .. } => Ok(()),
        }
    }

    /// A blob may be given in base64 or as the text that it is: too long is what is too long for either.
    fn length_of_blob(self, length: usize) -> Result<(), &'static str> {
        let fits = Self { max: None, ..self }.length(length);
        fits.and_then(|()| Self { min: None, ..self }.length((length / 4).saturating_mul(3).saturating_sub(2)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(service: &str, operation: &str, required: Required, value: &Value, expected: &str) {
        let Some(response) = Response::of(service, operation) else { panic!("{service} has no {operation}") };
        let found = response.check(value, required).err().map(|mismatch| mismatch.to_string());
        assert_eq!(found.unwrap_or_default(), expected, "{service} {operation} {value}");
    }

    #[test]
    fn types_and_limits_are_told_in_awss_words() {
        let memory = |size| json!({"Configuration": {"MemorySize": size}});
        for (service, operation, value, expected) in [
            ("lambda", "GetFunction", memory(127), "Field 'MemorySize' is less than the minimum value"),
            ("lambda", "GetFunction", memory(10_241), "Field 'MemorySize' exceeds the maximum value"),
            ("lambda", "GetFunction", memory(128), ""),
            ("lambda", "GetFunction", json!({"Configuration": []}), "Field 'Configuration' must be an object"),
            (
                "lambda",
                "GetFunction",
                json!({"Configuration": {"State": "Asleep"}}),
                "Field 'State' is not an expected value",
            ),
            ("lambda", "GetFunction", json!({"Tags": {"a": 1}}), "Field 'Tags' must be a string"),
            ("optimized", "LambdaInvoke", json!({"StatusCode": "200"}), "Field 'StatusCode' must be a number"),
            ("optimized", "LambdaInvoke", json!({"StatusCode": 20.5}), "Field 'StatusCode' must be a number"),
            ("optimized", "LambdaInvoke", json!({"StatusCode": 200, "Payload": {"any": 1}}), ""),
            ("s3", "GetObject", json!({"ContentLength": "9000"}), "Field 'ContentLength' must be a number"),
            (
                "kms",
                "Encrypt",
                json!({"CiphertextBlob": ""}),
                "Field 'CiphertextBlob' is smaller than the minimum length",
            ),
            ("kms", "Encrypt", json!({"CiphertextBlob": "x".repeat(8_192)}), ""),
            (
                "kms",
                "Encrypt",
                json!({"CiphertextBlob": "x".repeat(8_200)}),
                "Field 'CiphertextBlob' exceeds the maximum length",
            ),
            ("eventbridge", "PutEvents", json!({"Entries": {}}), "Field 'Entries' must be an array"),
            (
                "eventbridge",
                "PutEvents",
                json!({"Entries": [{"EventId": "one"}, {"EventId": ["two"]}]}),
                "Field 'EventId' must be a string",
            ),
            (
                "dynamodb",
                "PutItem",
                json!({"ConsumedCapacity": {"CapacityUnits": "123.45"}}),
                "Field 'CapacityUnits' must be a number",
            ),
            ("dynamodb", "PutItem", json!({"ConsumedCapacity": {"CapacityUnits": 123.45}}), ""),
            (
                "sfn",
                "StartExecution",
                json!({"ExecutionArn": "a", "StartDate": true}),
                "Field 'StartDate' must be a string",
            ),
            ("sqs", "SendMessage", json!("sent"), "Mocked result must be a JSON object"),
        ] {
            check(service, operation, Required::All, &value, expected);
            check(service, operation, Required::Present, &value, expected);
        }
    }

    #[test]
    fn what_is_required_is_asked_for_only_if_all_is() {
        for value in [json!({}), json!({"executionArn": "a", "startDate": "b"}), json!({"StartDate": "b"})] {
            check("sfn", "StartExecution", Required::All, &value, "Required field 'ExecutionArn' is missing");
            check("sfn", "StartExecution", Required::Present, &value, "");
        }
        check("sfn", "StartExecution", Required::All, &json!({"ExecutionArn": "a", "StartDate": "b"}), "");
    }

    #[test]
    fn members_that_the_api_does_not_have_are_fine() {
        for value in
            [json!({"random": "json"}), json!({"SdkHttpMetadata": {"HttpStatusCode": 200}}), json!({"Entries": null})]
        {
            check("eventbridge", "PutEvents", Required::All, &value, "");
        }
    }

    #[test]
    fn a_structure_that_holds_itself_is_followed_as_deep_as_the_value() {
        let mut item = json!({"N": 5});
        for _ in 0..50 {
            item = json!({"M": {"a": item}});
        }
        check("dynamodb", "GetItem", Required::All, &json!({"Item": {"id": item}}), "Field 'N' must be a string");
    }
}
