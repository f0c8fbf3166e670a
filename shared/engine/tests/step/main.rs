//! The engine alone: every transition over small machines, and what holds on any walk.
//!
//! `strand.rs` drives one strand by hand; the other files are by subject, as in the engine's source.

mod aborts;
mod children;
mod context;
mod effects;
mod fields;
mod flow;
mod forks;
mod hostile;
mod limits;
mod machines;
mod properties;
mod queries;
mod query_bounds;
mod query_failures;
mod redrives;
mod retries;
mod scopes;
mod strand;
mod table;
mod tasks;
mod variables;
