//! What the protocol needs of the world. Every adapter of a port passes the same contract tests.

mod activities;
mod blobs;
mod catalog;
mod clock;
mod express;
mod journal;
mod observer;
mod queue;
mod tasks;
mod timers;
mod versions;

pub use activities::{ActivityQueue, ActivityTask};
pub use blobs::{BlobKey, Blobs};
pub use catalog::{Activity, Catalog, MachineRevision, MachineStatus, StateMachine};
pub use clock::Clock;
pub use express::ExpressQueue;
pub use journal::{
    BEATS_CLOSED, EndedChild, ExecutionStatus, JOIN_SHARD, JoinKey, Journal, Meta, Page, Put, Redriven, StartOutcome,
    StopMark, StoredRecord, WaitKey,
};
pub use observer::{Observer, Unobserved};
pub use queue::Queue;
pub use tasks::{CallContext, FunctionCall, InvocationType, InvokeOptions, Tasks};
pub use timers::{Minute, ParkedTimer, Timers};
pub use versions::{Alias, PutAlias, Route, Version, Versions};

/// Why a port could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The other side is busy, away or slow: the same request may well succeed later.
    #[error("{what} is not available: {source}")]
    Unavailable {
        /// The thing asked: `journal`, `queue`, ...
        what: &'static str,
        /// What it said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What was stored cannot be read: it will not get better by itself.
    #[error("{what} cannot be read: {source}")]
    Unreadable {
        /// What: a record's key, a machine's ARN.
        what: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::Unreadable { .. } => false,
        }
    }
}
