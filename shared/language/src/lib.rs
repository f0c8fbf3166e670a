//! Amazon States Language: definition text to a checked [`Machine`], or every [`Diagnostic`] at once.
//!
//! A [`Machine`] cannot fail for structure: every `Next` names a state of the same scope, every path and
//! template is parsed. This crate knows nothing of executions; the `engine` crate runs machines.

pub mod diagnostic;
mod json;
mod locate;
pub mod machine;
mod parse;
mod timestamp;

pub use diagnostic::{Code, Diagnostic, Severity, invalid_definition_message};
pub use locate::{Position, locate};
pub use machine::Machine;
pub use parse::{Parsed, parse};
pub use timestamp::parse_timestamp;
