//! What is measured: the machines, and how they are driven.

use super::{Client, Error};
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};

/// One thing that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// One execution of 100 Pass states: milliseconds from the call to its end.
    Chain,
    /// 500 executions of 10 Pass states, 16 at a time: transitions a second.
    Load,
    /// A Map of 1,000 items: seconds from the call to its end.
    Map,
}

/// All of them, in the order in which they are taken.
pub(crate) const SCENARIOS: [Scenario; 3] = [Scenario::Chain, Scenario::Load, Scenario::Map];

const LOAD_EXECUTIONS: u32 = 500;
const LOAD_STATES: u32 = 10;
const LOAD_AT_ONCE: u32 = 16;
const MAP_ITEMS: u32 = 1_000;

/// Between two looks at an execution that still runs.
const LOOK_AGAIN: Duration = Duration::from_micros(500);

impl Scenario {
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Chain => "100 Pass states, one execution",
            Self::Load => "500 executions of 10 Pass states, 16 at a time",
            Self::Map => "Map of 1,000 items",
        }
    }

    pub(crate) const fn unit(self) -> &'static str {
        match self {
            Self::Chain => "ms",
            Self::Load => "transitions/s",
            Self::Map => "s",
        }
    }

    /// Measures it once; the machine must be there.
    pub(crate) async fn measure(self, endpoint: &str, machine: &str) -> Result<f64, Error> {
        match self {
            Self::Chain => {
                let mut client = Client::connect(endpoint).await?;
                Ok(execute(&mut client, machine, "{}").await?.as_secs_f64() * 1_000.0)
            }
            Self::Map => {
                let mut client = Client::connect(endpoint).await?;
                let items: Vec<Value> = (0..MAP_ITEMS).map(|item| json!({ "item": item })).collect();
                Ok(execute(&mut client, machine, &Value::Array(items).to_string()).await?.as_secs_f64())
            }
            Self::Load => load(endpoint, machine).await,
        }
    }

    /// Creates the machine; its ARN.
    pub(crate) async fn create(self, client: &mut Client, suffix: &str) -> Result<String, Error> {
        let (name, definition) = match self {
            Self::Chain => ("chain", chain(100)),
            Self::Load => ("load", chain(LOAD_STATES)),
            Self::Map => ("map", map()),
        };
        let request = json!({
            "name": format!("bench-{name}-{suffix}"),
            "definition": definition.to_string(),
            "roleArn": "arn:aws:iam::123456789012:role/bench",
        });
        let answer = client.call("CreateStateMachine", &request).await?;
        text(&answer, "stateMachineArn", "CreateStateMachine")
    }
}

fn chain(states: u32) -> Value {
    let states: Map<String, Value> = (1..=states)
        .map(|number| {
            let mut state = json!({ "Type": "Pass" });
            if number == states {
                state["End"] = true.into();
            } else {
                state["Next"] = format!("Pass{}", number + 1).into();
            }
            (format!("Pass{number}"), state)
        })
        .collect();
    json!({ "StartAt": "Pass1", "States": states })
}

fn map() -> Value {
    json!({
        "StartAt": "Each",
        "States": {
            "Each": {
                "Type": "Map",
                "ItemProcessor": {
                    "ProcessorConfig": { "Mode": "INLINE" },
                    "StartAt": "One",
                    "States": { "One": { "Type": "Pass", "End": true } }
                },
                "End": true
            }
        }
    })
}

/// Starts an execution and looks until it has ended.
async fn execute(client: &mut Client, machine: &str, input: &str) -> Result<Duration, Error> {
    let began = Instant::now();
    let request = json!({ "stateMachineArn": machine, "input": input });
    let answer = client.call("StartExecution", &request).await?;
    let request = json!({ "executionArn": text(&answer, "executionArn", "StartExecution")? });
    loop {
        let answer = client.call("DescribeExecution", &request).await?;
        match text(&answer, "status", "DescribeExecution")?.as_str() {
            "SUCCEEDED" => return Ok(began.elapsed()),
            "RUNNING" => tokio::time::sleep(LOOK_AGAIN).await,
            status => return Err(Error::Failed { status: status.to_owned() }),
        }
    }
}

async fn load(endpoint: &str, machine: &str) -> Result<f64, Error> {
    let mut clients = Vec::new();
    for _ in 0..LOAD_AT_ONCE {
        clients.push(Client::connect(endpoint).await?);
    }
    let began = Instant::now();
    let left = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(LOAD_EXECUTIONS));
    let workers: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            let (left, machine) = (std::sync::Arc::clone(&left), machine.to_owned());
            tokio::spawn(async move {
                let take = |left: u32| left.checked_sub(1);
                let order = std::sync::atomic::Ordering::Relaxed;
                while left.try_update(order, order, take).is_ok() {
                    execute(&mut client, &machine, "{}").await?;
                }
                Ok::<_, Error>(())
            })
        })
        .collect();
    for worker in workers {
        match worker.await {
            Ok(result) => result?,
            Err(error) => return Err(Error::Failed { status: error.to_string() }),
        }
    }
    Ok(f64::from(LOAD_EXECUTIONS * LOAD_STATES) / began.elapsed().as_secs_f64())
}

fn text(answer: &Value, key: &str, operation: &'static str) -> Result<String, Error> {
    let found = answer.get(key).and_then(Value::as_str);
    found.map(str::to_owned).ok_or_else(|| Error::Answer { operation, found: answer.to_string() })
}
