//! The shapes of the answers of AWS's services, and whether a mocked answer fits one.
//!
//! The shapes are data: `src/services/*.txt`, one file a service, written by `generate.py` from AWS's public API models.
//! A file is parsed when it is first asked for. This crate knows nothing of states or integrations.

mod check;
mod model;
mod services;

pub use check::{Mismatch, Required};
pub use services::Response;
