//! History events, as AWS shapes them.
//!
//! An [`Event`] lies in a record; its payloads are of type `P`: a [`Payload`] in memory, a slot number in the
//! store. A [`HistoryEvent`] is what GetExecutionHistory answers: the event with its number and time.
//! The kinds are those that this version writes; the rest come with the features that write them.

use crate::{EventRef, Failure, Payload, Timestamp, Variables};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// One event in a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event<P> {
    /// The event it follows; none: `previousEventId` is 0.
    pub previous: Option<EventRef>,
    /// What happened.
    pub kind: Kind<P>,
}

/// A numbered event, as GetExecutionHistory answers it.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryEvent {
    /// From 1, without gaps.
    pub id: u64,
    /// The event it follows, or 0.
    pub previous_event_id: u64,
    /// When.
    pub timestamp: Timestamp,
    /// What happened.
    pub kind: Kind<Payload>,
}

/// The type of a state, as it appears in the names of its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the eight state types of the States Language")]
pub enum StateType {
    Pass,
    Task,
    Choice,
    Wait,
    Succeed,
    Fail,
    Parallel,
    Map,
}

/// What a task calls, as its events name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// `lambda`, ...
    pub resource_type: String,
    /// `invoke`, `invoke.waitForTaskToken`, ...
    pub resource: String,
}

/// What happened. Each variant is one `type` of the API (or eight: entering and leaving a state).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "names and fields are those of the service model's HistoryEvent")]
pub enum Kind<P> {
    ExecutionStarted {
        input: P,
        role_arn: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version_arn: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        alias_arn: Option<String>,
    },
    ExecutionSucceeded {
        output: P,
    },
    ExecutionFailed(Failure),
    ExecutionAborted(Failure),
    ExecutionTimedOut(Failure),
    ExecutionRedriven {
        redrive_count: u32,
    },
    StateEntered {
        state_type: StateType,
        name: String,
        input: P,
    },
    StateExited {
        state_type: StateType,
        name: String,
        output: P,
        #[serde(default = "Variables::none", skip_serializing_if = "Variables::is_empty")]
        assigned: Variables<P>,
    },
    TaskScheduled {
        service: Service,
        region: String,
        parameters: P,
        timeout: Option<u64>,
        heartbeat: Option<u64>,
    },
    TaskStarted(Service),
    TaskSubmitted {
        service: Service,
        output: P,
    },
    TaskSubmitFailed {
        service: Service,
        failure: Failure,
    },
    TaskSucceeded {
        service: Service,
        output: P,
    },
    TaskFailed {
        service: Service,
        failure: Failure,
    },
    TaskTimedOut {
        service: Service,
        failure: Failure,
    },
    TaskStateAborted,
    WaitStateAborted,
    LambdaFunctionScheduled {
        resource: String,
        input: P,
        timeout: Option<u64>,
    },
    LambdaFunctionStarted,
    LambdaFunctionSucceeded {
        output: P,
    },
    LambdaFunctionFailed(Failure),
    LambdaFunctionTimedOut(Failure),
    ActivityScheduled {
        resource: String,
        input: P,
        timeout: Option<u64>,
        heartbeat: Option<u64>,
    },
    ActivityStarted {
        worker_name: Option<String>,
    },
    ActivitySucceeded {
        output: P,
    },
    ActivityFailed(Failure),
    ActivityTimedOut(Failure),
    ParallelStateStarted,
    ParallelStateSucceeded,
    ParallelStateFailed,
    ParallelStateAborted,
    MapStateStarted {
        length: u64,
    },
    MapStateSucceeded,
    MapStateFailed,
    MapStateAborted,
    MapIterationStarted {
        name: String,
        index: u32,
    },
    MapIterationSucceeded {
        name: String,
        index: u32,
    },
    MapIterationFailed {
        name: String,
        index: u32,
    },
    MapIterationAborted {
        name: String,
        index: u32,
    },
}

impl StateType {
    /// The type as a definition spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "Pass",
            Self::Task => "Task",
            Self::Choice => "Choice",
            Self::Wait => "Wait",
            Self::Succeed => "Succeed",
            Self::Fail => "Fail",
            Self::Parallel => "Parallel",
            Self::Map => "Map",
        }
    }

    const fn entered(self) -> &'static str {
        match self {
            Self::Pass => "PassStateEntered",
            Self::Task => "TaskStateEntered",
            Self::Choice => "ChoiceStateEntered",
            Self::Wait => "WaitStateEntered",
            Self::Succeed => "SucceedStateEntered",
            Self::Fail => "FailStateEntered",
            Self::Parallel => "ParallelStateEntered",
            Self::Map => "MapStateEntered",
        }
    }

    const fn exited(self) -> &'static str {
        match self {
            Self::Pass => "PassStateExited",
            Self::Task => "TaskStateExited",
            Self::Choice => "ChoiceStateExited",
            Self::Wait => "WaitStateExited",
            Self::Succeed => "SucceedStateExited",
            Self::Fail => "FailStateExited",
            Self::Parallel => "ParallelStateExited",
            Self::Map => "MapStateExited",
        }
    }
}

impl<P> Kind<P> {
    /// The `type` of the event, as the API spells it.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::ExecutionStarted { .. } => "ExecutionStarted",
            Self::ExecutionSucceeded { .. } => "ExecutionSucceeded",
            Self::ExecutionFailed(_) => "ExecutionFailed",
            Self::ExecutionAborted(_) => "ExecutionAborted",
            Self::ExecutionTimedOut(_) => "ExecutionTimedOut",
            Self::ExecutionRedriven { .. } => "ExecutionRedriven",
            Self::StateEntered { state_type, .. } => state_type.entered(),
            Self::StateExited { state_type, .. } => state_type.exited(),
            Self::TaskScheduled { .. } => "TaskScheduled",
            Self::TaskStarted(_) => "TaskStarted",
            Self::TaskSubmitted { .. } => "TaskSubmitted",
            Self::TaskSubmitFailed { .. } => "TaskSubmitFailed",
            Self::TaskSucceeded { .. } => "TaskSucceeded",
            Self::TaskFailed { .. } => "TaskFailed",
            Self::TaskTimedOut { .. } => "TaskTimedOut",
            Self::TaskStateAborted => "TaskStateAborted",
            Self::WaitStateAborted => "WaitStateAborted",
            Self::LambdaFunctionScheduled { .. } => "LambdaFunctionScheduled",
            Self::LambdaFunctionStarted => "LambdaFunctionStarted",
            Self::LambdaFunctionSucceeded { .. } => "LambdaFunctionSucceeded",
            Self::LambdaFunctionFailed(_) => "LambdaFunctionFailed",
            Self::LambdaFunctionTimedOut(_) => "LambdaFunctionTimedOut",
            Self::ActivityScheduled { .. } => "ActivityScheduled",
            Self::ActivityStarted { .. } => "ActivityStarted",
            Self::ActivitySucceeded { .. } => "ActivitySucceeded",
            Self::ActivityFailed(_) => "ActivityFailed",
            Self::ActivityTimedOut(_) => "ActivityTimedOut",
            Self::ParallelStateStarted => "ParallelStateStarted",
            Self::ParallelStateSucceeded => "ParallelStateSucceeded",
            Self::ParallelStateFailed => "ParallelStateFailed",
            Self::ParallelStateAborted => "ParallelStateAborted",
            Self::MapStateStarted { .. } => "MapStateStarted",
            Self::MapStateSucceeded => "MapStateSucceeded",
            Self::MapStateFailed => "MapStateFailed",
            Self::MapStateAborted => "MapStateAborted",
            Self::MapIterationStarted { .. } => "MapIterationStarted",
            Self::MapIterationSucceeded { .. } => "MapIterationSucceeded",
            Self::MapIterationFailed { .. } => "MapIterationFailed",
            Self::MapIterationAborted { .. } => "MapIterationAborted",
        }
    }

    /// The same event with each payload replaced; the first failure ends it.
    pub fn try_map<Q, E>(self, f: &mut impl FnMut(P) -> Result<Q, E>) -> Result<Kind<Q>, E> {
        Ok(match self {
            Self::ExecutionStarted { input, role_arn, version_arn, alias_arn } => {
                Kind::ExecutionStarted { input: f(input)?, role_arn, version_arn, alias_arn }
            }
            Self::ExecutionSucceeded { output } => Kind::ExecutionSucceeded { output: f(output)? },
            Self::ExecutionFailed(failure) => Kind::ExecutionFailed(failure),
            Self::ExecutionAborted(failure) => Kind::ExecutionAborted(failure),
            Self::ExecutionTimedOut(failure) => Kind::ExecutionTimedOut(failure),
            Self::ExecutionRedriven { redrive_count } => Kind::ExecutionRedriven { redrive_count },
            Self::StateEntered { state_type, name, input } => Kind::StateEntered { state_type, name, input: f(input)? },
            Self::StateExited { state_type, name, output, assigned } => {
                Kind::StateExited { state_type, name, output: f(output)?, assigned: assigned.try_map(f)? }
            }
            Self::TaskScheduled { service, region, parameters, timeout, heartbeat } => {
                Kind::TaskScheduled { service, region, parameters: f(parameters)?, timeout, heartbeat }
            }
            Self::TaskStarted(service) => Kind::TaskStarted(service),
            Self::TaskSubmitted { service, output } => Kind::TaskSubmitted { service, output: f(output)? },
            Self::TaskSubmitFailed { service, failure } => Kind::TaskSubmitFailed { service, failure },
            Self::TaskSucceeded { service, output } => Kind::TaskSucceeded { service, output: f(output)? },
            Self::TaskFailed { service, failure } => Kind::TaskFailed { service, failure },
            Self::TaskTimedOut { service, failure } => Kind::TaskTimedOut { service, failure },
            Self::TaskStateAborted => Kind::TaskStateAborted,
            Self::WaitStateAborted => Kind::WaitStateAborted,
            Self::LambdaFunctionScheduled { resource, input, timeout } => {
                Kind::LambdaFunctionScheduled { resource, input: f(input)?, timeout }
            }
            Self::LambdaFunctionStarted => Kind::LambdaFunctionStarted,
            Self::LambdaFunctionSucceeded { output } => Kind::LambdaFunctionSucceeded { output: f(output)? },
            Self::LambdaFunctionFailed(failure) => Kind::LambdaFunctionFailed(failure),
            Self::LambdaFunctionTimedOut(failure) => Kind::LambdaFunctionTimedOut(failure),
            Self::ActivityScheduled { resource, input, timeout, heartbeat } => {
                Kind::ActivityScheduled { resource, input: f(input)?, timeout, heartbeat }
            }
            Self::ActivityStarted { worker_name } => Kind::ActivityStarted { worker_name },
            Self::ActivitySucceeded { output } => Kind::ActivitySucceeded { output: f(output)? },
            Self::ActivityFailed(failure) => Kind::ActivityFailed(failure),
            Self::ActivityTimedOut(failure) => Kind::ActivityTimedOut(failure),
            Self::ParallelStateStarted => Kind::ParallelStateStarted,
            Self::ParallelStateSucceeded => Kind::ParallelStateSucceeded,
            Self::ParallelStateFailed => Kind::ParallelStateFailed,
            Self::ParallelStateAborted => Kind::ParallelStateAborted,
            Self::MapStateStarted { length } => Kind::MapStateStarted { length },
            Self::MapStateSucceeded => Kind::MapStateSucceeded,
            Self::MapStateFailed => Kind::MapStateFailed,
            Self::MapStateAborted => Kind::MapStateAborted,
            Self::MapIterationStarted { name, index } => Kind::MapIterationStarted { name, index },
            Self::MapIterationSucceeded { name, index } => Kind::MapIterationSucceeded { name, index },
            Self::MapIterationFailed { name, index } => Kind::MapIterationFailed { name, index },
            Self::MapIterationAborted { name, index } => Kind::MapIterationAborted { name, index },
        })
    }
}

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
