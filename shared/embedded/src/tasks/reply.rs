//! What the Lambda service wraps around an answer.

use super::Request;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use orchestrator::FunctionReply;
use serde_json::{Value, json};

/// The function returned this JSON text.
pub(super) fn returned(request: &Request, payload: String) -> FunctionReply {
    returned_with_log(request, payload, std::iter::empty())
}

/// The header that has the end of a function's log.
pub(super) const LOG_RESULT: &str = "X-Amz-Log-Result";

/// Most bytes of a log's end, as on Lambda.
const MAX_LOG_BYTES: usize = 4_096;

/// The function returned this JSON text, and these were the last lines of its log.
pub(super) fn returned_with_log<'l>(
    request: &Request,
    payload: String,
    log: impl Iterator<Item = &'l String>,
) -> FunctionReply {
    let mut headers = headers(payload.len(), &request.version);
    if request.tails_log {
        let log: String = log.flat_map(|line| [line.as_str(), "\n"]).collect();
        let end = &log.as_bytes()[log.len().saturating_sub(MAX_LOG_BYTES)..];
        headers.push((LOG_RESULT.to_owned(), STANDARD.encode(end)));
    }
    FunctionReply::Returned { payload, version: request.version.clone(), headers }
}

/// A mocked answer, which no function gave.
pub(super) fn mocked(payload: String) -> FunctionReply {
    let headers = headers(payload.len(), "$LATEST");
    FunctionReply::Returned { payload, version: "$LATEST".into(), headers }
}

/// An `Event` invocation was taken, or a `DryRun` found nothing wrong: nothing comes back.
pub(super) fn accepted(request: &Request) -> FunctionReply {
    let mut headers = headers(0, &request.version);
    // What did not run has no version.
    headers.retain(|(name, _)| name != "X-Amz-Executed-Version");
    FunctionReply::Returned { payload: "\"\"".into(), version: request.version.clone(), headers }
}

/// The payload of a function that failed.
pub(super) fn error_payload(name: &str, message: &str) -> String {
    json!({ "errorMessage": message, "errorType": name }).to_string()
}

/// The payload of an error that a function's own answer describes: with its stack trace, if it gave one.
pub(super) fn error_payload_of(answer: &Value) -> Option<String> {
    let name = answer.get("errorType")?.as_str()?;
    let message = answer.get("errorMessage").cloned().unwrap_or(Value::Null);
    let mut payload = json!({ "errorMessage": message, "errorType": name });
    for key in ["requestId", "stackTrace", "trace", "cause"] {
        if let Some(found) = answer.get(key) {
            payload[key] = found.clone();
        }
    }
    Some(payload.to_string())
}

/// The headers that AWS answers an invocation with, under the names and in the order that its client reports.
fn headers(length: usize, version: &str) -> Vec<(String, String)> {
    let now = jiff::Timestamp::now();
    let trace = uuid::Uuid::new_v4().simple().to_string();
    let trace = format!(
        "Root=1-{:08x}-{};Parent={};Sampled=0;Lineage=1:{}:0",
        now.as_second(),
        &trace[..24],
        &uuid::Uuid::new_v4().simple().to_string()[..16],
        &trace[24..]
    );
    [
        ("Connection", "keep-alive".to_owned()),
        ("Content-Length", length.to_string()),
        ("Content-Type", "application/json".to_owned()),
        ("Date", now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()),
        ("X-Amz-Executed-Version", version.to_owned()),
        ("x-amzn-Remapped-Content-Length", "0".to_owned()),
        ("x-amzn-RequestId", uuid::Uuid::new_v4().to_string()),
        ("X-Amzn-Trace-Id", trace),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_keeps_its_stack_trace() {
        let answer = json!({"stackTrace": ["line 2"], "errorType": "Declined", "errorMessage": "no funds"});
        assert_eq!(
            error_payload_of(&answer).as_deref(),
            Some(r#"{"errorMessage":"no funds","errorType":"Declined","stackTrace":["line 2"]}"#)
        );
        assert_eq!(error_payload_of(&json!({"errorType": 1})), None);
    }

    #[test]
    fn headers_are_those_of_lambda() {
        let headers = headers(2, "$LATEST");
        assert_eq!(headers.len(), 8);
        assert!(headers.contains(&("Content-Length".into(), "2".into())));
        assert!(headers.iter().any(|(name, value)| name == "Date" && value.ends_with(" GMT")), "{headers:?}");
    }
}
