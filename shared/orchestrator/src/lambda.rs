//! What a function's answer becomes: the result of a Task, or its failure.

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
/// `direct_arn` is the function's ARN when the Task's `Resource` names it directly: then the result is the bare
/// payload; otherwise it is the answer of `lambda:invoke`, with its metadata. A result of more than `max_bytes` is none.
pub fn function_output(
    reply: FunctionReply,
    direct_arn: Option<&str>,
    max_bytes: Option<usize>,
) -> Result<Payload, Failure> {
    let output = match reply {
        FunctionReply::Failed { payload } => return Err(failure(&payload, direct_arn.is_some())),
        FunctionReply::Returned { payload, version, headers } => match direct_arn {
            Some(_) => parsed(&payload),
            None => Payload::from_value(invoked(&payload, &version, &headers)),
        },
    };
    // The answer of `lambda:invoke` lies one level above its payload.
    if direct_arn.is_none() && expression::is_deeper_than(output.value(), MAX_NESTING) {
        let cause = format!("The function's answer is nested deeper than {MAX_NESTING} levels.");
        return Err(Failure::new(error_name::RUNTIME, cause));
    }
    if max_bytes.is_some_and(|max| output.text().len() > max) {
        let task = direct_arn.unwrap_or("lambda");
        return Err(Failure::new(
            error_name::DATA_LIMIT_EXCEEDED,
            format!(
                "The state/task '{task}' returned a result with a size exceeding the maximum number of bytes service \
                 limit."
            ),
        ));
    }
    Ok(output)
}

/// A payload that is not JSON is a string: custom runtimes may return anything.
fn parsed(payload: &str) -> Payload {
    Payload::from_text(payload.trim()).unwrap_or_else(|_| Payload::from_value(Value::from(payload)))
}

fn invoked(payload: &str, version: &str, headers: &[(String, String)]) -> Value {
    let all: Map<String, Value> = headers.iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
    let mut sorted: Vec<_> = headers.iter().collect();
    sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
    let single: Map<String, Value> = sorted.into_iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let request_id = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-amzn-RequestId"));
    json!({
        "ExecutedVersion": version,
        "Payload": parsed(payload).value(),
        "SdkHttpMetadata": { "AllHttpHeaders": all, "HttpHeaders": single, "HttpStatusCode": 200 },
        "SdkResponseMetadata": { "RequestId": request_id.map_or("", |(_, value)| value.as_str()) },
        "StatusCode": 200,
    })
}

/// The cause is the payload: with its own spaces from a function named directly, compact from `lambda:invoke`.
fn failure(payload: &str, direct: bool) -> Failure {
    let value = model::json::parse(payload).unwrap_or(Value::Null);
    let error = value.get("errorType").and_then(Value::as_str).unwrap_or(error_name::LAMBDA_UNKNOWN);
    let cause = if direct || value.is_null() { payload.to_owned() } else { value.to_string() };
    Failure::new(error, cause)
}
