//! The Step Functions API over HTTP, as one axum [`Router`](axum::Router): AWS JSON 1.0 and plain JSON.
//!
//! `ratchet local` serves it on a port, the `api` function puts it behind a gateway. It knows the wire, AWS's
//! validation and AWS's error names; what an operation does is the `orchestrator` crate's affair. Signatures are
//! accepted and not verified: that is the gateway's work.
//!
//! - `router`: which path leads where
//! - `aws_json`: AWS's protocol, for SDKs and the AWS CLI; `rights`: its doors that accept some operations alone
//! - `rest`: the same operations for everybody else; `openapi.json` describes both
//! - `service`: what becomes of a call from either
//! - `operation`: the operations, and one match from name to file under `operations/`
//! - `members`: the constraints of the service model, and AWS's texts for what violates them
//! - `wire`, `room`: how answers are written, and how much they may hold
//! - `refusal`: every error that a caller can see

mod arns;
mod aws_json;
mod configuration;
mod explain;
mod members;
mod names;
mod operation;
mod operations;
mod options;
mod paging;
mod payload;
mod refusal;
mod rest;
mod rights;
mod room;
mod router;
mod routing;
mod service;
mod tags;
mod wire;

pub use options::{Front, LAMBDA_MAX_RESPONSE_BYTES, MAX_REQUEST_BYTES, Options};
pub use router::router;
