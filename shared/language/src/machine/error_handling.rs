//! Retry and Catch.

use super::{PayloadTemplate, ResultPathField, StateName};
use expression::QueryTemplate;

/// One entry of `Retry`.
#[derive(Clone, Debug, PartialEq)]
pub struct Retrier {
    /// Which errors it is for.
    pub error_equals: Vec<ErrorMatch>,
    /// Seconds before the first retry: 1 to 99,999,999, default 1.
    pub interval_seconds: u64,
    /// How often at most: 0 to 99,999,999, default 3.
    pub max_attempts: u64,
    /// By what the interval grows: at least 1.0, default 2.0.
    pub backoff_rate: f64,
    /// The most that the interval grows to, in seconds: 1 to 31,622,400.
    pub max_delay_seconds: Option<u64>,
    /// How the interval is spread.
    pub jitter_strategy: JitterStrategy,
}

/// `JitterStrategy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JitterStrategy {
    /// The interval itself.
    None,
    /// Anything between nothing and the interval, evenly.
    Full,
}

/// One entry of `Catch`.
#[derive(Clone, Debug, PartialEq)]
pub struct Catcher {
    /// Which errors it is for.
    pub error_equals: Vec<ErrorMatch>,
    /// What goes on.
    pub output: CaughtOutput,
    /// The variables that it sets, in the scope of the state that failed; `$` is the error output.
    pub assign: Option<PayloadTemplate>,
    /// Where it leads.
    pub next: StateName,
}

/// What a catcher hands on.
#[derive(Clone, Debug, PartialEq)]
pub enum CaughtOutput {
    /// `ResultPath`: the error output, at this place of the state's input.
    ResultPath(ResultPathField),
    /// `Output` in JSONata; none: the error output.
    Query(Option<QueryTemplate>),
}

/// One name in `ErrorEquals`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorMatch {
    /// `States.ALL`: any error that may be caught.
    All,
    /// `States.TaskFailed`: any error of a task but a time-out.
    TaskFailed,
    /// This name exactly.
    Name(String),
}
