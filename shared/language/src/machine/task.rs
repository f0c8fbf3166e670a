//! The Task state.

use super::{Catcher, Data, DataFlow, Integration, Next, PayloadTemplate, Retrier, Seconds};

/// Calls something and waits for its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Input and output.
    pub data: Data<DataFlow>,
    /// What is called.
    pub resource: Resource,
    /// The most it may take; none: 99,999,999 seconds.
    pub timeout: Option<Seconds>,
    /// The longest silence between heartbeats.
    pub heartbeat: Option<Seconds>,
    /// Tried in order when it fails.
    pub retry: Vec<Retrier>,
    /// Tried in order when no retrier takes the failure.
    pub catch: Vec<Catcher>,
    /// The variables that it sets; `$` is the raw result.
    pub assign: Option<PayloadTemplate>,
    /// Where it leads.
    pub next: Next,
}

/// What a Task calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resource {
    /// `arn:aws:lambda:...:function:name[:qualifier]`: the whole ARN.
    LambdaFunction(String),
    /// `arn:aws:states:REGION:ACCOUNT:activity:NAME`: the whole ARN.
    Activity(String),
    /// `arn:aws:states:::...`: an action of a service.
    Service(Integration),
}
