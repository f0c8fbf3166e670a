//! TestState: one state, tried out.

use crate::members::{Input, Member, Request};
use crate::refusal::Refusal;
use crate::{arns, explain::explain, payload};
use model::{Failure, Payload, Variables};
use orchestrator::Orchestrator;
use orchestrator::test_state::{
    Configuration, FieldValidation, Hop, Inspection, Mock, Refused, TestState, TestStatus, Tested,
};
use serde::Serialize;
use serde_json::{Map, Number, Value, json};

const ERROR_OUTPUT: &[Member] = &[Member::error(), Member::cause()];
const MOCK: &[Member] = &[
    Member::payload("result"),
    Member::structure("errorOutput", ERROR_OUTPUT),
    Member::one_of("fieldValidationMode", &["STRICT", "PRESENT", "NONE"]),
];
const CONFIGURATION: &[Member] = &[
    Member::integer("retrierRetryCount", 0, i32::MAX as i64),
    Member::text("errorCausedByState", 1, 80).sensitive(),
    Member::integer("mapIterationFailureCount", 0, i32::MAX as i64),
    Member::payload("mapItemReaderData"),
];
const MEMBERS: &[Member] = &[
    Member::definition().required(),
    Member::arn("roleArn"),
    Member::payload("input"),
    Member::one_of("inspectionLevel", &["INFO", "DEBUG", "TRACE"]),
    Member::flag("revealSecrets"),
    Member::payload("variables"),
    Member::text("stateName", 1, 80).sensitive(),
    Member::structure("mock", MOCK),
    Member::payload("context"),
    Member::structure("stateConfiguration", CONFIGURATION),
];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inspection_data: Option<InspectionData>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_state: Option<String>,
    status: &'static str,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct InspectionData {
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_arguments: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_input_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_parameters: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_result_selector: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_result_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_items_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_item_selector: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variables: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_details: Option<ErrorDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tolerated_failure_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tolerated_failure_percentage: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_concurrency: Option<u64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorDetails {
    #[serde(skip_serializing_if = "Option::is_none")]
    catch_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_backoff_interval_seconds: Option<u64>,
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let mut input = request.check(MEMBERS)?;
    input.text("roleArn").map_or(Ok(()), arns::check_role)?;
    let inspects = input.text("inspectionLevel").is_some_and(|level| level != "INFO");
    let test = TestState {
        input: payload::input(input.take_text("input"))?,
        variables: variables(input.text("variables"))?,
        mock: input.structure("mock").map(mock),
        configuration: configuration(&input),
        reveals_secrets: input.flag("revealSecrets"),
        definition: input.take_text("definition").unwrap_or_default(),
        state_name: input.take_text("stateName"),
        role_arn: input.take_text("roleArn"),
        context: input.take_text("context"),
    };
    let tested = orchestrator.test_state(test).await.map_err(|refused| refusal(&refused))?;
    Ok(answer(tested, inspects))
}

fn variables(text: Option<&str>) -> Result<Map<String, Value>, Refusal> {
    let Some(text) = text else { return Ok(Map::new()) };
    match model::json::parse(text) {
        Ok(Value::Object(variables)) => Ok(variables),
        Ok(_) => Err(Refusal::validation("Variables must be a JSON object")),
        Err(error) => Err(Refusal::validation(format!("Invalid Variables: '{}'", explain(text, &error)))),
    }
}

fn mock(mock: &Map<String, Value>) -> Mock {
    let text = |object: &Map<String, Value>, name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    let failure = mock.get("errorOutput").and_then(Value::as_object);
    Mock {
        result: text(mock, "result"),
        failure: failure.map(|output| Failure { error: text(output, "error"), cause: text(output, "cause") }),
        validation: match mock.get("fieldValidationMode").and_then(Value::as_str) {
            Some("NONE") => FieldValidation::None,
            Some("PRESENT") => FieldValidation::Present,
            Some(_) | None => FieldValidation::Strict,
        },
    }
}

fn configuration(input: &Input) -> Configuration {
    let Some(given) = input.structure("stateConfiguration") else { return Configuration::default() };
    let text = |name: &str| given.get(name).and_then(Value::as_str).map(str::to_owned);
    let number = |name: &str| given.get(name).and_then(Value::as_u64);
    Configuration {
        retrier_retry_count: number("retrierRetryCount").unwrap_or_default(),
        error_caused_by_state: text("errorCausedByState"),
        map_iteration_failure_count: number("mapIterationFailureCount"),
        map_item_reader_data: text("mapItemReaderData"),
    }
}

fn refusal(refused: &Refused) -> Refusal {
    let code = match refused {
        Refused::Validation(_) => "ValidationException",
        Refused::Definition(_) | Refused::NotTestable(_) => "InvalidDefinition",
    };
    Refusal::new(code, refused.to_string())
}

fn answer(tested: Tested, inspects: bool) -> Answer {
    let data = inspects.then(|| inspection_data(&tested));
    let failure = tested.failure.unwrap_or_default();
    Answer {
        output: tested.output.as_ref().map(text),
        error: failure.error,
        cause: failure.cause,
        inspection_data: data,
        next_state: tested.next_state,
        status: match tested.status {
            TestStatus::Succeeded => "SUCCEEDED",
            TestStatus::Failed => "FAILED",
            TestStatus::Retriable => "RETRIABLE",
            TestStatus::CaughtError => "CAUGHT_ERROR",
        },
    }
}

fn text(payload: &Payload) -> String {
    payload.text().to_owned()
}

fn inspection_data(tested: &Tested) -> InspectionData {
    let inspection = &tested.inspection;
    let after = |hop| inspection.after(hop).map(text);
    InspectionData {
        input: Some(text(&tested.input)),
        after_arguments: after(Hop::Arguments),
        after_input_path: after(Hop::InputPath),
        after_parameters: after(Hop::Parameters),
        result: after(Hop::Result),
        after_result_selector: after(Hop::ResultSelector),
        after_result_path: after(Hop::ResultPath),
        after_items_path: inspection.after(Hop::ItemsPath).map(|items| spaced(items.value())),
        after_item_selector: inspection.after(Hop::ItemSelector).map(|items| spaced(items.value())),
        variables: tested.variables.as_ref().map(all_of),
        error_details: error_details(inspection),
        tolerated_failure_count: inspection.tolerated_failure_count.as_ref().and_then(Number::as_u64),
        tolerated_failure_percentage: inspection.tolerated_failure_percentage.as_ref().and_then(Number::as_f64),
        max_concurrency: inspection.max_concurrency,
    }
}

fn all_of(variables: &Variables<Payload>) -> String {
    let names = variables.names().into_iter();
    let all: Map<_, _> = names.filter_map(|name| Some((name.to_owned(), variables.value(name)?.clone()))).collect();
    Value::Object(all).to_string()
}

fn error_details(inspection: &Inspection) -> Option<ErrorDetails> {
    let Inspection { retrier, catcher, backoff, .. } = inspection;
    (retrier.is_some() || catcher.is_some()).then(|| ErrorDetails {
        catch_index: *catcher,
        retry_index: *retrier,
        retry_backoff_interval_seconds: backoff.map(|backoff| backoff.as_secs()),
    })
}

/// Items as AWS writes them here: with a space after each comma and colon, which it leaves out elsewhere.
///
/// Recorded in test_state_map_context_object. The recursion is as deep as the value, which is bounded.
fn spaced(value: &Value) -> String {
    fn list(open: &str, items: impl Iterator<Item = String>, close: &str) -> String {
        [open, &items.collect::<Vec<_>>().join(", "), close].concat()
    }
    match value {
        Value::Array(items) => list("[", items.iter().map(spaced), "]"),
        Value::Object(fields) => {
            list("{", fields.iter().map(|(name, field)| format!("{}: {}", json!(name), spaced(field))), "}")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}
