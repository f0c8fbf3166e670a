//! Exact histories of nested Parallels and Maps: what each event follows, iterations, siblings that are given up, retries,
//! stops, expressions that fail.
//!
//! The rules are those of recorded executions; where nothing was recorded, the same rules are applied one level deeper.
//! Each history is the same with every message delivered twice.

mod failures;
mod nested;
mod queries;
mod retries;
mod stops;

use acceptance::timing::Scene;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use simulation::{Behaviour, Deliveries, Options};
use std::time::Duration;

/// What is done to an execution while it runs.
#[derive(Clone, Copy)]
enum Meanwhile {
    Nothing,
    /// It is stopped after these seconds.
    Stop(u64),
}

/// Fails unless an execution of the definition has this history: `previous Type what` for each event, the first being 1.
#[track_caller]
fn check(definition: &Value, input: &Value, expected: &[&str]) {
    check_with(definition, input, Meanwhile::Nothing, expected);
}

#[track_caller]
fn check_with(definition: &Value, input: &Value, meanwhile: Meanwhile, expected: &[&str]) {
    let plain = Options::default();
    for options in [plain.clone(), Options { seed: 2, deliveries: Deliveries::Twice, ..plain }] {
        let deliveries = options.deliveries;
        let played = Scene::play(options, None, &async |scene: &Scene| {
            let lines = history(scene, definition, input, meanwhile).await?;
            let numbered = |lines: &[String]| {
                let line = |(index, line): (usize, &String)| format!("{:>3} < {line}", index + 1);
                lines.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
            };
            let expected: Vec<String> = expected.iter().map(|line| (*line).to_owned()).collect();
            anyhow::ensure!(lines == expected, "expected\n{}\nfound\n{}", numbered(&expected), numbered(&lines));
            Ok(())
        });
        played.unwrap_or_else(|error| panic!("{deliveries:?}: {error:#}"));
    }
}

async fn history(scene: &Scene, definition: &Value, input: &Value, meanwhile: Meanwhile) -> Result<Vec<String>> {
    let raises =
        Behaviour::Raise { error_type: "Refused".to_owned(), error_message: "no".to_owned(), stack_trace: Vec::new() };
    scene.world.functions().define("fail", raises);
    let execution = scene.run("nested", definition, input).await?;
    if let Meanwhile::Stop(seconds) = meanwhile {
        scene.sleep(Duration::from_secs(seconds)).await;
        scene.posted("StopExecution", &json!({ "executionArn": execution, "error": "Enough" })).await?;
    }
    scene.ended(&execution, Duration::from_hours(1)).await?;
    let asked = json!({ "executionArn": execution, "maxResults": 1000 });
    let page = scene.posted("GetExecutionHistory", &asked).await?;
    let events = page["events"].as_array().context("a page has events")?;
    Ok(events.iter().map(line).collect())
}

/// The members of an event's details that its line tells.
const FACTS: [&str; 6] = ["name", "index", "length", "state", "location", "error"];

/// `previous Type`, and the name, index, length, state, location or error that the event is about.
fn line(event: &Value) -> String {
    let details = event.as_object().into_iter().flatten().find(|(name, _)| name.ends_with("Details"));
    let about = details.into_iter().flat_map(|(_, details)| FACTS.map(|key| &details[key]));
    let about = about.filter_map(|value| match value {
        Value::String(text) => Some(format!(" {text}")),
        Value::Number(number) => Some(format!(" {number}")),
        _ => None,
    });
    format!("{} {}{}", event["previousEventId"], event["type"].as_str().unwrap_or_default(), about.collect::<String>())
}

/// A machine of one state, `S`.
fn machine(state: Value) -> Value {
    line_of(&[("S", state)])
}

/// One line of states, each of which leads to the next.
fn line_of(states: &[(&str, Value)]) -> Value {
    let mut all = json!({});
    for (index, (name, state)) in states.iter().enumerate() {
        let mut state = state.clone();
        match states.get(index + 1) {
            Some((next, _)) => {
                state.as_object_mut().and_then(|fields| fields.remove("End"));
                state["Next"] = json!(next);
            }
            None if state["Type"] == "Fail" || state["Type"] == "Succeed" => {}
            None => state["End"] = json!(true),
        }
        all[*name] = state;
    }
    json!({ "StartAt": states[0].0, "States": all })
}

fn pass() -> Value {
    json!({ "Type": "Pass" })
}

fn wait(seconds: u64) -> Value {
    json!({ "Type": "Wait", "Seconds": seconds })
}

fn fail() -> Value {
    json!({ "Type": "Fail", "Error": "Broken" })
}

/// A Task that calls this function directly.
fn task(function: &str) -> Value {
    json!({ "Type": "Task", "Resource": format!("arn:aws:lambda:us-east-1:123456789012:function:{function}") })
}

fn parallel(branches: &[Value]) -> Value {
    json!({ "Type": "Parallel", "Branches": branches, "End": true })
}

/// A Map over the state's input.
fn map(concurrency: u64, iteration: &Value) -> Value {
    let processor = iteration.clone();
    json!({ "Type": "Map", "MaxConcurrency": concurrency, "ItemProcessor": processor, "End": true })
}

/// The state with another field.
fn with(mut state: Value, name: &str, value: Value) -> Value {
    state[name] = value;
    state
}
