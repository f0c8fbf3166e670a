//! The protocol of ARCHITECTURE.md as a small model, explored exhaustively.
//!
//! It knows nothing of the crates that carry the protocol out: the README says which of their functions each step of
//! the model stands for, and what is left out.

pub mod configurations;
pub mod defects;
mod effects;
pub mod explore;
mod handle;
pub mod machine;
pub mod model;
mod perform;
pub mod properties;
pub mod protocol;
mod put;
pub mod record;
pub mod state;
pub mod step;
pub mod trace;
mod turn;
pub mod worker;
