//! Journal, catalog, activities and timers on one DynamoDB table; payloads on S3.
//!
//! A transition is one conditional put ([`Journal::put`](orchestrator::ports::Journal::put)); nothing here uses
//! transactions, scans or local indexes. Reads are strong only where the protocol needs it: heads, META, joins,
//! heartbeats and whole runs. This crate knows neither HTTP nor the environment: it is given an AWS configuration and
//! a table's name.
//!
//! | pk | sk | what |
//! |---|---|---|
//! | `X#<execution arn>` | `META` | the lock of the execution's name, and what lists show |
//! | `X#<execution arn>#<run>` | `R#<strand>#<seq>` | a record |
//! | same | `J#<strand>#<fork>#<hundred>` | children that have ended |
//! | same | `HB#<strand>#<since>` | a task's last heartbeat |
//! | `T#<minute>#<shard>` | `<due>#<id>` | a parked timer |
//! | `M#<machine arn>` | `META`, `REV#<id>` | a machine, its revisions |
//! | `A#<activity arn>` | `META`, `Q#<id>` | an activity, a task that waits for a worker |
//! | `SETTINGS` | `SETTINGS`, `WATERMARK` | [`Shards`], and how far timers are swept |
//!
//! The index `list`, by `list_pk` and `list_sk`, projects `meta`, `status`, `stopped` and `expires`.

mod activities;
mod batch;
mod blobs;
mod bucket;
mod catalog;
#[cfg(test)]
mod emulator;
mod error;
mod item;
mod joins;
mod journal;
mod keys;
mod lifetimes;
mod listing;
mod meta;
mod page;
mod records;
mod reopen;
mod retain;
mod table;
mod timers;

pub use bucket::Bucket;
pub use catalog::Catalog;
pub use error::Error;
pub use table::Shards;

use aws_types::SdkConfig;
use table::Table;

/// The store: every port on one table. A clone is the same store.
#[derive(Clone, Debug)]
pub struct Store {
    table: Table,
}

impl Store {
    /// The store on this table. Reads the table's settings, which opens the connection as well.
    pub async fn open(config: &SdkConfig, table: &str) -> Result<Self, Error> {
        let opened = Table::open(config, table).await;
        let table = opened.map_err(|source| Error::Settings { table: table.to_owned(), source })?;
        Ok(Self { table })
    }

    /// Spreads lists and timers among more shards, from now on; never fewer.
    ///
    /// Processes that have the store open write to the shards that they know until they open it anew, and lists that
    /// they read lack what others put into new ones. The timers' sweep looks anew each time that it reads the watermark.
    pub async fn set_shards(&self, shards: Shards) -> Result<(), Error> {
        self.table.set_shards(shards).await
    }
}
