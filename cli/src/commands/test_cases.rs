//! Step Functions Local's way to choose a test case: `stateMachineArn#TestCase` in StartExecution.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use embedded::tasks::LocalTasks;
use model::StateMachineArn;
use serde_json::{Value, json};
use std::sync::Arc;

/// The router, with test cases taken off the ARNs that executions are started by.
pub(super) fn chosen_by_arn(router: Router, tasks: Arc<LocalTasks>) -> Router {
    router.layer(from_fn_with_state(tasks, take_test_case))
}

async fn take_test_case(State(tasks): State<Arc<LocalTasks>>, request: Request, next: Next) -> Response {
    let target = request.headers().get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !target.ends_with(".StartExecution") {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, api::MAX_REQUEST_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let body = match without_test_case(&tasks, &bytes) {
        Ok(None) => Body::from(bytes),
        Ok(Some(changed)) => {
            parts.headers.remove(CONTENT_LENGTH);
            Body::from(changed)
        }
        Err(message) => {
            let body = json!({ "__type": "ValidationException", "message": message }).to_string();
            return (StatusCode::BAD_REQUEST, [(CONTENT_TYPE, "application/x-amz-json-1.0")], body).into_response();
        }
    };
    next.run(Request::from_parts(parts, body)).await
}

/// The request without the test case in its ARN, once that is noted for the execution; none: it has none.
fn without_test_case(tasks: &LocalTasks, body: &[u8]) -> Result<Option<String>, String> {
    let Ok(mut request) = serde_json::from_slice::<Value>(body) else { return Ok(None) };
    let arn = request.get("stateMachineArn").and_then(Value::as_str).unwrap_or_default();
    let Some((arn, case)) = arn.split_once('#').map(|(arn, case)| (arn.to_owned(), case.to_owned())) else {
        return Ok(None);
    };
    let Ok(machine) = arn.parse::<StateMachineArn>() else { return Ok(None) };
    // The execution must be known by its name before it starts.
    let name = match request.get("name").and_then(Value::as_str) {
        Some(name) => name.to_owned(),
        None => uuid::Uuid::new_v4().to_string(),
    };
    tasks.choose_test_case_of(&machine.execution(&name), &case).map_err(|error| error.to_string())?;
    request["stateMachineArn"] = arn.into();
    request["name"] = name.into();
    Ok(Some(request.to_string()))
}
