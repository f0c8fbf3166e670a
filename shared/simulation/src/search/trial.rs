//! One scenario, run once, and checked.

use super::dice::Dice;
use super::invariants::{self, Circumstances};
use super::node::{self, Engine, insist, insist_unless};
use super::people::People;
use super::plan::{Interference, Scenario};
use super::reference::{Course, same};
use super::story::open_strands;
use crate::{FaultKind, Options, Tally, World};
use anyhow::{Context, Result, bail, ensure};
use model::{ActivityArn, ExecutionArn, Failure, MachineType, Payload};
use orchestrator::ports::{Clock, ExecutionStatus, Journal, Meta};
use orchestrator::{CreateMachine, Error, RedriveRequest, StartRequest, StopRequest};
use serde_json::{Value, json};
use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

/// Virtual time within which an execution must have come to its end, whatever goes wrong.
const PATIENCE: Duration = Duration::from_hours(20 * 24);

/// The same for one that must end: stopped, or out of time.
const PATIENCE_WITH_ENDING: Duration = Duration::from_mins(40);

/// The same after all messages were lost: executions are looked at once a day, and each look may only lead to the next.
const PATIENCE_AFTER_PURGE: Duration = Duration::from_hours(40 * 24);

/// What became of a scenario.
#[derive(Debug, Default)]
pub struct Report {
    /// How many records were put.
    pub records: u64,
    /// How many messages were sent.
    pub sent: u64,
    /// How many messages were handled.
    pub handled: u64,
    /// What went wrong, as it was asked for.
    pub tally: Tally,
}

/// How an execution ended.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ending {
    status: ExecutionStatus,
    output: Option<String>,
    error: Option<String>,
}

/// One execution that was run.
struct Run {
    ending: Ending,
    duration: Duration,
    course: Course,
    is_redriven: bool,
}

/// Runs the scenario, each of its runs in a time of its own, and checks what must hold of it.
pub fn try_out(scenario: &Scenario) -> Result<Report> {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let calm = Scenario { interference: Interference::None, gives_up: false, ..scenario.clone() };
    let (reference, _) = runtime()?
        .block_on(play(&calm, scenario.reference(), None))
        .context("where nothing goes wrong, and one thing is done after the other")?;
    let reference = reference.context("the reference did not start")?;
    let (run, report) = runtime()?.block_on(play(scenario, scenario.options.clone(), Some(&reference)))?;
    let Some(run) = run else { return Ok(report) };
    judge(scenario, &reference, &run)?;
    Ok(report)
}

fn judge(scenario: &Scenario, reference: &Run, run: &Run) -> Result<()> {
    let may_differ = match (scenario.interference, run.ending.status) {
        (Interference::Stops, ExecutionStatus::Aborted) => true,
        (Interference::Limit, ExecutionStatus::TimedOut) => {
            let limit = Duration::from_secs(limit(scenario, reference));
            ensure!(run.duration + scenario.options.fleet.skew * 2 >= limit, "timed out after {:?}", run.duration);
            true
        }
        _ => false,
    };
    ensure!(
        may_differ || run.ending == reference.ending,
        "in the reference {:?}, here {:?}",
        reference.ending,
        run.ending
    );
    if run.is_redriven {
        // It has gone parts of its way twice.
        return Ok(());
    }
    run.course.agrees_with(&reference.course).context("no sequential run gives this history")
}

fn limit(scenario: &Scenario, reference: &Run) -> u64 {
    1 + Dice::new(scenario.seed, 4).below(reference.duration.as_secs() + 2)
}

async fn play(scenario: &Scenario, options: Options, reference: Option<&Run>) -> Result<(Option<Run>, Report)> {
    let world = Arc::new(World::new(options, node::build));
    let activity = ActivityArn::new(&world.options().place, "desk");
    insist(&world, async |node| node.create_activity("desk", Value::Null, Value::Null).await).await?;
    let people = People::settle_in(&world, &activity, scenario.workers, scenario.gives_up);
    let limit = match (scenario.interference, reference) {
        (Interference::Limit, Some(reference)) => Some(limit(scenario, reference)),
        _ => None,
    };
    let mut run = execute(&world, &people, scenario, limit, reference, 0).await?;
    if let (Interference::NameReused, Some(first), Some(reference)) = (scenario.interference, &run, reference) {
        judge(scenario, reference, first)?;
        let tokens = std::mem::take(&mut *people.ledger.noted()).tokens;
        // It has expired then, with everything of it.
        world.clock().sleep(first.duration + Duration::from_hours(27)).await;
        let calls_before = world.functions().received().len();
        let within = reference.duration / 4 + Duration::from_secs(1);
        tokio::spawn(people.clone().try_old_tokens(tokens, within));
        run = execute(&world, &people, scenario, None, Some(reference), calls_before).await?;
    }
    let report = Report {
        records: u64::try_from(world.journal().order_of_records().len())?,
        sent: world.messages_sent(),
        handled: world.messages_handled(),
        tally: Tally::default(),
    };
    report.tally.absorb(world.tally());
    Ok((run, report))
}

/// Starts an execution, waits for its end, and checks it; nothing if its start was given up before it happened.
async fn execute(
    world: &Arc<World<Engine>>,
    people: &People,
    scenario: &Scenario,
    limit: Option<u64>,
    reference: Option<&Run>,
    calls_before: usize,
) -> Result<Option<Run>> {
    let execution = start(world, scenario, limit).await?;
    let began = world.clock().elapsed();
    let mut stop = None;
    let mut patience = PATIENCE;
    match (scenario.interference, reference) {
        (Interference::Stops | Interference::Redriven, Some(reference)) => {
            for time in stops(scenario, reference.duration) {
                world.clock().sleep(time.saturating_sub(world.clock().elapsed().saturating_sub(began))).await;
                if stop_it(world, &execution, scenario.gives_up).await? {
                    people.ledger.noted().stopped = true;
                    if scenario.interference == Interference::Stops {
                        tokio::spawn(people.clone().answer_after_stop());
                    }
                    stop.get_or_insert((world.journal().order_of_records().len(), world.functions().received().len()));
                }
                world.tally().add(FaultKind::Stopped);
            }
            patience = world.clock().elapsed().saturating_sub(began) + PATIENCE_WITH_ENDING;
        }
        (Interference::Limit, _) => patience = Duration::from_secs(limit.unwrap_or(0)) + PATIENCE_WITH_ENDING,
        (Interference::None | Interference::NameReused | Interference::Stops | Interference::Redriven, _) => {}
    }
    if let Some(outage) = world.options().faults.outage {
        // What waits for a dead letter to come again waits for an hour each time.
        patience += outage.until + Duration::from_hours(12);
    }
    if world.options().fleet.purge_at.is_some() {
        patience += PATIENCE_AFTER_PURGE;
    }
    let mut meta = ended(world, &execution, began + patience).await?;
    if scenario.interference == Interference::Redriven && reference.is_some() {
        let mut dice = Dice::new(scenario.seed, 5);
        for _ in 0..dice.between(1, 2) {
            if meta.status == ExecutionStatus::Succeeded {
                break;
            }
            stop = None;
            people.ledger.noted().stopped = false;
            redrive(world, &execution, &mut dice).await?;
            meta = ended(world, &execution, world.clock().elapsed() + PATIENCE + patience).await?;
        }
    }
    // The last messages come, late answers are refused, and nothing comes of them.
    world.clock().sleep(Duration::from_hours(3)).await;
    let described = insist(world, async |node| node.describe_execution(&execution).await).await?;
    let noted = people.ledger.noted().clone();
    let of = Circumstances { execution: &execution, noted: &noted, stop, calls_before };
    let story = invariants::check(world, &of).await?;
    let ending = Ending {
        status: meta.status,
        output: described.output.map(|output| same(output.text())),
        error: described.failure.error.as_deref().map(same),
    };
    let duration = meta.stopped.map(|stopped| stopped.since(meta.started)).unwrap_or_default();
    Ok(Some(Run { ending, duration, course: Course::of(&story)?, is_redriven: meta.redriven.is_some() }))
}

/// When StopExecution is called: anywhere in the undisturbed run, soon, or about when it ends by itself.
fn stops(scenario: &Scenario, whole: Duration) -> Vec<Duration> {
    let mut dice = Dice::new(scenario.seed, 3);
    let whole = u64::try_from(whole.as_micros()).unwrap_or(u64::MAX);
    let first = match dice.below(5) {
        0 => dice.below(3_000_000),
        1 => dice.below(100_000),
        2 => (whole + dice.below(40_000)).saturating_sub(20_000),
        _ => dice.below(whole + 1),
    };
    let mut stops = vec![Duration::from_micros(first)];
    if dice.chance(30) {
        stops.push(Duration::from_micros(first + dice.below(500_000)));
    }
    stops
}

/// Calls StopExecution; whether it answered.
async fn stop_it(world: &World<Engine>, execution: &ExecutionArn, gives_up: bool) -> Result<bool> {
    let request = StopRequest { execution: execution.clone(), failure: Failure::new("Enough", "said so") };
    let call = async |node: Arc<orchestrator::Orchestrator>| node.stop_execution(request.clone()).await;
    if !gives_up {
        insist(world, call).await.context("stop")?;
        return Ok(true);
    }
    // Something of it has happened for certain once there is a mark.
    let has_happened = || {
        let meta = world.journal().meta_now(execution);
        meta.is_some_and(|meta| meta.stop.is_some() || meta.stopped.is_some())
    };
    match insist_unless(world, has_happened, call).await {
        Some(answer) => {
            answer.context("stop")?;
            Ok(true)
        }
        None => Ok(false),
    }
}

/// Has the execution redriven, by one caller or by two at once.
async fn redrive(world: &Arc<World<Engine>>, execution: &ExecutionArn, dice: &mut Dice) -> Result<()> {
    let count = |world: &World<Engine>| world.journal().meta_now(execution).and_then(|meta| meta.redriven);
    let before = count(world).map(|redriven| redriven.count);
    let callers = (0..dice.between(1, 2)).map(|caller| {
        let (world, pause) = (Arc::clone(world), Duration::from_millis(dice.below(200)));
        let request = RedriveRequest { execution: execution.clone(), token: Some(format!("{before:?} {caller}")) };
        tokio::spawn(async move {
            world.clock().sleep(pause).await;
            let call = async |node: Arc<orchestrator::Orchestrator>| node.redrive_execution(request.clone()).await;
            insist(&world, call).await
        })
    });
    let callers: Vec<_> = callers.collect();
    let mut redriven = 0;
    for caller in callers {
        match caller.await? {
            Ok(_) => redriven += 1,
            Err(Error::ExecutionNotRedrivable { .. }) => {}
            Err(error) => return Err(error).context("redrive"),
        }
    }
    world.tally().add(FaultKind::Redriven);
    let after = count(world).map_or(0, |redriven| redriven.count);
    // The second caller may come when it has failed again.
    ensure!(redriven >= 1, "nobody was told that they had redriven an execution that had ended");
    // Who was not answered asks again, and by then it may have failed again.
    ensure!(after >= before.unwrap_or(0) + redriven, "redriven {before:?} times, then by {redriven}: {after} now");
    Ok(())
}

async fn start(world: &World<Engine>, scenario: &Scenario, limit: Option<u64>) -> Result<ExecutionArn> {
    let mut definition = scenario.machine.definition.clone();
    if let Some(seconds) = limit {
        definition["TimeoutSeconds"] = seconds.into();
    }
    let request = CreateMachine {
        name: "machine".to_owned(),
        machine_type: MachineType::Standard,
        definition: definition.to_string(),
        role_arn: "arn:aws:iam::123456789012:role/states".to_owned(),
        logging: Value::Null,
        tracing: Value::Null,
        encryption: Value::Null,
        tags: json!([]),
        publish: None,
    };
    let created = insist(world, async |node| node.create_state_machine(request.clone()).await).await?;
    let request = StartRequest {
        machine: created.machine.arn.into(),
        name: Some("one".to_owned()),
        input: Payload::from_value(scenario.machine.input.clone()),
        trace_header: None,
    };
    let execution = request.machine.machine().execution("one");
    let before = world.journal().meta_now(&execution).map(|meta| meta.run);
    let died = Cell::new(false);
    let has_happened = || {
        died.set(true);
        let there = world.journal().meta_now(&execution).map(|meta| meta.run);
        scenario.gives_up && there.is_some() && there != before
    };
    let call = async |node: Arc<orchestrator::Orchestrator>| node.start_execution(request.clone()).await;
    match insist_unless(world, has_happened, call).await {
        None => Ok(execution),
        Some(Ok(started)) => Ok(started.execution),
        // An answer that was lost, and an execution that was over before the repetition.
        Some(Err(Error::ExecutionAlreadyExists(execution))) => Ok(execution),
        Some(Err(error)) => Err(error.into()),
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
        ensure!(!world.is_flooded(), "too many messages came; {}", open_strands(world).join("; "));
        if world.clock().elapsed() >= give_up_at {
            bail!(
                "it did not end in time; handlers said {:#?}; where its strands stand: {:#?}; META: {meta:?}",
                world.problems(),
                open_strands(world)
            );
        }
        world.clock().sleep(pause).await;
        pause = (pause * 2).min(Duration::from_mins(10));
    }
}
