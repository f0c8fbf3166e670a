//! Payloads beside the journal, in memory: what survives a crash.

use async_trait::async_trait;
use bytes::Bytes;
use orchestrator::RunKey;
use orchestrator::ports::{BlobKey, Blobs, Error};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Payloads beside the journal, in memory.
#[derive(Default)]
pub struct MemoryBlobs {
    contents: Mutex<HashMap<BlobKey, Bytes>>,
}

impl MemoryBlobs {
    fn contents(&self) -> MutexGuard<'_, HashMap<BlobKey, Bytes>> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether any is so, by its SHA-256 and its content.
    pub fn any(&self, is_so: impl Fn(&str, &[u8]) -> bool) -> bool {
        self.contents().iter().any(|(key, content)| is_so(&key.sha256, content))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.contents().len()
    }
}

#[async_trait]
impl Blobs for MemoryBlobs {
    async fn put(&self, key: &BlobKey, content: Bytes) -> Result<(), Error> {
        self.contents().insert(key.clone(), content);
        Ok(())
    }

    async fn get(&self, key: &BlobKey) -> Result<Option<Bytes>, Error> {
        Ok(self.contents().get(key).cloned())
    }

    async fn remove(&self, run: &RunKey) -> Result<(), Error> {
        self.contents().retain(|key, _| key.run != *run);
        Ok(())
    }
}
