//! One event source mapping: takes messages from a queue, and deletes those that the function is done with.
//!
//! Visibility and receive counts are the queue's: what is not deleted comes again by itself.

use super::Error;
use super::answer::failed_messages;
use super::event::{self, AWS_MAX_EVENT_BYTES, Record};
use super::function::{Functions, Invoked};
use super::lineage::{Passage, count_round};
use super::mapping::{Mapping, function_name};
use super::schedule::fresh_trace;
use aws::Connection;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName, QueueAttributeName};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

/// Longest that a poll may wait for a message.
///
/// Source: SQS API reference, ReceiveMessage, `WaitTimeSeconds`.
const LONG_POLL: Duration = Duration::from_secs(20);
/// A poll without an answer after this time is given up.
const POLL_LIMIT: Duration = Duration::from_secs(30);
/// The wait before a queue is asked again that gave an error, and before a function is invoked again that could not run.
const FIRST_BACKOFF: Duration = Duration::from_millis(200);
const LONGEST_BACKOFF: Duration = Duration::from_secs(10);
/// How often deletion is tried.
const TRIES: u32 = 4;

/// One mapping at work.
pub(crate) struct Source {
    mapping: Mapping,
    /// For long polls: no time limit of its own.
    patient: Client,
    client: Client,
    functions: Functions,
    queue_arn: String,
    visibility: Duration,
    counts_rounds: bool,
    stopped: watch::Receiver<bool>,
}

impl Source {
    /// Asks the queue what it is.
    pub(crate) async fn open(
        connection: &Connection,
        mapping: Mapping,
        functions: Functions,
        counts_rounds: bool,
        stopped: watch::Receiver<bool>,
    ) -> Result<Self, Error> {
        let client = Client::new(connection.sdk_config());
        let patient = Client::new(&connection.without_retries()?);
        let attributes = client
            .get_queue_attributes()
            .queue_url(&mapping.queue_url)
            .attribute_names(QueueAttributeName::QueueArn)
            .attribute_names(QueueAttributeName::VisibilityTimeout)
            .send()
            .await
            .map_err(|error| Error::Queue { url: mapping.queue_url.clone(), source: Box::new(error.into()) })?;
        let attribute = |name| attributes.attributes().and_then(|all| all.get(&name)).cloned();
        let missing = |name| Error::QueueAttribute { url: mapping.queue_url.clone(), name };
        let queue_arn = attribute(QueueAttributeName::QueueArn).ok_or_else(|| missing("QueueArn"))?;
        let visibility = attribute(QueueAttributeName::VisibilityTimeout).and_then(|seconds| seconds.parse().ok());
        let visibility = Duration::from_secs(visibility.ok_or_else(|| missing("VisibilityTimeout"))?);
        Ok(Self { mapping, patient, client, functions, queue_arn, visibility, counts_rounds, stopped })
    }

    pub(crate) fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// The ARN of its queue.
    pub(crate) fn queue_arn(&self) -> &str {
        &self.queue_arn
    }

    /// Takes messages and delivers them until it is told to stop: one of as many at once as the mapping says.
    pub(crate) async fn work(&self) {
        let mut stopped = self.stopped.clone();
        let mut backoff = FIRST_BACKOFF;
        loop {
            // A poll that is broken off may have taken messages: they come again, as from any poller that is lost.
            let received = tokio::select! {
                biased;
                _ = stopped.wait_for(|stopped| *stopped) => return,
                received = self.receive() => received,
            };
            match received {
                Ok(messages) => {
                    backoff = FIRST_BACKOFF;
                    self.deliver_all(&messages).await;
                }
                Err(error) => {
                    tracing::warn!(queue = self.mapping.queue_name(), "failed to receive: {error}");
                    self.rest(backoff).await;
                    backoff = (backoff * 2).min(LONGEST_BACKOFF);
                }
            }
        }
    }

    async fn receive(&self) -> Result<Vec<Message>, String> {
        let request = self
            .patient
            .receive_message()
            .queue_url(&self.mapping.queue_url)
            .max_number_of_messages(i32::try_from(self.mapping.batch).unwrap_or(1))
            .wait_time_seconds(i32::try_from(LONG_POLL.as_secs()).unwrap_or(0))
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All");
        match timeout(POLL_LIMIT, request.send()).await {
            Ok(Ok(output)) => Ok(output.messages.unwrap_or_default()),
            Ok(Err(error)) => Err(DisplayErrorContext(&error).to_string()),
            Err(_) => Err(format!("no answer within {POLL_LIMIT:?}")),
        }
    }

    async fn deliver_all(&self, messages: &[Message]) {
        let until = Instant::now() + self.visibility;
        let records = messages.iter().map(|message| Record::new(message, &self.queue_arn)).collect();
        for event in event::events(records, AWS_MAX_EVENT_BYTES) {
            let function = function_name(&self.mapping.function);
            match self.deliver(&event, until).await {
                Ok(failed) => {
                    let done: Vec<&Record> = event.iter().filter(|record| !failed.contains(&record.id)).collect();
                    tracing::debug!(function, done = done.len(), failed = failed.len(), "delivered");
                    self.delete(&done).await;
                }
                Err(error) => {
                    let messages = event.len();
                    tracing::error!(function, messages, "the whole batch failed, and comes again: {error}");
                }
            }
        }
    }

    /// Invokes the function with this event. Gives the messages that must come again, or why all must.
    async fn deliver(&self, event: &[Record], until: Instant) -> Result<BTreeSet<String>, String> {
        let text = event::text(event);
        if text.len() > AWS_MAX_EVENT_BYTES {
            return Err(format!("the event has {} bytes; Lambda takes {AWS_MAX_EVENT_BYTES}", text.len()));
        }
        let headers = event.iter().filter_map(|record| record.trace_header.as_deref());
        let trace = if self.counts_rounds {
            match count_round(headers, &self.mapping.function, fresh_trace) {
                Passage::Goes(header) => Some(header),
                Passage::Dropped { rounds } => {
                    return Err(format!(
                        "RecursiveInvocationException: this function came round {rounds} times in one chain of calls; \
                         Lambda would invoke it no more"
                    ));
                }
            }
        } else {
            headers.into_iter().next().map(str::to_owned)
        };
        let limit = self.mapping.timeout.unwrap_or(self.visibility);
        let mut backoff = FIRST_BACKOFF;
        loop {
            match self.functions.invoke(&self.mapping.function, text.clone(), trace.as_deref(), limit).await {
                Invoked::Answered(answer) => {
                    let batch = event.iter().map(|record| record.id.as_str()).collect();
                    return failed_messages(&answer, &batch).map_err(|error| error.to_string());
                }
                Invoked::Failed(why) => return Err(why),
                Invoked::NotNow(why) if Instant::now() + backoff >= until || *self.stopped.borrow() => return Err(why),
                Invoked::NotNow(why) => {
                    tracing::debug!(function = function_name(&self.mapping.function), "not now: {why}");
                    self.rest(backoff).await;
                    backoff = (backoff * 2).min(LONGEST_BACKOFF);
                }
            }
        }
    }

    async fn delete(&self, done: &[&Record]) {
        let mut left = done.to_vec();
        let mut said = String::new();
        for attempt in 0..TRIES {
            if left.is_empty() {
                return;
            }
            if attempt > 0 {
                sleep(FIRST_BACKOFF * attempt).await;
            }
            match self.delete_once(&left).await {
                Ok(failed) => {
                    if let Some((_, why)) = failed.first() {
                        said.clone_from(why);
                    }
                    let failed: BTreeSet<usize> = failed.into_iter().map(|(index, _)| index).collect();
                    let kept = left.iter().enumerate().filter(|(index, _)| failed.contains(index));
                    left = kept.map(|(_, record)| *record).collect();
                }
                Err(error) => said = error,
            }
        }
        if !left.is_empty() {
            let (queue, messages) = (self.mapping.queue_name(), left.len());
            tracing::error!(queue, messages, "failed to delete what is done with; it comes again: {said}");
        }
    }

    /// The indexes of messages that were not deleted, and why.
    async fn delete_once(&self, done: &[&Record]) -> Result<Vec<(usize, String)>, String> {
        let mut request = self.client.delete_message_batch().queue_url(&self.mapping.queue_url);
        for (index, record) in done.iter().enumerate() {
            let entry = DeleteMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(&record.receipt_handle)
                .build()
                .map_err(|error| error.to_string())?;
            request = request.entries(entry);
        }
        let output = request.send().await.map_err(|error| DisplayErrorContext(&error).to_string())?;
        let failed = output.failed().iter().filter_map(|entry| {
            let why = format!("{}: {}", entry.code(), entry.message().unwrap_or_default());
            Some((entry.id().parse().ok()?, why))
        });
        Ok(failed.collect())
    }

    /// Waits, but not beyond the end.
    async fn rest(&self, duration: Duration) {
        let mut stopped = self.stopped.clone();
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => {}
            () = sleep(duration) => {}
        }
    }
}
