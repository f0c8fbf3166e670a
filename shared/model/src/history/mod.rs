//! History events, as AWS shapes them.
//!
//! An [`Event`] lies in a record; its payloads are of type `P`: a [`Payload`] in memory, a slot number in the
//! store. A [`HistoryEvent`] is what GetExecutionHistory answers: the event with its number and time.
//! The kinds are those that this version writes; the rest come with the features that write them.

mod details;

use crate::{EventRef, Failure, Payload, Timestamp, Variables};
use serde::{Deserialize, Serialize};

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
    EvaluationFailed {
        state: String,
        failure: Failure,
        location: Option<String>,
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
            Self::EvaluationFailed { .. } => "EvaluationFailed",
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
            Self::EvaluationFailed { state, failure, location } => Kind::EvaluationFailed { state, failure, location },
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
