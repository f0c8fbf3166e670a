//! The Parallel state.

use super::{Catcher, Data, DataFlow, Next, PayloadTemplate, Retrier, StateName};

/// Runs its branches side by side; its result is the array of their outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Parallel {
    /// Input and output.
    pub data: Data<DataFlow>,
    /// The state that each branch starts at, in the order of the definition.
    pub branches: Vec<StateName>,
    /// Tried in order when it fails.
    pub retry: Vec<Retrier>,
    /// Tried in order when no retrier takes the failure.
    pub catch: Vec<Catcher>,
    /// The variables that it sets; `$` is the array of outputs.
    pub assign: Option<PayloadTemplate>,
    /// Where it leads.
    pub next: Next,
}
