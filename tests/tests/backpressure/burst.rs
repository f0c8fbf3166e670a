//! Ten thousand executions at once, and a task target that takes a part of them.

use acceptance::timing::Scene;
use anyhow::{Context, Result, ensure};
use model::Failure;
use orchestrator::FunctionReply;
use orchestrator::ports::Clock;
use serde_json::{Value, json};
use simulation::{Deployment, Options, ReceivedCall};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// What a target does to those who call it.
#[derive(Default)]
struct Target {
    at_once: AtomicUsize,
    most: AtomicUsize,
    throttled: AtomicUsize,
    answered: AtomicUsize,
}

impl Target {
    /// A function `work` that runs so often at once, and tells the others to come again; one call in twenty fails for
    /// no reason.
    fn define(scene: &Scene, limit: usize) -> Arc<Self> {
        let (target, clock) = (Arc::new(Self::default()), Arc::clone(scene.world.clock()));
        let defined = Arc::clone(&target);
        scene.world.functions().define_custom("work", move |_: ReceivedCall| {
            let (target, clock) = (Arc::clone(&defined), Arc::clone(&clock));
            async move { target.call(limit, clock.as_ref()).await }
        });
        target
    }

    async fn call(&self, limit: usize, clock: &dyn Clock) -> Result<FunctionReply, Failure> {
        if self.at_once.load(Ordering::Relaxed) >= limit {
            self.throttled.fetch_add(1, Ordering::Relaxed);
            return Err(Failure::new("Lambda.TooManyRequestsException", "Rate Exceeded."));
        }
        let now = self.at_once.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        clock.sleep(Duration::from_millis(200 + clock.random() % 400)).await;
        self.at_once.fetch_sub(1, Ordering::Relaxed);
        if clock.random().is_multiple_of(20) {
            return Err(Failure::new("Lambda.ServiceException", "Internal error"));
        }
        self.answered.fetch_add(1, Ordering::Relaxed);
        Ok(FunctionReply::Returned { payload: "{}".into(), version: "$LATEST".into(), headers: Vec::new() })
    }
}

const MAX_DELAY_SECONDS: u32 = 8;

fn machine(jitter: &str) -> Value {
    json!({"StartAt": "Task", "States": {"Task": {
        "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:work", "End": true,
        "Retry": [{
            "ErrorEquals": ["Lambda.TooManyRequestsException", "Lambda.ServiceException"],
            "IntervalSeconds": 1, "BackoffRate": 2.0, "MaxDelaySeconds": MAX_DELAY_SECONDS, "MaxAttempts": 1_000,
            "JitterStrategy": jitter
        }]
    }}})
}

fn functions(seed: u64) -> Options {
    Options { deployment: Deployment::Functions, seed, ..Options::default() }
}

/// Starts so many executions at one moment, and waits until all have ended.
async fn burst(scene: &Scene, jitter: &str, count: usize) -> Result<()> {
    let machine = scene.create("machine", &machine(jitter)).await?;
    for index in 0..count {
        scene.start(&machine, &format!("e{index}"), &json!({})).await?;
    }
    for _ in 0..1_000 {
        scene.sleep(Duration::from_secs(10)).await;
        if running(scene).await? == 0 {
            return Ok(());
        }
    }
    anyhow::bail!("{} executions run on", running(scene).await?)
}

async fn running(scene: &Scene) -> Result<usize> {
    let asked = json!({"stateMachineArn": machine_arn(), "statusFilter": "RUNNING", "maxResults": 1});
    let page = scene.posted("ListExecutions", &asked).await?;
    Ok(page["executions"].as_array().map_or(0, Vec::len))
}

fn machine_arn() -> &'static str {
    "arn:aws:states:us-east-1:123456789012:stateMachine:machine"
}

/// How many executions have each status.
async fn statuses(scene: &Scene) -> Result<BTreeMap<String, usize>> {
    let mut statuses = BTreeMap::new();
    let mut asked = json!({"stateMachineArn": machine_arn(), "maxResults": 1_000});
    loop {
        let page = scene.posted("ListExecutions", &asked).await?;
        for execution in page["executions"].as_array().context("a page has executions")? {
            *statuses.entry(execution["status"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
        }
        match page.get("nextToken") {
            Some(token) if !token.is_null() => asked["nextToken"] = token.clone(),
            _ => return Ok(statuses),
        }
    }
}

/// Every wait before a retry: how many retries there were before it, and its seconds.
fn retries(scene: &Scene) -> Result<Vec<(u64, f64)>> {
    let mut retries = Vec::new();
    for record in scene.world.journal().all_records() {
        let body: Value = serde_json::from_slice(&record.body)?;
        let waiting = &body["cursor"]["phase"]["Waiting"];
        if waiting["retry"] == true {
            let tried = waiting["visit"]["attempts"][0].as_u64().context("a retrier counts")?;
            let last = body["time"].as_i64().context("a record has a time")?;
            let micros = waiting["until"].as_i64().context("a wait has an end")? - last;
            retries.push((tried - 1, f64::from(i32::try_from(micros)?) / 1e6));
        }
    }
    Ok(retries)
}

#[test]
fn ten_thousand_starts_and_a_target_that_throttles_lose_nothing() -> Result<()> {
    const COUNT: usize = 10_000;
    const LIMIT: usize = 1_000;
    Scene::play(functions(1), None, &async |scene: &Scene| {
        let target = Target::define(scene, LIMIT);
        burst(scene, "FULL", COUNT).await?;
        let count = |of: &AtomicUsize| of.load(Ordering::Relaxed);
        println!(
            "{COUNT} executions in {:?}: {} calls throttled, {} at once at most, {} messages",
            scene.world.clock().elapsed(),
            count(&target.throttled),
            count(&target.most),
            scene.world.messages_handled(),
        );
        ensure!(statuses(scene).await? == BTreeMap::from([("SUCCEEDED".to_owned(), COUNT)]));
        ensure!(count(&target.answered) == COUNT, "{} calls succeeded", count(&target.answered));
        ensure!(count(&target.throttled) > COUNT, "hardly anybody was throttled: {}", count(&target.throttled));
        ensure!(count(&target.most) == LIMIT);
        // No attempt was made twice.
        let mut attempts = HashSet::new();
        for call in scene.world.functions().received() {
            let attempt = (call.execution.name().to_owned(), call.attempt);
            ensure!(attempts.insert(attempt), "called twice for one attempt: {call:?}");
        }
        spread(&retries(scene)?)
    })
}

/// Full jitter: each wait is anywhere below its bound, as often here as there.
fn spread(retries: &[(u64, f64)]) -> Result<()> {
    let mut looked_at = 0;
    for tried in 0..10 {
        let bound = 2_f64.powi(i32::try_from(tried)?).min(f64::from(MAX_DELAY_SECONDS));
        let waits: Vec<_> =
            retries.iter().filter(|(before, _)| *before == tried).map(|(_, seconds)| *seconds).collect();
        if let Some(most) = waits.iter().copied().reduce(f64::max) {
            ensure!(most <= bound, "retry {tried} waits {most} s, at most {bound} s are allowed");
        }
        if waits.len() < 1_000 {
            continue;
        }
        looked_at += 1;
        let total = f64::from(u32::try_from(waits.len())?);
        let quarters = [0, 1, 2, 3].map(|quarter| {
            let (from, to) = (f64::from(quarter) * bound / 4.0, f64::from(quarter + 1) * bound / 4.0);
            let there = waits.iter().filter(|seconds| (from..to).contains(*seconds)).count();
            f64::from(u32::try_from(there).unwrap_or(u32::MAX)) / total
        });
        println!("retry {tried}, below {bound} s: {} waits, in quarters {quarters:.3?}", waits.len());
        // Five standard deviations of a thousand draws are 0.07.
        ensure!(quarters.iter().all(|share| (share - 0.25).abs() < 0.07), "retry {tried}: {quarters:?}");
    }
    ensure!(looked_at >= 2, "there were too few retries to tell");
    Ok(())
}

#[test]
fn without_jitter_those_who_failed_together_come_back_together() -> Result<()> {
    // What the test above would see, were there no jitter.
    Scene::play(functions(2), None, &async |scene: &Scene| {
        Target::define(scene, 50);
        burst(scene, "NONE", 1_200).await?;
        let retries = retries(scene)?;
        ensure!(retries.iter().all(|(tried, seconds)| {
            let bound = 2_f64.powi(i32::try_from(*tried).unwrap_or(9)).min(f64::from(MAX_DELAY_SECONDS));
            (seconds - bound).abs() < 0.001
        }));
        ensure!(spread(&retries).is_err());
        Ok(())
    })
}
