//! The state machines that the checks run.

use super::Error;
use super::door::Door;
use serde_json::{Map, Value, json};
use std::time::Duration;

const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// Creates machines, and deletes them at the end.
pub(crate) struct Machines<'a> {
    door: &'a Door,
    role: &'a str,
    suffix: String,
    created: Vec<String>,
}

/// An execution that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) arn: String,
    pub(crate) status: String,
    pub(crate) output: Option<String>,
    cause: Option<String>,
}

impl Ended {
    /// Why it failed, in brackets.
    pub(crate) fn cause(&self) -> String {
        self.cause.as_deref().map(|cause| format!(" ({cause})")).unwrap_or_default()
    }
}

impl<'a> Machines<'a> {
    pub(crate) fn new(door: &'a Door, role: &'a str) -> Self {
        let suffix = uuid::Uuid::new_v4().simple().to_string();
        Self { door, role, suffix: suffix[..8].to_owned(), created: Vec::new() }
    }

    /// Creates the machine, runs it once, and waits for its end.
    pub(crate) async fn run(
        &mut self,
        name: &str,
        definition: &Value,
        input: &str,
        patience: Duration,
    ) -> Result<Ended, Error> {
        let name = format!("ratchet-doctor-{name}-{}", self.suffix);
        let request = json!({ "name": name, "definition": definition.to_string(), "roleArn": self.role });
        let machine = self.text("CreateStateMachine", &request, "stateMachineArn").await?;
        self.created.push(machine.clone());
        let request = json!({ "stateMachineArn": machine, "name": name, "input": input });
        let execution = self.text("StartExecution", &request, "executionArn").await?;
        let mut waited = Duration::ZERO;
        loop {
            let described = self.door.call("DescribeExecution", &json!({ "executionArn": execution })).await?;
            let described = described.success("DescribeExecution")?;
            let text = |field: &str| described[field].as_str().map(str::to_owned);
            let status = text("status").unwrap_or_default();
            if status != "RUNNING" {
                return Ok(Ended { arn: execution, status, output: text("output"), cause: text("cause") });
            }
            if waited >= patience {
                return Err(Error::NotEnded { name, seconds: patience.as_secs(), status });
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
            waited += BETWEEN_LOOKS;
        }
    }

    /// Deletes what was created. What cannot be deleted is named.
    pub(crate) async fn delete(self) {
        for machine in &self.created {
            let request = json!({ "stateMachineArn": machine });
            let answer = self.door.call("DeleteStateMachine", &request).await;
            if let Err(error) = answer.and_then(|answer| answer.success("DeleteStateMachine")) {
                println!("left behind: {machine}: {error}");
            }
        }
    }

    async fn text(&self, operation: &str, request: &Value, field: &str) -> Result<String, Error> {
        let answer = self.door.call(operation, request).await?.success(operation)?;
        answer[field]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| Error::Answer { what: operation.to_owned(), found: format!("it has no {field}") })
    }
}

/// So many Pass states, one after the other.
pub(crate) fn chain(states: usize) -> Value {
    let name = |index: usize| format!("S{index:02}");
    let state = |index: usize| {
        let next = if index == states {
            json!({ "Type": "Pass", "End": true })
        } else {
            json!({ "Type": "Pass", "Next": name(index + 1) })
        };
        (name(index), next)
    };
    json!({ "StartAt": name(1), "States": (1..=states).map(state).collect::<Map<_, _>>() })
}

/// A Map that calls the function so often, five calls at once.
pub(crate) fn map_of_calls(function: &str, items: usize) -> Value {
    let call = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": { "FunctionName": function, "Payload": {} },
        "ResultPath": null,
        "End": true,
    });
    let items: Vec<usize> = (0..items).collect();
    json!({
        "StartAt": "Items",
        "States": {
            "Items": { "Type": "Pass", "Result": items, "Next": "Map" },
            "Map": {
                "Type": "Map",
                "MaxConcurrency": 5,
                "ItemProcessor": { "StartAt": "Call", "States": { "Call": call } },
                "End": true,
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_are_valid() {
        for definition in [chain(1), chain(40), map_of_calls("arn:aws:lambda:us-east-1:123456789012:function:f", 30)] {
            let parsed = language::parse(&definition.to_string());
            assert!(parsed.is_ok(), "{:?}", parsed.map(drop));
        }
        assert_eq!(chain(40)["States"].as_object().map(Map::len), Some(40));
    }
}
