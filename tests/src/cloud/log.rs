//! What was asked, by whom, and what AWS would bill for it.

use super::dynamodb::Units;
use super::lock;
use bytes::Bytes;
use std::sync::{Arc, Mutex};

/// One HTTP request, or one call of an event source mapping.
#[derive(Clone, Debug)]
pub struct Request {
    /// The process that sent it; `mapping` for an event source mapping.
    pub caller: Arc<str>,
    /// Which service.
    pub service: Service,
    /// Which operation: `PutItem`, `SendMessageBatch`, `PutObject`, `Invoke`, ...
    pub operation: String,
    /// The table, queue, bucket with key, or function that it is about.
    pub resource: String,
    /// All headers as they were sent.
    pub headers: Vec<(String, String)>,
    /// The body as it was sent.
    pub body: Bytes,
    /// The status of the answer; none: no answer came through.
    pub status: Option<u16>,
    /// Bytes of the answer's body.
    pub answer_bytes: usize,
    /// What DynamoDB bills for it.
    pub units: Units,
    /// How many requests SQS bills for it: one for each 64 KB begun.
    pub sqs_requests: u64,
}

impl Request {
    /// The request's body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Whether the text is anywhere in the request.
    pub fn mentions(&self, text: &str) -> bool {
        self.text().contains(text)
            || self.headers.iter().any(|(name, value)| name.contains(text) || value.contains(text))
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// A service of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the services' own names")]
pub enum Service {
    DynamoDb,
    Sqs,
    S3,
    Lambda,
}

#[derive(Default)]
pub(crate) struct Log(Mutex<Vec<Request>>);

impl Log {
    pub(crate) fn add(&self, request: Request) {
        lock(&self.0).push(request);
    }

    pub(crate) fn all(&self) -> Vec<Request> {
        lock(&self.0).clone()
    }

    pub(crate) fn truncate(&self, count: usize) {
        lock(&self.0).truncate(count);
    }

    pub(crate) fn take(&self) -> Vec<Request> {
        std::mem::take(&mut *lock(&self.0))
    }
}
