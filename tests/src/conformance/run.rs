//! One case in one world.

use super::bindings::{Bindings, look_up};
use super::compare::{Comparer, Mismatch};
use super::events::Order;
use super::format::{Case, ExpectedError, Step};
use super::plant::plant;
use async_trait::async_trait;
use orchestrator::ports::Clock;
use serde_json::{Map, Value, json};
use simulation::{Behaviour, Node, World};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// A node that also answers API calls.
#[async_trait]
pub trait Server: Node {
    /// Posts a request, as a client does.
    async fn post(&self, operation: &str, body: String) -> Answer;
}

/// An answer of the API.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Of HTTP.
    pub status: u16,
    /// JSON.
    pub body: Value,
}

impl Answer {
    pub(crate) fn is_ok(&self) -> bool {
        self.status == 200
    }
}

/// What became of a case.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The differences; none: it matches.
    pub mismatches: Vec<Mismatch>,
    /// What went wrong in handlers.
    pub problems: Vec<String>,
    /// How many records were put, of the run that has most.
    pub records: u64,
    /// Texts that were compared byte for byte.
    pub texts: usize,
    /// Wrong answers that were planted, and found.
    pub planted: usize,
    /// Members of answers that no expectation names.
    pub extra: Vec<String>,
}

/// What the runner does besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Nothing.
    Plain,
    /// It changes each answer that matches, to see that the change is found.
    Planting,
    /// Before each call, everything volatile is lost.
    Restarting,
}

/// Runs a case in a fresh world. Within a runtime whose time is paused.
pub async fn run<S: Server>(case: &Case, world: World<S>, manner: Manner) -> Outcome {
    let bindings = Bindings::new(&world.options().place, world.clock().now());
    let comparer = Comparer::default();
    let mut run =
        Run { case, world: Arc::new(world), manner, bindings, comparer, planted: 0, worker: None, stand_in: None };
    let mut mismatches = Vec::new();
    for step in &case.steps {
        if let Err(mismatch) = run.step(step).await {
            mismatches.push(mismatch);
        }
    }
    if let Some(worker) = run.worker.take() {
        worker.abort();
        let _ = worker.await;
    }
    Outcome {
        mismatches,
        problems: run.world.problems(),
        records: run.world.records_of_longest_run(),
        texts: run.comparer.texts,
        planted: run.planted,
        extra: run.comparer.extra.into_iter().collect(),
    }
}

pub(crate) struct Run<'a, S: Server> {
    case: &'a Case,
    pub(crate) world: Arc<World<S>>,
    manner: Manner,
    bindings: Bindings,
    comparer: Comparer,
    planted: usize,
    worker: Option<JoinHandle<()>>,
    stand_in: Option<ActivityWorker>,
}

impl<S: Server> Run<'_, S> {
    async fn step(&mut self, step: &Step) -> Result<(), Mismatch> {
        if let Some(seconds) = step.sleep {
            self.world.clock().sleep(Duration::from_secs(seconds)).await;
        } else if let Some(setup) = &step.setup {
            self.set_up(setup, step)?;
        } else if let Some(condition) = &step.wait {
            let params = self.parameters(step);
            return self.wait(&step.id, condition, &params).await;
        } else if let Some(operation) = &step.call {
            return self.call_step(operation, step).await;
        }
        Ok(())
    }

    fn parameters(&self, step: &Step) -> Map<String, Value> {
        let sent = |(key, value): (&String, &Value)| {
            (self.bindings.fill(key), self.bindings.parameter(value, &self.case.definitions))
        };
        step.params.iter().map(sent).collect()
    }

    async fn call_step(&mut self, operation: &str, step: &Step) -> Result<(), Mismatch> {
        if step.client_side_validation || step.expect_error.as_ref().is_some_and(|error| error.client_side) {
            return Ok(());
        }
        let params = self.parameters(step);
        if let Some(undisturbed) = self.disturb_arn(step, &params) {
            let outcome = self.refusal_step(operation, step).await;
            self.bindings = undisturbed;
            return outcome;
        }
        if self.case.is_activity_pair() && self.stands_in(operation, &params, &step.id) {
            return Ok(());
        }
        if self.manner == Manner::Restarting {
            self.world.cut();
        }
        let answer = if operation == "StartExecution" && self.world.options().cut_after.is_some() {
            self.start(params).await
        } else {
            self.call(operation, &params).await
        };
        self.bindings.answer(&step.id, answer.body.clone());
        self.check(operation, step, &answer)
    }

    /// Calls the API; again if a cut comes before the answer.
    pub(crate) async fn call(&self, operation: &str, params: &Map<String, Value>) -> Answer {
        let body = Value::from(params.clone()).to_string();
        self.world
            .call(|node| {
                let body = body.clone();
                async move { node.post(operation, body).await }
            })
            .await
    }

    /// The recorder took an ARN that a test had spoilt for the ARN itself. Spoils it again until the step is over, and
    /// gives the bindings as they were; none if the step is not about such an ARN.
    fn disturb_arn(&mut self, step: &Step, params: &Map<String, Value>) -> Option<Bindings> {
        let expected = step.expect_error.as_ref()?.code.as_deref()?;
        let arn = params.get("executionArn")?.as_str().filter(|_| expected == "ExecutionDoesNotExist")?;
        let spoilt = format!("{}0000", arn.get(..arn.len().checked_sub(4)?)?);
        let before = self.bindings.clone();
        self.bindings.replace_answer("executionArn", arn, &spoilt).then_some(before)
    }

    async fn refusal_step(&mut self, operation: &str, step: &Step) -> Result<(), Mismatch> {
        let answer = self.call(operation, &self.parameters(step)).await;
        self.check(operation, step, &answer)
    }

    /// Starts an execution as a careful client does: it gives a name, so that it can repeat the call when the answer
    /// is lost, and knows its own execution when it is told that there is one already.
    async fn start(&self, mut params: Map<String, Value>) -> Answer {
        let name = format!("{:08x}-0000-4000-8000-00000000cafe", self.world.clock().random() >> 32);
        params.entry("name").or_insert(name.into());
        let generation = self.world.generations();
        let answer = self.call("StartExecution", &params).await;
        let was_cut = self.world.generations() != generation;
        let message = answer.body.get("message").and_then(Value::as_str).unwrap_or_default();
        match message.strip_prefix("Execution Already Exists: '").and_then(|arn| arn.strip_suffix('\'')) {
            Some(arn) if was_cut => {
                let there = Map::from_iter([("executionArn".to_owned(), arn.into())]);
                self.call("DescribeExecution", &there).await
            }
            Some(_) | None => answer,
        }
    }

    fn check(&mut self, operation: &str, step: &Step, answer: &Answer) -> Result<(), Mismatch> {
        let path = format!("{} {operation}", step.id);
        if let Some(expected) = &step.expect_error {
            return self.check_refusal(&path, expected, answer);
        }
        if !answer.is_ok() {
            let actual = format!("{} {}", answer.status, answer.body);
            return Err(Mismatch { path, expected: "success".into(), actual });
        }
        if let Some(expected) = &step.expect {
            let order = if operation != "GetExecutionHistory" {
                Order::Exact
            } else if self.case.parallel_events_sorted {
                Order::Sorted { lost: step.events_lost_in_recording }
            } else if self.case.concurrent_events {
                Order::Interleaved
            } else {
                Order::Exact
            };
            self.comparer.compare_history(&self.bindings, &path, expected, &answer.body, order)?;
            if self.manner == Manner::Planting && order == Order::Exact {
                self.planted += plant(&self.comparer, &self.bindings, &path, expected, &answer.body)?;
            }
        }
        if let Some(expected) = &step.expect_output {
            let last = answer.body.get("events").and_then(Value::as_array).and_then(|events| events.last());
            let output = last.and_then(|event| event.pointer("/executionSucceededEventDetails/output"));
            let output = output.or_else(|| last?.as_object()?.values().find_map(|details| details.get("output")));
            let actual = output.or(last).unwrap_or(&Value::Null);
            self.comparer.compare(&self.bindings, &format!("{path}.output"), expected, actual)?;
        }
        for (at, expected) in step.expect_paths.iter().flatten() {
            let actual = look_up(&answer.body, at);
            let actual = actual.as_deref().unwrap_or(&Value::Null);
            self.comparer.compare(&self.bindings, &format!("{path}{at}"), expected, actual)?;
        }
        Ok(())
    }

    fn check_refusal(&mut self, path: &str, expected: &ExpectedError, answer: &Answer) -> Result<(), Mismatch> {
        if answer.is_ok() {
            let expected = format!("{} {:?}", expected.code.as_deref().unwrap_or("a refusal"), expected.message);
            return Err(Mismatch { path: path.into(), expected, actual: answer.body.to_string() });
        }
        let kind = answer.body.get("__type").and_then(Value::as_str).unwrap_or_default();
        let code = kind.rsplit('#').next().unwrap_or_default();
        if let Some(wanted) = expected.code.as_deref().filter(|wanted| *wanted != code) {
            return Err(Mismatch { path: path.into(), expected: wanted.into(), actual: answer.body.to_string() });
        }
        if let Some(message) = &expected.message {
            let actual = answer.body.get("message").or_else(|| answer.body.get("Message")).unwrap_or(&Value::Null);
            self.comparer.compare(&self.bindings, &format!("{path}.message"), message, actual)?;
        }
        if let Some(status) = expected.http_status.filter(|status| *status != answer.status) {
            let path = format!("{path} HTTP status");
            return Err(Mismatch { path, expected: status.to_string(), actual: answer.status.to_string() });
        }
        if let Some(fields) = &expected.fields {
            self.comparer.compare(&self.bindings, path, &Value::from(fields.clone()), &answer.body)?;
        }
        Ok(())
    }

    fn set_up(&mut self, setup: &str, step: &Step) -> Result<(), Mismatch> {
        let unknown = |what: &Value| Mismatch {
            path: format!("{} {setup}", step.id),
            expected: "a setup that the runner knows".into(),
            actual: what.to_string(),
        };
        if setup != "lambda_function" {
            return Err(unknown(&setup.into()));
        }
        let params = self.parameters(step);
        let name = params.get("name").and_then(Value::as_str).unwrap_or_default();
        let told = params.get("behaviour").unwrap_or(&Value::Null);
        let behaviour = behaviour(told, told.get("kind")).ok_or_else(|| unknown(told))?;
        self.world.functions().define(name, behaviour);
        let place = &self.world.options().place;
        let arn = format!("arn:{}:lambda:{}:{}:function:{name}", place.partition, place.region, place.account);
        self.bindings.answer(&step.id, json!({"functionArn": arn}));
        Ok(())
    }
}

/// What a function is told to do.
fn behaviour(told: &Value, kind: Option<&Value>) -> Option<Behaviour> {
    let text = |name: &str| told.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    let number = |name: &str| told.get(name).and_then(Value::as_u64);
    Some(match kind?.as_str()? {
        "identity" => Behaviour::Identity,
        "constant" => Behaviour::Constant(told.get("value")?.clone()),
        "raise" => Behaviour::Raise {
            error_type: text("errorType")?,
            error_message: text("errorMessage")?,
            stack_trace: serde_json::from_value(told.get("stackTrace")?.clone()).ok()?,
        },
        "sleep" => {
            let then = told.get("then").filter(|then| *then != "sleep");
            Behaviour::Sleep(Duration::from_secs(number("seconds")?), Box::new(behaviour(told, then)?))
        }
        "raw_body" => Behaviour::RawBody {
            character: text("char")?.chars().next()?,
            count: usize::try_from(number("bytes")?).ok()?,
        },
        "python_repr_of_input" => Behaviour::PythonRepr { prefix: text("prefix")? },
        _ => return None,
    })
}

/// The part of a recorded machine that works for an activity through AWS's SDK integration.
#[derive(Clone)]
struct ActivityWorker {
    name: Option<String>,
    fails: bool,
}

const STAND_IN: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:activity-worker";

impl<S: Server> Run<'_, S> {
    /// Plays the machine that works for the activity; whether the call was about that machine.
    fn stands_in(&mut self, operation: &str, params: &Map<String, Value>, step: &str) -> bool {
        let text = |name: &str| params.get(name).and_then(Value::as_str).unwrap_or_default();
        let definition = text("definition");
        if operation == "CreateStateMachine" && definition.contains("aws-sdk:sfn:getActivityTask") {
            let name = definition.contains("WorkerName").then(|| "BASE_ID_ACTIVITY_CONSUMER".to_owned());
            self.stand_in = Some(ActivityWorker { name, fails: definition.contains("sendTaskFailure") });
            self.bindings.answer(step, json!({"stateMachineArn": STAND_IN, "creationDate": 0}));
            return true;
        }
        let (Some(worker), "StartExecution", STAND_IN) = (&self.stand_in, operation, text("stateMachineArn")) else {
            return false;
        };
        let input: Value = serde_json::from_str(text("input")).unwrap_or_default();
        let mut asked = json!({"activityArn": input.get("ActivityArn")});
        if let Some(name) = &worker.name {
            asked["workerName"] = name.as_str().into();
        }
        self.worker = Some(tokio::spawn(work(Arc::clone(&self.world), worker.clone(), asked.to_string())));
        self.bindings.answer(step, json!({"executionArn": format!("{STAND_IN}:one"), "startDate": 0}));
        true
    }
}

/// Takes one task of the activity and answers it as the recorded machine did.
async fn work<S: Server>(world: Arc<World<S>>, worker: ActivityWorker, asked: String) {
    loop {
        let ask = |node: Arc<S>| {
            let asked = asked.clone();
            async move { node.post("GetActivityTask", asked).await }
        };
        let task = world.call(ask).await.body;
        let (Some(token), Some(input)) = (task.get("taskToken").filter(|token| !token.is_null()), task.get("input"))
        else {
            world.clock().sleep(Duration::from_secs(1)).await;
            continue;
        };
        let (operation, body) = if worker.fails {
            ("SendTaskFailure", json!({"taskToken": token, "error": "Programmatic Error", "cause": input}))
        } else {
            ("SendTaskSuccess", json!({"taskToken": token, "output": input}))
        };
        let body = body.to_string();
        let tell = |node: Arc<S>| {
            let body = body.clone();
            async move { node.post(operation, body).await }
        };
        world.call(tell).await;
        return;
    }
}
