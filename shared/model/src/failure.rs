//! A workflow failure: data, for Retry and Catch to decide about.

use serde::{Deserialize, Serialize};

/// Why a state, a branch or an execution failed.
///
/// Either part may be absent; AWS leaves an absent one out of the history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The error's name, such as `States.Timeout`; at most 256 characters on AWS.
    pub error: Option<String>,
    /// What happened, for people; at most 32,768 characters on AWS.
    pub cause: Option<String>,
}

impl Failure {
    /// A failure with both parts.
    pub fn new(error: impl Into<String>, cause: impl Into<String>) -> Self {
        Self { error: Some(error.into()), cause: Some(cause.into()) }
    }

    /// A failure with a name and no cause.
    pub fn named(error: impl Into<String>) -> Self {
        Self { error: Some(error.into()), cause: None }
    }
}
