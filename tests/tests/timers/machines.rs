//! `TimeoutSeconds` of a machine: the execution ends as TIMED_OUT, wherever it stands.

use crate::{happened, only};
use acceptance::timing::{Scene, both};
use anyhow::{Result, ensure};
use serde_json::{Value, json};
use simulation::{Deployment, Options};
use std::time::Duration;

const SOON: Duration = Duration::from_hours(2);

fn wait(seconds: u64) -> Value {
    json!({"Type": "Wait", "Seconds": seconds, "End": true})
}

fn one(timeout: u64, state: &Value) -> Value {
    json!({"StartAt": "State", "TimeoutSeconds": timeout, "States": {"State": state}})
}

/// An execution has ended at this time, as one that took too long.
async fn timed_out(scene: &Scene, execution: &Value, at_ms: u64) -> Result<()> {
    let end = scene.ended(execution, SOON).await?;
    ensure!(end["status"] == "TIMED_OUT", "{end}");
    ensure!(end.get("error").is_none_or(Value::is_null) && end.get("cause").is_none_or(Value::is_null), "{end}");
    let history = scene.history(execution).await?;
    let last = only(&history, "ExecutionTimedOut")?;
    ensure!((at_ms..at_ms + 50).contains(&last.at), "at {} ms, expected {at_ms}", last.at);
    ensure!(history.last().is_some_and(|event| event.kind == last.kind), "something came after it: {history:#?}");
    // It ended for good: whatever was on the way finds nothing to do.
    scene.sleep(SOON).await;
    ensure!(scene.history(execution).await?.len() == history.len(), "it went on");
    Ok(())
}

#[test]
fn a_wait_of_a_year_ends_with_its_execution() -> Result<()> {
    both(&async |scene: &Scene| {
        // Within the delay of a queue, and beyond it.
        for timeout in [1, 20, 900, 901, 5_000] {
            let name = format!("in-{timeout}");
            let execution = scene.run(&name, &one(timeout, &wait(365 * 24 * 60 * 60)), &json!({})).await?;
            timed_out(scene, &execution, timeout * 1_000).await?;
            let at = timeout * 1_000;
            let ends = [("WaitStateAborted", at), ("ExecutionTimedOut", at)];
            let expected = [&[("ExecutionStarted", 0), ("WaitStateEntered", 0)], &ends[..]].concat();
            happened(&scene.history(&execution).await?, &expected)?;
        }
        Ok(())
    })
}

#[test]
fn waits_in_nested_forks_end_with_their_execution() -> Result<()> {
    both(&async |scene: &Scene| {
        let inner = json!({"StartAt": "Inner", "States": {"Inner": wait(100_000)}});
        let map = json!({"StartAt": "Each", "States": {"Each": {
            "Type": "Map", "ItemsPath": "$", "ItemProcessor": inner, "MaxConcurrency": 2, "End": true
        }}});
        let token = json!({"StartAt": "Ask", "States": {"Ask": {
            "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": true,
            "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}},
            "Retry": [{"ErrorEquals": ["States.ALL"]}], "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Own"}]
        }, "Own": {"Type": "Pass", "End": true}}});
        // Neither Retry nor Catch has a say.
        let parallel = json!({
            "Type": "Parallel", "Branches": [map, token], "End": true,
            "Retry": [{"ErrorEquals": ["States.ALL"]}], "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
        });
        let mut definition = one(30, &parallel);
        definition["States"]["Caught"] = json!({"Type": "Pass", "End": true});
        let execution = scene.run("nested", &definition, &json!([1, 2, 3])).await?;
        timed_out(scene, &execution, 30_000).await?;
        let refused = scene.answer("SendTaskSuccess", &scene.token("nested")?).await?;
        ensure!(refused.as_deref() == Some("TaskTimedOut"), "{refused:?}");
        Ok(())
    })
}

#[test]
fn a_call_on_its_way_does_not_keep_the_execution_alive() -> Result<()> {
    both(&async |scene: &Scene| {
        let task = json!({
            "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:sleep", "End": true
        });
        let execution = scene.run("call", &one(3, &task), &json!(60_000)).await?;
        timed_out(scene, &execution, 3_000).await
    })
}

#[test]
fn an_execution_may_time_out_before_its_first_state() -> Result<()> {
    for deployment in [Deployment::OneProcess, Deployment::Functions] {
        let mut before = 0;
        for seed in 1..=20 {
            // Every message is late, the first step's as much as the time-out's.
            let options = Options { deployment, seed, lateness: Duration::from_secs(10), ..Options::default() };
            let entered = std::cell::Cell::new(0);
            Scene::play(options, None, &async |scene: &Scene| {
                let execution = scene.run("late", &one(1, &wait(60)), &json!({})).await?;
                let end = scene.ended(&execution, SOON).await?;
                ensure!(end["status"] == "TIMED_OUT", "{end}");
                let history = scene.history(&execution).await?;
                ensure!(only(&history, "ExecutionTimedOut")?.at >= 1_000, "{history:#?}");
                entered.set(history.len());
                Ok(())
            })?;
            before += u32::from(entered.get() == 2);
        }
        ensure!(before > 0, "{deployment:?}: each entered its state");
    }
    Ok(())
}

#[test]
fn an_execution_that_ends_in_time_is_left_alone() -> Result<()> {
    both(&async |scene: &Scene| {
        let execution = scene.run("quick", &one(5, &wait(4)), &json!({})).await?;
        ensure!(scene.ended(&execution, SOON).await?["status"] == "SUCCEEDED");
        scene.sleep(SOON).await;
        ensure!(scene.described(&execution).await?["status"] == "SUCCEEDED");
        let expected = [
            ("ExecutionStarted", 0),
            ("WaitStateEntered", 0),
            ("WaitStateExited", 4_000),
            ("ExecutionSucceeded", 4_000),
        ];
        happened(&scene.history(&execution).await?, &expected)
    })
}
