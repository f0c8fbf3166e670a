//! The messages on their way into one queue.
//!
//! A message that finds nothing under way is sent at once. What comes meanwhile is sent together when a request has
//! been answered, or when there is enough for a full batch. Each entry of an answer decides about its own message:
//! whoever shares a batch with one that fails does not notice.

use crate::backoff::backoff;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::operation::send_message_batch::{SendMessageBatchError, SendMessageBatchOutput};
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, MessageSystemAttributeNameForSends, MessageSystemAttributeValue,
    SendMessageBatchRequestEntry,
};
use futures::FutureExt;
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// Source: SQS developer guide, "Amazon SQS message quotas", "Message batch".
const AWS_MAX_ENTRIES: usize = 10;
/// Requests at the same time: each may need a connection, and forty children begin at once.
const MAX_UNDER_WAY: usize = 4;
/// How often an entry is sent that SQS failed to take: first try included. The SDK's own retries are for requests.
const TRIES: u32 = 5;
const FIRST_BACKOFF: Duration = Duration::from_millis(50);
const LONGEST_BACKOFF: Duration = Duration::from_secs(1);

/// Why a message was not sent, or may not have been.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The request failed, and with it all messages of the batch.
    #[error("failed to send: {}", DisplayErrorContext(.0.as_ref()))]
    Request(#[source] Arc<SdkError<SendMessageBatchError>>),
    /// SQS did not take this message, and may take it later.
    #[error("SQS failed to take the message: {0}")]
    Entry(Refusal),
    /// SQS will never take this message.
    #[error("SQS refused the message: {0}")]
    Refused(Refusal),
    /// Even by itself the message is too long.
    #[error("the message has {0} bytes: SQS refused it as too long")]
    TooLong(usize),
    /// The answer does not mention this message.
    #[error("SQS did not say whether it took the message")]
    Unmentioned,
    /// Sending broke off in this process.
    #[error("sending was broken off")]
    BrokenOff,
}

impl Error {
    /// Whether the same message may be sent later.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Request(_) | Self::Entry(_) | Self::Unmentioned | Self::BrokenOff => true,
            Self::Refused(_) | Self::TooLong(_) => false,
        }
    }
}

/// What SQS said about one entry of a batch.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{code}: {said}")]
pub(crate) struct Refusal {
    code: String,
    said: String,
}

/// What is sent.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) body: String,
    pub(crate) delay_seconds: i32,
    pub(crate) trace_header: String,
}

/// The messages on their way into one queue.
#[derive(Debug)]
pub(crate) struct Line {
    client: Client,
    url: String,
    max_batch_bytes: usize,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    messages: VecDeque<Outgoing>,
    /// Sum of their bodies.
    bytes: usize,
    /// Senders that exist.
    senders: usize,
    /// Those of them that have not taken their first batch.
    starting: usize,
}

#[derive(Debug)]
struct Outgoing {
    text: Text,
    tries: u32,
    done: oneshot::Sender<Result<(), Error>>,
}

impl Line {
    pub(crate) fn new(client: Client, url: String, max_batch_bytes: usize) -> Self {
        Self { client, url, max_batch_bytes, waiting: Mutex::default() }
    }

    /// Returns when SQS has the message. It is sent even if the caller goes away.
    pub(crate) async fn send(self: &Arc<Self>, text: Text) -> Result<(), Error> {
        let (done, answer) = oneshot::channel();
        self.line_up(Outgoing { text, tries: 0, done });
        answer.await.unwrap_or(Err(Error::BrokenOff))
    }

    /// Sends a batch of nothing. SQS refuses it, but this needs no permission that sending does not need.
    pub(crate) async fn knock(&self) {
        let answer = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(Vec::new())).send().await;
        if let Err(error) = answer {
            tracing::debug!(queue = self.url, error = %DisplayErrorContext(&error), "SQS was asked for nothing");
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Nothing panics that holds it.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn line_up(self: &Arc<Self>, message: Outgoing) {
        let mut waiting = self.waiting();
        waiting.bytes += message.text.body.len();
        waiting.messages.push_back(message);
        let full = (waiting.messages.len() / AWS_MAX_ENTRIES).max(waiting.bytes / self.max_batch_bytes.max(1));
        if waiting.senders == 0 || (waiting.senders < MAX_UNDER_WAY && full > waiting.starting) {
            waiting.senders += 1;
            waiting.starting += 1;
            drop(waiting);
            tokio::spawn(Arc::clone(self).send_all());
        }
    }

    /// Sends batches until nothing waits.
    async fn send_all(self: Arc<Self>) {
        self.waiting().starting -= 1;
        while let Some(batch) = self.take_batch() {
            // A panic in it drops its messages, and so tells their callers.
            if AssertUnwindSafe(self.send_batch(batch)).catch_unwind().await.is_err() {
                tracing::error!(queue = self.url, "sending a batch panicked");
            }
        }
    }

    /// None ends the sender that asks.
    fn take_batch(&self) -> Option<Vec<Outgoing>> {
        let mut waiting = self.waiting();
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() < AWS_MAX_ENTRIES {
            let fits = |next: &Outgoing| batch.is_empty() || bytes + next.text.body.len() <= self.max_batch_bytes;
            if !waiting.messages.front().is_some_and(fits) {
                break;
            }
            let Some(next) = waiting.messages.pop_front() else { break };
            bytes += next.text.body.len();
            batch.push(next);
        }
        waiting.bytes -= bytes;
        if batch.is_empty() {
            waiting.senders -= 1;
            return None;
        }
        Some(batch)
    }

    async fn send_batch(self: &Arc<Self>, batch: Vec<Outgoing>) {
        let mut batches = vec![batch];
        while let Some(mut batch) = batches.pop() {
            match self.request(&batch).await {
                Ok(answer) => self.settle(batch, &answer),
                // The setting promises more than this SQS takes.
                Err(error) if is_too_long(&error) && batch.len() > 1 => {
                    batches.push(batch.split_off(batch.len() / 2));
                    batches.push(batch);
                }
                Err(error) => {
                    let error = Arc::new(error);
                    for message in batch {
                        let error = if is_too_long(&error) {
                            Error::TooLong(message.text.body.len())
                        } else {
                            Error::Request(Arc::clone(&error))
                        };
                        message.answer(Err(error));
                    }
                }
            }
        }
    }

    async fn request(&self, batch: &[Outgoing]) -> Result<SendMessageBatchOutput, SdkError<SendMessageBatchError>> {
        let mut request = self.client.send_message_batch().queue_url(&self.url);
        for (id, message) in batch.iter().enumerate() {
            request = request.entries(entry(id, &message.text).map_err(SdkError::construction_failure)?);
        }
        request.send().await
    }

    /// Tells everybody in the batch, or lines up again.
    fn settle(self: &Arc<Self>, batch: Vec<Outgoing>, answer: &SendMessageBatchOutput) {
        for (id, message) in batch.into_iter().enumerate() {
            let id = id.to_string();
            if answer.successful().iter().any(|entry| entry.id() == id) {
                message.answer(Ok(()));
                continue;
            }
            match answer.failed().iter().find(|entry| entry.id() == id) {
                Some(failure) if lasts(failure) => message.answer(Err(Error::Refused(Refusal::from(failure)))),
                Some(failure) => self.try_again(message, Error::Entry(Refusal::from(failure))),
                None => self.try_again(message, Error::Unmentioned),
            }
        }
    }

    fn try_again(self: &Arc<Self>, mut message: Outgoing, error: Error) {
        message.tries += 1;
        if message.tries >= TRIES {
            message.answer(Err(error));
            return;
        }
        tracing::debug!(queue = self.url, tries = message.tries, %error, "a message is sent again");
        let wait = backoff(FIRST_BACKOFF, LONGEST_BACKOFF, message.tries, &message.text.body);
        let line = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            line.line_up(message);
        });
    }
}

impl Outgoing {
    fn answer(self, answer: Result<(), Error>) {
        // The caller may have gone away.
        let _ = self.done.send(answer);
    }
}

impl From<&BatchResultErrorEntry> for Refusal {
    fn from(entry: &BatchResultErrorEntry) -> Self {
        Self { code: entry.code().to_owned(), said: entry.message().unwrap_or("no reason given").to_owned() }
    }
}

fn entry(id: usize, text: &Text) -> Result<SendMessageBatchRequestEntry, aws_sdk_sqs::error::BuildError> {
    let trace = MessageSystemAttributeValue::builder().data_type("String").string_value(&text.trace_header).build()?;
    SendMessageBatchRequestEntry::builder()
        .id(id.to_string())
        .message_body(&text.body)
        .delay_seconds(text.delay_seconds)
        .message_system_attributes(MessageSystemAttributeNameForSends::AwsTraceHeader, trace)
        .build()
}

/// By its code, since the SDK knows it by the older one of its two names alone.
fn is_too_long(error: &SdkError<SendMessageBatchError>) -> bool {
    error.code().is_some_and(|code| code.ends_with("BatchRequestTooLong"))
}

/// Whether the message itself is at fault. SQS puts down to the sender also what the deployment's owner mends (a key, a
/// permission) and what passes (throttling): no execution may end because of these.
fn lasts(failure: &BatchResultErrorEntry) -> bool {
    let code = failure.code().to_ascii_lowercase();
    let of_deployment = ["throttl", "kms", "accessdenied", "overlimit", "unavailable", "internal"];
    failure.sender_fault() && !of_deployment.iter().any(|part| code.contains(part))
}
