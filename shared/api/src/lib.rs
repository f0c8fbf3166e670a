//! The Step Functions API: AWS JSON 1.0 over HTTP, as one axum [`Router`](axum::Router).
//!
//! `ratchet local` serves it on a port, the `api` function puts it behind a gateway. It knows the wire, AWS's
//! validation and AWS's error names; what an operation does is the `orchestrator` crate's affair. Signatures are
//! accepted and not verified: that is the gateway's work.
//!
//! - `router`: HTTP in, HTTP out
//! - `operation`: the operations, and one match from name to file under `operations/`
//! - `members`: the constraints of the service model, and AWS's texts for what violates them
//! - `refusal`: every error that a caller can see

mod arns;
mod configuration;
mod explain;
mod members;
mod names;
mod operation;
mod operations;
mod paging;
mod payload;
mod refusal;
mod router;
mod tags;
mod variables;
mod wire;

pub use router::{MAX_REQUEST_BYTES, Options, router};
