//! The Task state: the claim of a call, and its answers.

use crate::evaluate::Evaluation;
use crate::writer::Writer;
use crate::{
    Awaits, Call, Cursor, Failed, Hop, Pending, Phase, Place, Step, TaskRequest, Trigger, Visit, failure, leave,
};
use language::Machine;
use language::machine::{Integration, Resource, Seconds, State, Task};
use model::history::{Kind, Service};
use model::limits::MAX_SECONDS;
use model::{Failure, Payload, error_name};
use serde_json::Value;

/// How long after the time-out of its task a worker is taken for dead that has not recorded the outcome.
const GIVEN_UP_AFTER_SECONDS: u64 = 60;

/// Claims the task's call, or offers the task to an activity's workers.
pub(crate) fn claim(
    machine: &Machine,
    mut writer: Writer<'_>,
    place: Place<Payload>,
    task: &Task,
    visit: Visit<Payload>,
) -> Step {
    let prepared = prepare(Evaluation::at(&writer, &place, &visit), task);
    let Prepared { input, timeout, heartbeat } = match prepared {
        Ok(prepared) => prepared,
        Err(failed) => return failure::fail(machine, writer, place, visit, failed),
    };
    let context = writer.context();
    let started = context.now;
    let request = match &task.resource {
        Resource::Activity(arn) => {
            let scheduled = Kind::ActivityScheduled { resource: arn.clone(), input: input.clone(), timeout, heartbeat };
            writer.put(scheduled);
            let awaits = Awaits::ActivityWorker { arn: arn.clone(), input };
            let pending = Pending { visit, awaits, timeout, heartbeat, started, awaited_from: started };
            return writer.finish(context.seq, place, Phase::Pending(pending));
        }
        Resource::LambdaFunction(arn) => {
            writer.put(Kind::LambdaFunctionScheduled { resource: arn.clone(), input: input.clone(), timeout });
            writer.put(Kind::LambdaFunctionStarted);
            TaskRequest::LambdaFunction { arn: arn.clone(), input }
        }
        Resource::Service(integration) if integration.is_lambda_invoke() => {
            let wait_for_token = integration.waits_for_token();
            let service = service_of(integration);
            let region = context.execution.arn.place().region.to_string();
            let parameters = input.clone();
            writer.put(Kind::TaskScheduled { service: service.clone(), region, parameters, timeout, heartbeat });
            writer.put(Kind::TaskStarted(service));
            TaskRequest::LambdaInvoke { parameters: input, wait_for_token }
        }
        // A machine that runs has none of these: its definition was refused.
        Resource::Service(integration) => {
            let cause = format!("The integration '{integration}' is not supported yet.");
            return failure::end_failed(writer, place, Failure::new(error_name::RUNTIME, cause));
        }
    };
    let worker = context.claim.worker.clone();
    // The worker gives up when the task's time is over: some time later it is gone for certain.
    let given_up = timeout.map(|seconds| started.plus_seconds(seconds.saturating_add(GIVEN_UP_AFTER_SECONDS)));
    let expires = given_up.map_or(context.claim.expires, |given_up| given_up.min(context.claim.expires));
    let call = Call { visit, request, timeout, heartbeat, started, worker, expires };
    writer.finish(context.seq, place, Phase::Calling(call))
}

/// What moves a strand whose call is being made.
pub(crate) fn answered(
    machine: &Machine,
    writer: Writer<'_>,
    cursor: &Cursor<Payload>,
    call: Call<Payload>,
    trigger: Trigger,
) -> Option<Step> {
    let place = cursor.place.clone();
    let kind = events_of(&call.request);
    match trigger {
        Trigger::TaskSucceeded(output) => Some(succeeded(machine, writer, place, call.visit, kind, output)),
        Trigger::TaskFailed(failure) => Some(failed(machine, writer, place, call.visit, kind, failure)),
        Trigger::TaskTimedOut { heartbeat } => Some(timed_out(machine, writer, place, call.visit, kind, heartbeat)),
        Trigger::TaskSubmitted(output) => {
            let Called::Service(service) = kind else { return None };
            let mut writer = writer;
            let output = match writer.context().within_limit(output, &service.resource_type) {
                Ok(output) => output,
                Err(failure) => {
                    let called = Called::Service(service);
                    return Some(failed(machine, writer, place, call.visit, called, failure));
                }
            };
            writer.put(Kind::TaskSubmitted { service, output });
            let pending = Pending {
                visit: call.visit,
                awaits: Awaits::Callback(call.request),
                timeout: call.timeout,
                heartbeat: call.heartbeat,
                started: call.started,
                awaited_from: writer.context().now,
            };
            Some(writer.finish(cursor.since, place, Phase::Pending(pending)))
        }
        Trigger::Entered
        | Trigger::ActivityStarted { .. }
        | Trigger::TimerFired
        | Trigger::ChildrenEnded(_)
        | Trigger::ChildrenDone(_)
        | Trigger::Aborted(_) => None,
    }
}

/// What moves a strand whose task is answered from outside.
pub(crate) fn pending(
    machine: &Machine,
    mut writer: Writer<'_>,
    cursor: &Cursor<Payload>,
    pending: Pending<Payload>,
    trigger: Trigger,
) -> Option<Step> {
    let place = cursor.place.clone();
    let kind = match (&pending.awaits, &trigger) {
        (Awaits::ActivityWorker { arn, .. }, Trigger::ActivityStarted { worker_name }) => {
            writer.put(Kind::ActivityStarted { worker_name: worker_name.clone() });
            let now = writer.context().now;
            let awaits = Awaits::ActivityResult { arn: arn.clone() };
            let taken = Pending { awaits, started: now, awaited_from: now, ..pending };
            return Some(writer.finish(cursor.since, place, Phase::Pending(taken)));
        }
        (Awaits::ActivityWorker { .. }, _) => return None,
        (Awaits::ActivityResult { arn }, _) => Called::Activity { arn: arn.clone() },
        (Awaits::Callback(request), _) => events_of(request),
    };
    match trigger {
        Trigger::TaskSucceeded(output) => Some(succeeded(machine, writer, place, pending.visit, kind, output)),
        Trigger::TaskFailed(failure) => Some(failed(machine, writer, place, pending.visit, kind, failure)),
        Trigger::TaskTimedOut { heartbeat } => Some(timed_out(machine, writer, place, pending.visit, kind, heartbeat)),
        Trigger::Entered
        | Trigger::TaskSubmitted(_)
        | Trigger::ActivityStarted { .. }
        | Trigger::TimerFired
        | Trigger::ChildrenEnded(_)
        | Trigger::ChildrenDone(_)
        | Trigger::Aborted(_) => None,
    }
}

/// Which family of events a task writes.
enum Called {
    Function { arn: String },
    Service(Service),
    Activity { arn: String },
}

impl Called {
    /// What AWS names a result after that is too large.
    fn name(&self) -> &str {
        match self {
            Self::Function { arn } | Self::Activity { arn } => arn,
            Self::Service(service) => &service.resource_type,
        }
    }
}

fn events_of(request: &TaskRequest<Payload>) -> Called {
    match request {
        TaskRequest::LambdaFunction { arn, .. } => Called::Function { arn: arn.clone() },
        TaskRequest::LambdaInvoke { wait_for_token, .. } => Called::Service(lambda(*wait_for_token)),
    }
}

fn service_of(integration: &Integration) -> Service {
    Service { resource_type: integration.resource_type(), resource: integration.resource() }
}

fn lambda(wait_for_token: bool) -> Service {
    let resource = if wait_for_token { "invoke.waitForTaskToken" } else { "invoke" };
    Service { resource_type: "lambda".to_owned(), resource: resource.to_owned() }
}

fn succeeded(
    machine: &Machine,
    mut writer: Writer<'_>,
    place: Place<Payload>,
    visit: Visit<Payload>,
    called: Called,
    result: Payload,
) -> Step {
    let result = match writer.context().within_limit(result, called.name()) {
        Ok(result) => result,
        Err(failure) => return failed(machine, writer, place, visit, called, failure),
    };
    writer.context().reached(Hop::Result, &result);
    let output = result.clone();
    writer.put(match called {
        Called::Function { .. } => Kind::LambdaFunctionSucceeded { output },
        Called::Service(service) => Kind::TaskSucceeded { service, output },
        Called::Activity { .. } => Kind::ActivitySucceeded { output },
    });
    match machine.state(&visit.state) {
        Some(State::Task(task)) => leave::with_result(machine, writer, place, task.into(), visit, &result),
        _ => {
            let cause = format!("The state '{}' is no Task in the definition that this execution runs.", visit.state);
            failure::end_failed(writer, place, Failure::new(error_name::RUNTIME, cause))
        }
    }
}

fn failed(
    machine: &Machine,
    mut writer: Writer<'_>,
    place: Place<Payload>,
    visit: Visit<Payload>,
    called: Called,
    failure: Failure,
) -> Step {
    // A function's answer is its cause, whatever its size.
    let failure = failure.clipped();
    let noted = failure.clone();
    writer.put(match called {
        Called::Function { .. } => Kind::LambdaFunctionFailed(noted),
        Called::Service(service) => Kind::TaskFailed { service, failure: noted },
        Called::Activity { .. } => Kind::ActivityFailed(noted),
    });
    failure::fail(machine, writer, place, visit, failure)
}

fn timed_out(
    machine: &Machine,
    mut writer: Writer<'_>,
    place: Place<Payload>,
    visit: Visit<Payload>,
    called: Called,
    heartbeat: bool,
) -> Step {
    let failure = Failure::named(if heartbeat { error_name::HEARTBEAT_TIMEOUT } else { error_name::TIMEOUT });
    let noted = failure.clone();
    writer.put(match called {
        Called::Function { .. } => Kind::LambdaFunctionTimedOut(noted),
        Called::Service(service) => Kind::TaskTimedOut { service, failure: noted },
        Called::Activity { .. } => Kind::ActivityTimedOut(noted),
    });
    failure::fail(machine, writer, place, visit, failure)
}

pub(crate) struct Prepared {
    input: Payload,
    timeout: Option<u64>,
    heartbeat: Option<u64>,
}

/// What the call gets, and how long it may take.
pub(crate) fn prepare(mut evaluation: Evaluation<'_>, task: &Task) -> Result<Prepared, Failed> {
    if matches!(&task.resource, Resource::Service(integration) if integration.waits_for_token()) {
        evaluation = evaluation.with_token();
    }
    let effective = evaluation.input(&task.data)?;
    let timeout = seconds(&evaluation, "TimeoutSeconds", task.timeout.as_ref(), &effective)?;
    let heartbeat = seconds(&evaluation, "HeartbeatSeconds", task.heartbeat.as_ref(), &effective)?;
    let input = evaluation.within_limit(evaluation.arguments(&task.data, &effective)?)?;
    Ok(Prepared { input, timeout, heartbeat })
}

fn seconds(
    evaluation: &Evaluation<'_>,
    field: &str,
    seconds: Option<&Seconds>,
    input: &Payload,
) -> Result<Option<u64>, Failed> {
    let path = match seconds {
        None => return Ok(None),
        Some(Seconds::Fixed(seconds)) => return Ok(Some(*seconds)),
        Some(Seconds::Query(query)) => return evaluation.whole_number(field, query, MAX_SECONDS).map(Some),
        Some(Seconds::Path(path)) => path,
    };
    let value = evaluation.reference(path, input)?;
    let number = match &value {
        Value::Number(number) => number.as_u64().filter(|seconds| (1..=MAX_SECONDS).contains(seconds)),
        _ => None,
    };
    match number {
        Some(seconds) => Ok(Some(seconds)),
        None => Err(evaluation
            .failure(
                error_name::RUNTIME,
                &format!(
                    "The {field}Path field refers to value \"{}\" which is not a valid integer: {}",
                    plain(&value),
                    path.source()
                ),
            )
            .into()),
    }
}

/// A value as AWS prints it into a sentence: a string without its quotes.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
