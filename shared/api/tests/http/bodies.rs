//! What must hold of the answer to every request. The fuzz target has the same body.

use crate::support::{Api, Fault, MACHINE, ROLE};
use axum::body::Body;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use std::cell::Cell;
use tower::ServiceExt as _;

pub(crate) const EXECUTION: &str = "arn:aws:states:us-east-1:123456789012:execution:m:e";
pub(crate) const DEFINITION: &str = r#"{"StartAt":"A","States":{"A":{"Type":"Wait","SecondsPath":"$.s","Next":"B"},"B":{"Type":"Task","Resource":"arn:aws:states:us-east-1:123456789012:activity:a","End":true}}}"#;

/// The API in a runtime of its own, with a machine, an activity and an execution that runs.
pub(crate) struct World {
    pub(crate) runtime: tokio::runtime::Runtime,
    pub(crate) api: Api,
    succeeded: Cell<usize>,
    refused: Cell<usize>,
}

impl World {
    pub(crate) fn new() -> Result<Self, Fault> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
        let api = runtime.block_on(async {
            let api = Api::new().await;
            api.ok("CreateActivity", json!({"name": "a"})).await?;
            let create = json!({"name": "m", "definition": DEFINITION, "roleArn": ROLE});
            api.ok("CreateStateMachine", create).await?;
            api.ok("StartExecution", json!({"stateMachineArn": MACHINE, "name": "e", "input": "{\"s\":9}"})).await?;
            Ok::<_, Fault>(api)
        })?;
        Ok(Self { runtime, api, succeeded: Cell::new(0), refused: Cell::new(0) })
    }

    /// Status, headers and body of the answer, which must be one that a caller can use.
    pub(crate) fn check(&self, request: Request<Body>) {
        let router = self.api.router.clone();
        let (status, headers, body) = self.runtime.block_on(async {
            let response = router.oneshot(request).await.expect("a router answers");
            let (parts, body) = response.into_parts();
            (parts.status, parts.headers, body.collect().await.expect("a body in memory").to_bytes())
        });
        check_answer(status, &headers, &body);
        let count = if status.is_success() { &self.succeeded } else { &self.refused };
        count.set(count.get() + 1);
    }

    /// That there were answers of both kinds.
    pub(crate) fn check_both(&self) {
        let (succeeded, refused) = (self.succeeded.get(), self.refused.get());
        assert!(succeeded > 5 && refused > 5, "{succeeded} succeeded and {refused} were refused");
    }
}

fn check_answer(status: StatusCode, headers: &HeaderMap, body: &[u8]) {
    let text = std::str::from_utf8(body).expect("answers are UTF-8");
    assert!(!status.is_server_error(), "{status}: {text}");
    let media_type = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if status.is_success() && !media_type.contains("json") {
        // A hint, the probe, or nothing.
        return;
    }
    if status == StatusCode::NOT_FOUND && media_type.starts_with("text/plain") {
        assert!(text.contains("This is Ratchet"));
        return;
    }
    let value: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{status}: {text}: {error}"));
    if !status.is_success() {
        let code = value.get("__type").or(value.get("error")).and_then(Value::as_str).unwrap_or_default();
        assert!(!code.is_empty() && code != "InternalFailure", "{text}");
        assert!(value["message"].as_str().is_some_and(|message| !message.is_empty()), "{text}");
        assert_eq!(headers["x-amzn-requestid"].len(), 36);
    }
}

pub(crate) fn aws(operation: &str, body: Vec<u8>) -> Request<Body> {
    Request::post("/")
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", format!("AWSStepFunctions.{operation}"))
        .body(Body::from(body))
        .expect("a request")
}
