//! What can go wrong when an expression, a template or a ResultPath meets its data.
//!
//! `Display` is the cause without the sentence that names the state: the engine puts that in front.

use crate::path;

/// A failed evaluation. It becomes the error and the cause of the state that asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A path by itself failed. The text is Jayway's; a `*Path` field wraps it as [`Error::InvalidPath`] does.
    #[error("{source}")]
    Path {
        /// The path as it was written.
        path: String,
        /// Jayway's words.
        source: path::Error,
    },
    /// A path of a payload template found nothing.
    #[error("The JSONPath '{path}' specified for the field '{field}' could not be found in the input '{input}'")]
    NotFound {
        /// The path as it was written.
        path: String,
        /// The field's name, with its `.$`.
        field: String,
        /// The input as compact JSON.
        input: String,
    },
    /// A path failed for another reason than a missing value.
    #[error("Invalid path '{path}' : {source}")]
    InvalidPath {
        /// The path as it was written.
        path: String,
        /// Jayway's words.
        source: path::Error,
    },
    /// A path among the arguments of an intrinsic function found nothing.
    #[error(
        "The function '{function}' had the following error: The JsonPath argument for the field '{path}' could not be found in the input '{input}'"
    )]
    ArgumentNotFound {
        /// The whole call as it was written.
        function: String,
        /// The argument as it was written.
        path: String,
        /// The input as compact JSON.
        input: String,
    },
    /// An intrinsic function refused its arguments.
    #[error("The function '{function}' had the following error: {problem}")]
    Intrinsic {
        /// The whole call as it was written.
        function: String,
        /// What the function had against them.
        problem: String,
    },
    /// A ResultPath does not fit the input it is applied to.
    #[error("Unable to apply ReferencePath {path} to input {input}")]
    ResultPath {
        /// The path as it was written.
        path: String,
        /// The input as compact JSON.
        input: String,
    },
    /// A field wants a reference path, and the input lacks one of its steps.
    #[error("Unable to apply step \"{step}\" to input {input}")]
    Step {
        /// The first step that leads nowhere.
        step: String,
        /// The input as compact JSON.
        input: String,
    },
    /// The value would be nested deeper than this implementation allows.
    #[error("the value is nested deeper than {limit} levels")]
    TooDeep {
        /// The limit in levels.
        limit: usize,
    },
    /// The value would be larger than this implementation allows.
    #[error("the value is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes: of memory, or of text where one text was built.
        limit: usize,
    },
}

impl Error {
    /// The error name that Retry and Catch see.
    pub fn error_name(&self) -> &'static str {
        match self {
            Self::Path { .. }
            | Self::NotFound { .. }
            | Self::InvalidPath { .. }
            | Self::ArgumentNotFound { .. }
            // Seen on AWS, against its documentation: never States.IntrinsicFailure, so that nothing catches it.
            | Self::Intrinsic { .. }
            | Self::TooDeep { .. } => "States.Runtime",
            Self::TooLarge { .. } => "States.DataLimitExceeded",
            // What AWS documents for a ResultPath, States.ResultPathMatchFailure, is not what it says.
            Self::ResultPath { .. } | Self::Step { .. } => "States.ReferencePathConflict",
        }
    }

    /// Whether the same evaluation may succeed later: never, the data is what it is.
    pub fn is_transient(&self) -> bool {
        false
    }

    /// A failed path of the payload field `field`, in the words AWS uses there.
    pub(crate) fn into_field(self, field: &str, input: &str) -> Self {
        match self {
            Self::Path { path, source } if source.is_missing() => {
                Self::NotFound { path, field: field.to_owned(), input: input.to_owned() }
            }
            Self::Path { path, source } => Self::InvalidPath { path, source },
            other => other,
        }
    }
}
