//! SQS as the SDK sees it: a connector that notes every request and answers as it is told.

use aws::Connection;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use model::{ExecutionArn, RunId, StrandId, Timestamp};
use orchestrator::{Lane, RunKey, Start, Wake, WakeKind};
use serde_json::{Value, json};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What one request asked for.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// `SendMessageBatch`, ...
    pub(crate) operation: String,
    pub(crate) body: Value,
    /// Headers and body as one text.
    pub(crate) text: String,
    /// When, on the test's clock.
    pub(crate) at: tokio::time::Instant,
}

/// What becomes of one entry of a batch.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    Taken,
    Failed { code: &'static str, is_sender_fault: bool },
    Unmentioned,
}

type Answer = (u16, Value);
type Decide = dyn Fn(&Request) -> Answer + Send + Sync;

/// A queue that is asked over HTTP. Clones are the same queue.
#[derive(Clone)]
pub(crate) struct FakeSqs {
    requests: Arc<Mutex<Vec<Request>>>,
    decide: Arc<Decide>,
    latency: Duration,
}

impl FakeSqs {
    /// Answers each request after `latency`.
    pub(crate) fn new(latency: Duration, decide: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        Self { requests: Arc::default(), decide: Arc::new(decide), latency }
    }

    /// Takes everything.
    pub(crate) fn willing() -> Self {
        Self::new(Duration::from_millis(10), |request| request.verdicts(|_| Verdict::Taken))
    }

    /// Decides about each entry by itself, and by how often it has been seen.
    pub(crate) fn deciding(verdict: impl Fn(&Value, usize) -> Verdict + Send + Sync + 'static) -> Self {
        let seen: Mutex<Vec<Value>> = Mutex::default();
        Self::new(Duration::from_millis(10), move |request| {
            request.verdicts(|entry| {
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                let body = entry.get("MessageBody").or_else(|| entry.get("ReceiptHandle")).cloned().unwrap_or_default();
                let before = seen.iter().filter(|known| **known == body).count();
                seen.push(body);
                verdict(entry, before)
            })
        })
    }

    /// What clients of this queue are made from. They ask once, so that each request that is seen is one of ours.
    pub(crate) fn config(&self) -> SdkConfig {
        let connection = Connection::over(self.clone(), None);
        connection.sdk_config().to_builder().retry_config(RetryConfig::disabled()).build()
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Every entry of every batch, with the queue's URL.
    pub(crate) fn entries(&self) -> Vec<(String, Value)> {
        let requests = self.requests();
        let entries = requests.iter().flat_map(|request| {
            let url = request.text_at("QueueUrl");
            request.entries().into_iter().map(move |entry| (url.clone(), entry))
        });
        entries.collect()
    }
}

impl Request {
    pub(crate) fn entries(&self) -> Vec<Value> {
        self.body.get("Entries").and_then(Value::as_array).cloned().unwrap_or_default()
    }

    fn text_at(&self, field: &str) -> String {
        self.body.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// An answer to a batch, entry by entry.
    pub(crate) fn verdicts(&self, verdict: impl Fn(&Value) -> Verdict) -> Answer {
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in self.entries() {
            let id = entry.get("Id").cloned().unwrap_or_default();
            match verdict(&entry) {
                Verdict::Taken => successful.push(json!({ "Id": id, "MessageId": "m", "MD5OfMessageBody": "d" })),
                Verdict::Failed { code, is_sender_fault } => {
                    failed
                        .push(json!({ "Id": id, "Code": code, "SenderFault": is_sender_fault, "Message": "because" }));
                }
                Verdict::Unmentioned => {}
            }
        }
        (200, json!({ "Successful": successful, "Failed": failed }))
    }
}

/// An answer that refuses the whole request.
pub(crate) fn refused(status: u16, code: &str) -> Answer {
    (status, json!({ "__type": code, "message": "because" }))
}

impl HttpConnector for FakeSqs {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut text = String::new();
        for (name, value) in request.headers() {
            text.extend([name, ": ", value, "\n"]);
        }
        let body = request.body().bytes().unwrap_or_default();
        text.push_str(&String::from_utf8_lossy(body));
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let request = Request {
            operation: target.trim_start_matches("AmazonSQS.").to_owned(),
            body: serde_json::from_slice(body).unwrap_or_default(),
            text,
            at: tokio::time::Instant::now(),
        };
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        let (status, answer) = (self.decide)(&request);
        let latency = self.latency;
        HttpConnectorFuture::new(async move {
            tokio::time::sleep(latency).await;
            let status = status.try_into().expect("it is a status");
            Ok(HttpResponse::new(status, SdkBody::from(answer.to_string())))
        })
    }
}

impl fmt::Debug for FakeSqs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FakeSqs")
    }
}

/// A wake of this execution.
pub(crate) fn wake(execution: &str, kind: WakeKind) -> Wake {
    let execution: ExecutionArn =
        format!("arn:aws:states:us-east-1:123456789012:execution:pay:{execution}").parse().expect("it is an ARN");
    Wake {
        run: RunKey { execution, run: RunId("run".into()) },
        strand: StrandId::root(),
        kind,
        record: None,
        lane: Lane::Steps,
        redelivered: false,
        start: Some(Start { revision: "1".to_owned(), at: Timestamp::from_micros(1_465_510_726_000_000) }),
    }
}
