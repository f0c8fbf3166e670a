//! `TimeoutSeconds` and `HeartbeatSeconds` of tasks: request and response, callback, activity.

use crate::{happened, only};
use acceptance::timing::{Scene, both};
use anyhow::{Result, ensure};
use serde_json::{Value, json};
use std::time::Duration;

const SOON: Duration = Duration::from_hours(2);

fn machine(state: &Value, more: &[(&str, Value)]) -> Value {
    let mut state = state.clone();
    state["End"] = true.into();
    for (field, value) in more {
        state[*field] = value.clone();
    }
    json!({"StartAt": "Task", "States": {"Task": state}})
}

fn direct() -> Value {
    json!({"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:sleep"})
}

fn invoke() -> Value {
    let parameters = json!({"FunctionName": "sleep", "Payload.$": "$"});
    json!({"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": parameters})
}

fn callback() -> Value {
    json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token", "ms.$": "$.ms"}}
    })
}

const ACTIVITY: &str = "arn:aws:states:us-east-1:123456789012:activity:desk";

fn activity() -> Value {
    json!({"Type": "Task", "Resource": ACTIVITY})
}

/// A worker asks for a task, and gets one at once; its token.
async fn poll(scene: &Scene) -> Result<String> {
    let task = scene.posted("GetActivityTask", &json!({"activityArn": ACTIVITY, "workerName": "w"})).await?;
    let token = task["taskToken"].as_str().unwrap_or_default().to_owned();
    ensure!(!token.is_empty(), "there was no task: {task}");
    Ok(token)
}

/// Sends heartbeats after these seconds each.
async fn beat(scene: &Scene, token: &str, after: &[u64]) -> Result<()> {
    for seconds in after {
        scene.sleep(Duration::from_secs(*seconds)).await;
        ensure!(scene.answer("SendTaskHeartbeat", token).await?.is_none(), "a heartbeat was refused");
    }
    Ok(())
}

/// Nobody can say anything about the task any more.
async fn all_refused(scene: &Scene, token: &str) -> Result<()> {
    for operation in ["SendTaskHeartbeat", "SendTaskSuccess", "SendTaskFailure"] {
        let refused = scene.answer(operation, token).await?;
        ensure!(refused.as_deref() == Some("TaskTimedOut"), "{operation}: {refused:?}");
    }
    Ok(())
}

#[test]
fn a_call_that_takes_too_long_times_out_at_its_time() -> Result<()> {
    both(&async |scene: &Scene| {
        let timeout = ("TimeoutSeconds", json!(5));
        let direct = scene.run("direct", &machine(&direct(), std::slice::from_ref(&timeout)), &json!(60_000)).await?;
        let invoke = scene.run("invoke", &machine(&invoke(), &[timeout]), &json!(60_000)).await?;
        for (execution, [scheduled, started, timed_out]) in [
            (&direct, ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionTimedOut"]),
            (&invoke, ["TaskScheduled", "TaskStarted", "TaskTimedOut"]),
        ] {
            let end = scene.ended(execution, SOON).await?;
            ensure!(end["status"] == "FAILED" && end["error"] == "States.Timeout", "{end}");
            ensure!(end.get("cause").is_none_or(Value::is_null), "{end}");
            let history = scene.history(execution).await?;
            happened(
                &history,
                &[
                    ("ExecutionStarted", 0),
                    ("TaskStateEntered", 0),
                    (scheduled, 0),
                    (started, 0),
                    (timed_out, 5_000),
                    ("ExecutionFailed", 5_000),
                ],
            )?;
            ensure!(only(&history, scheduled)?.details["timeoutInSeconds"] == 5);
            ensure!(only(&history, timed_out)?.details["error"] == "States.Timeout");
        }
        // Its late answer changes nothing.
        scene.sleep(SOON).await;
        ensure!(scene.history(&direct).await?.len() == 6);
        ensure!(scene.world.functions().received().len() == 2, "each was called once");
        Ok(())
    })
}

#[test]
fn a_call_that_answers_within_its_time_succeeds() -> Result<()> {
    both(&async |scene: &Scene| {
        for (name, state) in [("direct", direct()), ("invoke", invoke())] {
            let definition = machine(&state, &[("TimeoutSeconds", json!(5))]);
            let execution = scene.run(name, &definition, &json!(4_999)).await?;
            let end = scene.ended(&execution, SOON).await?;
            ensure!(end["status"] == "SUCCEEDED", "{end}");
            let last = scene.history(&execution).await?.last().map_or(0, |event| event.at);
            ensure!((4_999..5_020).contains(&last), "it ended at {last} ms");
        }
        Ok(())
    })
}

#[test]
fn a_time_out_comes_from_the_input_too() -> Result<()> {
    both(&async |scene: &Scene| {
        let path = |field, path: &str| (field, json!(path));
        let timeout = machine(&direct(), &[path("TimeoutSecondsPath", "$.limit")]);
        let timeout = scene.run("timeout", &timeout, &json!({"limit": 7, "ms": 60_000})).await?;
        let heartbeat =
            machine(&callback(), &[path("HeartbeatSecondsPath", "$.beat"), path("TimeoutSecondsPath", "$.limit")]);
        let heartbeat = scene.run("heartbeat", &heartbeat, &json!({"limit": 99_999_999, "beat": 3, "ms": 0})).await?;
        for (execution, error, at) in
            [(&timeout, "States.Timeout", 7_000), (&heartbeat, "States.HeartbeatTimeout", 3_000)]
        {
            let end = scene.ended(execution, SOON).await?;
            ensure!(end["error"] == error, "{end}");
            let last = scene.history(execution).await?.last().map_or(0, |event| event.at);
            ensure!((at..at + 20).contains(&last), "{error} at {last} ms");
        }
        for hostile in [json!(0), json!(-1), json!(1.5), json!("5"), json!(null), json!([]), json!(1e300)] {
            let name = format!("hostile-{}", scene.world.messages_sent());
            let definition = machine(&direct(), &[path("TimeoutSecondsPath", "$.limit")]);
            let execution = scene.run(&name, &definition, &json!({"limit": hostile, "ms": 1})).await?;
            let end = scene.ended(&execution, SOON).await?;
            ensure!(end["error"] == "States.Runtime", "{hostile}: {end}");
        }
        Ok(())
    })
}

#[test]
fn a_time_out_is_tried_again_and_caught_like_any_error() -> Result<()> {
    both(&async |scene: &Scene| {
        let retry = json!([{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 3, "MaxAttempts": 1}]);
        let catch = json!([
            {"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "Heart"},
            {"ErrorEquals": ["States.Timeout"], "Next": "Time"}
        ]);
        let mut definition = machine(&direct(), &[("TimeoutSeconds", json!(5)), ("Retry", retry), ("Catch", catch)]);
        for name in ["Heart", "Time"] {
            definition["States"][name] = json!({"Type": "Pass", "End": true});
        }
        let timed_out = scene.run("time", &definition, &json!(60_000)).await?;
        let mut silent = callback();
        silent["HeartbeatSeconds"] = 4.into();
        silent["Catch"] = definition["States"]["Task"]["Catch"].clone();
        definition["States"]["Task"] = machine(&silent, &[])["States"]["Task"].clone();
        let silent = scene.run("heart", &definition, &json!({"ms": 0})).await?;

        let end = scene.ended(&timed_out, SOON).await?;
        ensure!(end["output"] == r#"{"Error":"States.Timeout","Cause":""}"#, "{end}");
        happened(
            &scene.history(&timed_out).await?,
            &[
                ("ExecutionStarted", 0),
                ("TaskStateEntered", 0),
                ("LambdaFunctionScheduled", 0),
                ("LambdaFunctionStarted", 0),
                ("LambdaFunctionTimedOut", 5_000),
                ("LambdaFunctionScheduled", 8_000),
                ("LambdaFunctionStarted", 8_000),
                ("LambdaFunctionTimedOut", 13_000),
                ("TaskStateExited", 13_000),
                ("PassStateEntered", 13_000),
                ("PassStateExited", 13_000),
                ("ExecutionSucceeded", 13_000),
            ],
        )?;
        let end = scene.ended(&silent, SOON).await?;
        ensure!(end["output"] == r#"{"Error":"States.HeartbeatTimeout","Cause":""}"#, "{end}");
        let entered = |event: &&acceptance::timing::Seen| event.kind == "PassStateEntered";
        let caught = scene.history(&silent).await?;
        ensure!(caught.iter().find(entered).is_some_and(|event| event.details["name"] == "Heart"), "{caught:#?}");
        Ok(())
    })
}

#[test]
fn a_callback_that_nobody_answers_times_out() -> Result<()> {
    both(&async |scene: &Scene| {
        // Within the delay of a queue, and beyond it.
        for seconds in [30, 5_000] {
            let name = format!("in-{seconds}");
            let definition = machine(&callback(), &[("TimeoutSeconds", json!(seconds))]);
            let execution = scene.run(&name, &definition, &json!({"ms": 200})).await?;
            let end = scene.ended(&execution, SOON).await?;
            ensure!(end["status"] == "FAILED" && end["error"] == "States.Timeout", "{end}");
            happened(
                &scene.history(&execution).await?,
                &[
                    ("ExecutionStarted", 0),
                    ("TaskStateEntered", 0),
                    ("TaskScheduled", 0),
                    ("TaskStarted", 0),
                    ("TaskSubmitted", 200),
                    ("TaskTimedOut", seconds * 1_000),
                    ("ExecutionFailed", seconds * 1_000),
                ],
            )?;
            all_refused(scene, &scene.token(&name)?).await?;
        }
        Ok(())
    })
}

#[test]
fn a_call_for_a_callback_times_out_while_it_is_made() -> Result<()> {
    both(&async |scene: &Scene| {
        let definition = machine(&callback(), &[("TimeoutSeconds", json!(5))]);
        let execution = scene.run("slow", &definition, &json!({"ms": 60_000})).await?;
        let end = scene.ended(&execution, SOON).await?;
        ensure!(end["error"] == "States.Timeout", "{end}");
        let kinds = ["ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted"].map(|kind| (kind, 0));
        let ends = [("TaskTimedOut", 5_000), ("ExecutionFailed", 5_000)];
        happened(&scene.history(&execution).await?, &[&kinds[..], &ends].concat())?;
        all_refused(scene, &scene.token("slow")?).await
    })
}

#[test]
fn a_callback_keeps_its_wait_alive_with_heartbeats() -> Result<()> {
    both(&async |scene: &Scene| {
        let clocks = [("HeartbeatSeconds", json!(10)), ("TimeoutSeconds", json!(100))];
        let definition = machine(&callback(), &clocks);
        let machine = scene.create("machine", &definition).await?;
        let input = json!({"ms": 0});

        let silent = scene.start(&machine, "silent", &input).await?;
        let stops = scene.start(&machine, "stops", &input).await?;
        scene.sleep(Duration::from_millis(100)).await;
        // 8.1, 16.1, 24.1, 24.6 s
        beat(scene, &scene.token("stops")?, &[8, 8, 8]).await?;
        scene.sleep(Duration::from_millis(500)).await;
        beat(scene, &scene.token("stops")?, &[0]).await?;
        for (execution, at) in [(&silent, 10_000), (&stops, 34_600)] {
            let end = scene.ended(execution, SOON).await?;
            ensure!(end["error"] == "States.HeartbeatTimeout", "{end}");
            let history = scene.history(execution).await?;
            let timed_out = only(&history, "TaskTimedOut")?;
            ensure!(timed_out.details["error"] == "States.HeartbeatTimeout", "{timed_out:?}");
            ensure!(timed_out.details["resource"] == "invoke.waitForTaskToken", "{timed_out:?}");
            ensure!((at..at + 20).contains(&timed_out.at), "at {} ms, expected {at}", timed_out.at);
            ensure!(only(&history, "TaskScheduled")?.details["heartbeatInSeconds"] == 10);
        }
        all_refused(scene, &scene.token("silent")?).await?;
        all_refused(scene, &scene.token("stops")?).await?;

        let answered = scene.start(&machine, "answered", &input).await?;
        scene.sleep(Duration::from_millis(100)).await;
        let token = scene.token("answered")?;
        beat(scene, &token, &[9, 9, 9]).await?;
        scene.sleep(Duration::from_secs(9)).await;
        ensure!(scene.answer("SendTaskSuccess", &token).await?.is_none());
        ensure!(scene.ended(&answered, SOON).await?["status"] == "SUCCEEDED");

        // Heartbeats do not prolong the whole.
        let beats = scene.start(&machine, "beats", &input).await?;
        scene.sleep(Duration::from_millis(100)).await;
        let token = scene.token("beats")?;
        beat(scene, &token, &[9; 11]).await?;
        scene.sleep(Duration::from_secs(9)).await;
        all_refused(scene, &token).await?;
        let end = scene.ended(&beats, SOON).await?;
        ensure!(end["error"] == "States.Timeout", "{end}");
        let last = scene.history(&beats).await?.last().map_or(0, |event| event.at);
        ensure!((100_000..100_020).contains(&last), "it timed out at {last} ms");
        Ok(())
    })
}

#[test]
fn heartbeats_may_come_before_the_call_has_returned() -> Result<()> {
    both(&async |scene: &Scene| {
        // The call takes longer than the time between heartbeats, which counts from its end at the earliest.
        let definition = machine(&callback(), &[("HeartbeatSeconds", json!(10))]);
        let execution = scene.run("early", &definition, &json!({"ms": 25_000})).await?;
        scene.sleep(Duration::from_secs(1)).await;
        beat(scene, &scene.token("early")?, &[8, 8]).await?;
        let end = scene.ended(&execution, SOON).await?;
        ensure!(end["error"] == "States.HeartbeatTimeout", "{end}");
        let history = scene.history(&execution).await?;
        let at = only(&history, "TaskTimedOut")?.at;
        ensure!((35_000..35_020).contains(&at), "it timed out at {at} ms");
        Ok(())
    })
}

#[test]
fn an_activitys_clocks_begin_when_a_worker_takes_its_task() -> Result<()> {
    both(&async |scene: &Scene| {
        scene.posted("CreateActivity", &json!({"name": "desk"})).await?;
        let clocks = [("TimeoutSeconds", json!(40)), ("HeartbeatSeconds", json!(10))];
        let machine = scene.create("machine", &machine(&activity(), &clocks)).await?;
        // Whether anybody comes is not the task's affair: the machine's TimeoutSeconds would end it.
        for (name, waits, beats, error, at) in [
            ("silent", 100, &[][..], "States.HeartbeatTimeout", 10),
            ("stops", 2_000, &[9, 9], "States.HeartbeatTimeout", 28),
            ("beats", 0, &[9, 9, 9, 9], "States.Timeout", 40),
        ] {
            let execution = scene.start(&machine, name, &json!({})).await?;
            let started = scene.now();
            scene.sleep(Duration::from_secs(waits) + Duration::from_millis(100)).await;
            ensure!(scene.described(&execution).await?["status"] == "RUNNING");
            let token = poll(scene).await?;
            let polled = u64::try_from(scene.now().since(started).as_millis())?;
            beat(scene, &token, beats).await?;
            let end = scene.ended(&execution, SOON).await?;
            ensure!(end["error"] == error, "{end}");
            let history = scene.history(&execution).await?;
            let taken = only(&history, "ActivityStarted")?.at;
            ensure!(taken.abs_diff(polled) < 20, "it was taken at {taken} ms, polled at {polled}");
            happened(
                &history,
                &[
                    ("ExecutionStarted", 0),
                    ("TaskStateEntered", 0),
                    ("ActivityScheduled", 0),
                    ("ActivityStarted", taken),
                    ("ActivityTimedOut", taken + at * 1_000),
                    ("ExecutionFailed", taken + at * 1_000),
                ],
            )?;
            ensure!(only(&history, "ActivityTimedOut")?.details["error"] == error);
            let scheduled = &only(&history, "ActivityScheduled")?.details;
            ensure!(scheduled["timeoutInSeconds"] == 40 && scheduled["heartbeatInSeconds"] == 10, "{scheduled}");
            all_refused(scene, &token).await?;
        }
        Ok(())
    })
}
