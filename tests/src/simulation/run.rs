//! One run of one random machine in one world.

use super::dice::Dice;
use super::invariants;
use super::machine::Generated;
use super::node::{self, Engine, insist};
use super::people::People;
use anyhow::{Context, Result, bail, ensure};
use model::{ActivityArn, ExecutionArn, Failure, Payload};
use orchestrator::ports::{Clock, ExecutionStatus, Journal, Meta};
use orchestrator::{CreateMachine, Described, Error, Settings, StartRequest, StopRequest};
use serde_json::{Value, json};
use simulation::{Deliveries, Deployment, Faults, Options, World};
use std::sync::Arc;
use std::time::Duration;

/// Virtual time within which an execution must have come to its end, whatever goes wrong.
const PATIENCE: Duration = Duration::from_hours(20 * 24);

/// The same for one that must end: stopped, or out of time.
const PATIENCE_WITH_ENDING: Duration = Duration::from_mins(20);

/// How a run goes, apart from its machine.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The world.
    pub options: Options,
    /// How many workers the activity has.
    pub workers: usize,
    /// Who interferes.
    pub interference: Interference,
}

/// Who interferes with a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interference {
    /// Nobody.
    None,
    /// StopExecution, at each of these times after the start.
    Stops(Vec<Duration>),
    /// `TimeoutSeconds` of the machine.
    Limit(u64),
}

/// What became of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The status.
    pub status: ExecutionStatus,
    /// The output.
    pub output: Option<String>,
    /// The error's name.
    pub error: Option<String>,
    /// Virtual time from start to end.
    pub duration: Duration,
    /// How many records were put.
    pub records: usize,
    /// How many messages were sent.
    pub sent: u64,
    /// How many messages were handled.
    pub handled: u64,
    /// How many lives the volatile part had.
    pub generations: u32,
}

impl Plan {
    /// A world in which nothing goes wrong.
    pub fn calm(seed: u64) -> Self {
        let options = Options { seed, states_per_invocation: 8, ..Options::default() };
        Self { options, workers: 2, interference: Interference::None }
    }

    /// A world in which much goes wrong; what, depends on the seed.
    pub fn faulty(seed: u64, interference: Interference) -> Self {
        let mut dice = Dice::new(seed, 2);
        let deliveries = match dice.below(4) {
            0 => Deliveries::Once,
            1 | 2 => Deliveries::Twice,
            _ => Deliveries::TwiceWithin(dice.pick(&[Duration::from_secs(5), Duration::from_mins(10)])),
        };
        let lateness = Duration::from_millis(dice.pick(&[0, 0, 50, 50, 3_000, 60_000]));
        let crashes = dice.pick(&[0, 0, 3, 9, 18]);
        let faults = Faults { refused: dice.pick(&[0, 8, 24, 80]), crashes, at_most: 40 };
        // After a crash no claim lives on, after a cut every claim does: not both in one world.
        let cut_after = (crashes == 0 && dice.chance(50)).then(|| dice.between(1, 40));
        let states_per_invocation = dice.pick(&[1, 1, 2, 8, 100]);
        let options =
            Options { seed, deliveries, lateness, cut_after, faults, states_per_invocation, ..Options::default() };
        let workers = usize::try_from(dice.between(1, 3)).unwrap_or(1);
        Self { options, workers, interference }
    }

    /// The same where functions on durable queues run it, with large payloads beside the journal.
    pub fn functions(seed: u64, interference: Interference) -> Self {
        let Self { options, workers, interference } = Self::faulty(seed, interference);
        let settings = |settings: &mut Settings| settings.inline_payload_bytes = 40;
        Self { options: Options { deployment: Deployment::Functions, settings, ..options }, workers, interference }
    }
}

/// Runs the machine once, and checks what must hold of every run.
pub async fn run(machine: &Generated, plan: &Plan) -> Result<Report> {
    let world = Arc::new(World::new(plan.options.clone(), node::build));
    let activity = ActivityArn::new(&plan.options.place, "desk");
    insist(&world, async |node| node.create_activity("desk", Value::Null, Value::Null).await).await?;
    let people = People::settle_in(&world, &activity, plan.workers);
    let execution = start(&world, machine, plan).await?;
    let began = world.clock().elapsed();
    let mut stop = None;
    let mut patience = PATIENCE;
    match &plan.interference {
        Interference::None => {}
        Interference::Stops(times) => {
            for (number, time) in times.iter().enumerate() {
                world.clock().sleep(time.saturating_sub(world.clock().elapsed().saturating_sub(began))).await;
                let failure = Failure::new("Enough", format!("stop {number}"));
                let request = StopRequest { execution: execution.clone(), failure };
                insist(&world, async |node| node.stop_execution(request.clone()).await).await.context("stop")?;
                people.ledger.noted().stopped = true;
                stop.get_or_insert((world.journal().order_of_records().len(), world.functions().received().len()));
            }
            patience = world.clock().elapsed().saturating_sub(began) + PATIENCE_WITH_ENDING;
        }
        Interference::Limit(seconds) => patience = Duration::from_secs(*seconds) + PATIENCE_WITH_ENDING,
    }
    let meta = ended(&world, &execution, began + patience).await?;
    // The last messages come, late answers are refused, and nothing comes of them.
    world.clock().sleep(Duration::from_hours(3)).await;
    let described = insist(&world, async |node| node.describe_execution(&execution).await).await?;
    let ledger = people.ledger.noted().clone();
    invariants::check(&world, &execution, &ledger, stop).await?;
    Ok(report(&world, &meta, described))
}

fn report(world: &World<Engine>, meta: &Meta, described: Described) -> Report {
    Report {
        status: meta.status,
        output: described.output.map(|output| output.text().to_owned()),
        error: described.failure.error,
        duration: meta.stopped.map(|stopped| stopped.since(meta.started)).unwrap_or_default(),
        records: world.journal().record_count(),
        sent: world.messages_sent(),
        handled: world.messages_handled(),
        generations: world.generations(),
    }
}

async fn start(world: &World<Engine>, machine: &Generated, plan: &Plan) -> Result<ExecutionArn> {
    let mut definition = machine.definition.clone();
    if let Interference::Limit(seconds) = plan.interference {
        definition["TimeoutSeconds"] = seconds.into();
    }
    let request = CreateMachine {
        name: "machine".to_owned(),
        definition: definition.to_string(),
        role_arn: "arn:aws:iam::123456789012:role/states".to_owned(),
        logging: Value::Null,
        tracing: Value::Null,
        encryption: Value::Null,
        tags: json!([]),
    };
    let created = insist(world, async |node| node.create_state_machine(request.clone()).await).await?;
    let request = StartRequest {
        machine: created.machine.arn,
        name: Some("one".to_owned()),
        input: Payload::from_value(machine.input.clone()),
        trace_header: None,
    };
    match insist(world, async |node| node.start_execution(request.clone()).await).await {
        Ok(started) => Ok(started.execution),
        // An answer that was lost, and an execution that was over before the repetition.
        Err(Error::ExecutionAlreadyExists(execution)) => Ok(execution),
        Err(error) => Err(error.into()),
    }
}

/// META once it says that the execution has ended.
async fn ended(world: &World<Engine>, execution: &ExecutionArn, give_up_at: Duration) -> Result<Meta> {
    let mut pause = Duration::from_secs(1);
    loop {
        let meta = world.journal().meta(execution).await?.context("the execution is gone")?;
        if meta.status != ExecutionStatus::Running {
            ensure!(meta.stopped.is_some(), "ended without an end: {meta:?}");
            return Ok(meta);
        }
        if world.clock().elapsed() >= give_up_at {
            bail!(
                "it did not end in time; handlers said {:#?}; where its strands stand: {:#?}; META: {meta:?}",
                world.problems(),
                invariants::open_strands(world)
            );
        }
        world.clock().sleep(pause).await;
        pause = (pause * 2).min(Duration::from_mins(10));
    }
}
