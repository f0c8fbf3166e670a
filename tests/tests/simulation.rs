//! Some definitions, through the API, in a world where everything goes wrong that a seed decides: refused calls, crashes
//! between any two calls, messages twice and late. What must hold is said by [`invariants`]. Random machines, and more that
//! goes wrong, are the affair of `ratchet-simulation`.
//!
//! `SIMULATION_SEEDS=from..to` runs others than the usual seeds, `SIMULATION_SEED=n` one. A failing seed is printed.

use acceptance::conformance::run::{Answer, Server};
use acceptance::conformance::server::{self, InProcess};
use anyhow::{Context, Result, ensure};
use orchestrator::FunctionReply;
use orchestrator::ports::Clock;
use serde_json::{Value, json};
use simulation::search::open_strands;
use simulation::{Deliveries, Faults, Options, ReceivedCall, World};
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// Virtual time within which everything must have come to its end.
const PATIENCE: Duration = Duration::from_hours(24);

fn seeds() -> Result<Range<u64>> {
    if let Ok(seed) = std::env::var("SIMULATION_SEED") {
        let seed = seed.parse()?;
        return Ok(seed..seed + 1);
    }
    let Ok(text) = std::env::var("SIMULATION_SEEDS") else { return Ok(1..41) };
    let (from, to) = text.split_once("..").context("SIMULATION_SEEDS is not from..to")?;
    Ok(from.parse()?..to.parse()?)
}

/// A world in which much goes wrong; how much depends on the seed.
fn world(seed: u64) -> World<InProcess> {
    let options = Options {
        seed,
        deliveries: if seed.is_multiple_of(3) { Deliveries::Once } else { Deliveries::Twice },
        lateness: Duration::from_millis(seed % 4 * 30),
        states_per_invocation: if seed.is_multiple_of(2) { 1 } else { 8 },
        faults: Faults { refused: seed % 5 * 8, crashes: seed % 7 * 3, at_most: 40, ..Faults::default() },
        ..Options::default()
    };
    let world = World::new(options, server::build);
    // Each call of "work" has a time of its own, so that branches overtake each other.
    let clock = Arc::clone(world.clock());
    world.functions().define_custom("work", move |call: ReceivedCall| {
        let time = clock.random_below(Duration::from_secs(3));
        async move {
            tokio::time::sleep(time).await;
            let event: Value = serde_json::from_str(&call.payload).unwrap_or_default();
            let payload = json!({"done": event.get("item")}).to_string();
            Ok(FunctionReply::Returned { payload, version: "$LATEST".into(), headers: Vec::new() })
        }
    });
    world
}

/// Posts until it is answered with something else than "try again".
async fn post(world: &World<InProcess>, operation: &str, body: &Value) -> Answer {
    loop {
        let body = body.to_string();
        let post = |node: Arc<InProcess>| {
            let body = body.clone();
            async move { node.post(operation, body).await }
        };
        let answer = world.call(post).await;
        if answer.status < 500 {
            return answer;
        }
        world.clock().sleep(Duration::from_millis(100)).await;
    }
}

async fn start(world: &World<InProcess>, definition: &Value) -> Result<Value> {
    let role = "arn:aws:iam::123456789012:role/states";
    let create = json!({"name": "machine", "definition": definition.to_string(), "roleArn": role});
    let created = post(world, "CreateStateMachine", &create).await;
    ensure!(created.status == 200, "{created:?}");
    let machine = &created.body["stateMachineArn"];
    let started = post(world, "StartExecution", &json!({"stateMachineArn": machine, "name": "one"})).await;
    ensure!(started.status == 200 || started.body.to_string().contains("Execution Already Exists"), "{started:?}");
    Ok("arn:aws:states:us-east-1:123456789012:execution:machine:one".into())
}

async fn ended(world: &World<InProcess>, execution: &Value) -> Result<Value> {
    let give_up_at = world.clock().elapsed() + PATIENCE;
    loop {
        let described = post(world, "DescribeExecution", &json!({"executionArn": execution})).await;
        ensure!(described.status == 200, "{described:?}");
        if described.body["status"] != "RUNNING" {
            return Ok(described.body);
        }
        ensure!(
            world.clock().elapsed() < give_up_at,
            "it never ended; handlers said {:#?}; where its strands stand: {:#?}",
            world.problems(),
            open_strands(world)
        );
        world.clock().sleep(Duration::from_secs(5)).await;
    }
}

/// All events, page by page.
async fn history(world: &World<InProcess>, execution: &Value) -> Result<Vec<Value>> {
    let mut events = Vec::new();
    let mut asked = json!({"executionArn": execution, "maxResults": 7});
    loop {
        let page = post(world, "GetExecutionHistory", &asked).await;
        ensure!(page.status == 200, "{page:?}");
        events.extend(page.body["events"].as_array().context("a page has events")?.clone());
        match page.body.get("nextToken") {
            Some(token) if !token.is_null() => asked["nextToken"] = token.clone(),
            _ => return Ok(events),
        }
    }
}

/// What holds of every execution that has ended, whatever went wrong.
async fn invariants(world: &World<InProcess>, execution: &Value) -> Result<()> {
    // The last messages come, and nothing comes of them.
    world.clock().sleep(Duration::from_hours(1)).await;

    let mut strands: BTreeMap<String, Vec<(u64, bool)>> = BTreeMap::new();
    for record in world.journal().all_records() {
        let body: Value = serde_json::from_slice(&record.body).context("a record is JSON")?;
        let is_end = body["cursor"]["phase"].get("Ended").is_some();
        strands.entry(record.key.strand.to_string()).or_default().push((record.key.seq, is_end));
    }
    for (strand, records) in &strands {
        for (index, (seq, is_end)) in records.iter().enumerate() {
            ensure!(*seq == u64::try_from(index)?, "strand {strand} has a gap before {seq}");
            ensure!(*is_end == (index + 1 == records.len()), "strand {strand}: {records:?}");
        }
    }

    let mut calls = HashSet::new();
    for call in world.functions().received() {
        ensure!(calls.insert((call.state.clone(), call.payload.clone())), "called twice for one attempt: {call:?}");
    }

    let events = history(world, execution).await?;
    for (index, event) in events.iter().enumerate() {
        let id = u64::try_from(index)? + 1;
        ensure!(event["id"] == id, "event {id} is {event}");
        ensure!(event["previousEventId"].as_u64().is_some_and(|before| before < id), "{event}");
    }
    let last = events.last().and_then(|event| event["type"].as_str()).unwrap_or_default();
    let ends = ["ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"];
    ensure!(ends.contains(&last), "the last event is {last}");
    let count = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    ensure!(ends.iter().map(|end| count(end)).sum::<usize>() == 1, "it ended more than once");
    Ok(())
}

/// Runs one body for every seed, each in a time of its own.
fn for_each_seed(body: &impl AsyncFn(&World<InProcess>) -> Result<()>) -> Result<()> {
    for seed in seeds()? {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
        let outcome = runtime.block_on(async { body(&world(seed)).await });
        outcome.with_context(|| format!("seed {seed} (SIMULATION_SEEDS={seed}..{})", seed + 1))?;
    }
    Ok(())
}

/// A call of "work" that is made again, whatever becomes of it. No two attempts have the same payload.
fn work(item: &str) -> Value {
    json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {
            "FunctionName": "work",
            "Payload": {"item.$": item, "attempt.$": "$$.State.RetryCount", "entered.$": "$$.State.EnteredTime"}
        },
        "ResultSelector": {"done.$": "$.Payload.done"},
        "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 60, "BackoffRate": 1.0}],
        "End": true
    })
}

/// "work" for each of some items. The name makes the states' names unique.
fn map(name: &str, items: usize, at_once: usize) -> Value {
    let items: Vec<_> = (0..items).collect();
    let (each, begin) = (format!("Each of {name}"), format!("Items of {name}"));
    json!({"StartAt": begin, "States": {
        begin: {"Type": "Pass", "Result": items, "Next": name},
        name: {"Type": "Map", "MaxConcurrency": at_once, "End": true, "ItemProcessor": {
            "StartAt": each, "States": {each: work("$")}
        }}
    }})
}

#[test]
fn a_parallel_with_maps_and_waits_ends_with_every_result_once() -> Result<()> {
    let wait = json!({"StartAt": "Wait", "States": {
        "Wait": {"Type": "Wait", "Seconds": 2, "Next": "After"},
        "After": {"Type": "Pass", "Result": {"done": "waited"}, "End": true}
    }});
    let definition = json!({"StartAt": "Both", "States": {
        "Both": {"Type": "Parallel", "Branches": [map("A", 5, 2), wait, map("B", 3, 0)], "End": true}
    }});
    for_each_seed(&async |world: &World<InProcess>| {
        let execution = start(world, &definition).await?;
        let end = ended(world, &execution).await?;
        ensure!(end["status"] == "SUCCEEDED", "{end}");
        let output: Value = serde_json::from_str(end["output"].as_str().context("an output")?)?;
        let done = |count: usize| (0..count).map(|item| json!({"done": item})).collect::<Value>();
        ensure!(output == json!([done(5), {"done": "waited"}, done(3)]), "{output}");
        invariants(world, &execution).await
    })
}

#[test]
fn a_failing_branch_aborts_the_others_and_is_caught() -> Result<()> {
    let fails = json!({"StartAt": "Soon", "States": {
        "Soon": {"Type": "Wait", "Seconds": 3, "Next": "No"},
        "No": {"Type": "Fail", "Error": "No", "Cause": "said so"}
    }});
    let waits = json!({"StartAt": "Long", "States": {"Long": {"Type": "Wait", "Seconds": 100_000, "End": true}}});
    let definition = json!({"StartAt": "Both", "States": {
        "Both": {
            "Type": "Parallel",
            "Branches": [waits, map("A", 6, 3), fails],
            "Catch": [{"ErrorEquals": ["No"], "Next": "Caught"}],
            "End": true
        },
        "Caught": {"Type": "Pass", "End": true}
    }});
    for_each_seed(&async |world: &World<InProcess>| {
        let execution = start(world, &definition).await?;
        let end = ended(world, &execution).await?;
        ensure!(end["status"] == "SUCCEEDED", "{end}");
        let output: Value = serde_json::from_str(end["output"].as_str().context("an output")?)?;
        ensure!(output == json!({"Error": "No", "Cause": "said so"}), "{output}");
        invariants(world, &execution).await
    })
}

/// A machine in JSONata that draws an id for itself and one for each item. Each call fails to be evaluated at first.
fn drawing(items: usize) -> Value {
    let call = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "work", "Payload": {
            "item": "{% $states.input.item %}",
            "attempt": "{% $states.context.State.RetryCount > 0 ? $states.context.State.RetryCount : $error('not yet') %}",
            "entered": "{% $states.context.State.EnteredTime %}"
        }},
        "Output": {"done": "{% $states.result.Payload.done %}", "all": "{% $all %}", "own": "{% $own %}"},
        "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 60, "BackoffRate": 1.0}],
        "End": true
    });
    json!({"QueryLanguage": "JSONata", "StartAt": "Draw", "States": {
        "Draw": {"Type": "Pass", "Assign": {"all": "{% $uuid() %}"}, "Next": "Each"},
        "Each": {
            "Type": "Map",
            "Items": format!("{{% [0..{}] %}}", items - 1),
            "ItemSelector": {"item": "{% $states.context.Map.Item.Value %}"},
            "MaxConcurrency": "{% 2 + 1 %}",
            "ItemProcessor": {"StartAt": "Own", "States": {
                "Own": {"Type": "Pass", "Assign": {"own": "{% $uuid() & $random() %}"}, "Next": "Call"},
                "Call": call
            }},
            "Output": {"all": "{% $all %}", "each": "{% $states.result %}"},
            "End": true
        }
    }})
}

#[test]
fn what_jsonata_draws_is_drawn_once_and_what_it_cannot_evaluate_is_said_once() -> Result<()> {
    let items = 5;
    for_each_seed(&async |world: &World<InProcess>| {
        let execution = start(world, &drawing(items)).await?;
        let end = ended(world, &execution).await?;
        ensure!(end["status"] == "SUCCEEDED", "{end}");
        let output: Value = serde_json::from_str(end["output"].as_str().context("an output")?)?;
        let each = output["each"].as_array().context("a result")?;
        ensure!(each.iter().map(|item| item["done"].as_u64()).eq((0..5).map(Some)), "{output}");
        ensure!(output["all"].is_string() && each.iter().all(|item| item["all"] == output["all"]), "{output}");
        let own: HashSet<_> = each.iter().filter_map(|item| item["own"].as_str()).collect();
        ensure!(own.len() == items, "{output}");
        invariants(world, &execution).await?;
        let failed = history(world, &execution).await?.into_iter().filter(|event| event["type"] == "EvaluationFailed");
        let locations: Vec<_> = failed.map(|event| event["evaluationFailedEventDetails"]["location"].clone()).collect();
        ensure!(locations == vec![json!("Arguments/Payload/attempt"); items], "{locations:?}");
        Ok(())
    })
}

#[test]
fn nothing_is_called_after_a_stop_has_been_answered() -> Result<()> {
    for_each_seed(&async |world: &World<InProcess>| {
        let execution = start(world, &map("A", 12, 4)).await?;
        world.clock().sleep(world.clock().random_below(Duration::from_secs(8))).await;
        let stopped = post(world, "StopExecution", &json!({"executionArn": execution, "error": "Enough"})).await;
        ensure!(stopped.status == 200, "{stopped:?}");
        let calls = world.functions().received().len();
        let end = ended(world, &execution).await?;
        ensure!(end["status"] == "ABORTED" || end["status"] == "SUCCEEDED", "{end}");
        invariants(world, &execution).await?;
        let later = world.functions().received().len() - calls;
        ensure!(later == 0, "{later} calls after the stop was answered");
        Ok(())
    })
}

#[test]
fn an_execution_that_takes_too_long_times_out() -> Result<()> {
    let mut definition = map("A", 40, 1);
    definition["TimeoutSeconds"] = 20.into();
    for_each_seed(&async |world: &World<InProcess>| {
        let execution = start(world, &definition).await?;
        let end = ended(world, &execution).await?;
        ensure!(end["status"] == "TIMED_OUT", "{end}");
        invariants(world, &execution).await
    })
}
