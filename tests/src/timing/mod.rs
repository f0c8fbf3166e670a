//! Scenes in which time matters: a world whose clock is virtual, the API before it, and histories with the time of
//! every event.
//!
//! What happens in a world happens at the times that the definition says, but for some microseconds: each look at the
//! clock is one later than the last. Real queues round delays up to whole seconds; [`crate::cloud`] has that.

mod door;
mod paced;
mod scene;

pub use door::{Door, Sweeps};
pub use paced::Pace;
pub use scene::{Scene, Seen, both};
