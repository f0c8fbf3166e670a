//! Everything in one process: the journal on SQLite, queue and timers in memory, tasks on this machine.
//!
//! Each adapter stands alone: [`store::Store`] is the `Journal` and the `Catalog`, [`queue::WakeQueue`] the
//! `Queue`, [`queue::StartQueue`] the `ExpressQueue`, [`Activities`] the `ActivityQueue`. Only the store keeps anything: the
//! queue and the activities' tasks are rebuilt from the journal by whoever starts the process.

mod activities;
pub mod queue;
pub mod store;
pub mod tasks;

pub use activities::Activities;
