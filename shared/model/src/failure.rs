//! A workflow failure: data, for Retry and Catch to decide about.

use crate::error_name;
use crate::limits::{MAX_CAUSE_CHARACTERS, MAX_ERROR_CHARACTERS};
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

    /// The same with what AWS keeps of both parts: causes repeat inputs and functions' answers, which may be larger than
    /// a record.
    #[must_use]
    pub fn clipped(mut self) -> Self {
        for (text, most) in [(&mut self.error, MAX_ERROR_CHARACTERS), (&mut self.cause, MAX_CAUSE_CHARACTERS)] {
            if let Some(text) = text
                && let Some((end, _)) = text.char_indices().nth(most)
            {
                text.truncate(end);
            }
        }
        self
    }

    /// What the service limit on payloads makes of a larger one. AWS names a task's result after what was called (the
    /// ARN of a function, otherwise the service), and what a state hands on after the state.
    pub fn too_large(state_or_task: &str) -> Self {
        let cause = format!(
            "The state/task '{state_or_task}' returned a result with a size exceeding the maximum number of bytes \
             service limit."
        );
        Self::new(error_name::DATA_LIMIT_EXCEEDED, cause)
    }

    /// A failure with a name and no cause.
    pub fn named(error: impl Into<String>) -> Self {
        Self { error: Some(error.into()), cause: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_keeps_what_aws_keeps_of_it() {
        let failure = Failure::new("é".repeat(300), "🜁".repeat(40_000)).clipped();
        assert_eq!(failure, Failure::new("é".repeat(256), "🜁".repeat(32_768)));
        let short = Failure::new("E".repeat(256), "");
        assert_eq!(short.clone().clipped(), short);
        assert_eq!(Failure::default().clipped(), Failure::default());
    }
}
