//! The details of an event, as GetExecutionHistory answers with them.

use super::{Kind, Service};
use crate::{Failure, Payload, Variables};
use serde_json::{Map, Value, json};

impl Kind<Payload> {
    /// The event's detail member and its fields, as the API spells them; none where the type has none.
    ///
    /// Without `include_data` (the API's `includeExecutionData: false`) inputs and outputs are left out.
    pub fn details(&self, include_data: bool) -> Option<(&'static str, Map<String, Value>)> {
        let mut fields = Fields { map: Map::new(), include_data };
        let member = match self {
            Self::ExecutionStarted { input, role_arn, version_arn, alias_arn } => {
                fields.data("input", input).put("roleArn", role_arn);
                let arns = [("stateMachineAliasArn", alias_arn), ("stateMachineVersionArn", version_arn)];
                for (key, arn) in arns {
                    if let Some(arn) = arn {
                        fields.put(key, arn);
                    }
                }
                "executionStartedEventDetails"
            }
            Self::ExecutionSucceeded { output } => {
                fields.data("output", output);
                "executionSucceededEventDetails"
            }
            Self::ExecutionFailed(failure) => fields.failure(failure, "executionFailedEventDetails"),
            Self::ExecutionAborted(failure) => fields.failure(failure, "executionAbortedEventDetails"),
            Self::ExecutionTimedOut(failure) => fields.failure(failure, "executionTimedOutEventDetails"),
            Self::ExecutionRedriven { redrive_count } => {
                fields.map.insert("redriveCount".into(), json!(redrive_count));
                "executionRedrivenEventDetails"
            }
            Self::StateEntered { name, input, .. } => {
                fields.data("input", input).put("name", name);
                "stateEnteredEventDetails"
            }
            Self::StateExited { name, output, assigned, .. } => {
                fields.put("name", name).data("output", output).assigned(assigned);
                "stateExitedEventDetails"
            }
            Self::EvaluationFailed { state, failure, location } => {
                let member = fields.failure(failure, "evaluationFailedEventDetails");
                if let Some(location) = location {
                    fields.put("location", location);
                }
                fields.put("state", state);
                member
            }
            Self::TaskScheduled { service, region, parameters, timeout, heartbeat } => {
                fields.service(service).put("region", region).put("parameters", parameters.text());
                fields.seconds("timeoutInSeconds", *timeout).seconds("heartbeatInSeconds", *heartbeat);
                "taskScheduledEventDetails"
            }
            Self::TaskStarted(service) => {
                fields.service(service);
                "taskStartedEventDetails"
            }
            Self::TaskSubmitted { service, output } => {
                fields.service(service).data("output", output);
                "taskSubmittedEventDetails"
            }
            Self::TaskSubmitFailed { service, failure } => {
                fields.service(service).failure(failure, "taskSubmitFailedEventDetails")
            }
            Self::TaskSucceeded { service, output } => {
                fields.service(service).data("output", output);
                "taskSucceededEventDetails"
            }
            Self::TaskFailed { service, failure } => fields.service(service).failure(failure, "taskFailedEventDetails"),
            Self::TaskTimedOut { service, failure } => {
                fields.service(service).failure(failure, "taskTimedOutEventDetails")
            }
            Self::LambdaFunctionScheduled { resource, input, timeout } => {
                fields.data("input", input).put("resource", resource).seconds("timeoutInSeconds", *timeout);
                "lambdaFunctionScheduledEventDetails"
            }
            Self::LambdaFunctionSucceeded { output } => {
                fields.data("output", output);
                "lambdaFunctionSucceededEventDetails"
            }
            Self::LambdaFunctionFailed(failure) => fields.failure(failure, "lambdaFunctionFailedEventDetails"),
            Self::LambdaFunctionTimedOut(failure) => fields.failure(failure, "lambdaFunctionTimedOutEventDetails"),
            Self::ActivityScheduled { resource, input, timeout, heartbeat } => {
                fields.data("input", input).put("resource", resource);
                fields.seconds("timeoutInSeconds", *timeout).seconds("heartbeatInSeconds", *heartbeat);
                "activityScheduledEventDetails"
            }
            Self::ActivityStarted { worker_name } => {
                if let Some(name) = worker_name {
                    fields.put("workerName", name);
                }
                "activityStartedEventDetails"
            }
            Self::ActivitySucceeded { output } => {
                fields.data("output", output);
                "activitySucceededEventDetails"
            }
            Self::ActivityFailed(failure) => fields.failure(failure, "activityFailedEventDetails"),
            Self::ActivityTimedOut(failure) => fields.failure(failure, "activityTimedOutEventDetails"),
            Self::MapStateStarted { length } => {
                fields.map.insert("length".into(), json!(length));
                "mapStateStartedEventDetails"
            }
            Self::MapIterationStarted { name, index } => {
                fields.iteration(name, *index, "mapIterationStartedEventDetails")
            }
            Self::MapIterationSucceeded { name, index } => {
                fields.iteration(name, *index, "mapIterationSucceededEventDetails")
            }
            Self::MapIterationFailed { name, index } => {
                fields.iteration(name, *index, "mapIterationFailedEventDetails")
            }
            Self::MapIterationAborted { name, index } => {
                fields.iteration(name, *index, "mapIterationAbortedEventDetails")
            }
            Self::TaskStateAborted
            | Self::WaitStateAborted
            | Self::LambdaFunctionStarted
            | Self::ParallelStateStarted
            | Self::ParallelStateSucceeded
            | Self::ParallelStateFailed
            | Self::ParallelStateAborted
            | Self::MapStateSucceeded
            | Self::MapStateFailed
            | Self::MapStateAborted => return None,
        };
        Some((member, fields.map))
    }
}

struct Fields {
    map: Map<String, Value>,
    include_data: bool,
}

impl Fields {
    fn put(&mut self, key: &str, text: &str) -> &mut Self {
        self.map.insert(key.into(), text.into());
        self
    }

    fn data(&mut self, key: &str, payload: &Payload) -> &mut Self {
        if self.include_data {
            self.map.insert(key.into(), payload.text().into());
            self.map.insert(format!("{key}Details"), json!({"truncated": false}));
        }
        self
    }

    /// AWS says nothing of an Assign that sets nothing.
    fn assigned(&mut self, variables: &Variables<Payload>) -> &mut Self {
        if self.include_data && !variables.is_empty() {
            self.map.insert("assignedVariables".into(), json!(variables.texts()));
            self.map.insert("assignedVariablesDetails".into(), json!({"truncated": false}));
        }
        self
    }

    fn seconds(&mut self, key: &str, seconds: Option<u64>) -> &mut Self {
        if let Some(seconds) = seconds {
            self.map.insert(key.into(), json!(seconds));
        }
        self
    }

    fn service(&mut self, service: &Service) -> &mut Self {
        self.put("resourceType", &service.resource_type).put("resource", &service.resource)
    }

    fn failure(&mut self, failure: &Failure, member: &'static str) -> &'static str {
        for (key, text) in [("error", &failure.error), ("cause", &failure.cause)] {
            if let Some(text) = text {
                self.put(key, text);
            }
        }
        member
    }

    fn iteration(&mut self, name: &str, index: u32, member: &'static str) -> &'static str {
        self.put("name", name);
        self.map.insert("index".into(), json!(index));
        member
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::StateType;

    #[test]
    fn what_was_assigned_is_told_by_name_and_kept_back_with_the_other_data() {
        let exited = |values: Value| Kind::StateExited {
            state_type: StateType::Pass,
            name: "S".to_owned(),
            output: Payload::empty(),
            assigned: Variables::from_values(values.as_object().cloned().unwrap_or_default()),
        };
        let details = |kind: &Kind<Payload>, data| kind.details(data).map(|(_, fields)| Value::Object(fields));
        let data = json!({"name": "S", "output": "{}", "outputDetails": {"truncated": false}});
        assert_eq!(details(&exited(json!({})), true), Some(data.clone()));
        let mut all = data;
        all["assignedVariables"] = json!({"a": "[1.0]", "b": "\"x\""});
        all["assignedVariablesDetails"] = json!({"truncated": false});
        assert_eq!(details(&exited(json!({"b": "x", "a": [1.0]})), true), Some(all));
        assert_eq!(details(&exited(json!({"a": 1})), false), Some(json!({"name": "S"})));
    }
}
