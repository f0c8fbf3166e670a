//! The Wait state.

use super::{Data, InputOutput, Next, PayloadTemplate};
use expression::{Expression, Query};

/// Waits for a time or until one.
#[derive(Clone, Debug, PartialEq)]
pub struct Wait {
    /// Input and output.
    pub data: Data<InputOutput>,
    /// For how long.
    pub until: WaitUntil,
    /// The variables that it sets; `$` is the effective input.
    pub assign: Option<PayloadTemplate>,
    /// Where it leads.
    pub next: Next,
}

/// The forms of a wait.
#[derive(Clone, Debug, PartialEq)]
pub enum WaitUntil {
    /// `Seconds`: 0 to 99,999,999.
    Seconds(u64),
    /// `SecondsPath`.
    SecondsPath(Expression),
    /// `Timestamp`: the text as written, which parses as RFC 3339 with `T` and an offset or `Z`.
    Timestamp(String, jiff::Timestamp),
    /// `TimestampPath`.
    TimestampPath(Expression),
    /// `Seconds` in JSONata.
    SecondsQuery(Query),
    /// `Timestamp` in JSONata.
    TimestampQuery(Query),
}
