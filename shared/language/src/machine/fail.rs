//! The Fail state.

use super::Data;
use expression::{Expression, Query};

/// Fails its execution (or its branch).
#[derive(Clone, Debug, PartialEq)]
pub struct Fail {
    /// Its input is all that it sees, and it hands nothing on.
    pub data: Data<()>,
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
    /// `Error`, `Cause` in JSONata: an expression that gives a string.
    Query(Query),
}
