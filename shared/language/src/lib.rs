//! Amazon States Language: definition text to a checked [`Machine`], or every [`Diagnostic`] at once.
//!
//! A [`Machine`] cannot fail for structure: every `Next` names a state of the same scope, every path and
//! template is parsed. This crate knows nothing of executions; the `engine` crate runs machines.

pub mod diagnostic;
mod json;
pub mod machine;
mod parse;
mod references;
mod source_map;
mod timestamp;

pub use diagnostic::{Code, Diagnostic, Severity, invalid_definition_message};
pub use machine::Machine;
pub use model::MachineType;
pub use parse::{LONE_STATE, Parsed, parse, parse_as, parse_state_to_test, parse_to_test};
pub use references::{VariableReferences, variable_references};
pub use source_map::{Position, SourceMap, locate};
pub use timestamp::parse_timestamp;
