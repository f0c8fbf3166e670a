//! Somebody who looks on: the CLI's live view.

use crate::Record;
use model::ExecutionArn;

/// Told of every record that this process put.
pub trait Observer: Send + Sync {
    /// The record was acknowledged.
    fn recorded(&self, execution: &ExecutionArn, record: &Record);
}

/// Nobody looks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn recorded(&self, _execution: &ExecutionArn, _record: &Record) {}
}
