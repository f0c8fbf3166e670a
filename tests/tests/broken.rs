//! Executions that can never go on end, with a cause that says what to do; their neighbours are not touched.

use anyhow::{Context, Result};
use bootstrap::SystemClock;
use embedded::Activities;
use embedded::queue::{Settings as QueueSettings, WakeQueue};
use embedded::store::Store;
use embedded::tasks::LocalTasks;
use model::arn::Place;
use model::{ExecutionArn, Payload};
use orchestrator::ports::{ExecutionStatus, Unobserved};
use orchestrator::{CreateMachine, Described, Orchestrator, Ports, Settings, StartRequest};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

struct Process {
    store: Arc<Store>,
    queue: WakeQueue,
    orchestrator: Arc<Orchestrator>,
}

impl Process {
    fn begin(directory: &Path) -> Result<Self> {
        let store = Arc::new(Store::open(directory)?);
        let queue = WakeQueue::new(QueueSettings::default());
        let ports = Ports {
            journal: store.clone(),
            catalog: store.clone(),
            activities: Arc::new(Activities::new()),
            blobs: store.clone(),
            queue: Arc::new(queue.clone()),
            timers: None,
            tasks: Arc::new(LocalTasks::none(Path::new("tasks.toml"))),
            clock: Arc::new(SystemClock),
            observer: Arc::new(Unobserved),
        };
        let place = Place { partition: "aws".into(), region: "us-east-1".into(), account: "123456789012".into() };
        let settings = Settings {
            states_per_invocation: 8,
            ..Settings::one_process(place, store.token_key().to_vec(), "test".into())
        };
        let orchestrator = Orchestrator::new(ports, settings);
        let handler = Arc::clone(&orchestrator);
        queue.start(move |wake| {
            let orchestrator = Arc::clone(&handler);
            async move { orchestrator.handle(wake).await }
        });
        Ok(Self { store, queue, orchestrator })
    }

    async fn end(self) {
        self.queue.stop(Duration::from_secs(5)).await;
        self.store.stop().await;
    }

    async fn start(&self, name: &str) -> Result<ExecutionArn> {
        let definition = json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "SecondsPath": "$", "End": true}}});
        let machine = self
            .orchestrator
            .create_state_machine(CreateMachine {
                name: "waits".into(),
                definition: definition.to_string(),
                role_arn: "arn:aws:iam::123456789012:role/any".into(),
                logging: json!({}),
                tracing: json!({}),
                encryption: json!({}),
                tags: json!([]),
            })
            .await?;
        let input = Payload::from_value(json!(if name == "sound" { 1 } else { 3_600 }));
        let request = StartRequest { machine: machine.machine.arn, name: Some(name.into()), input, trace_header: None };
        Ok(self.orchestrator.start_execution(request).await?.execution)
    }

    async fn ended(&self, execution: &ExecutionArn) -> Result<Described> {
        for _ in 0..3_000 {
            let described = self.orchestrator.describe_execution(execution).await?;
            if described.summary.stopped.is_some() {
                return Ok(described);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        anyhow::bail!("{execution} never ended")
    }
}

#[tokio::test]
async fn a_damaged_record_ends_its_execution_with_a_cause_and_no_other() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let process = Process::begin(directory.path())?;
    let damaged = process.start("damaged").await?;
    let sound = process.start("sound").await?;
    // Both wait before anything is damaged.
    for execution in [&damaged, &sound] {
        while process.orchestrator.records(execution).await?.len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    process.end().await;
    let database = std::fs::read_dir(directory.path())?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "sqlite"))
        .context("the store has a database")?;
    let changed = rusqlite::Connection::open(database)?
        .execute("UPDATE records SET body = x'7b' WHERE seq = 1 AND run = (SELECT min(run) FROM records)", ())?;
    assert_eq!(changed, 1);

    let process = Process::begin(directory.path())?;
    process.orchestrator.recover().await?;
    let end = process.ended(&damaged).await?;
    assert_eq!(end.summary.status, ExecutionStatus::Failed);
    assert_eq!(end.failure.error.as_deref(), Some("States.Runtime"));
    let cause = end.failure.cause.unwrap_or_default();
    assert!(cause.contains("record 1 of strand 0") && cause.contains("Start it again"), "{cause}");
    assert_eq!(process.ended(&sound).await?.summary.status, ExecutionStatus::Succeeded);
    process.end().await;
    Ok(())
}
