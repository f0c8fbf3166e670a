//! AWS's protocol, JSON 1.0: every call is a POST that names its operation in a header.

use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::rights::Rights;
use crate::service::{Call, Service};
use crate::wire::Dialect;
use axum::body::Body;
use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};

const JSON: &str = "application/x-amz-json-1.0";
const TARGET_PREFIX: &str = "AWSStepFunctions.";

/// Answers a call at a door.
pub(crate) async fn answer(service: Service, rights: Rights, request: axum::extract::Request) -> Response {
    let call = service.call(&request, Dialect::AwsJson);
    let (parts, body) = request.into_parts();
    match perform(&service, &call, rights, &parts.headers, body).await {
        Ok(body) => call.answer(StatusCode::OK, body),
        Err(refusal) => call.refuse(refusal),
    }
}

async fn perform(
    service: &Service,
    call: &Call,
    rights: Rights,
    headers: &HeaderMap,
    body: Body,
) -> Result<Vec<u8>, Refusal> {
    let operation = operation(headers)?;
    rights.check(operation)?;
    let members = {
        let body = service.read(headers, body).await?;
        parse(&body)?
    };
    service.perform(call, operation, members).await
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

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(content_type: &'static str, target: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert("x-amz-target", HeaderValue::from_static(target));
        headers
    }

    fn code<T>(result: Result<T, Refusal>) -> Option<&'static str> {
        result.err().map(|refusal| refusal.code)
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
