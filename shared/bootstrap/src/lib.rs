//! What every binary does first: settings from the environment, tracing, the clock.
//!
//! A binary describes its settings with a [`settings::Reader`] and starts with [`tracing::init`]. This crate knows
//! no setting by name but those of the log.

mod clock;
pub mod settings;
pub mod tracing;

pub use clock::SystemClock;
