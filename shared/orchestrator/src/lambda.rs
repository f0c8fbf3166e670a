//! What a function's answer becomes: the result of a Task, or its failure.

use crate::ports::InvocationType;
use model::limits::MAX_NESTING;
use model::{Failure, Payload, error_name};
use serde_json::{Map, Value, json};

/// A function's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FunctionReply {
    /// It returned.
    Returned {
        /// What, JSON text.
        payload: String,
        /// `x-amz-executed-version`: `$LATEST`, or the version that an alias led to.
        version: String,
        /// The headers of the HTTP answer, as AWS's client reports them (`Content-Length`, ...), in order.
        headers: Vec<(String, String)>,
    },
    /// It failed: the payload of its error.
    Failed {
        /// `{"errorMessage": ..., "errorType": ...}`, JSON text.
        payload: String,
    },
}

/// The result of a Task whose function answered so, or its failure.
///
/// Of a function that the Task's `Resource` names directly the result is the bare payload; otherwise `service` says how
/// `lambda:invoke` invoked it, and the result is that service's answer, with its metadata.
pub fn function_output(reply: FunctionReply, service: Option<InvocationType>) -> Result<Payload, Failure> {
    let output = match reply {
        FunctionReply::Failed { payload } => return Err(failure(&payload, service.is_none())),
        FunctionReply::Returned { payload, version, headers } => match service {
            None => parsed(&payload),
            Some(kind) => Payload::from_value(invoked(kind, &payload, &version, &headers)),
        },
    };
    // The answer of `lambda:invoke` lies one level above its payload.
    if service.is_some() && expression::is_deeper_than(output.value(), MAX_NESTING) {
        let cause = format!("The function's answer is nested deeper than {MAX_NESTING} levels.");
        return Err(Failure::new(error_name::RUNTIME, cause));
    }
    Ok(output)
}

/// A payload that is not JSON is a string: custom runtimes may return anything.
fn parsed(payload: &str) -> Payload {
    Payload::from_text(payload.trim()).unwrap_or_else(|_| Payload::from_value(Value::from(payload)))
}

/// The answer of `lambda:invoke`. Only a function that ran has a version.
fn invoked(kind: InvocationType, payload: &str, version: &str, headers: &[(String, String)]) -> Value {
    let all: Map<String, Value> = headers.iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
    let mut sorted: Vec<_> = headers.iter().collect();
    sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
    let single: Map<String, Value> = sorted.into_iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let header = |wanted: &str| {
        headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.as_str())
    };
    let status = kind.status();
    let mut answer = Map::new();
    if kind == InvocationType::RequestResponse {
        answer.insert("ExecutedVersion".to_owned(), version.into());
    }
    if let Some(log) = header("X-Amz-Log-Result") {
        answer.insert("LogResult".to_owned(), log.into());
    }
    answer.insert("Payload".to_owned(), parsed(payload).value().clone());
    let http = json!({ "AllHttpHeaders": all, "HttpHeaders": single, "HttpStatusCode": status });
    answer.insert("SdkHttpMetadata".to_owned(), http);
    let request = json!({ "RequestId": header("x-amzn-RequestId").unwrap_or_default() });
    answer.insert("SdkResponseMetadata".to_owned(), request);
    answer.insert("StatusCode".to_owned(), status.into());
    answer.into()
}

/// The cause is the payload: with its own spaces from a function named directly, compact from `lambda:invoke`.
fn failure(payload: &str, direct: bool) -> Failure {
    let value = model::json::parse(payload).unwrap_or(Value::Null);
    let error = value.get("errorType").and_then(Value::as_str).unwrap_or(error_name::LAMBDA_UNKNOWN);
    let cause = if direct || value.is_null() { payload.to_owned() } else { value.to_string() };
    Failure::new(error, cause)
}
