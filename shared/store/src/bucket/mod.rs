//! An S3 bucket: objects by their keys, compressed where that makes them smaller.
//!
//! S3 reads what was written at once. It knows neither executions nor definitions; keys are its callers'.

mod error;
mod gzip;
mod listing;

pub(crate) use gzip::sha256;

use crate::error::unreadable;
use aws::{Connection, SignedClient, SignedRequest, SignedResponse};
use bytes::Bytes;
use error::{Source, is_no_bucket};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use http::Method;
use orchestrator::ports::Error;

/// Deletions at a time. They cost nothing each, where one request for many would need a checksum of its own kind.
const DELETES: usize = 16;

/// Where large payloads and definitions lie. A clone is the same bucket.
#[derive(Clone, Debug)]
pub struct Bucket {
    name: String,
    client: SignedClient,
}

impl Bucket {
    /// The bucket with this name. Nothing is asked of it yet.
    pub fn new(connection: &Connection, name: &str) -> Self {
        Self { name: name.to_owned(), client: connection.bucket(name) }
    }

    /// Puts the object. `what` is the port.
    pub(crate) async fn put_object(&self, what: &'static str, key: &str, content: Bytes) -> Result<(), Error> {
        let packed = gzip::pack(content).await.map_err(|error| self.failed(what, "PutObject", error.into()))?;
        let mut request = SignedRequest::new(Method::PUT, key).body(packed.content);
        if packed.is_gzip {
            request = request.header("content-encoding", "gzip");
        }
        let answer = self.send(what, "PutObject", request).await?;
        self.done(what, "PutObject", &answer)
    }

    /// The object; none if there is none.
    pub(crate) async fn get_object(&self, what: &'static str, key: &str) -> Result<Option<Bytes>, Error> {
        let answer = self.send(what, "GetObject", SignedRequest::new(Method::GET, key)).await?;
        if answer.status() == 404 && !is_no_bucket(&answer) {
            return Ok(None);
        }
        self.done(what, "GetObject", &answer)?;
        if answer.header("content-encoding").is_none_or(|encoding| encoding.trim() != "gzip") {
            return Ok(Some(answer.into_body()));
        }
        let content = gzip::unpack(answer.into_body()).await;
        content.map(Some).map_err(|damage| unreadable(format!("object {key} in bucket {}", self.name), damage))
    }

    /// Takes away all objects whose keys begin with this folder, which ends in `/` and has no folders of its own.
    pub(crate) async fn remove_folder(&self, what: &'static str, folder: &str) -> Result<(), Error> {
        let mut next = None;
        loop {
            let mut request = SignedRequest::new(Method::GET, "/")
                .query("list-type", "2")
                .query("encoding-type", "url")
                .query("prefix", folder);
            if let Some(token) = next {
                request = request.query("continuation-token", token);
            }
            let answer = self.send(what, "ListObjectsV2", request).await?;
            self.done(what, "ListObjectsV2", &answer)?;
            let page = listing::read(answer.body());
            let page = page.map_err(|damage| self.failed(what, "ListObjectsV2", damage.into()))?;
            let deletes = page.keys.iter().map(|key| self.delete_in(what, folder, key));
            stream::iter(deletes.collect::<Vec<_>>()).buffer_unordered(DELETES).try_collect::<()>().await?;
            next = page.next;
            if next.is_none() {
                return Ok(());
            }
        }
    }

    /// Deletes the object that a list shows with this key. What lies in a folder has a name that no encoding changes.
    async fn delete_in(&self, what: &'static str, folder: &str, shown: &str) -> Result<(), Error> {
        let name = shown.rsplit('/').next().unwrap_or_default();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let other = format!("object {shown} is not one of ours: remove it, or move it away").into();
            return Err(self.failed(what, "ListObjectsV2", other));
        }
        let request = SignedRequest::new(Method::DELETE, format!("{folder}{name}"));
        let answer = self.send(what, "DeleteObject", request).await?;
        if answer.status() == 404 && !is_no_bucket(&answer) {
            return Ok(());
        }
        self.done(what, "DeleteObject", &answer)
    }

    async fn send(
        &self,
        what: &'static str,
        operation: &'static str,
        request: SignedRequest,
    ) -> Result<SignedResponse, Error> {
        let answer = self.client.send(request).await;
        answer.map_err(|error| error::refused(what, operation, &self.name, error))
    }

    fn done(&self, what: &'static str, operation: &'static str, answer: &SignedResponse) -> Result<(), Error> {
        if answer.is_success() {
            return Ok(());
        }
        Err(error::refused(what, operation, &self.name, answer.refusal()))
    }

    fn failed(&self, what: &'static str, operation: &'static str, source: Source) -> Error {
        error::failed(what, operation, &self.name, source)
    }
}

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;
