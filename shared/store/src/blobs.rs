//! The port `Blobs`: payloads as objects of a bucket, under their run.
//!
//! `executions/<machine name>/<execution name>/<run>/<sha256>`. A name's `/`, `%` and control characters are written as
//! `%XX`, and so are the dots of `.` and `..`, which some would take for folders; all else stays, so that the longest
//! names keep within S3's 1,024 bytes.

use crate::bucket::Bucket;
use async_trait::async_trait;
use bytes::Bytes;
use orchestrator::RunKey;
use orchestrator::ports::{BlobKey, Blobs, Error};
use std::fmt::Write as _;

/// What [`Error::Unavailable`] calls the payloads.
const WHAT: &str = "payloads";

#[async_trait]
impl Blobs for Bucket {
    async fn put(&self, key: &BlobKey, content: Bytes) -> Result<(), Error> {
        self.put_object(WHAT, &object(key), content).await
    }

    async fn get(&self, key: &BlobKey) -> Result<Option<Bytes>, Error> {
        self.get_object(WHAT, &object(key)).await
    }

    async fn remove(&self, run: &RunKey) -> Result<(), Error> {
        self.remove_folder(WHAT, &folder(run)).await
    }
}

fn object(key: &BlobKey) -> String {
    format!("{}{}", folder(&key.run), segment(&key.sha256))
}

/// What the keys of all payloads of a run begin with.
fn folder(run: &RunKey) -> String {
    let machine = run.execution.state_machine();
    let (machine, execution) = (segment(machine.name()), segment(run.execution.name()));
    format!("executions/{machine}/{execution}/{}/", segment(&run.run.0))
}

/// The text as one part of a key.
fn segment(text: &str) -> String {
    let is_dots = matches!(text, "." | "..");
    let mut segment = String::with_capacity(text.len());
    for character in text.chars() {
        if is_dots || character.is_control() || matches!(character, '/' | '%') {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                // Writing to a text does not fail.
                let _ = write!(segment, "%{byte:02X}");
            }
        } else {
            segment.push(character);
        }
    }
    segment
}

#[cfg(test)]
mod tests;
