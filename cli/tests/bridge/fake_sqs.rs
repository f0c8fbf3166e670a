//! A queue as SQS has it, as far as an event source mapping looks: visibility, receive counts, long polls.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Map, Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often a waiting poll looks.
const LOOK: Duration = Duration::from_millis(10);

/// One queue. Clones are the same.
#[derive(Clone)]
pub(crate) struct FakeSqs {
    messages: Arc<Mutex<Vec<Message>>>,
    visibility: Duration,
}

#[derive(Clone, Debug)]
struct Message {
    id: String,
    body: String,
    trace_header: Option<String>,
    visible_at: Instant,
    receives: u32,
    deleted: bool,
}

impl FakeSqs {
    pub(crate) fn new(visibility: Duration) -> Self {
        Self { messages: Arc::default(), visibility }
    }

    /// Puts a message into the queue; its id.
    pub(crate) fn send(&self, body: &str, trace_header: Option<&str>) -> String {
        let mut messages = self.messages();
        let id = format!("m{}", messages.len());
        messages.push(Message {
            id: id.clone(),
            body: body.to_owned(),
            trace_header: trace_header.map(str::to_owned),
            visible_at: Instant::now(),
            receives: 0,
            deleted: false,
        });
        id
    }

    /// The ids of messages that were not deleted.
    pub(crate) fn left(&self) -> Vec<String> {
        let messages = self.messages();
        messages.iter().filter(|message| !message.deleted).map(|message| message.id.clone()).collect()
    }

    pub(crate) fn router(&self) -> Router {
        Router::new().route("/", post(answer)).with_state(self.clone())
    }

    fn messages(&self) -> MutexGuard<'_, Vec<Message>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn receive(&self, request: &Value) -> Value {
        let most = request["MaxNumberOfMessages"].as_u64().unwrap_or(1);
        let until = Instant::now() + Duration::from_secs(request["WaitTimeSeconds"].as_u64().unwrap_or(0));
        loop {
            let found = self.take(usize::try_from(most).unwrap_or(1));
            if !found.is_empty() {
                return json!({ "Messages": found });
            }
            if Instant::now() >= until {
                return json!({});
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn take(&self, most: usize) -> Vec<Value> {
        let now = Instant::now();
        let mut messages = self.messages();
        let visible = messages.iter_mut().filter(|message| !message.deleted && message.visible_at <= now).take(most);
        let taken = visible.map(|message| {
            message.receives += 1;
            message.visible_at = now + self.visibility;
            let mut attributes = Map::new();
            attributes.insert("ApproximateReceiveCount".to_owned(), json!(message.receives.to_string()));
            attributes.insert("SentTimestamp".to_owned(), json!("1795251600123"));
            if let Some(header) = &message.trace_header {
                attributes.insert("AWSTraceHeader".to_owned(), json!(header));
            }
            json!({
                "MessageId": message.id,
                "ReceiptHandle": message.receipt_handle(),
                "MD5OfBody": "d",
                "Body": message.body,
                "Attributes": attributes,
            })
        });
        taken.collect()
    }

    fn delete(&self, request: &Value) -> Value {
        let mut messages = self.messages();
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in request["Entries"].as_array().into_iter().flatten() {
            let handle = entry["ReceiptHandle"].as_str().unwrap_or_default();
            match messages.iter_mut().find(|message| message.receipt_handle() == handle) {
                Some(message) => {
                    message.deleted = true;
                    successful.push(json!({ "Id": entry["Id"] }));
                }
                None => {
                    failed.push(json!({ "Id": entry["Id"], "Code": "ReceiptHandleIsInvalid", "SenderFault": true }));
                }
            }
        }
        json!({ "Successful": successful, "Failed": failed })
    }
}

impl Message {
    fn receipt_handle(&self) -> String {
        format!("{}#{}", self.id, self.receives)
    }
}

async fn answer(State(queue): State<FakeSqs>, headers: HeaderMap, body: String) -> (StatusCode, String) {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let request: Value = serde_json::from_str(&body).unwrap_or_default();
    let answer = match target {
        "AmazonSQS.GetQueueAttributes" => json!({ "Attributes": {
            "QueueArn": "arn:aws:sqs:us-east-1:123456789012:steps",
            "VisibilityTimeout": queue.visibility.as_secs().to_string(),
        } }),
        "AmazonSQS.ReceiveMessage" => queue.receive(&request).await,
        "AmazonSQS.DeleteMessageBatch" => queue.delete(&request),
        other => return (StatusCode::BAD_REQUEST, json!({ "__type": "InvalidAction", "message": other }).to_string()),
    };
    (StatusCode::OK, answer.to_string())
}
