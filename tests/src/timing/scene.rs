//! One world in which something happens, seen through the API.

use super::{Door, Pace, Sweeps};
use crate::conformance::run::{Answer, Server};
use anyhow::{Context, Result, ensure};
use model::Timestamp;
use orchestrator::FunctionReply;
use orchestrator::ports::Clock;
use serde_json::{Map, Value, json};
use simulation::{Deployment, Options, World};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Longest time between two looks at an execution that runs.
const LONGEST_LOOK: Duration = Duration::from_hours(6);

/// An event of a history.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its type.
    pub kind: String,
    /// Milliseconds since the execution began.
    pub at: u64,
    /// Its details; null where it has none.
    pub details: Value,
}

/// A world, and what the people in it know.
pub struct Scene {
    /// It.
    pub world: World<Door>,
    /// Its schedule.
    pub sweeps: Arc<Sweeps>,
    tokens: Arc<Mutex<HashMap<String, String>>>,
}

/// Runs the scene in either deployment, each in a time of its own.
pub fn both(body: &impl AsyncFn(&Scene) -> Result<()>) -> Result<()> {
    for deployment in [Deployment::OneProcess, Deployment::Functions] {
        let options = Options { deployment, ..Options::default() };
        Scene::play(options, None, body).with_context(|| format!("{deployment:?}"))?;
    }
    Ok(())
}

impl Scene {
    /// Runs a scene in a world of its own, in which no handler may fail.
    pub fn play(options: Options, pace: Option<Arc<Pace>>, body: &impl AsyncFn(&Self) -> Result<()>) -> Result<()> {
        Self::play_through(options, pace, &async |scene: &Self| {
            body(scene).await?;
            let problems = scene.world.problems();
            ensure!(problems.is_empty(), "{problems:#?}");
            Ok(())
        })
    }

    /// Runs a scene in a world of its own, whatever its handlers say.
    pub fn play_through(
        options: Options,
        pace: Option<Arc<Pace>>,
        body: &impl AsyncFn(&Self) -> Result<()>,
    ) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
        runtime.block_on(async {
            let sweeps = Sweeps::each_minute();
            let of_world = Arc::clone(&sweeps);
            let world = World::new(options, move |ports, settings| {
                let ports = match &pace {
                    Some(pace) => pace.keep(ports),
                    None => ports,
                };
                Door::build(ports, settings, Arc::clone(&of_world))
            });
            let scene = Self { world, sweeps, tokens: Arc::default() };
            scene.define_functions();
            body(&scene).await
        })
    }

    /// `sleep` takes the milliseconds that its event says, or its event's `ms`. `ask` does the same, and keeps the task
    /// token that its event has.
    fn define_functions(&self) {
        for name in ["sleep", "ask"] {
            let (clock, tokens) = (Arc::clone(self.world.clock()), Arc::clone(&self.tokens));
            self.world.functions().define_custom(name, move |call| {
                let (clock, tokens) = (Arc::clone(&clock), Arc::clone(&tokens));
                async move {
                    let event: Value = serde_json::from_str(&call.payload).unwrap_or_default();
                    if let Some(token) = event["token"].as_str() {
                        let name = call.execution.name().to_owned();
                        tokens.lock().unwrap_or_else(PoisonError::into_inner).insert(name, token.to_owned());
                    }
                    let millis = event["ms"].as_u64().or(event.as_u64()).unwrap_or_default();
                    clock.sleep(Duration::from_millis(millis)).await;
                    let headers = Vec::new();
                    Ok(FunctionReply::Returned { payload: "{}".into(), version: "$LATEST".into(), headers })
                }
            });
        }
    }

    /// The task token that `ask` was last given for an execution of this name.
    pub fn token(&self, execution: &str) -> Result<String> {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.get(execution).cloned().with_context(|| format!("nobody was asked for {execution}"))
    }

    /// Posts until it is answered with something else than "try again".
    pub async fn post(&self, operation: &str, body: &Value) -> Answer {
        loop {
            let text = body.to_string();
            let answer = self
                .world
                .call(|node: Arc<Door>| {
                    let text = text.clone();
                    async move { node.post(operation, text).await }
                })
                .await;
            if answer.status < 500 {
                return answer;
            }
            self.sleep(Duration::from_millis(100)).await;
        }
    }

    /// Posts, and expects an answer that is no refusal.
    pub async fn posted(&self, operation: &str, body: &Value) -> Result<Value> {
        let answer = self.post(operation, body).await;
        ensure!(answer.status == 200, "{operation} {body}: {answer:?}");
        Ok(answer.body)
    }

    /// Answers a task. The error's name if it is refused.
    pub async fn answer(&self, operation: &str, token: &str) -> Result<Option<String>> {
        let body = match operation {
            "SendTaskSuccess" => json!({"taskToken": token, "output": "{}"}),
            _ => json!({"taskToken": token}),
        };
        let answer = self.post(operation, &body).await;
        if answer.status == 200 {
            return Ok(None);
        }
        ensure!(answer.status == 400, "{operation}: {answer:?}");
        let name = answer.body["__type"].as_str().context("an error has a type")?;
        Ok(Some(name.rsplit('#').next().unwrap_or(name).to_owned()))
    }

    /// Creates a machine; its ARN.
    pub async fn create(&self, name: &str, definition: &Value) -> Result<Value> {
        let role = "arn:aws:iam::123456789012:role/states";
        let body = json!({"name": name, "definition": definition.to_string(), "roleArn": role});
        Ok(self.posted("CreateStateMachine", &body).await?["stateMachineArn"].clone())
    }

    /// Starts an execution; its ARN.
    pub async fn start(&self, machine: &Value, name: &str, input: &Value) -> Result<Value> {
        let body = json!({"stateMachineArn": machine, "name": name, "input": input.to_string()});
        Ok(self.posted("StartExecution", &body).await?["executionArn"].clone())
    }

    /// Creates a machine of this definition, and starts an execution of it, both by this name.
    pub async fn run(&self, name: &str, definition: &Value, input: &Value) -> Result<Value> {
        let machine = self.create(name, definition).await?;
        self.start(&machine, name, input).await
    }

    /// What DescribeExecution says now.
    pub async fn described(&self, execution: &Value) -> Result<Value> {
        self.posted("DescribeExecution", &json!({"executionArn": execution})).await
    }

    /// What it says once the execution has ended; an error if that is not so within this time.
    pub async fn ended(&self, execution: &Value, within: Duration) -> Result<Value> {
        let until = self.world.clock().elapsed() + within;
        let mut pause = Duration::from_millis(100);
        loop {
            let described = self.described(execution).await?;
            if described["status"] != "RUNNING" {
                return Ok(described);
            }
            let elapsed = self.world.clock().elapsed();
            ensure!(elapsed < until, "{execution} runs after {within:?}: {:#?}", self.history(execution).await?);
            self.sleep(pause.min(until.saturating_sub(elapsed))).await;
            pause = (pause * 2).min(LONGEST_LOOK);
        }
    }

    /// All events of the execution.
    pub async fn history(&self, execution: &Value) -> Result<Vec<Seen>> {
        let page = self.posted("GetExecutionHistory", &json!({"executionArn": execution, "maxResults": 1000})).await?;
        ensure!(page.get("nextToken").is_none_or(Value::is_null), "a scene is short");
        let events = page["events"].as_array().context("a page has events")?;
        let millis = |event: &Value| event["timestamp"].to_string().parse::<f64>().map(to_millis);
        let began = millis(events.first().context("an execution has begun")?)?;
        events
            .iter()
            .map(|event| {
                let details = event.as_object().and_then(details_of);
                Ok(Seen {
                    kind: event["type"].as_str().unwrap_or_default().to_owned(),
                    at: millis(event)?.saturating_sub(began),
                    details: details.unwrap_or_default(),
                })
            })
            .collect()
    }

    /// Lets time pass.
    pub async fn sleep(&self, time: Duration) {
        self.world.clock().sleep(time).await;
    }

    /// What the clock says.
    pub fn now(&self) -> Timestamp {
        self.world.clock().now()
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "milliseconds of this century")]
fn to_millis(seconds: f64) -> u64 {
    (seconds * 1_000.0).round() as u64
}

fn details_of(event: &Map<String, Value>) -> Option<Value> {
    event.iter().find(|(name, _)| name.ends_with("Details")).map(|(_, details)| details.clone())
}
