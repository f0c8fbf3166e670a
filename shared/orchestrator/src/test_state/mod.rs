//! TestState: a single state, tried out by the engine that runs it in executions.
//!
//! - `request`: what is asked, what is answered, why it is refused
//! - `mock`: whether the state may be mocked like this
//! - `context`: the context object
//! - `run`: what happens
//!
//! Nothing is stored, and nothing happens outside but the call of a task that is not mocked.

mod context;
mod mock;
mod request;
mod run;

pub use engine::{Hop, Inspection};
pub use request::{Configuration, FieldValidation, Mock, Refused, TestState, TestStatus, Tested};
