//! A function behind the Lambda Invoke API that notes how it is called and answers as each test tells it.

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How one invocation came.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) event: Value,
    pub(crate) bytes: usize,
    pub(crate) trace: Option<String>,
}

/// What the function does about one.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: u16,
    is_function_error: bool,
    body: String,
    after: Duration,
}

#[derive(Default)]
struct Seen {
    calls: Vec<Call>,
    running: usize,
    most_running: usize,
}

type Decide = dyn Fn(&Call, usize) -> Reply + Send + Sync;

/// A function. Clones are the same.
#[derive(Clone)]
pub(crate) struct FakeFunction {
    seen: Arc<Mutex<Seen>>,
    decide: Arc<Decide>,
}

impl Reply {
    pub(crate) fn ok(body: impl Into<String>) -> Self {
        Self { status: 200, is_function_error: false, body: body.into(), after: Duration::ZERO }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self { status, ..Self::ok("{}") }
    }

    pub(crate) fn function_error() -> Self {
        Self { is_function_error: true, ..Self::ok(r#"{"errorType":"Unhandled"}"#) }
    }

    pub(crate) fn after(self, after: Duration) -> Self {
        Self { after, ..self }
    }
}

impl Call {
    /// A field of each record.
    pub(crate) fn all(&self, pointer: &str) -> Vec<String> {
        let records = self.event["Records"].as_array().into_iter().flatten();
        let field = |record: &Value| record.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        records.map(field).collect()
    }
}

impl FakeFunction {
    /// Decides about each call, given how many came before.
    pub(crate) fn new(decide: impl Fn(&Call, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self { seen: Arc::default(), decide: Arc::new(decide) }
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.seen().calls.clone()
    }

    /// Most invocations at once.
    pub(crate) fn most_running(&self) -> usize {
        self.seen().most_running
    }

    pub(crate) fn router(&self) -> Router {
        let path = "/2015-03-31/functions/advance/invocations";
        Router::new().route(path, post(invoke)).layer(DefaultBodyLimit::disable()).with_state(self.clone())
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn invoke(State(function): State<FakeFunction>, headers: HeaderMap, body: String) -> Response {
    let trace = headers.get("x-amzn-trace-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let call = Call { event: serde_json::from_str(&body).unwrap_or_default(), bytes: body.len(), trace };
    let before = {
        let mut seen = function.seen();
        seen.calls.push(call.clone());
        seen.running += 1;
        seen.most_running = seen.most_running.max(seen.running);
        seen.calls.len() - 1
    };
    let reply = (function.decide)(&call, before);
    // Goes on when the caller has hung up: a task of its own.
    let slept = tokio::spawn(tokio::time::sleep(reply.after)).await;
    function.seen().running -= 1;
    if slept.is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if reply.is_function_error {
        return (status, [("X-Amz-Function-Error", "Unhandled")], reply.body).into_response();
    }
    (status, reply.body).into_response()
}
