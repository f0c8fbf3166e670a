//! What tasks call: the orchestrator's port `Tasks` over AWS services. Today that is Lambda.
//!
//! It knows no journal and no queue: whether a call may be made is decided before it comes here, and what follows from
//! its outcome after.

mod lambda;

pub use lambda::LambdaTasks;
