//! What every binary does first: settings from the environment, and tracing.
//!
//! A binary describes its settings with a [`settings::Reader`] and starts with [`tracing::init`]. This crate knows
//! no setting by name but those of the log.

pub mod settings;
pub mod tracing;
