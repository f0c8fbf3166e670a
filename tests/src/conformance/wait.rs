//! Waits: conditions that are polled until they hold, on virtual time.

use super::compare::Mismatch;
use super::run::{Run, Server};
use orchestrator::ports::Clock;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Virtual time after which a condition is taken never to hold. Recorded executions took minutes.
const PATIENCE: Duration = Duration::from_hours(2);

/// The longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What a look found.
enum Look {
    Holds,
    NotYet(String),
    Never(String),
}

impl<S: Server> Run<'_, S> {
    /// Waits until the condition holds.
    pub(crate) async fn wait(&self, step: &str, condition: &str, params: &Map<String, Value>) -> Result<(), Mismatch> {
        let wrong = |actual: String| Mismatch { path: format!("{step} wait"), expected: condition.into(), actual };
        let clock = self.world.clock();
        let give_up_at = clock.elapsed() + PATIENCE;
        let mut pause = Duration::from_millis(20);
        loop {
            let found = match self.look(condition, params).await {
                Look::Holds => return Ok(()),
                Look::Never(found) => return Err(wrong(found)),
                Look::NotYet(found) => found,
            };
            if clock.elapsed() > give_up_at {
                return Err(wrong(format!("after {PATIENCE:?}: {found}; {:?}", self.world.problems())));
            }
            clock.sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn look(&self, condition: &str, params: &Map<String, Value>) -> Look {
        match condition {
            "execution_terminal" => self.look_at_execution(params, |status| status != "RUNNING", &[]).await,
            "execution_succeeded" => {
                let others = ["FAILED", "ABORTED", "TIMED_OUT"];
                self.look_at_execution(params, |status| status == "SUCCEEDED", &others).await
            }
            "execution_aborted" => {
                let others = ["FAILED", "SUCCEEDED", "TIMED_OUT"];
                self.look_at_execution(params, |status| status == "ABORTED", &others).await
            }
            "execution_started" | "execution_events" => {
                let found = self.call("GetExecutionHistory", &only(params, "executionArn")).await;
                let events = found.body.get("events").and_then(Value::as_array);
                holds_if(events.is_some_and(|events| !events.is_empty()), &found.body)
            }
            "execution_listed_terminal" | "execution_listed_with_status" => {
                let found = self.list("ListExecutions", params, "executions", "executionArn").await;
                let status = found.as_ref().and_then(|item| item.get("status")).and_then(Value::as_str);
                let holds = match params.get("status").and_then(Value::as_str) {
                    Some(wanted) => status == Some(wanted),
                    None => status.is_some_and(|status| status != "RUNNING"),
                };
                holds_if(holds, &found.unwrap_or_default())
            }
            "state_machine_listed" => self.look_at_machines(params, true).await,
            "state_machine_not_listed" => self.look_at_machines(params, false).await,
            "no_state_machines" => {
                let found = self.call("ListStateMachines", &Map::new()).await.body;
                holds_if(found.get("stateMachines") == Some(&json!([])), &found)
            }
            "version_listed" => self.look_at_versions(params, true).await,
            "version_not_listed" => self.look_at_versions(params, false).await,
            "alias_listed" => self.look_at_aliases(params, true).await,
            "alias_not_listed" => self.look_at_aliases(params, false).await,
            unknown => Look::Never(format!("the runner does not know how to wait for {unknown}")),
        }
    }

    async fn look_at_execution(
        &self,
        params: &Map<String, Value>,
        holds: impl Fn(&str) -> bool,
        never_after: &[&str],
    ) -> Look {
        let found = self.call("DescribeExecution", &only(params, "executionArn")).await;
        match found.body.get("status").and_then(Value::as_str) {
            Some(status) if holds(status) => Look::Holds,
            Some(status) if never_after.contains(&status) => Look::Never(found.body.to_string()),
            Some(_) => Look::NotYet(found.body.to_string()),
            None => Look::Never(format!("{} {}", found.status, found.body)),
        }
    }

    async fn look_at_machines(&self, params: &Map<String, Value>, listed: bool) -> Look {
        let found = self.list("ListStateMachines", params, "stateMachines", "stateMachineArn").await;
        holds_if(found.is_some() == listed, &found.unwrap_or_default())
    }

    async fn look_at_versions(&self, params: &Map<String, Value>, listed: bool) -> Look {
        let key = "stateMachineVersionArn";
        let found = self.list("ListStateMachineVersions", params, "stateMachineVersions", key).await;
        holds_if(found.is_some() == listed, &found.unwrap_or_default())
    }

    async fn look_at_aliases(&self, params: &Map<String, Value>, listed: bool) -> Look {
        let key = "stateMachineAliasArn";
        let found = self.list("ListStateMachineAliases", params, "stateMachineAliases", key).await;
        holds_if(found.is_some() == listed, &found.unwrap_or_default())
    }

    /// The item of a list whose `key` is the parameter of that name.
    async fn list(&self, operation: &str, params: &Map<String, Value>, list: &str, key: &str) -> Option<Value> {
        let mut asked = if operation == "ListStateMachines" { Map::new() } else { only(params, "stateMachineArn") };
        loop {
            let found = self.call(operation, &asked).await.body;
            let items = found.get(list).and_then(Value::as_array);
            let item = items.and_then(|items| items.iter().find(|item| item.get(key) == params.get(key)));
            if item.is_some() {
                return item.cloned();
            }
            asked.insert("nextToken".into(), found.get("nextToken")?.clone());
        }
    }
}

fn holds_if(holds: bool, found: &Value) -> Look {
    if holds { Look::Holds } else { Look::NotYet(found.to_string()) }
}

fn only(params: &Map<String, Value>, name: &str) -> Map<String, Value> {
    params.iter().filter(|(key, _)| *key == name).map(|(key, value)| (key.clone(), value.clone())).collect()
}
