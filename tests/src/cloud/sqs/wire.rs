//! SQS's JSON protocol: requests, answers, and everything that it refuses.

use super::super::connector::Answer;
use super::line::{Line, md5_hex};
use super::url;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;
use tokio::time::Instant;

/// Entries of a batch, and messages of an answer.
const MOST_ENTRIES: usize = 10;
const LONGEST_DELAY_SECONDS: u64 = 900;
const LONGEST_VISIBILITY_SECONDS: u64 = 43_200;

/// What is answered, and how many bytes of messages went with it.
pub(super) struct Answered {
    pub(super) body: Value,
    pub(super) bytes: usize,
}

type Refused = (&'static str, String);

pub(super) fn serve(
    lines: &mut BTreeMap<String, Line>,
    began: Instant,
    operation: &str,
    queue: &str,
    request: &Value,
    refused: &[usize],
) -> Result<Answered, Refused> {
    let plain = |body: Value| Ok(Answered { body, bytes: 0 });
    if operation == "GetQueueUrl" {
        let name = request["QueueName"].as_str().unwrap_or_default();
        return if lines.contains_key(name) { plain(json!({ "QueueUrl": url(name) })) } else { Err(no_queue()) };
    }
    let line = lines.get_mut(queue).ok_or_else(no_queue)?;
    match operation {
        "SendMessage" => {
            let bytes = size(request);
            let sent = send(line, request)?;
            Ok(Answered { body: sent, bytes })
        }
        "SendMessageBatch" => {
            let entries = entries(request)?;
            let bytes = entries.iter().map(size).sum::<usize>();
            if bytes > line.settings.max_bytes {
                return Err((
                    "BatchRequestTooLong",
                    format!("Batch requests cannot be longer than {} bytes.", line.settings.max_bytes),
                ));
            }
            Ok(Answered { body: batch(&entries, refused, |entry| send(line, entry)), bytes })
        }
        "ReceiveMessage" => {
            let most = request["MaxNumberOfMessages"].as_u64().unwrap_or(1);
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            if !(1..=MOST_ENTRIES).contains(&most) {
                return Err(invalid(format!("Value {most} for parameter MaxNumberOfMessages is invalid.")));
            }
            let visibility = request["VisibilityTimeout"].as_u64().map(Duration::from_secs);
            let (delivered, dead) = line.receive(most, visibility, Instant::now(), began);
            for (to, message) in dead {
                if let Some(line) = lines.get_mut(&to) {
                    line.bury(message);
                }
            }
            let bytes = delivered.iter().map(|message| message.body.len()).sum();
            let wanted = ["AttributeNames", "MessageSystemAttributeNames"].map(|member| &request[member]);
            let is_wanted = |name: &str| {
                let names = wanted.iter().flat_map(|names| names.as_array().into_iter().flatten());
                names.filter_map(Value::as_str).any(|wanted| wanted == name || wanted == "All")
            };
            let messages: Vec<Value> = delivered
                .into_iter()
                .map(|message| {
                    let attributes: Map<_, _> =
                        message.attributes.into_iter().filter(|(name, _)| is_wanted(name)).collect();
                    json!({
                        "MessageId": message.id,
                        "ReceiptHandle": message.handle,
                        "MD5OfBody": md5_hex(&message.body),
                        "Body": message.body,
                        "Attributes": attributes,
                    })
                })
                .collect();
            Ok(Answered { body: if messages.is_empty() { json!({}) } else { json!({ "Messages": messages }) }, bytes })
        }
        "DeleteMessage" => delete(line, request).and_then(plain),
        "DeleteMessageBatch" => plain(batch(&entries(request)?, refused, |entry| delete(line, entry))),
        "ChangeMessageVisibility" => hide(line, request).and_then(plain),
        "ChangeMessageVisibilityBatch" => plain(batch(&entries(request)?, refused, |entry| hide(line, entry))),
        "PurgeQueue" => {
            line.purge();
            plain(json!({}))
        }
        "GetQueueAttributes" => {
            let [visible, delayed, in_flight] = line.counts(Instant::now());
            plain(json!({ "Attributes": {
                "ApproximateNumberOfMessages": visible.to_string(),
                "ApproximateNumberOfMessagesDelayed": delayed.to_string(),
                "ApproximateNumberOfMessagesNotVisible": in_flight.to_string(),
                "VisibilityTimeout": line.settings.visibility.as_secs().to_string(),
                "QueueArn": format!("arn:aws:sqs:us-east-1:123456789012:{queue}"),
            } }))
        }
        _ => Err(("UnsupportedOperation", format!("{operation} is not among the operations of this test"))),
    }
}

/// An error as SQS words it.
pub(super) fn refusal(code: &str, message: &str) -> Answer {
    let mut answer = Answer::error(400, &format!("com.amazonaws.sqs#{code}"), message);
    answer.headers.push(("x-amzn-query-error".to_owned(), format!("AWS.SimpleQueueService.{code};Sender")));
    // Also what is refused is a request.
    answer.sqs_requests = 1;
    answer
}

fn entries(request: &Value) -> Result<Vec<Value>, Refused> {
    let entries = request["Entries"].as_array().cloned().unwrap_or_default();
    if entries.is_empty() {
        return Err(("EmptyBatchRequest", "There should be at least one entry in the request.".to_owned()));
    }
    if entries.len() > MOST_ENTRIES {
        let count = entries.len();
        let why = format!("Maximum number of entries per request are {MOST_ENTRIES}. You have sent {count}.");
        return Err(("TooManyEntriesInBatchRequest", why));
    }
    let mut ids = HashSet::new();
    for entry in &entries {
        let id = entry["Id"].as_str().unwrap_or_default();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if id.is_empty() || id.len() > 80 || !id.bytes().all(is_plain) {
            return Err(("InvalidBatchEntryId", format!("'{id}' is no id of an entry.")));
        }
        if !ids.insert(id) {
            return Err(("BatchEntryIdsNotDistinct", format!("Id {id} repeated.")));
        }
    }
    Ok(entries)
}

fn batch(entries: &[Value], refused: &[usize], mut one: impl FnMut(&Value) -> Result<Value, Refused>) -> Value {
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for (place, entry) in entries.iter().enumerate() {
        let id = entry["Id"].clone();
        let outcome = if refused.contains(&place) {
            Err(("InternalError", "Internal Error. Please try again later.".to_owned()))
        } else {
            one(entry)
        };
        match outcome {
            Ok(mut answer) => {
                answer["Id"] = id;
                successful.push(answer);
            }
            Err((code, message)) => {
                let is_ours = code != "InternalError";
                failed.push(json!({ "Id": id, "SenderFault": is_ours, "Code": code, "Message": message }));
            }
        }
    }
    json!({ "Successful": successful, "Failed": failed })
}

fn send(line: &mut Line, message: &Value) -> Result<Value, Refused> {
    let body = message["MessageBody"].as_str().unwrap_or_default();
    if body.is_empty() {
        return Err(("MissingParameter", "The request must contain the parameter MessageBody.".to_owned()));
    }
    if size(message) > line.settings.max_bytes {
        return Err(invalid(format!("Message must be shorter than {} bytes.", line.settings.max_bytes)));
    }
    let is_allowed =
        |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    if !body.chars().all(is_allowed) {
        return Err(("InvalidMessageContents", "Invalid characters found.".to_owned()));
    }
    let delay = match &message["DelaySeconds"] {
        Value::Null => 0,
        given => match given.as_u64() {
            Some(seconds) if seconds <= LONGEST_DELAY_SECONDS => seconds,
            _ => return Err(invalid(format!("Value {given} for parameter DelaySeconds is invalid."))),
        },
    };
    let trace_header = message["MessageSystemAttributes"]["AWSTraceHeader"]["StringValue"].as_str().map(str::to_owned);
    let id = line.send(body.to_owned(), Duration::from_secs(delay), trace_header);
    Ok(json!({ "MessageId": id, "MD5OfMessageBody": md5_hex(body) }))
}

fn delete(line: &mut Line, entry: &Value) -> Result<Value, Refused> {
    line.delete(handle(entry)?);
    Ok(json!({}))
}

fn hide(line: &mut Line, entry: &Value) -> Result<Value, Refused> {
    let seconds = entry["VisibilityTimeout"].as_u64().unwrap_or(u64::MAX);
    if seconds > LONGEST_VISIBILITY_SECONDS {
        return Err(invalid(format!("Value {seconds} for parameter VisibilityTimeout is invalid.")));
    }
    if line.hide(handle(entry)?, Duration::from_secs(seconds)) {
        Ok(json!({}))
    } else {
        Err(("MessageNotInflight", "The specified message isn't in flight.".to_owned()))
    }
}

fn handle(entry: &Value) -> Result<&str, Refused> {
    match entry["ReceiptHandle"].as_str() {
        Some(handle) if handle.contains('#') => Ok(handle),
        _ => Err(("ReceiptHandleIsInvalid", "The specified receipt handle isn't valid.".to_owned())),
    }
}

/// Body and attributes, but not the trace header: that is free.
fn size(message: &Value) -> usize {
    let attributes = message["MessageAttributes"].as_object().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().len();
    let attributes: usize = attributes
        .map(|(name, value)| {
            name.len() + text(&value["DataType"]) + text(&value["StringValue"]) + text(&value["BinaryValue"])
        })
        .sum();
    text(&message["MessageBody"]) + attributes
}

fn no_queue() -> Refused {
    ("QueueDoesNotExist", "The specified queue does not exist.".to_owned())
}

fn invalid(message: String) -> Refused {
    ("InvalidParameterValue", message)
}
