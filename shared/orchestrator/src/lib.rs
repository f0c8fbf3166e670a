//! The durable protocol: an execution is an append-only journal, and a conditional append is the only lock.
//!
//! This crate has the ports ([`ports`]) and the use cases over them ([`Orchestrator`]). It knows neither
//! databases nor HTTP: adapters implement the ports, the `api` crate and the functions call the use cases.
//! What a state does is the `engine` crate's affair.

mod activities;
mod advance;
mod aliases;
mod caches;
mod call;
mod callbacks;
mod defects;
mod effects;
mod error;
mod executions;
mod express;
mod forks;
mod handle;
mod history;
mod in_memory;
mod invocation;
mod known;
mod lambda;
mod machines;
mod orchestrator;
pub mod ports;
mod record;
mod redrive;
mod retention;
mod stored;
mod sweep;
mod tags;
pub mod test_state;
mod token;
mod versions;
mod wake;
pub mod wire;

pub use activities::TakenTask;
pub use aliases::{CreateAlias, Routing, UpdateAlias};
pub use defects::Defect;
pub use error::Error;
pub use executions::{Described, ExecutionFilter, ExecutionSummary, StartRequest, Started, StopRequest};
pub use express::{ExpressInput, ExpressStart, SyncEnded};
pub use history::{HistoryPage, HistoryRequest};
pub use in_memory::{Finished, InMemory, Limits};
pub use lambda::{FunctionReply, function_output};
pub use machines::{CreateMachine, CreatedMachine, Publish, UpdateMachine, UpdatedMachine};
pub use orchestrator::{Orchestrator, Ports, Settings};
pub use record::{Cause, Record, RecordKey, RunKey};
pub use redrive::RedriveRequest;
pub use sweep::{Reconciled, Swept};
pub use tags::Tagged;
pub use versions::DescribedMachine;
pub use wake::{Acknowledge, Lane, Start, Wake, WakeKind};
