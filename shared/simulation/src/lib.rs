//! The ports in memory, on a virtual clock, with faults on request; and the search for what the protocol might lose.
//!
//! A [`World`] has a durable part (journal, catalog, blobs, timers, and where functions run it, messages) and a volatile
//! one (processes with their caches, messages of a single process). Its seed decides all that is random: how long each
//! call of a port takes, so that everything that happens at once is interleaved at every call; which calls are refused,
//! before or after they were applied; which process dies at which; which messages come late, twice, again, or not at
//! first; by how much clocks differ. [`Options::cut_after`] loses the volatile part at the moment a given record is
//! acknowledged. Everything runs on tokio's paused time: `#[tokio::test(start_paused = true)]`.
//!
//! What the steps do is not known to the world: a [`Node`] handles the messages. [`search`] has the orchestrator do so,
//! with random machines, and checks what must hold.

mod activities;
mod blobs;
mod catalog;
mod clock;
mod express;
mod faults;
mod functions;
mod journal;
mod mail;
mod options;
mod paging;
mod ports;
mod process;
pub mod python;
mod schedule;
pub mod search;
mod timers;
mod versions;
mod world;

pub use activities::MemoryActivities;
pub use blobs::MemoryBlobs;
pub use catalog::MemoryCatalog;
pub use clock::VirtualClock;
pub use faults::{FaultKind, Faults, Outage, OutageOf, Tally};
pub use functions::{Behaviour, Custom, Functions, ReceivedCall};
pub use journal::MemoryJournal;
pub use options::{Deliveries, Deployment, Fleet, Options};
pub use process::{Node, Problem};
pub use timers::MemoryTimers;
pub use world::World;
