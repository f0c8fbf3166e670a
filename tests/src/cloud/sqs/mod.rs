//! SQS: standard queues, as their documentation has them.
//!
//! Delays, visibility, receive counts, receipt handles, limits of batches and messages, redrive to a dead-letter
//! queue. Nothing is lost by itself and nothing comes twice by itself: a test says when ([`Sqs::lose`],
//! [`Sqs::double`]).

mod line;
#[cfg(test)]
mod tests;
mod wire;

pub use line::{Delivered, QueueSettings};

use super::connector::Answer;
use super::lock;
use line::Line;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// What SQS counts as one request: each 64 KB begun.
const CHUNK_BYTES: usize = 64 * 1024;

/// The queues of one account.
pub struct Sqs {
    began: Instant,
    lines: Mutex<BTreeMap<String, Line>>,
    changed: Notify,
}

impl Default for Sqs {
    fn default() -> Self {
        Self { began: Instant::now(), lines: Mutex::default(), changed: Notify::new() }
    }
}

impl Sqs {
    /// Creates a queue, and gives its URL.
    pub fn create_queue(&self, name: &str, settings: QueueSettings) -> String {
        lock(&self.lines).insert(name.to_owned(), Line::new(settings));
        url(name)
    }

    /// Messages of the queue that are not deleted: waiting, delayed or in flight.
    pub fn count(&self, queue: &str) -> usize {
        lock(&self.lines).get(queue).map_or(0, Line::count)
    }

    /// Bodies of the messages of the queue that are not deleted.
    pub fn bodies(&self, queue: &str) -> Vec<String> {
        lock(&self.lines).get(queue).map(Line::bodies).unwrap_or_default()
    }

    /// The queue forgets all its messages, as PurgeQueue has it. How many there were.
    pub fn lose(&self, queue: &str) -> usize {
        lock(&self.lines).get_mut(queue).map_or(0, Line::purge)
    }

    /// Every message of the queue is there once more, but for those that are already: as a standard queue may have it.
    pub fn double(&self, queue: &str) {
        if let Some(line) = lock(&self.lines).get_mut(queue) {
            line.double();
        }
        self.changed.notify_waiters();
    }

    /// Sends what nobody here would send.
    pub fn send(&self, queue: &str, body: &str) {
        if let Some(line) = lock(&self.lines).get_mut(queue) {
            line.send(body.to_owned(), Duration::ZERO, None);
        }
        self.changed.notify_waiters();
    }

    /// Receives as an event source mapping does: at most so many, of those that are visible now.
    pub fn receive(&self, queue: &str, at_most: usize) -> Vec<Delivered> {
        let mut lines = lock(&self.lines);
        let Some(line) = lines.get_mut(queue) else { return Vec::new() };
        let (delivered, dead) = line.receive(at_most, None, Instant::now(), self.began);
        for (to, message) in dead {
            if let Some(line) = lines.get_mut(&to) {
                line.bury(message);
                self.changed.notify_waiters();
            }
        }
        delivered
    }

    /// Deletes what was received.
    pub fn delete(&self, queue: &str, handle: &str) {
        if let Some(line) = lock(&self.lines).get_mut(queue) {
            line.delete(handle);
        }
    }

    /// Returns once the queue has a visible message.
    pub async fn visible(&self, queue: &str) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Registered before the look, so that no change between them is missed.
            changed.as_mut().enable();
            let next = lock(&self.lines).get(queue).and_then(Line::next_visible);
            match next {
                Some(at) if at <= Instant::now() => return,
                Some(at) => {
                    tokio::select! {
                        () = tokio::time::sleep_until(at) => {}
                        () = changed => {}
                    }
                }
                None => changed.await,
            }
        }
    }

    /// When the queue's next message is visible: in how long; none if it has none.
    pub fn next_visible(&self, queue: &str) -> Option<Duration> {
        let next = lock(&self.lines).get(queue).and_then(Line::next_visible)?;
        Some(next.saturating_duration_since(Instant::now()))
    }

    pub(crate) async fn serve(&self, operation: &str, body: &str, refused: &[usize]) -> Answer {
        let request: Value = match serde_json::from_str(body) {
            Ok(request) => request,
            Err(error) => return wire::refusal("InvalidParameterValue", &error.to_string()),
        };
        let queue = request["QueueUrl"].as_str().and_then(|url| url.rsplit('/').next()).unwrap_or_default().to_owned();
        if operation == "ReceiveMessage" {
            let wait = Duration::from_secs(request["WaitTimeSeconds"].as_u64().unwrap_or(0).min(20));
            // Whether it came in time shows in what there is.
            let _ = tokio::time::timeout(wait, self.visible(&queue)).await;
        }
        let mut lines = lock(&self.lines);
        let answered = wire::serve(&mut lines, self.began, operation, &queue, &request, refused);
        self.changed.notify_waiters();
        match answered {
            Ok(answered) => {
                let mut answer = Answer::json(200, &answered.body);
                answer.sqs_requests = requests(answered.bytes);
                answer
            }
            Err((code, message)) => wire::refusal(code, &message),
        }
    }
}

/// What SQS bills for a call with so many bytes of messages.
pub(crate) fn requests(bytes: usize) -> u64 {
    bytes.div_ceil(CHUNK_BYTES).max(1) as u64
}

/// The queue that a request names.
pub(crate) fn queue_of(body: &str) -> String {
    let request: Value = serde_json::from_str(body).unwrap_or_default();
    let url = request["QueueUrl"].as_str().or(request["QueueName"].as_str()).unwrap_or_default();
    url.rsplit('/').next().unwrap_or_default().to_owned()
}

fn url(name: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/123456789012/{name}")
}
