//! Many who publish, route and start at once, over the embedded catalog.

use anyhow::{Context, Result, ensure};
use bootstrap::SystemClock;
use embedded::Activities;
use embedded::queue::{Settings as QueueSettings, StartQueue, WakeQueue};
use embedded::store::Store;
use embedded::tasks::LocalTasks;
use futures::future::try_join_all;
use model::arn::Place;
use model::{MachineType, Payload, QualifiedArn, StateMachineArn};
use orchestrator::ports::Unobserved;
use orchestrator::{
    CreateAlias, CreateMachine, Error, ExecutionFilter, Orchestrator, Ports, Publish, Routing, Settings, StartRequest,
    UpdateMachine,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// An orchestrator whose executions stay at their first record: nobody handles its queue.
struct Local {
    orchestrator: Arc<Orchestrator>,
    machine: StateMachineArn,
    _directory: TempDir,
}

impl Local {
    async fn new() -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let store = Arc::new(Store::open(directory.path())?);
        let ports = Ports {
            journal: store.clone(),
            catalog: store.clone(),
            activities: Arc::new(Activities::new()),
            blobs: store.clone(),
            queue: Arc::new(WakeQueue::new(QueueSettings::default())),
            express: Arc::new(StartQueue::default()),
            timers: None,
            tasks: Arc::new(LocalTasks::none(Path::new("tasks.toml"))),
            clock: Arc::new(SystemClock),
            observer: Arc::new(Unobserved),
        };
        let place = Place { partition: "aws".into(), region: "us-east-1".into(), account: "123456789012".into() };
        let settings = Settings::one_process(place, store.token_key().to_vec(), "test".into());
        let orchestrator = Orchestrator::new(ports, settings);
        let request = CreateMachine {
            name: "pay".to_owned(),
            definition: definition(0),
            role_arn: "arn:aws:iam::123456789012:role/any".to_owned(),
            machine_type: MachineType::Standard,
            logging: json!({}),
            tracing: json!({}),
            encryption: json!({}),
            tags: json!([]),
            publish: None,
        };
        let machine = orchestrator.create_state_machine(request).await?.machine.arn;
        Ok(Self { orchestrator, machine, _directory: directory })
    }

    async fn start(&self, by: QualifiedArn) -> Result<()> {
        let request = StartRequest { machine: by, name: None, input: Payload::empty(), trace_header: None };
        self.orchestrator.start_execution(request).await?;
        Ok(())
    }

    /// How many executions of this each version has.
    async fn executions(&self, of: QualifiedArn) -> Result<BTreeMap<Option<u32>, u32>> {
        let filter = ExecutionFilter { machine: Some(of), ..ExecutionFilter::default() };
        let (mut found, mut after) = (BTreeMap::new(), None);
        loop {
            let page = self.orchestrator.list_executions(&filter, after.as_deref(), 100).await?;
            for summary in page.items {
                *found.entry(summary.version().map(|version| version.number)).or_default() += 1;
            }
            after = page.next;
            if after.is_none() {
                return Ok(found);
            }
        }
    }
}

fn definition(number: u32) -> String {
    json!({"Comment": number.to_string(), "StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}).to_string()
}

/// One number each, none twice and none left out, though others delete versions all the while.
#[tokio::test(flavor = "multi_thread")]
async fn many_publishers_at_once_get_a_number_each() -> Result<()> {
    const PUBLISHERS: u32 = 48;
    let local = Local::new().await?;
    let publishers = (1..=PUBLISHERS).map(|number| {
        let (orchestrator, machine) = (Arc::clone(&local.orchestrator), local.machine.clone());
        tokio::spawn(async move {
            let change = UpdateMachine {
                definition: Some(definition(number)),
                publish: Some(Publish { description: Some(number.to_string()) }),
                ..UpdateMachine::default()
            };
            let version = orchestrator.update_state_machine(&machine, change).await?.version;
            let version = version.context("a version was to be published")?;
            ensure!(version.description == Some(number.to_string()), "{version:?}");
            if number.is_multiple_of(3) {
                orchestrator.delete_version(&machine.version(version.number)).await?;
            }
            Ok(version.number)
        })
    });
    let mut numbers = BTreeSet::new();
    for publisher in publishers.collect::<Vec<_>>() {
        ensure!(numbers.insert(publisher.await??), "a number was given out twice");
    }
    ensure!(numbers.iter().copied().eq(1..=PUBLISHERS), "{numbers:?}");
    let left = local.orchestrator.list_versions(&local.machine, None, 1_000).await?.items;
    ensure!(left.len() == 32 && left.iter().rev().map(|version| version.number).is_sorted(), "{left:?}");
    let next = local.orchestrator.publish_version(&local.machine, None, None).await?;
    ensure!(next.number >= PUBLISHERS, "{next:?}");
    Ok(())
}

/// They publish the same revision.
#[tokio::test(flavor = "multi_thread")]
async fn many_publishers_of_one_revision_get_the_same_version() -> Result<()> {
    let local = Local::new().await?;
    let publishers = (0..32).map(|_| {
        let (orchestrator, machine) = (Arc::clone(&local.orchestrator), local.machine.clone());
        tokio::spawn(async move { orchestrator.publish_version(&machine, None, None).await })
    });
    let published = try_join_all(publishers).await?.into_iter().collect::<Result<Vec<_>, Error>>()?;
    ensure!(published.iter().all(|version| version == &published[0] && version.number == 1), "{published:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_spreads_executions_by_weight_and_both_lists_have_them() -> Result<()> {
    const STARTS: u32 = 400;
    let local = Local::new().await?;
    let (orchestrator, machine) = (&local.orchestrator, &local.machine);
    orchestrator.publish_version(machine, None, None).await?;
    let change = UpdateMachine {
        definition: Some(definition(1)),
        publish: Some(Publish::default()),
        ..UpdateMachine::default()
    };
    orchestrator.update_state_machine(machine, change).await?;
    let routing = vec![Routing { version: 1, weight: 75 }, Routing { version: 2, weight: 25 }];
    let arn = machine.alias("PROD");
    orchestrator.create_alias(CreateAlias { arn: arn.clone(), description: None, routing }).await?;
    try_join_all((0..STARTS).map(|_| local.start(arn.clone().into()))).await?;
    local.start(machine.version(1).into()).await?;
    local.start(machine.clone().into()).await?;

    let by_alias = local.executions(arn.into()).await?;
    let (first, second) = (by_alias[&Some(1)], by_alias[&Some(2)]);
    ensure!(first + second == STARTS && by_alias.len() == 2, "{by_alias:?}");
    // Seven standard deviations.
    ensure!(first.abs_diff(300) < 61, "{by_alias:?}");
    ensure!(local.executions(machine.version(1).into()).await? == BTreeMap::from([(Some(1), first + 1)]));
    ensure!(local.executions(machine.version(2).into()).await? == BTreeMap::from([(Some(2), second)]));
    let all = BTreeMap::from([(None, 1), (Some(1), first + 1), (Some(2), second)]);
    ensure!(local.executions(machine.clone().into()).await? == all);
    Ok(())
}
