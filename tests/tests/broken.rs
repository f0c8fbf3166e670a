//! Executions that can never go on end, with a cause that says what to do; their neighbours are not touched.

use anyhow::{Context, Result};
use bootstrap::SystemClock;
use embedded::Activities;
use embedded::queue::{Settings as QueueSettings, StartQueue, WakeQueue};
use embedded::store::Store;
use embedded::tasks::LocalTasks;
use model::arn::Place;
use model::{ExecutionArn, MachineType, Payload};
use orchestrator::ports::{ExecutionStatus, Unobserved};
use orchestrator::{
    CreateMachine, Described, Error, HistoryRequest, Orchestrator, Ports, RedriveRequest, Settings, StartRequest,
};
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
            express: Arc::new(StartQueue::default()),
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
                machine_type: MachineType::Standard,
                definition: definition.to_string(),
                role_arn: "arn:aws:iam::123456789012:role/any".into(),
                logging: json!({}),
                tracing: json!({}),
                encryption: json!({}),
                tags: json!([]),
                publish: None,
            })
            .await?;
        let input = Payload::from_value(json!(if name == "sound" { 1 } else { 3_600 }));
        let request =
            StartRequest { machine: machine.machine.arn.into(), name: Some(name.into()), input, trace_header: None };
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
    let whole = replace_record(directory.path(), b"{")?;

    let process = Process::begin(directory.path())?;
    process.orchestrator.recover().await?;
    let end = process.ended(&damaged).await?;
    assert_eq!(end.summary.status, ExecutionStatus::Failed);
    assert_eq!(end.failure.error.as_deref(), Some("States.Runtime"));
    let cause = end.failure.cause.unwrap_or_default();
    assert!(cause.contains("record 1 of strand 0") && cause.contains("RedriveExecution"), "{cause}");
    assert_eq!(process.ended(&sound).await?.summary.status, ExecutionStatus::Succeeded);

    // As long as the record cannot be read it is not redriven, and that is said.
    let request = RedriveRequest { execution: damaged.clone(), token: None };
    match process.orchestrator.redrive_execution(request.clone()).await {
        Err(Error::ExecutionNotRedrivable { reason, .. }) => {
            assert!(reason.contains("until this is mended: record 1 of strand 0"), "{reason}");
        }
        other => anyhow::bail!("{other:?}"),
    }
    process.end().await;

    // Once it is mended, the execution goes on with what it was in.
    replace_record(directory.path(), &whole)?;
    let process = Process::begin(directory.path())?;
    process.orchestrator.redrive_execution(request).await?;
    let described = process.orchestrator.describe_execution(&damaged).await?;
    assert_eq!(described.summary.status, ExecutionStatus::Running);
    let history = HistoryRequest { after: None, limit: 100, reverse: false };
    let events = loop {
        let events = process.orchestrator.execution_history(&damaged, &history).await?.events;
        let waits = process.orchestrator.records(&damaged).await?.len() == 5;
        if waits {
            break events;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let events: Vec<String> =
        events.iter().map(|event| format!("{} < {}", event.kind.type_name(), event.previous_event_id)).collect();
    // The record in which the execution was broken off does not know what was before it.
    let expected = ["ExecutionStarted < 0", "WaitStateEntered < 0", "ExecutionFailed < 0", "ExecutionRedriven < 3"];
    assert_eq!(events, expected);
    process.end().await;
    Ok(())
}

/// Puts a body in the place of record 1 of the first execution's root, and gives the one that was there.
fn replace_record(directory: &Path, body: &[u8]) -> Result<Vec<u8>> {
    let database = std::fs::read_dir(directory)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "sqlite"))
        .context("the store has a database")?;
    let database = rusqlite::Connection::open(database)?;
    let which = "seq = 1 AND strand = '0' AND run = (SELECT min(run) FROM records)";
    let before = database.query_row(&format!("SELECT body FROM records WHERE {which}"), (), |row| row.get(0))?;
    let changed = database.execute(&format!("UPDATE records SET body = ?1 WHERE {which}"), (body,))?;
    assert_eq!(changed, 1);
    Ok(before)
}
