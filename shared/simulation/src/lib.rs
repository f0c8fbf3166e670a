//! The ports in memory, on a virtual clock, with faults on request. For tests.
//!
//! A [`World`] has a durable part (journal, catalog, blobs, timers) and a volatile one (messages, handlers in flight, caches).
//! [`Deployment`] says which is which for messages. [`Options::cut_after`] loses the volatile part at the moment a given record is acknowledged, and the world goes
//! on from the journal alone. Everything runs on tokio's paused time: `#[tokio::test(start_paused = true)]`.
//! What the steps do is not known here: a [`Node`] handles the messages.

mod activities;
mod blobs;
mod catalog;
mod clock;
mod faults;
mod functions;
mod generation;
mod journal;
mod mail;
mod paging;
pub mod python;
mod timers;
mod world;

pub use activities::MemoryActivities;
pub use blobs::MemoryBlobs;
pub use catalog::MemoryCatalog;
pub use clock::VirtualClock;
pub use faults::Faults;
pub use functions::{Behaviour, Custom, Functions, ReceivedCall};
pub use generation::{Node, Problem};
pub use journal::MemoryJournal;
pub use timers::MemoryTimers;
pub use world::{Deliveries, Deployment, Options, World};
