//! The Pass state.

use super::{Data, DataFlow, Next, PayloadTemplate};
use serde_json::Value;

/// Passes its input to its output, or puts `result` there.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass {
    /// Input and output (`ResultSelector` is not allowed here and always `None`).
    pub data: Data<DataFlow>,
    /// The literal result; not a template.
    pub result: Option<Value>,
    /// The variables that it sets; `$` is its result.
    pub assign: Option<PayloadTemplate>,
    /// Where it leads.
    pub next: Next,
}
