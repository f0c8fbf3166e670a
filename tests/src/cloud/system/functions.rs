//! The functions as they are deployed, but for the clock: it is virtual.

use super::{BUCKET, DEAD, EXPRESS, Options, STEPS, TABLE, TASKS};
use crate::cloud::Cloud;
use anyhow::Result;
use aws::Connection;
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use aws_types::SdkConfig;
use bootstrap::settings::Reader;
use deployment::{Deployment, Part, Settings};
use integrations::LambdaTasks;
use orchestrator::ports::{Clock as _, Unobserved};
use orchestrator::{Orchestrator, Ports};
use queue::SqsQueue;
use serde_json::{Value, json};
use simulation::VirtualClock;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use store::{Bucket, Catalog, Store};

/// Its name in the template, in lower case.
pub(super) const fn name(part: Part) -> &'static str {
    match part {
        Part::Api => "api",
        Part::Advance => "advance",
        Part::Task => "task",
        Part::Timer => "timer",
        Part::Express => "express",
        Part::Dead => "dead",
    }
}

/// The queue that it handles.
pub(super) const fn queue_of(part: Part) -> &'static str {
    match part {
        Part::Task => TASKS,
        Part::Express => EXPRESS,
        Part::Dead => DEAD,
        Part::Api | Part::Advance | Part::Timer => STEPS,
    }
}

/// Its time-out in the template, in seconds.
const fn timeout_seconds(part: Part) -> u32 {
    match part {
        Part::Api => 29,
        Part::Advance => 10,
        Part::Task => 900,
        Part::Timer => 60,
        Part::Express => 305,
        Part::Dead => 30,
    }
}

/// The adapters of one process.
pub struct Stores {
    /// The table.
    pub store: Arc<Store>,
    /// The bucket.
    pub bucket: Bucket,
    /// The catalog on both.
    pub catalog: Arc<Catalog>,
    /// The queues.
    pub queue: Arc<SqsQueue>,
    /// The way to AWS.
    pub connection: Connection,
}

impl Stores {
    /// Opens them for a process of this name.
    pub async fn open(cloud: &Cloud, process: &str) -> Result<Self> {
        let connection = Connection::over(cloud.wire(process), None);
        let config = connection.sdk_config().clone();
        Self::with(connection, &config).await
    }

    /// The same, in a time of its own.
    async fn open_at(cloud: &Cloud, process: &str, clock: &Arc<VirtualClock>) -> Result<Self> {
        let connection = Connection::over(cloud.wire(process), None);
        // The store looks at the time of requests to tell what has expired.
        let time = SharedTimeSource::new(Time(Arc::clone(clock)));
        let config = connection.sdk_config().to_builder().time_source(time).build();
        Self::with(connection, &config).await
    }

    async fn with(connection: Connection, config: &SdkConfig) -> Result<Self> {
        let store = Arc::new(Store::open(config, TABLE).await?);
        let bucket = Bucket::new(&connection, BUCKET);
        let catalog = Arc::new(store.catalog(bucket.clone()));
        let queues = queue::Settings::new(&queue_url(STEPS), &queue_url(TASKS), &queue_url(EXPRESS));
        let queue = Arc::new(SqsQueue::new(connection.sdk_config(), &queues));
        Ok(Self { store, bucket, catalog, queue, connection })
    }
}

/// Virtual time, as the SDK has it.
struct Time(Arc<VirtualClock>);

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Time")
    }
}

impl TimeSource for Time {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_micros(u64::try_from(self.0.now().as_micros()).unwrap_or(0))
    }
}

pub(super) async fn start(
    cloud: &Cloud,
    part: Part,
    options: &Options,
    clock: &Arc<VirtualClock>,
) -> Result<Deployment> {
    let Stores { store, bucket, catalog, queue, connection } = Stores::open_at(cloud, name(part), clock).await?;
    let settings = Settings::read(environment(part, options))?;
    let mut deployment = Deployment::over(connection.clone(), settings, part, Arc::new(Unobserved)).await?;
    let ports = Ports {
        journal: store.clone(),
        catalog,
        activities: store.clone(),
        blobs: Arc::new(bucket),
        queue: queue.clone(),
        express: queue,
        timers: Some(store),
        tasks: Arc::new(LambdaTasks::new(&connection)?),
        clock: clock.clone(),
        observer: Arc::new(Unobserved),
    };
    deployment.orchestrator = Orchestrator::new(ports, deployment.orchestrator.settings().clone());
    Ok(deployment)
}

/// The environment that the template gives the function.
fn environment(part: Part, options: &Options) -> Reader {
    let values = [
        ("TABLE_NAME", TABLE.to_owned()),
        ("BUCKET_NAME", BUCKET.to_owned()),
        ("STEP_QUEUE_URL", queue_url(STEPS)),
        ("TASK_QUEUE_URL", queue_url(TASKS)),
        ("EXPRESS_QUEUE_URL", queue_url(EXPRESS)),
        ("DEAD_QUEUE_URL", queue_url(DEAD)),
        ("TOKEN_KEY", "k".repeat(64)),
        ("STATES_PER_INVOCATION", options.states_per_invocation.to_string()),
        ("INLINE_PAYLOAD_BYTES", options.inline_payload_bytes.to_string()),
        ("RETENTION_DAYS", "90".to_owned()),
        ("PAYLOAD_LIMIT_BYTES", "0".to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("ACCOUNT_ID", "123456789012".to_owned()),
        ("PARTITION", "aws".to_owned()),
        ("FUNCTION_TIMEOUT_SECONDS", timeout_seconds(part).to_string()),
    ];
    Reader::new(values.map(|(name, value)| (name.to_owned(), value)))
}

fn queue_url(name: &str) -> String {
    format!("https://sqs.us-east-1.amazonaws.com/123456789012/{name}")
}

/// The table as `template.yaml` has it.
pub fn table_definition(name: &str) -> Value {
    let key = |attribute: &str, kind: &str| json!({ "AttributeName": attribute, "KeyType": kind });
    let names = ["pk", "sk", "list_pk", "list_sk"];
    json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions":
            names.map(|attribute| json!({ "AttributeName": attribute, "AttributeType": "S" })),
        "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
        "GlobalSecondaryIndexes": [{
            "IndexName": "list",
            "KeySchema": [key("list_pk", "HASH"), key("list_sk", "RANGE")],
            "Projection": {
                "ProjectionType": "INCLUDE",
                "NonKeyAttributes": ["meta", "status", "stopped", "expires"]
            }
        }]
    })
}
