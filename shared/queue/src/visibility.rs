//! When messages that were received come again.

use crate::backoff::whole_seconds;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{BuildError, DisplayErrorContext};
use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry;
use std::time::Duration;

/// Longest time that a message is kept from coming again. SQS allows 12 hours, but counts from when the message was
/// received, and refuses more: this leaves a function its 15 minutes.
///
/// Source: SQS API reference, ChangeMessageVisibility.
pub const LONGEST_VISIBILITY: Duration = Duration::from_mins(700);

/// Source: SQS developer guide, "Amazon SQS message quotas", "Message batch".
const AWS_MAX_ENTRIES: usize = 10;

/// A message that is to come again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Again<'m> {
    pub(crate) receipt_handle: &'m str,
    pub(crate) after: Duration,
}

/// One queue, seen from where its messages are received.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) client: Client,
    pub(crate) url: String,
}

impl Received {
    /// What fails is logged, and comes again when the queue's own time-out is over.
    pub(crate) async fn bring_again(&self, messages: &[Again<'_>]) {
        for batch in messages.chunks(AWS_MAX_ENTRIES) {
            if let Err(error) = self.change_visibility(batch).await {
                tracing::warn!(queue = self.url, messages = batch.len(), %error, "failed to change the visibility");
            }
        }
    }

    async fn change_visibility(&self, messages: &[Again<'_>]) -> Result<(), String> {
        let mut request = self.client.change_message_visibility_batch().queue_url(&self.url);
        for (id, message) in messages.iter().enumerate() {
            request = request.entries(entry(id, *message).map_err(|error| error.to_string())?);
        }
        let answer = request.send().await.map_err(|error| DisplayErrorContext(&error).to_string())?;
        for failure in answer.failed() {
            let (code, said) = (failure.code(), failure.message().unwrap_or("no reason given"));
            tracing::warn!(queue = self.url, code, said, "failed to change the visibility of a message");
        }
        Ok(())
    }
}

fn entry(id: usize, message: Again<'_>) -> Result<ChangeMessageVisibilityBatchRequestEntry, BuildError> {
    let seconds = whole_seconds(message.after.min(LONGEST_VISIBILITY));
    ChangeMessageVisibilityBatchRequestEntry::builder()
        .id(id.to_string())
        .receipt_handle(message.receipt_handle)
        .visibility_timeout(i32::try_from(seconds).unwrap_or(i32::MAX))
        .build()
}
