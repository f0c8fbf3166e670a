//! Executions, machines and activities in one SQLite file, large payloads in files beside it: the ports `Journal`,
//! `Catalog` and `Blobs`.
//!
//! All writes go through one thread that commits them in groups ([`writer`]); what is acknowledged is on the
//! disk. Reads use connections of their own ([`readers`]). The tables are in [`schema`]. A record's body and the
//! meaning of a cursor are no affair of this module.

mod blobs;
mod catalog;
mod directory;
mod error;
mod join_sets;
mod journal;
mod page;
mod readers;
mod schema;
#[cfg(test)]
mod tests;
mod versions;
mod writer;

pub use error::Error;

use blobs::Folder;
use directory::Directory;
use join_sets::JoinSets;
use readers::Readers;
use std::path::Path;
use std::sync::Arc;
use writer::Writer;

/// The store in a data directory. One process at a time has it open.
#[derive(Debug)]
pub struct Store {
    // Before the writer: the last connection to close is the one that can tidy up.
    readers: Arc<Readers>,
    joins: Arc<JoinSets>,
    blobs: Arc<Folder>,
    token_key: Vec<u8>,
    writer: Writer,
}

impl Store {
    /// Opens the store in this directory; makes it if it is not there.
    ///
    /// It holds the key that signs task tokens, in the clear. So on Unix a directory that is made here has mode
    /// 0700; one that is there already keeps its mode, and whoever made it decides who reads it.
    ///
    /// Reads and writes files: milliseconds.
    pub fn open(directory: &Path) -> Result<Self, Error> {
        let held = Directory::take(directory)?;
        let database = held.database();
        let blobs = Arc::new(Folder::new(held.blobs()));
        let (connection, token_key) = schema::open_writer(&database)?;
        let writer =
            Writer::start(connection, held).map_err(|source| Error::Unwritable { path: directory.into(), source })?;
        Ok(Self { readers: Arc::new(Readers::new(database)), joins: Arc::default(), blobs, token_key, writer })
    }

    /// The deployment's key that signs task tokens: 32 random bytes, made when the store was.
    pub fn token_key(&self) -> &[u8] {
        &self.token_key
    }

    /// Commits what was sent before, closes the file and frees the directory. All writes after fail.
    ///
    /// Nothing depends on it for safety: a process that is killed loses nothing that it acknowledged.
    pub async fn stop(&self) {
        self.readers.close();
        self.writer.stop().await;
    }
}
