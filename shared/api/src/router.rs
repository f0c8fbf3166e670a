//! Which path leads where.

use crate::options::Options;
use crate::refusal::Refusal;
use crate::rights::Rights;
use crate::service::Service;
use crate::wire::Dialect;
use crate::{aws_json, rest};
use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderName, StatusCode};
use orchestrator::Orchestrator;
use std::sync::Arc;

/// The document that describes every route. Tests hold it against the routes, and make the calls that are in it.
pub(crate) const OPENAPI: &str = include_str!("../openapi.json");

/// The API as one router: AWS's protocol at `POST /` and at its doors with limited rights (`/reader`, `/starter`,
/// `/worker`), plain JSON at `/state-machines`, `/executions` and `/tasks`, a probe at `GET /health`, the document
/// of it all at `GET /openapi.json`, a hint anywhere else.
///
/// It runs inside a tokio runtime: each call is a task of its own.
pub fn router(orchestrator: Arc<Orchestrator>, options: Options) -> Router {
    let doors = Rights::ALL.into_iter().fold(Router::new(), |router, rights| {
        let call = move |State(service): State<Service>, request: Request| aws_json::answer(service, rights, request);
        let router = router.route(rights.path(), post(call));
        match rights {
            Rights::All => router,
            // Some SDKs end an endpoint's path with a slash.
            Rights::Reader | Rights::Starter | Rights::Worker => {
                router.route(&format!("{}/", rights.path()), post(call))
            }
        }
    });
    rest::add_to(doors)
        .route("/", get(hint))
        .route("/health", get(health))
        .route("/openapi.json", get(openapi))
        .method_not_allowed_fallback(wrong_method)
        .fallback(elsewhere)
        .with_state(Service::new(orchestrator, options))
}

async fn health() -> &'static str {
    "ok\n"
}

async fn openapi() -> ([(HeaderName, &'static str); 1], &'static str) {
    ([(CONTENT_TYPE, "application/json")], OPENAPI)
}

async fn hint(headers: HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost");
    format!(
        "This is Ratchet: the AWS Step Functions API, in JSON over POST.\n\
         \n\
         AWS CLI:  aws stepfunctions list-state-machines --endpoint-url http://{host}\n\
         boto3:    boto3.client(\"stepfunctions\", endpoint_url=\"http://{host}\")\n\
         any SDK:  AWS_ENDPOINT_URL_SFN=http://{host}\n\
         no SDK:   curl http://{host}/state-machines (GET /openapi.json has the rest)\n\
         \n\
         For StartSyncExecution and TestState, SDKs put sync- before the name of the host. It is answered under that name\n\
         too: let sync-{host} lead here, or keep the prefix away (boto3: Config(inject_host_prefix=False)).\n\
         \n\
         Credentials are needed by the client alone: any will do. GET /health answers when the process is up.\n"
    )
}

async fn elsewhere(headers: HeaderMap) -> (StatusCode, String) {
    (StatusCode::NOT_FOUND, hint(headers).await)
}

async fn wrong_method(State(service): State<Service>, request: Request) -> Response {
    let message = format!("{} is no method of {}", request.method(), request.uri().path());
    let refusal = Refusal { status: StatusCode::METHOD_NOT_ALLOWED, ..Refusal::new("MethodNotAllowed", message) };
    service.call(&request, Dialect::Plain).refuse(refusal)
}
