//! Messages as Lambda hands them to a function, in events that are small enough for it.

use aws_sdk_sqs::types::{Message, MessageAttributeValue, MessageSystemAttributeName};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};

/// Largest event of an invocation, in bytes.
///
/// Source: Lambda quotas, "Invocation payload (request and response)", synchronous: 6 MB.
pub(crate) const AWS_MAX_EVENT_BYTES: usize = 6 * 1024 * 1024;

const HEAD: &str = "{\"Records\":[";
const TAIL: &str = "]}";

/// A message as part of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) receipt_handle: String,
    /// Its `AWSTraceHeader`, if it came with one.
    pub(crate) trace_header: Option<String>,
    text: String,
}

impl Record {
    /// The message as an event source mapping shows it. `queue` is the ARN of its queue.
    pub(crate) fn new(message: &Message, queue: &str) -> Self {
        let attributes = message.attributes();
        let trace_header = attributes.and_then(|all| all.get(&MessageSystemAttributeName::AwsTraceHeader));
        let mut record = json!({
            "messageId": message.message_id(),
            "receiptHandle": message.receipt_handle(),
            "body": message.body().unwrap_or_default(),
            "attributes": system_attributes(attributes),
            "messageAttributes": message_attributes(message.message_attributes()),
            "md5OfBody": message.md5_of_body(),
            "eventSource": "aws:sqs",
            "eventSourceARN": queue,
            "awsRegion": queue.split(':').nth(3).unwrap_or_default(),
        });
        if let (Some(digest), Some(fields)) = (message.md5_of_message_attributes(), record.as_object_mut()) {
            fields.insert("md5OfMessageAttributes".to_owned(), json!(digest));
        }
        Self {
            id: message.message_id().unwrap_or_default().to_owned(),
            receipt_handle: message.receipt_handle().unwrap_or_default().to_owned(),
            trace_header: trace_header.cloned(),
            text: record.to_string(),
        }
    }
}

/// The messages in events of at most so many bytes each, in order. A message that is too large by itself is alone.
pub(crate) fn events(records: Vec<Record>, max_bytes: usize) -> Vec<Vec<Record>> {
    let mut events: Vec<Vec<Record>> = Vec::new();
    let mut bytes = 0;
    for record in records {
        let more = record.text.len() + 1;
        match events.last_mut() {
            Some(event) if bytes + more <= max_bytes => {
                bytes += more;
                event.push(record);
            }
            Some(_) | None => {
                bytes = HEAD.len() + record.text.len() + TAIL.len();
                events.push(vec![record]);
            }
        }
    }
    events
}

/// The event's text.
pub(crate) fn text(event: &[Record]) -> String {
    let records: Vec<&str> = event.iter().map(|record| record.text.as_str()).collect();
    format!("{HEAD}{}{TAIL}", records.join(","))
}

fn system_attributes(attributes: Option<&HashMap<MessageSystemAttributeName, String>>) -> Map<String, Value> {
    let sorted: BTreeMap<&str, &String> =
        attributes.into_iter().flatten().map(|(name, value)| (name.as_str(), value)).collect();
    sorted.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect()
}

fn message_attributes(attributes: Option<&HashMap<String, MessageAttributeValue>>) -> Map<String, Value> {
    let sorted: BTreeMap<&String, &MessageAttributeValue> = attributes.into_iter().flatten().collect();
    let shown = |(name, attribute): (&String, &MessageAttributeValue)| {
        let mut shown = Map::new();
        if let Some(text) = attribute.string_value() {
            shown.insert("stringValue".to_owned(), json!(text));
        }
        if let Some(bytes) = attribute.binary_value() {
            shown.insert("binaryValue".to_owned(), json!(STANDARD.encode(bytes)));
        }
        shown.insert("stringListValues".to_owned(), json!([]));
        shown.insert("binaryListValues".to_owned(), json!([]));
        shown.insert("dataType".to_owned(), json!(attribute.data_type()));
        (name.clone(), Value::Object(shown))
    };
    sorted.into_iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_sqs::primitives::Blob;

    const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:ratchet-tasks";

    /// A message that looks like the one in `events/task.json`.
    fn message(event: &Value) -> Message {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let mut message = Message::builder()
            .set_message_id(text("/messageId"))
            .set_receipt_handle(text("/receiptHandle"))
            .set_body(text("/body"))
            .set_md5_of_body(text("/md5OfBody"));
        for (name, value) in event["attributes"].as_object().into_iter().flatten() {
            let name = MessageSystemAttributeName::from(name.as_str());
            message = message.attributes(name, value.as_str().unwrap_or_default());
        }
        message.build()
    }

    fn record(body: &str) -> Record {
        Record::new(&Message::builder().message_id("m").receipt_handle("r").body(body).build(), QUEUE)
    }

    #[test]
    fn an_event_is_what_lambda_would_make_of_the_message() -> serde_json::Result<()> {
        let expected: Value = serde_json::from_str(include_str!("../../../events/task.json"))?;
        let record = Record::new(&message(&expected["Records"][0]), QUEUE);
        assert_eq!(record.trace_header.as_deref(), expected["Records"][0]["attributes"]["AWSTraceHeader"].as_str());
        let found: Value = serde_json::from_str(&text(&[record]))?;
        assert_eq!(found, expected);
        Ok(())
    }

    #[test]
    fn attributes_of_the_sender_are_shown_as_lambda_shows_them() -> serde_json::Result<()> {
        let attribute = |kind: &str| MessageAttributeValue::builder().data_type(kind);
        let text_value = attribute("String").string_value("x").build().expect("it has a type");
        let binary = attribute("Binary").binary_value(Blob::new([0_u8, 255])).build().expect("it has a type");
        let message = Message::builder()
            .message_attributes("t", text_value)
            .message_attributes("b", binary)
            .md5_of_message_attributes("d")
            .build();
        let found: Value = serde_json::from_str(&text(&[Record::new(&message, QUEUE)]))?;
        let lists = json!({ "stringListValues": [], "binaryListValues": [] });
        let mut expected = json!({ "t": { "stringValue": "x" }, "b": { "binaryValue": "AP8=" } });
        for (name, kind) in [("t", "String"), ("b", "Binary")] {
            expected[name]["stringListValues"] = lists["stringListValues"].clone();
            expected[name]["binaryListValues"] = lists["binaryListValues"].clone();
            expected[name]["dataType"] = json!(kind);
        }
        assert_eq!(found["Records"][0]["messageAttributes"], expected);
        assert_eq!(found["Records"][0]["md5OfMessageAttributes"], "d");
        Ok(())
    }

    #[test]
    fn no_event_is_larger_than_the_limit_and_every_message_is_in_one() {
        for count in 0..12 {
            let records: Vec<Record> = (0..count).map(|_| record(&"\"".repeat(100))).collect();
            let one = text(&records[..count.min(1)]).len();
            for limit in [1, one, one + 1, 2 * one, 3 * one, 100 * one] {
                let events = events(records.clone(), limit);
                assert_eq!(events.concat(), records);
                for event in &events {
                    let bytes = text(event).len();
                    assert!(bytes <= limit || event.len() == 1, "{bytes} bytes in {} messages", event.len());
                }
            }
        }
    }

    #[test]
    fn an_event_takes_what_exactly_fits() {
        let records = vec![record("a"), record("b")];
        let both = text(&records).len();
        assert_eq!(events(records.clone(), both).len(), 1);
        assert_eq!(events(records, both - 1).len(), 2);
    }
}
