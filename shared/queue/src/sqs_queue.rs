//! The port `Queue` on two SQS queues, one for each lane, and the port `ExpressQueue` on a third.

use crate::backoff::whole_seconds;
use crate::line::{self, Line, Text};
use crate::trace::{start_trace_header, trace_header};
use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_types::SdkConfig;
use orchestrator::ports::{self, ExpressQueue, Queue};
use orchestrator::{ExpressStart, Lane, Wake};
use std::sync::Arc;
use std::time::Duration;

/// Longest time that SQS holds a new message back.
///
/// Source: SQS API reference, SendMessageBatchRequestEntry, `DelaySeconds`.
pub const AWS_MAX_DELAY: Duration = Duration::from_mins(15);

/// Largest sum of the messages of one batch, in bytes, on AWS. Emulators may allow no more than 262,144.
///
/// Source: SQS developer guide, "Amazon SQS message quotas".
pub const AWS_MAX_BATCH_BYTES: usize = 1_048_576;

/// Longest input that a start carries, in bytes. With all that surrounds it, it is a message on any emulator, which may take
/// no more than 262,144.
const MAX_INPUT_BYTES: usize = 200_000;

/// A function has 10 s to start.
const MAX_WARMING: Duration = Duration::from_secs(2);

/// Where wakes go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// URL of the queue for [`Lane::Steps`].
    pub steps_url: String,
    /// URL of the queue for [`Lane::Tasks`].
    pub tasks_url: String,
    /// URL of the queue for starts of Express executions.
    pub express_url: String,
    /// Largest sum of the messages of one batch, in bytes: [`AWS_MAX_BATCH_BYTES`], less on some emulators.
    pub max_batch_bytes: usize,
}

impl Settings {
    /// For queues as AWS has them.
    pub fn new(steps_url: &str, tasks_url: &str, express_url: &str) -> Self {
        Self {
            steps_url: steps_url.to_owned(),
            tasks_url: tasks_url.to_owned(),
            express_url: express_url.to_owned(),
            max_batch_bytes: AWS_MAX_BATCH_BYTES,
        }
    }
}

/// Sends wakes and starts to SQS. Clones send in common batches.
///
/// A delay is rounded up to whole seconds. One over [`AWS_MAX_DELAY`] is cut down to that, and the wake comes early:
/// that does no harm, since whoever waits for a time looks at the clock and sends the wake again with the rest. Long
/// waits should not come here at all; the orchestrator parks them.
#[derive(Clone, Debug)]
pub struct SqsQueue {
    steps: Arc<Line>,
    tasks: Arc<Line>,
    express: Arc<Line>,
}

impl SqsQueue {
    /// Connects when the first wake is sent. Must be used within a Tokio runtime.
    pub fn new(config: &SdkConfig, settings: &Settings) -> Self {
        let client = Client::new(config);
        let line = |url: &str| Arc::new(Line::new(client.clone(), url.to_owned(), settings.max_batch_bytes));
        let Settings { steps_url, tasks_url, express_url, .. } = settings;
        Self { steps: line(steps_url), tasks: line(tasks_url), express: line(express_url) }
    }

    /// Opens the connection, so that the first wake does not wait for it. Whether that succeeds does not matter: the
    /// first wake will tell.
    pub async fn warm(&self) {
        if tokio::time::timeout(MAX_WARMING, self.steps.knock()).await.is_err() {
            tracing::warn!("SQS does not answer");
        }
    }
}

#[async_trait]
impl Queue for SqsQueue {
    async fn send(&self, wake: Wake, delay: Duration) -> Result<(), ports::Error> {
        let line = match wake.lane {
            Lane::Steps => &self.steps,
            Lane::Tasks => &self.tasks,
        };
        let text = Text {
            body: without_noncharacters(wake.to_text()),
            delay_seconds: i32::try_from(whole_seconds(delay.min(AWS_MAX_DELAY))).unwrap_or(i32::MAX),
            trace_header: trace_header(&wake),
        };
        let what = || format!("the wake of strand {} of {}", wake.strand, wake.run.execution);
        line.send(text).await.map_err(|error| refused(error, what))
    }
}

#[async_trait]
impl ExpressQueue for SqsQueue {
    async fn send(&self, start: ExpressStart) -> Result<(), ports::Error> {
        let text = Text {
            body: without_noncharacters(start.to_text()),
            delay_seconds: 0,
            trace_header: start_trace_header(&start),
        };
        self.express.send(text).await.map_err(|error| refused(error, || format!("the start of {}", start.execution())))
    }

    fn max_input_bytes(&self) -> Option<usize> {
        Some(MAX_INPUT_BYTES)
    }
}

/// Why `what` was not sent.
fn refused(error: line::Error, what: impl FnOnce() -> String) -> ports::Error {
    if error.is_transient() {
        ports::Error::Unavailable { what: "queue", source: error.into() }
    } else {
        ports::Error::Unreadable { what: what(), source: error.into() }
    }
}

/// SQS refuses messages with U+FFFE or U+FFFF, which users may well have in their payloads. In JSON they can only be
/// within strings, where an escape means the same. What SQS refuses besides, JSON must escape anyway.
///
/// Source: SQS API reference, SendMessage: `#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF`.
fn without_noncharacters(json: String) -> String {
    if json.contains(['\u{fffe}', '\u{ffff}']) {
        json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff")
    } else {
        json
    }
}
