//! Payloads too large for a record.

use super::Error;
use crate::RunKey;
use async_trait::async_trait;
use bytes::Bytes;

/// Keeps payloads beside the journal. What is acknowledged is durable.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// Puts the payload. The same key has the same content, so that repeating it changes nothing.
    async fn put(&self, key: &BlobKey, content: Bytes) -> Result<(), Error>;

    /// The payload with this key.
    async fn get(&self, key: &BlobKey) -> Result<Option<Bytes>, Error>;

    /// Takes all payloads of the run away. Nothing if there are none.
    async fn remove(&self, run: &RunKey) -> Result<(), Error>;
}

/// Where a payload lies: under its run, by its content. Payloads are never shared between executions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BlobKey {
    /// The run.
    pub run: RunKey,
    /// SHA-256 of the content, in lower-case hex. Whoever reads it checks it.
    pub sha256: String,
}
