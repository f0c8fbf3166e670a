//! Shared parts of the acceptance tests.

pub mod cloud;
pub mod conformance;
pub mod contracts;
pub mod timing;
