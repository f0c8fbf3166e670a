//! The Succeed state.

use super::{Data, InputOutput};

/// Ends its scope; its output is the scope's.
#[derive(Clone, Debug, PartialEq)]
pub struct Succeed {
    /// Input and output.
    pub data: Data<InputOutput>,
}
