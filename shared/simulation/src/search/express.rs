//! The same random machine, durable and whole in memory: both must come to the same end.

use super::machine::{Generated, Size};
use super::node::{self, Engine, insist};
use super::people::People;
use super::reference::same;
use crate::{Options, World};
use anyhow::{Context, Result, ensure};
use engine::{ExecutionFacts, Outcome};
use model::{ActivityArn, MachineType, Payload};
use orchestrator::ports::{Clock as _, ExecutionStatus};
use orchestrator::{CreateMachine, Finished, HistoryRequest, InMemory, Limits, Orchestrator, StartRequest};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Longer than any random machine takes.
const LONGEST: Duration = Duration::from_hours(20 * 24);

/// More events than any random machine writes.
const MOST_EVENTS: usize = 100_000;

/// How an execution ended, and the types of its events in alphabetical order, unless some of it was given up: how far that
/// had come is a matter of time.
#[derive(Debug, PartialEq, Eq)]
struct End {
    result: std::result::Result<String, Option<String>>,
    types: Option<Vec<&'static str>>,
}

/// Runs the machine of this seed both ways. The seed also decides how many strands may do something at once in memory.
pub fn ends_alike(seed: u64) -> Result<()> {
    let machine = Generated::for_express(seed, size(seed));
    let durable = runtime()?.block_on(durable(seed, &machine)).context("durable")?;
    let strands_at_once = usize::try_from(1 + seed % 9)?;
    for strands_at_once in [strands_at_once, usize::MAX] {
        let express = runtime()?.block_on(in_memory(seed, &machine, strands_at_once)).context("in memory")?;
        ensure!(express.result == durable.result, "{express:?} with {strands_at_once} strands, durable {durable:?}");
        if let (Some(one), Some(other)) = (&express.types, &durable.types) {
            ensure!(one == other, "{one:?} with {strands_at_once} strands, durable {other:?}");
        }
    }
    Ok(())
}

/// Runs the machine of this seed in either query language.
pub fn speaks_alike(seed: u64) -> Result<()> {
    let [in_jsonpath, in_jsonata] = Generated::in_each_language(seed, size(seed)).map(|machine| {
        let end = runtime()?.block_on(in_memory(seed, &machine, usize::MAX));
        end.with_context(|| machine.definition.to_string())
    });
    let (in_jsonpath, in_jsonata) = (in_jsonpath?, in_jsonata?);
    ensure!(in_jsonpath == in_jsonata, "{in_jsonpath:?} in JSONPath, {in_jsonata:?} in JSONata");
    Ok(())
}

fn size(seed: u64) -> Size {
    [Size::Small, Size::Medium, Size::Large, Size::Window, Size::Branches][usize::try_from(seed % 5).unwrap_or(0)]
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()
}

/// A world in which nothing goes wrong, and whoever the machine calls.
async fn world(seed: u64) -> Result<Arc<World<Engine>>> {
    let world = Arc::new(World::new(Options { seed, ..Options::default() }, node::build));
    let activity = ActivityArn::new(&world.options().place, "desk");
    insist(&world, async |node| node.create_activity("desk", Value::Null, Value::Null).await).await?;
    People::settle_in(&world, &activity, 0, false);
    Ok(world)
}

async fn durable(seed: u64, machine: &Generated) -> Result<End> {
    let world = world(seed).await?;
    let request = CreateMachine {
        name: "machine".to_owned(),
        machine_type: MachineType::Standard,
        definition: machine.definition.to_string(),
        role_arn: ROLE.to_owned(),
        logging: Value::Null,
        tracing: Value::Null,
        encryption: Value::Null,
        tags: json!([]),
        publish: None,
    };
    let created = insist(&world, async |node| node.create_state_machine(request.clone()).await).await?;
    let request = StartRequest {
        machine: created.machine.arn.into(),
        name: Some("one".to_owned()),
        input: Payload::from_value(machine.input.clone()),
        trace_header: None,
    };
    let started = insist(&world, async |node| node.start_execution(request.clone()).await).await?;
    let mut pause = Duration::from_secs(1);
    let described = loop {
        let described =
            insist(&world, async |node: Arc<Orchestrator>| node.describe_execution(&started.execution).await).await?;
        if described.summary.status != ExecutionStatus::Running {
            break described;
        }
        ensure!(world.clock().elapsed() < LONGEST, "it goes on and on");
        world.clock().sleep(pause).await;
        pause = (pause * 2).min(Duration::from_mins(10));
    };
    let all = HistoryRequest { after: None, limit: u32::MAX, reverse: false };
    let history =
        insist(&world, async |node: Arc<Orchestrator>| node.execution_history(&started.execution, &all).await).await?;
    let result = described.output.map(|output| same(output.text())).ok_or(described.failure.error.as_deref().map(same));
    Ok(End { result, types: types(history.events.iter().map(|event| event.kind.type_name())) })
}

const ROLE: &str = "arn:aws:iam::123456789012:role/states";

async fn in_memory(seed: u64, machine: &Generated, strands_at_once: usize) -> Result<End> {
    let world = world(seed).await?;
    let parsed = language::parse_as(&machine.definition.to_string(), MachineType::Express);
    let parsed = parsed.map_err(|found| anyhow::anyhow!("{found:?}"))?.machine;
    let arn = model::StateMachineArn::new(&world.options().place, "machine");
    let facts = ExecutionFacts {
        arn: arn.express_execution("one", "id"),
        machine: arn,
        role_arn: ROLE.to_owned(),
        input: Payload::from_value(machine.input.clone()),
        started: world.clock().now(),
        is_synchronous: false,
    };
    let limits = Limits { at_most: LONGEST, strands_at_once, events: MOST_EVENTS, ..Limits::default() };
    let (clock, tasks) = (&**world.clock(), world.functions());
    let Finished { outcome, events, events_left_out, .. } =
        InMemory { machine: &parsed, facts: &facts, clock, tasks, limits }.run().await;
    ensure!(events_left_out == 0, "{events_left_out} events too many");
    let ids_follow = (1..).zip(&events).all(|(id, event)| event.id == id && event.previous_event_id < id);
    ensure!(ids_follow, "an event follows a later one: {events:#?}");
    let result = match outcome {
        Outcome::Succeeded { output } => Ok(same(output.text())),
        Outcome::Failed(failure) | Outcome::Aborted(failure) | Outcome::TimedOut(failure) => {
            Err(failure.error.as_deref().map(same))
        }
    };
    Ok(End { result, types: types(events.iter().map(|event| event.kind.type_name())) })
}

fn types(of: impl Iterator<Item = &'static str>) -> Option<Vec<&'static str>> {
    let mut types: Vec<_> = of.collect();
    types.sort_unstable();
    let was_given_up = types.iter().any(|name| name.ends_with("Aborted") || *name == "MapIterationFailed");
    (!was_given_up).then_some(types)
}
