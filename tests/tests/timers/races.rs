//! A heartbeat or an answer at the very moment of the time-out: one of the two happens, and everybody is told which.
//!
//! The journal takes its time here, so that those who work at the same moment come between each other's calls. Each
//! execution has its own distance to the deadline.

use acceptance::cloud::system::{Options as SystemOptions, System};
use acceptance::timing::{Pace, Scene};
use anyhow::{Context, Result, bail, ensure};
use futures::future::try_join_all;
use orchestrator::Error;
use orchestrator::ports::Clock as _;
use serde_json::{Value, json};
use simulation::{Deployment, Options};
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a call of the journal pauses at most, before and after.
const PAUSE: Duration = Duration::from_micros(500);

/// Distances to the deadline, in microseconds.
const OFFSETS: std::ops::Range<i64> = -150..150;
const STEP: i64 = 40;

const HEARTBEAT: Duration = Duration::from_secs(10);

/// What became of the race.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The heartbeat or the answer was first.
    Accepted,
    /// The time-out was.
    TimedOut,
}

fn callback(clocks: &Value) -> Value {
    let mut task = json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": true,
        "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token", "ms": 0}}
    });
    for (name, value) in clocks.as_object().into_iter().flatten() {
        task[name] = value.clone();
    }
    json!({"StartAt": "Task", "States": {"Task": task}})
}

/// When the wait began, by the wall clock.
fn awaited_from(scene: &Scene, execution: &Value) -> Result<i64> {
    let records = scene.world.journal().all_records();
    let name = execution.as_str().context("an ARN")?;
    let mut heads: Vec<_> = records.iter().filter(|record| record.key.run.execution.to_string() == name).collect();
    heads.sort_by_key(|record| record.key.seq);
    let body: Value = serde_json::from_slice(&heads.last().context("it has begun")?.body)?;
    body["cursor"]["phase"]["Pending"]["awaited_from"].as_i64().with_context(|| format!("no wait in {body}"))
}

/// An activity's task. It has its execution's ARN for its input.
fn activity(clocks: &Value) -> Value {
    let mut definition = callback(clocks);
    let task = &mut definition["States"]["Task"];
    task["Resource"] = "arn:aws:states:us-east-1:123456789012:activity:desk".into();
    task["Parameters"] = json!({"execution.$": "$$.Execution.Id"});
    definition
}

/// Starts an execution and waits until somebody holds a token: of this one, or, where it is an activity's, of any.
async fn asked(scene: &Scene, machine: &Value, name: &str, is_activity: bool) -> Result<(Value, String)> {
    let execution = scene.start(machine, name, &json!({})).await?;
    scene.sleep(Duration::from_secs(1)).await;
    if !is_activity {
        return Ok((execution, scene.token(name)?));
    }
    let activity = json!({"activityArn": "arn:aws:states:us-east-1:123456789012:activity:desk"});
    let task = scene.posted("GetActivityTask", &activity).await?;
    let input: Value = serde_json::from_str(task["input"].as_str().context("there was no task")?)?;
    Ok((input["execution"].clone(), task["taskToken"].as_str().context("a task has a token")?.to_owned()))
}

/// One execution, and a message that arrives at the deadline or so long before or after it.
async fn race(scene: &Scene, machine: &Value, operation: &str, offset: i64, is_activity: bool) -> Result<Outcome> {
    let (execution, token) = asked(scene, machine, &format!("at-{offset}"), is_activity).await?;
    let began = awaited_from(scene, &execution)?;
    let at = began + i64::try_from(HEARTBEAT.as_micros())? + offset;
    scene.sleep(Duration::from_micros(u64::try_from(at - scene.now().as_micros())?)).await;
    let refused = scene.answer(operation, &token).await?;
    let answered = scene.described(&execution).await?;
    let outcome = match refused.as_deref() {
        None => Outcome::Accepted,
        Some("TaskTimedOut") => Outcome::TimedOut,
        Some(other) => bail!("{operation} was refused with {other}"),
    };
    scene.sleep(HEARTBEAT / 2).await;
    let described = scene.described(&execution).await?;
    match (outcome, operation) {
        // The wait goes on, and ends when no other heartbeat comes.
        (Outcome::Accepted, "SendTaskHeartbeat") => {
            ensure!(described["status"] == "RUNNING", "a heartbeat at {offset} us was accepted: {described}");
            let end = scene.ended(&execution, HEARTBEAT * 2).await?;
            ensure!(end["error"] == "States.HeartbeatTimeout", "{end}");
        }
        (Outcome::Accepted, _) => ensure!(described["status"] == "SUCCEEDED", "{offset} us: {described}"),
        (Outcome::TimedOut, _) => {
            // It had timed out when the refusal was told.
            ensure!(answered["status"] == "FAILED", "{operation} at {offset} us was refused: {answered}");
            let error = answered["error"].as_str().unwrap_or_default();
            ensure!(["States.HeartbeatTimeout", "States.Timeout"].contains(&error), "{answered}");
        }
    }
    Ok(outcome)
}

/// Runs the race at every offset, in both deployments. How often each outcome came.
fn races(pace: &Arc<Pace>, definition: &Value, operation: &str) -> Result<[usize; 2]> {
    let is_activity = definition.to_string().contains(":activity:");
    let outcomes = Cell::new([0, 0]);
    for (deployment, seed) in [(Deployment::OneProcess, 1), (Deployment::Functions, 2)] {
        let options = Options { deployment, seed, ..Options::default() };
        Scene::play(options, Some(Arc::clone(pace)), &async |scene: &Scene| {
            scene.posted("CreateActivity", &json!({"name": "desk"})).await?;
            let machine = scene.create("race", definition).await?;
            let all = OFFSETS.map(|step| race(scene, &machine, operation, step * STEP, is_activity));
            let found = try_join_all(all).await?;
            let count = |outcome| found.iter().filter(|found| **found == outcome).count();
            let [accepted, timed_out] = outcomes.get();
            outcomes.set([accepted + count(Outcome::Accepted), timed_out + count(Outcome::TimedOut)]);
            Ok(())
        })
        .with_context(|| format!("{deployment:?}"))?;
    }
    Ok(outcomes.get())
}

/// Both orders came about, and often.
fn both_came(outcomes: [usize; 2]) -> Result<()> {
    println!("first: heartbeat or answer {}, time-out {}", outcomes[0], outcomes[1]);
    ensure!(outcomes.iter().all(|count| *count > 50), "one order is hardly seen: {outcomes:?}");
    Ok(())
}

#[test]
fn a_heartbeat_that_races_its_time_out_is_accepted_or_refused_but_never_both() -> Result<()> {
    both_came(races(&Pace::of(PAUSE), &callback(&json!({"HeartbeatSeconds": 10})), "SendTaskHeartbeat")?)
}

#[test]
fn an_answer_that_races_a_missed_heartbeat_is_accepted_or_refused_but_never_both() -> Result<()> {
    both_came(races(&Pace::of(PAUSE), &callback(&json!({"HeartbeatSeconds": 10})), "SendTaskSuccess")?)
}

#[test]
fn an_answer_that_races_its_time_out_is_accepted_or_refused_but_never_both() -> Result<()> {
    both_came(races(&Pace::of(PAUSE), &callback(&json!({"TimeoutSeconds": 10})), "SendTaskSuccess")?)
}

#[test]
fn a_worker_that_races_its_time_out_is_accepted_or_refused_but_never_both() -> Result<()> {
    let activity = activity(&json!({"HeartbeatSeconds": 10}));
    both_came(races(&Pace::of(PAUSE), &activity, "SendTaskHeartbeat")?)?;
    both_came(races(&Pace::of(PAUSE), &activity, "SendTaskSuccess")?)
}

/// The same on the deployed system, where each request takes 5 ms.
#[test]
fn a_heartbeat_that_races_its_time_out_on_aws_is_accepted_or_refused_but_never_both() -> Result<()> {
    const COUNT: u64 = 160;
    const SOONEST: Duration = Duration::from_millis(9_960);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    runtime.block_on(async {
        let system = System::deploy(&SystemOptions::default()).await?;
        let tokens: Arc<Mutex<HashMap<u64, String>>> = Arc::default();
        let noted = Arc::clone(&tokens);
        system.cloud.lambda().create("ask", move |call| {
            let index = call.event["index"].as_u64().unwrap_or_default();
            let token = call.event["token"].as_str().unwrap_or_default().to_owned();
            noted.lock().unwrap_or_else(PoisonError::into_inner).insert(index, token);
            async { Ok(json!({})) }
        });
        let mut definition = callback(&json!({"HeartbeatSeconds": 10}));
        definition["States"]["Task"]["Parameters"]["Payload"] = json!({"token.$": "$$.Task.Token", "index.$": "$"});
        let machine = system.create("race", &definition).await?;
        let one = async |index: u64| {
            let execution = system.start(&machine, &format!("e{index}"), json!(index)).await?;
            let began = system.clock().elapsed();
            system.clock().sleep(Duration::from_secs(5)).await;
            let token = tokens.lock().unwrap_or_else(PoisonError::into_inner).get(&index).cloned();
            let token = token.context("nobody was asked")?;
            let at = SOONEST + Duration::from_millis(index);
            system.clock().sleep((began + at).saturating_sub(system.clock().elapsed())).await;
            let answer = system.api.send_task_heartbeat(&token).await;
            let outcome = match answer {
                Ok(()) => Outcome::Accepted,
                Err(Error::TaskTimedOut) => Outcome::TimedOut,
                Err(other) => bail!("a heartbeat was refused: {other}"),
            };
            // What its effects are takes some requests more.
            system.clock().sleep(Duration::from_millis(500)).await;
            let status = system.status(&execution)?;
            let expected = if outcome == Outcome::Accepted { "RUNNING" } else { "FAILED" };
            ensure!(status == expected, "heartbeat {index} was {outcome:?}: {status}");
            system.clock().sleep(HEARTBEAT * 3).await;
            ensure!(system.status(&execution)? == "FAILED", "no more heartbeats came");
            Ok(outcome)
        };
        let found = try_join_all((0..COUNT).map(one)).await?;
        let accepted = found.iter().filter(|outcome| **outcome == Outcome::Accepted).count();
        println!("on AWS: heartbeat {accepted}, time-out {}", found.len() - accepted);
        ensure!(accepted > 20 && found.len() - accepted > 20, "one order is hardly seen");
        Ok(())
    })
}

#[test]
fn the_race_finds_a_journal_that_does_not_order_heartbeats_and_time_outs() {
    let found = races(&Pace::without_order(PAUSE), &callback(&json!({"HeartbeatSeconds": 10})), "SendTaskHeartbeat");
    let said = format!("{:#}", found.expect_err("a heartbeat was accepted whose task timed out"));
    assert!(said.contains("was accepted"), "{said}");
}
