//! The deployed system in one process: each function with an orchestrator of its own over the adapters, and event
//! source mappings that bring them what the queues have.
//!
//! Make it within a runtime whose time is paused: then waits of days pass at once.

mod catalogued;
mod functions;
mod mapping;

use super::sqs::QueueSettings;
use super::{Cloud, Request};
use anyhow::{Context, Result, bail};
use deployment::{Messages, Part};
use model::{ExecutionArn, MachineType, Payload, QualifiedArn, StateMachineArn};
use orchestrator::ports::{Clock, ExecutionStatus};
use orchestrator::{CreateMachine, Described, Orchestrator, StartRequest, Swept};
use serde_json::{Value, json};
use simulation::VirtualClock;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;

pub use catalogued::Catalogued;
pub use functions::{Stores, table_definition};

use super::lock;

/// The table.
pub const TABLE: &str = "ratchet";
/// The bucket.
pub const BUCKET: &str = "ratchet-payloads";
/// How long a request takes: a few milliseconds within AWS. It must be some, or else what happens after a request would
/// happen at the same time as it.
const LATENCY: Duration = Duration::from_millis(5);
/// How long an execution of a test may take, in seconds of virtual time.
const MOST_SECONDS: u32 = 20_000;
const STEPS: &str = "ratchet-steps";
const TASKS: &str = "ratchet-tasks";
const EXPRESS: &str = "ratchet-express";
const EXPRESS_DEAD: &str = "ratchet-express-dead";
const DEAD: &str = "ratchet-dead";

/// How the system is deployed.
#[derive(Clone, Debug)]
pub struct Options {
    /// `StatesPerInvocation`.
    pub states_per_invocation: u32,
    /// How many messages one invocation gets at most.
    pub batch_size: usize,
    /// `InlinePayloadBytes`.
    pub inline_payload_bytes: usize,
    /// How long a mapping waits for more messages once there is one. The template says not at all; with so much to do
    /// that batches are full, it comes to the same.
    pub batch_window: Duration,
    /// How many invocations of one function run at once.
    pub concurrency: usize,
    /// How often `timer` runs. The template says each minute.
    pub sweep_every: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            states_per_invocation: 1,
            batch_size: 1,
            inline_payload_bytes: 262_144,
            batch_window: Duration::ZERO,
            concurrency: 100,
            sweep_every: Duration::from_mins(1),
        }
    }
}

/// The system.
pub struct System {
    /// The account that it is deployed in.
    pub cloud: Cloud,
    /// What `api` answers with.
    pub api: Arc<Orchestrator>,
    timer: Arc<Orchestrator>,
    clock: Arc<VirtualClock>,
    invocations: Arc<Mutex<BTreeMap<String, u64>>>,
    mappings: Vec<JoinHandle<()>>,
    sweep_every: Duration,
}

impl System {
    /// Deploys it.
    pub async fn deploy(options: &Options) -> Result<Self> {
        let cloud = Cloud::new()?;
        cloud.dynamodb().create_table(&table_definition(TABLE))?;
        cloud.s3().create_bucket(BUCKET);
        let queue = |seconds: u64| QueueSettings {
            visibility: Duration::from_secs(seconds),
            redrive: Some((DEAD.to_owned(), 10)),
            ..QueueSettings::default()
        };
        cloud.sqs().create_queue(STEPS, queue(60));
        cloud.sqs().create_queue(TASKS, queue(900));
        let express = Some((EXPRESS_DEAD.to_owned(), 10));
        cloud.sqs().create_queue(EXPRESS, QueueSettings { redrive: express, ..queue(360) });
        cloud.sqs().create_queue(EXPRESS_DEAD, QueueSettings { redrive: None, ..queue(30) });
        cloud.sqs().create_queue(DEAD, QueueSettings { redrive: None, ..queue(180) });
        cloud.set_latency(LATENCY);
        let clock = Arc::new(VirtualClock::new(1));
        let invocations = Arc::default();
        let mut mappings = Vec::new();
        for part in [Part::Advance, Part::Task, Part::Express, Part::Dead] {
            let messages = Messages::new(functions::start(&cloud, part, options, &clock).await?);
            let mapping = mapping::Mapping::new(&cloud, part, options, messages, Arc::clone(&invocations));
            mappings.push(tokio::spawn(mapping.run()));
        }
        let api = functions::start(&cloud, Part::Api, options, &clock).await?.orchestrator;
        let timer = functions::start(&cloud, Part::Timer, options, &clock).await?.orchestrator;
        // What it costs to start is not part of what anything else costs.
        cloud.take_requests();
        let sweep_every = options.sweep_every;
        Ok(Self { cloud, api, timer, clock, invocations, mappings, sweep_every })
    }

    /// The time in it.
    pub fn clock(&self) -> &VirtualClock {
        &self.clock
    }

    /// Creates a machine.
    pub async fn create(&self, name: &str, definition: &Value) -> Result<StateMachineArn> {
        let request = CreateMachine {
            name: name.to_owned(),
            machine_type: MachineType::Standard,
            definition: definition.to_string(),
            role_arn: "arn:aws:iam::123456789012:role/states".to_owned(),
            logging: Value::Null,
            tracing: Value::Null,
            encryption: Value::Null,
            tags: json!([]),
            publish: None,
        };
        Ok(self.api.create_state_machine(request).await?.machine.arn)
    }

    /// Starts an execution, as one request to `api`.
    pub async fn start(&self, machine: &StateMachineArn, name: &str, input: Value) -> Result<ExecutionArn> {
        self.start_by(machine.clone().into(), name, input).await
    }

    /// Starts an execution by a version or an alias.
    pub async fn start_by(&self, machine: QualifiedArn, name: &str, input: Value) -> Result<ExecutionArn> {
        self.invoked("api");
        let request = StartRequest {
            machine,
            name: Some(name.to_owned()),
            input: Payload::from_value(input),
            trace_header: None,
        };
        Ok(self.api.start_execution(request).await?.execution)
    }

    /// Notes that `api` was called.
    pub fn invoked(&self, function: &str) {
        *lock(&self.invocations).entry(function.to_owned()).or_default() += 1;
    }

    /// How often each function was invoked since this was asked last.
    pub fn take_invocations(&self) -> BTreeMap<String, u64> {
        std::mem::take(&mut *lock(&self.invocations))
    }

    /// What `timer` does each minute.
    pub async fn sweep(&self) -> Result<()> {
        self.sweep_within(Duration::from_mins(1)).await.map(drop)
    }

    /// The same, in an invocation that has so much time.
    pub async fn sweep_within(&self, time: Duration) -> Result<Swept> {
        self.invoked("timer");
        Ok(self.timer.sweep_timers(self.clock.now() + time).await?)
    }

    /// What `timer` does from time to time: looks for executions that nobody is on the way to.
    pub async fn reconcile(&self) -> Result<()> {
        self.invoked("timer");
        let mut after = None;
        for _ in 0..1_000 {
            let done = self.timer.reconcile(after.as_deref(), 100).await?;
            if done.next.is_none() {
                return Ok(());
            }
            after = done.next;
        }
        bail!("the list of running executions does not end: {after:?}")
    }

    /// Waits, with a minute's sweep after each minute, until the execution has ended and no message is left.
    pub async fn settled(&self, execution: &ExecutionArn) -> Result<Described> {
        self.ended(execution).await?;
        for _ in 0..10_000 {
            if [STEPS, TASKS].iter().all(|queue| self.cloud.sqs().count(queue) == 0) {
                return self.described(execution).await;
            }
            self.clock.sleep(Duration::from_secs(1)).await;
        }
        bail!("messages are left: {:?} {:?}", self.cloud.sqs().bodies(STEPS), self.cloud.sqs().bodies(TASKS))
    }

    /// Waits until the execution has ended.
    pub async fn ended(&self, execution: &ExecutionArn) -> Result<()> {
        let mut swept = Instant::now();
        for _ in 0..MOST_SECONDS {
            if self.status(execution)? != ExecutionStatus::Running.as_str() {
                return Ok(());
            }
            if swept.elapsed() >= self.sweep_every {
                swept = Instant::now();
                self.sweep().await?;
            }
            self.clock.sleep(Duration::from_secs(1)).await;
        }
        bail!("{execution} did not end; dead letters: {:?}", self.cloud.sqs().bodies(DEAD))
    }

    /// What DescribeExecution says, outside the log.
    pub async fn described(&self, execution: &ExecutionArn) -> Result<Described> {
        let before = self.cloud.requests().len();
        let described = self.api.describe_execution(execution).await?;
        self.cloud.forget_after(before);
        Ok(described)
    }

    /// The status that META has, read behind the adapters.
    pub fn status(&self, execution: &ExecutionArn) -> Result<String> {
        let key = json!({ "pk": { "S": format!("X#{execution}") }, "sk": { "S": "META" } });
        let request = json!({ "TableName": TABLE, "Key": key, "ConsistentRead": true });
        let item = self.cloud.dynamodb().behind("GetItem", &request)?;
        Ok(item["Item"]["status"]["S"].as_str().context("the execution is not there")?.to_owned())
    }

    /// The requests since this was asked last.
    pub fn take_requests(&self) -> Vec<Request> {
        self.cloud.take_requests()
    }

    /// Dead letters.
    pub fn dead_letters(&self) -> Vec<String> {
        self.cloud.sqs().bodies(DEAD)
    }

    /// Starts of Express executions that were given up.
    pub fn express_dead_letters(&self) -> Vec<String> {
        self.cloud.sqs().bodies(EXPRESS_DEAD)
    }

    /// The queue of starts of Express executions.
    pub fn express_queue(&self) -> &'static str {
        EXPRESS
    }

    /// The queue of wakes for steps.
    pub fn step_queue(&self) -> &'static str {
        STEPS
    }

    /// The queue of wakes for calls.
    pub fn task_queue(&self) -> &'static str {
        TASKS
    }
}

impl Drop for System {
    fn drop(&mut self) {
        for mapping in &self.mappings {
            mapping.abort();
        }
    }
}
