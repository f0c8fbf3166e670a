//! The orchestrator over DynamoDB, SQS, S3 and Lambda, as each function has it.

use crate::part::longest_call;
use crate::{Part, Settings};
use aws::{Connection, ConnectionError};
use bootstrap::SystemClock;
use integrations::LambdaTasks;
use orchestrator::ports::{self, Observer};
use orchestrator::{Orchestrator, Ports};
use queue::{AWS_MAX_DELAY, SqsQueue};
use std::sync::Arc;
use store::{Bucket, Store};

/// Why a function cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its environment is incomplete.
    #[error("the environment of this function: {0}")]
    Settings(#[from] bootstrap::settings::Error),
    /// The log could not be set up.
    #[error(transparent)]
    Log(#[from] bootstrap::tracing::Error),
    /// AWS cannot be reached.
    #[error("failed to prepare the connection to AWS: {0}")]
    Connection(#[from] ConnectionError),
    /// The table cannot be read.
    #[error("failed to open the store: {0}")]
    Store(#[from] store::Error),
}

/// One function's part of the deployed system.
pub struct Deployment {
    /// The use cases.
    pub orchestrator: Arc<Orchestrator>,
    /// What the environment says.
    pub settings: Settings,
    pub(crate) part: Part,
    pub(crate) connection: Connection,
}

impl Deployment {
    /// Sets up the log, reads the environment, and opens the connections: all that a function does before its first
    /// event.
    pub async fn start(part: Part) -> Result<Self, Error> {
        bootstrap::tracing::init(bootstrap::tracing::Format::Json, "info")?;
        let settings = Settings::read(bootstrap::settings::Reader::from_environment())?;
        let connection = Connection::from_environment().await?;
        Self::over(connection, settings, part, Arc::new(ports::Unobserved)).await
    }

    /// The same over a connection that is there already.
    pub async fn over(
        connection: Connection,
        settings: Settings,
        part: Part,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, Error> {
        let bucket = Bucket::new(&connection, &settings.bucket);
        let queues = queue::Settings::new(&settings.step_queue, &settings.task_queue, &settings.express_queue);
        let sqs = Arc::new(SqsQueue::new(connection.sdk_config(), &queues));
        // Both connections are made while the function starts, when it has a whole processor.
        let warm = async {
            if part.sends() {
                sqs.warm().await;
            }
        };
        let (store, ()) = tokio::join!(Store::open(connection.sdk_config(), &settings.table), warm);
        let store = Arc::new(store?);
        let ports = Ports {
            journal: store.clone(),
            catalog: Arc::new(store.catalog(bucket.clone())),
            activities: store.clone(),
            blobs: Arc::new(bucket),
            queue: sqs.clone(),
            express: sqs,
            timers: Some(store),
            tasks: Arc::new(LambdaTasks::new(&connection)?),
            clock: Arc::new(SystemClock),
            observer,
        };
        let orchestrator = Orchestrator::new(ports, orchestrator_settings(&settings, part));
        Ok(Self { orchestrator, settings, part, connection })
    }
}

fn orchestrator_settings(settings: &Settings, part: Part) -> orchestrator::Settings {
    orchestrator::Settings {
        place: settings.place.clone(),
        token_key: settings.token_key.clone(),
        states_per_invocation: settings.states_per_invocation,
        // One environment of a function handles one event at a time, and claims are judged by their expiry.
        process: uuid::Uuid::new_v4().to_string(),
        only_process: false,
        claim_lifetime: settings.function_timeout,
        longest_call: Some(longest_call(settings.function_timeout)),
        makes_calls: part.makes_calls(),
        longest_delay: Some(AWS_MAX_DELAY),
        safety_delay: part.safety_delay(settings.function_timeout),
        inline_payload_bytes: settings.inline_payload_bytes,
        max_payload_bytes: settings.max_payload_bytes,
        retention: settings.retention,
        redrive_window: settings.redrive_window,
    }
}
