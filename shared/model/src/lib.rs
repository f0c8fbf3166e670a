//! The words that every other crate uses: ids, ARNs, times, payloads, history events, error names, limits.
//!
//! Nothing here decides anything; the `engine` crate does. Names are those of the States Language
//! specification and of the Step Functions API.

pub mod arn;
pub mod error_name;
mod failure;
pub mod history;
mod ids;
pub mod json;
pub mod limits;
mod machine_type;
mod payload;
mod qualified;
mod time;
mod variables;

pub use arn::{ActivityArn, ExecutionArn, StateMachineArn};
pub use failure::Failure;
pub use ids::{EventRef, RunId, Seq, StrandId, WriterId};
pub use machine_type::MachineType;
pub use payload::{Home, Payload};
pub use qualified::{AliasArn, QualifiedArn, Qualifier, VersionArn};
pub use time::Timestamp;
pub use variables::Variables;
