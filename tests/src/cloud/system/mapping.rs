//! An event source mapping: receives, invokes, and deletes what was handled.

use super::functions::{name, queue_of};
use super::{Options, lock};
use crate::cloud::dynamodb::Units;
use crate::cloud::sqs::{Delivered, requests};
use crate::cloud::{Cloud, Request, Service};
use deployment::{Messages, Part};
use lambda_runtime::{Context, LambdaEvent};
use queue::{Answer, Event};
use serde_json::json;
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Semaphore;

pub(super) struct Mapping {
    cloud: Cloud,
    part: Part,
    batch_size: usize,
    batch_window: Duration,
    messages: Messages,
    invocations: Arc<Mutex<BTreeMap<String, u64>>>,
    at_once: Arc<Semaphore>,
}

impl Mapping {
    pub(super) fn new(
        cloud: &Cloud,
        part: Part,
        options: &Options,
        messages: Messages,
        invocations: Arc<Mutex<BTreeMap<String, u64>>>,
    ) -> Self {
        let at_once = Arc::new(Semaphore::new(options.concurrency));
        Self {
            cloud: cloud.clone(),
            part,
            batch_size: options.batch_size,
            batch_window: options.batch_window,
            messages,
            invocations,
            at_once,
        }
    }

    /// For ever.
    pub(super) async fn run(self) {
        let mapping = Arc::new(self);
        loop {
            let Ok(permit) = Arc::clone(&mapping.at_once).acquire_owned().await else { return };
            mapping.cloud.sqs().visible(queue_of(mapping.part)).await;
            if !mapping.batch_window.is_zero() {
                tokio::time::sleep(mapping.batch_window).await;
            }
            let batch = mapping.receive();
            if batch.is_empty() {
                continue;
            }
            let mapping = Arc::clone(&mapping);
            tokio::spawn(async move {
                mapping.invoke(batch).await;
                drop(permit);
            });
        }
    }

    fn receive(&self) -> Vec<Delivered> {
        // A task has its function to itself; what is dead comes one by one.
        let at_most = match self.part {
            Part::Task | Part::Dead => 1,
            Part::Api | Part::Advance | Part::Timer | Part::Express => self.batch_size,
        };
        let batch = self.cloud.sqs().receive(queue_of(self.part), at_most);
        if !batch.is_empty() {
            self.note("ReceiveMessage", batch.iter().map(|message| message.body.len()).sum());
        }
        batch
    }

    async fn invoke(&self, batch: Vec<Delivered>) {
        *lock(&self.invocations).entry(name(self.part).to_owned()).or_default() += 1;
        let queue = queue_of(self.part);
        let event = json!({ "Records": batch.iter().map(|message| message.event_record(queue)).collect::<Vec<_>>() });
        // Through text, as Lambda brings it.
        let Ok(event) = serde_json::from_str::<Event>(&event.to_string()) else { return };
        let Answer { batch_item_failures } = self.messages.handle(LambdaEvent::new(event, Context::default())).await;
        let failed: HashSet<_> = batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect();
        let done: Vec<_> = batch.iter().filter(|message| !failed.contains(&message.id)).collect();
        if !done.is_empty() {
            self.note("DeleteMessageBatch", 0);
        }
        for message in done {
            self.cloud.sqs().delete(queue, &message.handle);
        }
    }

    /// A request of the mapping itself, which is billed as any other.
    fn note(&self, operation: &str, bytes: usize) {
        self.cloud.record(Request {
            caller: "mapping".into(),
            service: Service::Sqs,
            operation: operation.to_owned(),
            resource: queue_of(self.part).to_owned(),
            headers: Vec::new(),
            body: bytes::Bytes::new(),
            status: Some(200),
            answer_bytes: bytes,
            units: Units::default(),
            sqs_requests: requests(bytes),
        });
    }
}
