//! The adapters of AWS against the ports' contracts, in a cloud of this process, and against what only a cloud does:
//! lost answers, throttling, batches done in part, pages.

mod faults;
mod pages;
mod versions;
mod whole;

use acceptance::cloud::Cloud;
use acceptance::cloud::sqs::QueueSettings;
use acceptance::cloud::system::{BUCKET, Catalogued, Stores, TABLE, table_definition};
use acceptance::contracts::queue::Line;
use anyhow::Result;
use orchestrator::Acknowledge;
use queue::{Consumer, Event, Redelivery};
use serde_json::json;
use std::convert::Infallible;
use std::sync::Arc;
use store::{Bucket, Catalog, Store};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

const STEPS: &str = "ratchet-steps";
const TASKS: &str = "ratchet-tasks";

/// A cloud with everything that the template creates.
fn cloud() -> Result<Cloud> {
    let cloud = Cloud::new()?;
    cloud.dynamodb().create_table(&table_definition(TABLE))?;
    cloud.s3().create_bucket(BUCKET);
    for queue in [STEPS, TASKS] {
        cloud.sqs().create_queue(queue, QueueSettings::default());
    }
    Ok(cloud)
}

async fn stores() -> Result<(Stores, Cloud)> {
    let cloud = cloud()?;
    let stores = Stores::open(&cloud, "contract").await?;
    Ok((stores, cloud))
}

async fn store() -> Result<(Arc<Store>, Cloud)> {
    let (stores, cloud) = stores().await?;
    Ok((stores.store, cloud))
}

async fn journal() -> Result<(Arc<Catalogued>, Cloud)> {
    let (stores, cloud) = stores().await?;
    Ok((Arc::new(Catalogued { store: stores.store, catalog: stores.catalog }), cloud))
}

async fn catalog() -> Result<(Arc<Catalog>, Cloud)> {
    let (stores, cloud) = stores().await?;
    Ok((stores.catalog, cloud))
}

async fn blobs() -> Result<(Arc<Bucket>, Cloud)> {
    let (stores, cloud) = stores().await?;
    Ok((Arc::new(stores.bucket), cloud))
}

/// What keeps a line's other end going.
struct Pumps(Vec<JoinHandle<()>>);

impl Drop for Pumps {
    fn drop(&mut self) {
        for pump in &self.0 {
            pump.abort();
        }
    }
}

async fn line() -> Result<(Line, Pumps)> {
    let (stores, cloud) = stores().await?;
    Ok(line_of(&stores, &cloud))
}

/// Both queues, and an event source mapping for each.
fn line_of(stores: &Stores, cloud: &Cloud) -> (Line, Pumps) {
    let (sender, delivered) = mpsc::unbounded_channel();
    let pumps = [STEPS, TASKS].map(|name| {
        let url = format!("https://sqs.us-east-1.amazonaws.com/123456789012/{name}");
        let consumer = Consumer::new(stores.connection.sdk_config(), &url, Redelivery::Soon);
        let (cloud, sender) = (cloud.clone(), sender.clone());
        tokio::spawn(async move {
            loop {
                cloud.sqs().visible(name).await;
                let batch = cloud.sqs().receive(name, 10);
                let records: Vec<_> = batch.iter().map(|message| message.event_record(name)).collect();
                let Ok(event) = serde_json::from_value::<Event>(json!({ "Records": records })) else { return };
                let answer = consumer.handle(&event, |wake| {
                    // A test that has what it wants hears no more.
                    let _ = sender.send(wake);
                    async { Ok::<_, Infallible>(Acknowledge::Delete) }
                });
                let failed = answer.await.batch_item_failures;
                for message in batch {
                    if failed.iter().all(|failure| failure.item_identifier != message.id) {
                        cloud.sqs().delete(name, &message.handle);
                    }
                }
            }
        })
    });
    let line = Line { queue: stores.queue.clone(), delivered: Arc::new(Mutex::new(delivered)) };
    (line, Pumps(pumps.into()))
}

acceptance::journal_contracts!(journal);
acceptance::timers_contracts!(store);
acceptance::activity_contracts!(store);
acceptance::catalog_contracts!(catalog);
acceptance::blobs_contracts!(blobs);
acceptance::queue_contracts!(line);
