//! One queue: its messages, and when each can be seen.

use md5::{Digest, Md5};
use serde_json::{Map, Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// Midnight of 2026-01-01 UTC, in milliseconds: where time begins.
const BEGINNING_MS: u128 = 1_767_225_600_000;

/// Attributes of a queue.
#[derive(Clone, Debug)]
pub struct QueueSettings {
    /// How long a received message stays hidden.
    pub visibility: Duration,
    /// The most bytes of a message, and of a batch.
    pub max_bytes: usize,
    /// Where messages go that were received so often.
    pub redrive: Option<(String, u32)>,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self { visibility: Duration::from_secs(30), max_bytes: 1_048_576, redrive: None }
    }
}

/// A message as it was received.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// Its id.
    pub id: String,
    /// What deletes it.
    pub handle: String,
    /// Its body.
    pub body: String,
    /// System attributes: `ApproximateReceiveCount`, `SentTimestamp`, `AWSTraceHeader`, ...
    pub attributes: Map<String, Value>,
}

impl Delivered {
    /// The message in the event that a function gets.
    pub fn event_record(&self, queue: &str) -> Value {
        json!({
            "messageId": self.id,
            "receiptHandle": self.handle,
            "body": self.body,
            "attributes": self.attributes,
            "messageAttributes": {},
            "md5OfBody": md5_hex(&self.body),
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:us-east-1:123456789012:{queue}"),
            "awsRegion": "us-east-1",
        })
    }
}

/// A message that is not deleted.
#[derive(Clone, Debug)]
pub(super) struct Message {
    id: String,
    body: String,
    trace_header: Option<String>,
    sent: Instant,
    visible: Instant,
    first_received: Option<Instant>,
    receives: u32,
    handle: Option<String>,
    in_flight: bool,
    /// Whether it is a copy or has one.
    is_double: bool,
}

pub(super) struct Line {
    pub(super) settings: QueueSettings,
    messages: Vec<Message>,
    handles: u64,
    ids: u64,
}

impl Line {
    pub(super) fn new(settings: QueueSettings) -> Self {
        Self { settings, messages: Vec::new(), handles: 0, ids: 0 }
    }

    pub(super) fn count(&self) -> usize {
        self.messages.len()
    }

    pub(super) fn bodies(&self) -> Vec<String> {
        self.messages.iter().map(|message| message.body.clone()).collect()
    }

    pub(super) fn purge(&mut self) -> usize {
        std::mem::take(&mut self.messages).len()
    }

    pub(super) fn double(&mut self) {
        let single = self.messages.iter_mut().filter(|message| !message.is_double);
        let copies: Vec<_> = single
            .map(|message| {
                message.is_double = true;
                // Another delivery of the same message.
                Message { handle: None, in_flight: false, ..message.clone() }
            })
            .collect();
        self.messages.extend(copies);
    }

    /// The counts of GetQueueAttributes: visible, delayed, in flight.
    pub(super) fn counts(&self, now: Instant) -> [usize; 3] {
        let hidden = self.messages.iter().filter(|message| message.visible > now);
        let in_flight = hidden.clone().filter(|message| message.in_flight).count();
        let hidden = hidden.count();
        [self.messages.len() - hidden, hidden - in_flight, in_flight]
    }

    pub(super) fn send(&mut self, body: String, delay: Duration, trace_header: Option<String>) -> String {
        self.ids += 1;
        let id = format!("00000000-0000-4000-8000-{:012}", self.ids);
        let now = Instant::now();
        self.messages.push(Message {
            id: id.clone(),
            body,
            trace_header,
            sent: now,
            visible: now + delay,
            first_received: None,
            receives: 0,
            handle: None,
            in_flight: false,
            is_double: false,
        });
        id
    }

    /// Takes in what another queue gave up: at once, with the age that it has.
    pub(super) fn bury(&mut self, message: Message) {
        self.messages.push(Message { visible: Instant::now(), receives: 0, handle: None, in_flight: false, ..message });
    }

    /// Receives, and gives up what was received too often, with the name of the queue that it goes to.
    pub(super) fn receive(
        &mut self,
        at_most: usize,
        visibility: Option<Duration>,
        now: Instant,
        began: Instant,
    ) -> (Vec<Delivered>, Vec<(String, Message)>) {
        let mut dead = Vec::new();
        if let Some((to, most)) = self.settings.redrive.clone() {
            let is_dead = |message: &Message| message.visible <= now && message.receives >= most;
            dead.extend(self.messages.extract_if(.., |message| is_dead(message)).map(|message| (to.clone(), message)));
        }
        let hidden_until = now + visibility.unwrap_or(self.settings.visibility);
        let mut delivered = Vec::new();
        for message in self.messages.iter_mut().filter(|message| message.visible <= now).take(at_most) {
            self.handles += 1;
            let handle = format!("{}#{}", message.id, self.handles);
            message.receives += 1;
            message.visible = hidden_until;
            message.in_flight = true;
            message.handle = Some(handle.clone());
            let first = *message.first_received.get_or_insert(now);
            let at = |time: Instant| json!((BEGINNING_MS + time.duration_since(began).as_millis()).to_string());
            let mut attributes = Map::new();
            attributes.insert("ApproximateReceiveCount".into(), json!(message.receives.to_string()));
            attributes.insert("SentTimestamp".into(), at(message.sent));
            attributes.insert("SenderId".into(), json!("AIDAEXAMPLE"));
            attributes.insert("ApproximateFirstReceiveTimestamp".into(), at(first));
            if let Some(header) = &message.trace_header {
                attributes.insert("AWSTraceHeader".into(), json!(header));
            }
            delivered.push(Delivered { id: message.id.clone(), handle, body: message.body.clone(), attributes });
        }
        (delivered, dead)
    }

    /// Deletes the message if the handle is its latest; an older handle changes nothing.
    pub(super) fn delete(&mut self, handle: &str) {
        self.messages.retain(|message| message.handle.as_deref() != Some(handle));
    }

    /// Hides the message for so long from now; false: it is not in flight.
    pub(super) fn hide(&mut self, handle: &str, time: Duration) -> bool {
        let now = Instant::now();
        let held = self.messages.iter_mut().find(|message| message.handle.as_deref() == Some(handle));
        match held {
            Some(message) if message.in_flight && message.visible > now => {
                message.visible = now + time;
                true
            }
            Some(_) | None => false,
        }
    }

    pub(super) fn next_visible(&self) -> Option<Instant> {
        self.messages.iter().map(|message| message.visible).min()
    }
}

pub(super) fn md5_hex(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}
