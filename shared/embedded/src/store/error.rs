//! What may go wrong: in opening the store, and in using it.

use orchestrator::ports;
use rusqlite::ErrorCode;
use std::error::Error as StdError;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data directory cannot be made or written.
    #[error("failed to write to the data directory {}: {source}; make it writable, or choose another one", path.display())]
    Unwritable {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another process works on it.
    #[error(
        "the data directory {} is in use by another process{holder}; stop that process, or choose another directory",
        path.display()
    )]
    InUse {
        /// The directory.
        path: PathBuf,
        /// ` (process id ...)`, if it said.
        holder: String,
    },
    /// A later version of this program wrote it.
    #[error(
        "the database {} has schema version {found}, and this program knows versions up to {known}; \
         use the newer program that wrote it, or choose another data directory",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// It is not a database, or a damaged one.
    #[error(
        "the database {} is damaged or not a database: {source}; restore it from a copy, or move it away to begin anew",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite found.
        #[source]
        source: rusqlite::Error,
    },
    /// Anything else that SQLite says.
    #[error("failed to open the database {}: {source}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
}

impl Error {
    /// Whether opening it again may succeed, with nothing changed but time.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::InUse { .. } => true,
            Self::Unwritable { .. } | Self::Newer { .. } | Self::Damaged { .. } | Self::Database { .. } => false,
        }
    }

    pub(super) fn opening(path: &Path, source: rusqlite::Error) -> Self {
        if is_damage(&source) {
            Self::Damaged { path: path.into(), source }
        } else {
            Self::Database { path: path.into(), source }
        }
    }
}

/// Why an operation on the open store failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// SQLite says so.
    #[error("{0}")]
    Database(#[from] rusqlite::Error),
    /// The group that the write was in was not committed.
    #[error("the transaction was not committed: {0}")]
    NotCommitted(Arc<rusqlite::Error>),
    /// The writer is no more.
    #[error("the store has been stopped")]
    Stopped,
    /// What was asked for, or found, makes no sense.
    #[error("{what}: {source}")]
    Unreadable { what: String, source: Box<dyn StdError + Send + Sync> },
}

impl Failure {
    pub(super) fn unreadable(what: impl Into<String>, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Unreadable { what: what.into(), source: source.into() }
    }
}

impl From<Failure> for ports::Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unreadable { what, source } => Self::Unreadable { what, source },
            Failure::Database(source) if is_lasting(&source) => {
                Self::Unreadable { what: "the database".into(), source: source.into() }
            }
            Failure::Database(_) | Failure::NotCommitted(_) | Failure::Stopped => {
                Self::Unavailable { what: "the store", source: failure.into() }
            }
        }
    }
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Whether the same request will fail again: damage, broken constraints, columns of another type.
fn is_lasting(error: &rusqlite::Error) -> bool {
    match error.sqlite_error_code() {
        Some(code) => is_damage(error) || matches!(code, ErrorCode::ConstraintViolation | ErrorCode::TooBig),
        None => true,
    }
}
