//! Whether a state may be mocked, must be, and whether the mock is one that it could have had.

use super::{Configuration, FieldValidation, Mock, Refused, TestState};
use engine::Inspection;
use language::machine::{Integration, IntegrationKind, Pattern, Resource, State};
use model::{Failure, Payload};
use serde_json::Value;
use shapes::{Required, Response};

/// What the state's work comes to.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Result(Payload),
    Failure(Failure),
}

/// Checks what was asked for against the state: none if the state does its work itself.
///
/// The order is that of AWS, where it is known.
pub(super) fn check(state: &State, request: &TestState) -> Result<Option<Outcome>, Refused> {
    let Some(mock) = &request.mock else {
        unmocked(state, request)?;
        return Ok(None);
    };
    match state {
        State::Task(_) | State::Map(_) | State::Parallel(_) => {}
        State::Pass(_) | State::Choice(_) | State::Wait(_) | State::Succeed(_) | State::Fail(_) => {
            let name = state.type_name();
            return Err(Refused::Validation(format!("State type '{name}' is not supported when a mock is specified")));
        }
    }
    if request.reveals_secrets {
        return Err(Refused::validation("TestState does not support RevealSecrets when a mock is specified."));
    }
    configuration(state, mock, &request.configuration)?;
    match (&mock.result, &mock.failure) {
        (Some(_), Some(_)) => {
            Err(Refused::validation("A test mock should have only one of the following fields: [result, errorOutput]."))
        }
        (None, None) => {
            Err(Refused::validation("A test mock should have one of the following fields: [result, errorOutput]."))
        }
        (None, Some(failure)) => Ok(Some(Outcome::Failure(failure.clone()))),
        (Some(text), None) => {
            let result = Payload::from_text(text.as_str())
                .map_err(|_| Refused::validation("Mocked result must be valid JSON"))?;
            fits(state, result.value(), mock.validation)?;
            Ok(Some(Outcome::Result(result)))
        }
    }
}

/// A state that does its work itself.
fn unmocked(state: &State, request: &TestState) -> Result<(), Refused> {
    let untestable = |text: &str| Err(Refused::NotTestable(text.to_owned()));
    if request.context.is_some() {
        return Err(Refused::validation("A Context object can only be specified when a mock is specified."));
    }
    let task = match state {
        State::Map(_) | State::Parallel(_) => {
            return untestable(
                "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, \
                 Pass, Succeed, Fail, Choice]",
            );
        }
        State::Task(task) => task,
        State::Pass(_) | State::Choice(_) | State::Wait(_) | State::Succeed(_) | State::Fail(_) => return Ok(()),
    };
    match &task.resource {
        Resource::Activity(_) => return untestable("TestState API does not support Activity tasks without a mock."),
        Resource::Service(integration) if integration.pattern != Pattern::RequestResponse => {
            return untestable("TestState API does not support '.sync' or '.waitForTaskToken' integration patterns.");
        }
        Resource::LambdaFunction(_) | Resource::Service(_) => {}
    }
    if request.role_arn.is_none() {
        return Err(Refused::validation("RoleArn must be specified when testing a Task state"));
    }
    match &task.resource {
        Resource::Service(integration) if !integration.is_lambda_invoke() => Err(Refused::Validation(format!(
            "The integration '{integration}' is not supported yet: it can be tested with a mock"
        ))),
        Resource::LambdaFunction(_) | Resource::Service(_) | Resource::Activity(_) => Ok(()),
    }
}

/// Whether what happened before can have happened to this state.
fn configuration(state: &State, mock: &Mock, configuration: &Configuration) -> Result<(), Refused> {
    let is_map = matches!(state, State::Map(_));
    if !is_map && configuration.map_iteration_failure_count.is_some() {
        return Err(Refused::validation("mapIterationFailureCount can only be specified for a Map state"));
    }
    if configuration.error_caused_by_state.is_some() && (mock.failure.is_none() || matches!(state, State::Task(_))) {
        return Err(Refused::validation(
            "errorCausedByState can only be specified with a mocked errorOutput of a Map or Parallel state",
        ));
    }
    Ok(())
}

/// What the `ItemReader` of a Map is said to read.
pub(super) fn items(state: &State, given: Option<&str>) -> Result<Option<Payload>, Refused> {
    let distribution = match state {
        State::Map(map) => map.distribution.as_deref(),
        State::Pass(_)
        | State::Task(_)
        | State::Choice(_)
        | State::Wait(_)
        | State::Succeed(_)
        | State::Fail(_)
        | State::Parallel(_) => None,
    };
    if distribution.is_some_and(|distribution| distribution.batches_items) {
        return Err(Refused::validation("A Map state with an ItemBatcher cannot be tested yet"));
    }
    match (distribution.is_some_and(|distribution| distribution.reads_items), given) {
        (true, Some(text)) => match Payload::from_text(text) {
            Ok(items) if items.value().is_array() => Ok(Some(items)),
            Ok(_) | Err(_) => Err(Refused::validation("mapItemReaderData can only be a JSON array yet")),
        },
        (true, None) => Err(Refused::validation(
            "ItemReader data must be specified when testing a Map state with ItemReader specified.",
        )),
        (false, Some(_)) => {
            Err(Refused::validation("mapItemReaderData can only be specified for a Map state with an ItemReader"))
        }
        (false, None) => Ok(None),
    }
}

/// Whether so many iterations can have failed, once it is known how many there are.
pub(super) fn check_iterations(inspection: &Inspection, failed: Option<u64>) -> Result<(), Refused> {
    let too_many = inspection.iterations.zip(failed).is_some_and(|(all, failed)| failed > u64::from(all));
    if too_many {
        let message = "Map iteration failure count must be less than or equal to the number of Map iterations";
        return Err(Refused::validation(message));
    }
    Ok(())
}

/// Whether the state could have had this result.
fn fits(state: &State, result: &Value, validation: FieldValidation) -> Result<(), Refused> {
    match state {
        State::Map(map) if map.distribution.as_ref().is_some_and(|distribution| distribution.writes_results) => {
            result.as_object().map(drop).ok_or_else(|| Refused::validation("Mocked result must be a JSON object."))
        }
        State::Map(_) => array(result).map(drop),
        State::Parallel(parallel) => {
            if array(result)?.len() == parallel.branches.len() {
                return Ok(());
            }
            Err(Refused::validation(
                "Mocked result must contain the same number of items as number of Parallel branches.",
            ))
        }
        State::Task(task) => match (&task.resource, validation) {
            (Resource::Service(_), FieldValidation::None) => Ok(()),
            (Resource::Service(integration), FieldValidation::Strict) => shape(integration, result, Required::All),
            (Resource::Service(integration), FieldValidation::Present) => shape(integration, result, Required::Present),
            (Resource::LambdaFunction(_) | Resource::Activity(_), _) => Ok(()),
        },
        State::Pass(_) | State::Choice(_) | State::Wait(_) | State::Succeed(_) | State::Fail(_) => Ok(()),
    }
}

fn array(result: &Value) -> Result<&Vec<Value>, Refused> {
    result.as_array().ok_or_else(|| Refused::validation("Mocked result must be an array."))
}

fn shape(integration: &Integration, result: &Value, required: Required) -> Result<(), Refused> {
    let Some(response) = response_of(integration) else { return Ok(()) };
    response.check(result, required).map_err(|mismatch| match mismatch {
        shapes::Mismatch::NoObject => Refused::Validation(format!("{mismatch}.")),
        shapes::Mismatch::Missing(_) | shapes::Mismatch::Type { .. } | shapes::Mismatch::Value { .. } => {
            Refused::Validation(format!("Mock result schema validation error: {mismatch}"))
        }
    })
}

/// What a service answers; none if nobody here knows. Whoever has a task's token answers what they like.
fn response_of(integration: &Integration) -> Option<Response> {
    let operation = capitalized(&integration.action);
    let service = integration.service.as_str();
    match (integration.kind, integration.pattern, service) {
        (_, Pattern::WaitForTaskToken, _) => None,
        (IntegrationKind::AwsSdk, _, _) => Response::of(&service.to_lowercase(), &operation),
        (IntegrationKind::Optimized, Pattern::RequestResponse, "lambda") => Response::of("optimized", "LambdaInvoke"),
        (IntegrationKind::Optimized, Pattern::RequestResponse, "events") => Response::of("eventbridge", &operation),
        (IntegrationKind::Optimized, Pattern::RequestResponse, "states") => Response::of("sfn", &operation),
        (IntegrationKind::Optimized, Pattern::RequestResponse, "bedrock") if operation == "InvokeModel" => {
            Response::of("optimized", "BedrockInvokeModel")
        }
        (IntegrationKind::Optimized, Pattern::RequestResponse, _) => {
            Response::of(&service.replace('-', ""), &operation)
        }
        (IntegrationKind::Optimized, Pattern::RunJob | Pattern::RunJobWithJsonOutput, _) => job(integration),
    }
}

/// The answer of the call with which AWS looks whether a job has ended.
fn job(integration: &Integration) -> Option<Response> {
    match (integration.service.as_str(), integration.action.as_str(), integration.pattern) {
        ("states", "startExecution", Pattern::RunJobWithJsonOutput) => {
            Response::of("optimized", "StatesStartExecutionSync2")
        }
        ("states", "startExecution", _) => Response::of("sfn", "DescribeExecution"),
        ("batch", "submitJob", _) => Response::of("batch", "DescribeJobs"),
        ("ecs", "runTask", _) => Response::of("ecs", "DescribeTasks"),
        ("glue", "startJobRun", _) => Response::of("glue", "GetJobRun"),
        _ => None,
    }
}

fn capitalized(action: &str) -> String {
    let mut characters = action.chars();
    characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters).collect()
}
