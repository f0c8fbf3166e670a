//! What an event source mapping brings, and what it wants to hear.

use serde::{Deserialize, Serialize};

/// A batch of messages, as Lambda gets it from an SQS queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The messages: at least one.
    #[serde(rename = "Records")]
    pub records: Vec<Message>,
}

/// One message of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Its id: the same each time it is received.
    pub message_id: String,
    /// What this receiving of it is known by.
    pub receipt_handle: String,
    /// Its text.
    pub body: String,
    /// What SQS says about it.
    #[serde(default)]
    pub attributes: Attributes,
    /// The queue that it came from.
    #[serde(rename = "eventSourceARN", default)]
    pub event_source_arn: String,
}

/// What SQS says about a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes {
    /// How often it was received, this time included: a decimal number.
    #[serde(rename = "ApproximateReceiveCount", default)]
    pub receive_count: String,
}

/// Which messages of a batch must come again. All others are deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// Those that must come again.
    pub batch_item_failures: Vec<ItemFailure>,
}

/// A message that must come again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemFailure {
    /// Its `messageId`.
    pub item_identifier: String,
}

impl Message {
    /// How often it was received, this time included.
    pub fn receives(&self) -> u32 {
        self.attributes.receive_count.parse().unwrap_or(1).max(1)
    }
}
