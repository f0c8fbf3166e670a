//! Replays executions recorded from the real service, in process, on a virtual clock.
//!
//! - `format`: the cases as they lie in their files
//! - `bindings`: what placeholders stand for
//! - `compare`: whether an answer is what AWS answered
//! - `events`, `branches`, `chains`: whether a history is
//! - `plant`: wrong answers, to see that they are found
//! - `run`, `wait`: one case in one world
//! - `server`: the API and the orchestrator as one node of that world
//! - `variation`: straight, cut after every record, every message twice, restarted before every call
//! - `report`: what came of all cases; `table`: the rows of its table
//! - `pending`: the list of cases that do not match yet

pub mod bindings;
mod branches;
mod chains;
pub mod compare;
pub mod events;
pub mod format;
pub mod pending;
mod plant;
pub mod report;
pub mod run;
pub mod server;
mod table;
pub mod variation;
mod wait;
