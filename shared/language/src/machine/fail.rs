//! The Fail state.

use expression::Expression;

/// Fails its execution (or its branch).
#[derive(Clone, Debug, PartialEq)]
pub struct Fail {
    /// The error's name.
    pub error: FailText,
    /// What happened, for people.
    pub cause: FailText,
}

/// `Error` or `Cause`.
#[derive(Clone, Debug, PartialEq)]
pub enum FailText {
    /// Neither given: the event has no such key.
    Absent,
    /// `Error`, `Cause`.
    Fixed(String),
    /// `ErrorPath`, `CausePath`: a path or an intrinsic function that gives a string.
    Path(Expression),
}
