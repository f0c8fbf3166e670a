//! HTTP in, HTTP out: what a request must look like, and what every answer has.

use crate::members::Request;
use crate::operation::Operation;
use crate::refusal::Refusal;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use orchestrator::Orchestrator;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;
use tracing::Instrument as _;
use uuid::Uuid;

/// The largest body that is read: a definition of 1 MiB, with every character escaped and something to spare.
pub const MAX_REQUEST_BYTES: usize = 3 * 1024 * 1024;

const JSON: &str = "application/x-amz-json-1.0";
const TARGET_PREFIX: &str = "AWSStepFunctions.";

/// What differs between deployments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How long GetActivityTask waits for a task. AWS: 60 seconds.
    pub activity_poll: Duration,
    /// The largest input or output that a caller may give, in bytes of UTF-8. AWS: 262,144.
    pub max_payload_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { activity_poll: Duration::from_mins(1), max_payload_bytes: model::limits::AWS_MAX_PAYLOAD_BYTES }
    }
}

#[derive(Clone)]
struct Service {
    orchestrator: Arc<Orchestrator>,
    options: Arc<Options>,
}

/// The API as one router: calls at `POST /`, a probe at `GET /health`, a hint anywhere else.
///
/// It runs inside a tokio runtime: each call is a task of its own.
pub fn router(orchestrator: Arc<Orchestrator>, options: Options) -> Router {
    Router::new()
        .route("/", post(call).get(hint).fallback(elsewhere))
        .route("/health", get(health))
        .fallback(elsewhere)
        .with_state(Service { orchestrator, options: Arc::new(options) })
}

async fn call(State(service): State<Service>, request: axum::extract::Request) -> Response {
    let request_id = Uuid::new_v4().to_string();
    let (parts, body) = request.into_parts();
    let result = match operation(&parts.headers) {
        Ok(operation) => {
            let span = tracing::info_span!("call", operation = operation.name(), request = %request_id);
            let perform = perform(service, operation, parts.headers, body);
            perform.instrument(span).await
        }
        Err(refusal) => {
            tracing::debug!(request = %request_id, code = refusal.code, "refused");
            Err(refusal)
        }
    };
    let (status, body) = match result {
        Ok(body) => (StatusCode::OK, body),
        // A refusal is two or three strings; they can always be written.
        Err(refusal) => (refusal.status, serde_json::to_vec(&refusal).unwrap_or_default()),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    if let Ok(request_id) = HeaderValue::try_from(request_id) {
        response.headers_mut().insert("x-amzn-requestid", request_id);
    }
    response
}

/// The operation that the headers ask for.
fn operation(headers: &HeaderMap) -> Result<Operation, Refusal> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case(JSON) && !media_type.eq_ignore_ascii_case("application/x-amz-json-1.1") {
        return Err(Refusal::unknown_operation(format!(
            "The Content-Type of a call is {JSON}; this one has '{content_type}'"
        )));
    }
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let operation = target.strip_prefix(TARGET_PREFIX).and_then(Operation::named);
    operation.ok_or_else(|| {
        Refusal::unknown_operation(format!(
            "X-Amz-Target of a call is {TARGET_PREFIX} and an operation of AWS Step Functions; this one has '{target}'"
        ))
    })
}

async fn perform(service: Service, operation: Operation, headers: HeaderMap, body: Body) -> Result<Vec<u8>, Refusal> {
    let body = read(&headers, body).await?;
    let request = Request::new(parse(&body)?, service.options.max_payload_bytes);
    drop(body);
    let perform = async move { operation.perform(&service.orchestrator, &service.options, request).await };
    let result = if operation.is_long_poll() { perform.await } else { to_its_end(perform).await };
    match &result {
        Ok(_) => tracing::debug!("answered"),
        Err(refusal) if refusal.status.is_server_error() => {
            tracing::error!(code = refusal.code, why = refusal.message, "failed");
        }
        Err(refusal) => tracing::debug!(code = refusal.code, "refused"),
    }
    result
}

/// Runs what has begun to its end, also when the caller hangs up. A panic is an answer.
async fn to_its_end<F>(perform: F) -> Result<Vec<u8>, Refusal>
where
    F: Future<Output = Result<Vec<u8>, Refusal>> + Send + 'static,
{
    tokio::spawn(perform.in_current_span()).await.unwrap_or_else(|error| {
        tracing::error!(%error, "the operation did not end");
        Err(Refusal::internal("The operation failed unexpectedly; the log of this process has the reason"))
    })
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Refusal> {
    let declared = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let declared = declared.and_then(|length| length.parse::<usize>().ok());
    if declared.is_some_and(|length| length > MAX_REQUEST_BYTES) {
        return Err(Refusal::too_large(MAX_REQUEST_BYTES));
    }
    match to_bytes(body, MAX_REQUEST_BYTES).await {
        Ok(body) => Ok(body),
        // Either it is longer, or the caller is gone and nobody reads this.
        Err(_) => Err(Refusal::too_large(MAX_REQUEST_BYTES)),
    }
}

/// The body's members. An empty body has none.
fn parse(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Refusal::serialization("The request's body is no JSON object")),
        Err(error) => Err(Refusal::serialization(format!("The request's body is no JSON: {error}"))),
    }
}

async fn health() -> &'static str {
    "ok\n"
}

async fn hint(headers: HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost");
    format!(
        "This is Ratchet: the AWS Step Functions API, in JSON over POST.\n\
         \n\
         AWS CLI:  aws stepfunctions list-state-machines --endpoint-url http://{host}\n\
         boto3:    boto3.client(\"stepfunctions\", endpoint_url=\"http://{host}\")\n\
         any SDK:  AWS_ENDPOINT_URL_SFN=http://{host}\n\
         \n\
         Credentials are needed by the client alone: any will do. GET /health answers when the process is up.\n"
    )
}

async fn elsewhere(method: Method, headers: HeaderMap) -> (StatusCode, String) {
    let status = if method == Method::GET { StatusCode::NOT_FOUND } else { StatusCode::METHOD_NOT_ALLOWED };
    (status, hint(headers).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(content_type: &'static str, target: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert("x-amz-target", HeaderValue::from_static(target));
        headers
    }

    fn code<T>(result: Result<T, Refusal>) -> Option<&'static str> {
        result.err().map(|refusal| refusal.code)
    }

    #[tokio::test]
    async fn a_panic_is_an_internal_failure() {
        let refused = to_its_end(async { panic!("a test's own") }).await.err();
        assert_eq!(refused.map(|refusal| (refusal.status.as_u16(), refusal.code)), Some((500, "InternalFailure")));
    }

    #[test]
    fn a_call_is_named_by_its_target() {
        let target = "AWSStepFunctions.StartExecution";
        assert_eq!(operation(&headers(JSON, target)), Ok(Operation::StartExecution));
        let with_charset = "application/x-amz-json-1.0; charset=utf-8";
        assert_eq!(operation(&headers(with_charset, target)), Ok(Operation::StartExecution));
    }

    #[test]
    fn what_names_no_operation_is_an_unknown_operation() {
        let unknown = Some("UnknownOperationException");
        assert_eq!(code(operation(&headers(JSON, "AWSStepFunctions.Nonsense"))), unknown);
        assert_eq!(code(operation(&headers(JSON, "DynamoDB_20120810.GetItem"))), unknown);
        assert_eq!(code(operation(&headers("text/plain", "AWSStepFunctions.StartExecution"))), unknown);
        assert_eq!(code(operation(&HeaderMap::new())), unknown);
    }

    #[test]
    fn a_body_is_an_object_or_empty() {
        assert_eq!(parse(b""), Ok(Map::new()));
        assert_eq!(code(parse(b"[]")), Some("SerializationException"));
        assert_eq!(code(parse(b"{")), Some("SerializationException"));
        assert_eq!(code(parse(b"\xff")), Some("SerializationException"));
    }
}
