//! A call from whichever door: its body read, its operation performed, its answer written.

use crate::members::{Request, Terms};
use crate::operation::Operation;
use crate::options::{Front, Options};
use crate::refusal::Refusal;
use crate::room::Room;
use crate::wire::Dialect;
use axum::body::{Body, Bytes, to_bytes};
use axum::response::Response;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use orchestrator::Orchestrator;
use serde_json::{Map, Value};
use std::sync::Arc;
use tracing::Instrument as _;
use uuid::Uuid;

/// Tells `lambda_http` to pass the body on as the text that it is, and not in base64, which is a third longer.
const LAMBDA_ENCODING: &str = "x-lambda-http-content-encoding";

/// What every call has at hand.
#[derive(Clone)]
pub(crate) struct Service {
    orchestrator: Arc<Orchestrator>,
    options: Arc<Options>,
}

/// One call: what is the same for all of its parts.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    id: String,
    front: Front,
    dialect: Dialect,
}

impl Service {
    pub(crate) fn new(orchestrator: Arc<Orchestrator>, options: Options) -> Self {
        Self { orchestrator, options: Arc::new(options) }
    }

    /// The account and region of short names.
    pub(crate) fn place(&self) -> &model::arn::Place {
        &self.orchestrator.settings().place
    }

    /// A call that has just come in.
    pub(crate) fn call(&self, request: &axum::extract::Request, dialect: Dialect) -> Call {
        let front = request.extensions().get::<Front>().copied().unwrap_or(self.options.front);
        Call { id: Uuid::new_v4().to_string(), front, dialect }
    }

    /// Reads a body, if it is no larger than it may be.
    pub(crate) async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Bytes, Refusal> {
        let limit = self.options.max_request_bytes.unwrap_or(usize::MAX);
        let declared = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        let declared = declared.and_then(|length| length.parse::<usize>().ok());
        if declared.is_some_and(|length| length > limit) {
            return Err(Refusal::too_large(limit));
        }
        // Either it is longer, or the caller is gone and nobody reads this.
        to_bytes(body, limit).await.map_err(|_| Refusal::too_large(limit))
    }

    /// Performs an operation, and gives the body of the answer.
    pub(crate) async fn perform(
        &self,
        call: &Call,
        operation: Operation,
        members: Map<String, Value>,
    ) -> Result<Vec<u8>, Refusal> {
        let room = self.options.max_response_bytes.map(|bytes| Room::new(bytes, call.front));
        let terms = Terms { max_payload_bytes: self.options.max_payload_bytes, room, dialect: call.dialect };
        let request = Request::new(members, terms);
        let patience = self.options.patience(operation, call.front);
        let orchestrator = Arc::clone(&self.orchestrator);
        // In a box: what all operations together need is large, and moves several times on its way.
        let perform = Box::pin(async move { operation.perform(&orchestrator, patience, request).await });
        let span = tracing::info_span!("call", operation = operation.name(), request = %call.id);
        let result = async {
            let result = if operation.is_long_poll() { perform.await } else { to_its_end(perform).await };
            let result = result.and_then(|body| match room {
                Some(room) if !room.has_room_for_body(&body) => Err(Refusal::answer_too_large(room.bytes())),
                Some(_) | None => Ok(body),
            });
            match &result {
                Ok(_) => tracing::debug!("answered"),
                Err(refusal) if refusal.status.is_server_error() => {
                    tracing::error!(code = refusal.code, why = refusal.message, "failed");
                }
                Err(refusal) => tracing::debug!(code = refusal.code, "refused"),
            }
            result
        };
        result.instrument(span).await
    }
}

impl Call {
    /// An answer: JSON, with what every answer has.
    pub(crate) fn answer(&self, status: StatusCode, body: Vec<u8>) -> Response {
        let media_type = match self.dialect {
            Dialect::AwsJson => "application/x-amz-json-1.0",
            Dialect::Plain => "application/json",
        };
        let is_empty = body.is_empty();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        if !is_empty {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        }
        if self.front.is_lambda() {
            headers.insert(LAMBDA_ENCODING, HeaderValue::from_static("text"));
        }
        if let Ok(id) = HeaderValue::try_from(self.id.as_str()) {
            headers.insert("x-amzn-requestid", id);
        }
        response
    }

    /// The answer to a call that is refused.
    pub(crate) fn refuse(&self, refusal: Refusal) -> Response {
        let refusal = refusal.bounded();
        tracing::debug!(request = %self.id, code = refusal.code, "refused");
        let status = match self.dialect {
            Dialect::AwsJson => refusal.status,
            Dialect::Plain => refusal.plain_status(),
        };
        self.answer(status, refusal.body(self.dialect))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_internal_failure() {
        let refused = to_its_end(async { panic!("a test's own") }).await.err();
        assert_eq!(refused.map(|refusal| (refusal.status.as_u16(), refusal.code)), Some((500, "InternalFailure")));
    }
}
