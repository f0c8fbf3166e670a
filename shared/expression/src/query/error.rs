//! What an expression can fail with, in AWS's words.

use crate::json::json_text;
use crate::scope::Random;
use serde_json::Value;

/// An expression that gave nothing that its field could use. `Display` is the cause without the sentence that names the
/// state: the engine puts that in front.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("The JSONata expression '{expression}' specified for the field '{field}' {problem}")]
pub struct QueryError {
    /// Where the expression stands: `Output/total`, `Choices[0]/Condition`.
    pub field: String,
    /// Its text.
    pub expression: String,
    /// What happened.
    pub problem: QueryProblem,
}

/// What became of an expression instead of a value.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum QueryProblem {
    /// Nothing.
    #[error("returned nothing (undefined).")]
    Undefined,
    /// A function, which is no JSON.
    #[error("returned an unsupported result type.")]
    Function,
    /// A value of another type than the field takes.
    #[error("returned an unexpected result type. Expected '{expected}', but was '{found}' for value: {value}")]
    Unexpected {
        /// What the field takes.
        expected: &'static str,
        /// What it got.
        found: &'static str,
        /// As JSON.
        value: String,
    },
    /// A value nested deeper than this implementation allows.
    #[error("returned a value nested deeper than {limit} levels.")]
    TooDeep {
        /// The limit in levels.
        limit: usize,
    },
    /// With the values before it, more than this implementation allows.
    #[error("brought its field to more than {limit} bytes.")]
    TooLarge {
        /// The limit in bytes of memory.
        limit: usize,
    },
    /// An error of the language, with its code and text.
    #[error("threw an error during evaluation. {0}")]
    Coded(String),
    /// A bound was reached.
    #[error("threw an error during evaluation: {0}")]
    Bound(String),
    /// A failure for which the language has no words. AWS gives an id with it.
    #[error("threw an internal error during evaluation. {0}")]
    Internal(String),
}

impl QueryProblem {
    /// A value of another type than `expected`, as AWS calls it.
    pub fn unexpected(expected: &'static str, value: &Value) -> Self {
        Self::Unexpected { expected, found: type_name(value), value: json_text(value) }
    }

    pub(super) fn of_error(error: &jsonata::Error, random: &Random) -> Self {
        match (error.code(), error.limit()) {
            (Some(code), _) => Self::Coded(format!("{}: {error}", code.name())),
            (None, Some(_)) => Self::Bound(error.to_string()),
            (None, None) => Self::Internal(random.uuid()),
        }
    }
}

/// What AWS calls the type of a value.
fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
