//! What a function's answer becomes: both forms of a Task's result, and every failure.

use model::limits::AWS_MAX_PAYLOAD_BYTES;
use model::{Failure, Payload};
use ratchet_orchestrator::{FunctionReply, function_output};
use serde_json::{Value, json};

const LIMIT: Option<usize> = Some(AWS_MAX_PAYLOAD_BYTES);
const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:pay";

fn returned(payload: &str) -> FunctionReply {
    let headers = [("Content-Type", "application/json"), ("x-amzn-RequestId", "r-1"), ("Connection", "keep-alive")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    FunctionReply::Returned { payload: payload.to_owned(), version: "$LATEST".to_owned(), headers }
}

/// The text of the result of a function that a Task names directly.
#[track_caller]
fn check_direct(payload: &str, expected: &str) {
    assert_eq!(function_output(returned(payload), Some(ARN), LIMIT).as_ref().map(Payload::text), Ok(expected));
}

/// `Payload` in the answer of `lambda:invoke`.
#[track_caller]
fn check_invoked(payload: &str, expected: &Value) {
    let output = function_output(returned(payload), None, LIMIT).expect("it returned");
    assert_eq!(&output.value()["Payload"], expected);
}

#[test]
fn a_direct_function_gives_its_bare_payload_with_its_own_spaces() {
    check_direct(r#"{"n":  1.00}"#, r#"{"n":  1.00}"#);
    check_direct("null", "null");
    check_direct(" [1]\n", "[1]");
}

#[test]
fn lambda_invoke_gives_the_payload_with_its_metadata() {
    let output = function_output(returned(r#"{"n":1}"#), None, LIMIT).expect("it returned");
    let expected = json!({
        "ExecutedVersion": "$LATEST",
        "Payload": { "n": 1 },
        "SdkHttpMetadata": {
            "AllHttpHeaders": {
                "Content-Type": ["application/json"], "x-amzn-RequestId": ["r-1"], "Connection": ["keep-alive"]
            },
            "HttpHeaders": {
                "Connection": "keep-alive", "Content-Type": "application/json", "x-amzn-RequestId": "r-1"
            },
            "HttpStatusCode": 200,
        },
        "SdkResponseMetadata": { "RequestId": "r-1" },
        "StatusCode": 200,
    });
    assert_eq!(output.text(), expected.to_string(), "the order of the keys is part of it");
}

#[test]
fn an_answer_without_a_request_id_has_an_empty_one() {
    let reply = FunctionReply::Returned { payload: "1".to_owned(), version: "7".to_owned(), headers: Vec::new() };
    let output = function_output(reply, None, LIMIT).expect("it returned");
    assert_eq!(output.value()["SdkResponseMetadata"], json!({ "RequestId": "" }));
    assert_eq!(output.value()["ExecutedVersion"], json!("7"));
}

#[test]
fn a_payload_that_is_not_json_is_a_string() {
    check_direct("plain text", r#""plain text""#);
    check_direct("", r#""""#);
    check_invoked("{\"cut\":", &json!("{\"cut\":"));
    check_invoked("12345678901234567890123", &serde_json::from_str("12345678901234567890123").expect("a number"));
}

#[test]
fn a_failure_names_the_error_type_and_has_the_payload_as_its_cause() {
    let failed =
        |payload: &str, arn| function_output(FunctionReply::Failed { payload: payload.to_owned() }, arn, LIMIT);
    let payload = r#"{"errorMessage": "no",  "errorType": "TypeError"}"#;
    assert_eq!(failed(payload, Some(ARN)), Err(Failure::new("TypeError", payload)));
    let compact = r#"{"errorMessage":"no","errorType":"TypeError"}"#;
    assert_eq!(failed(payload, None), Err(Failure::new("TypeError", compact)));
}

#[test]
fn a_failure_that_names_no_type_is_unknown() {
    let failed =
        |payload: &str, arn| function_output(FunctionReply::Failed { payload: payload.to_owned() }, arn, LIMIT);
    for arn in [Some(ARN), None] {
        assert_eq!(failed("gone", arn), Err(Failure::new("Lambda.Unknown", "gone")));
        assert_eq!(failed("null", arn), Err(Failure::new("Lambda.Unknown", "null")));
        assert_eq!(failed(r#"{"errorType":5}"#, arn), Err(Failure::new("Lambda.Unknown", r#"{"errorType":5}"#)));
        assert_eq!(failed(r#""text""#, arn), Err(Failure::new("Lambda.Unknown", r#""text""#)));
    }
}

#[test]
fn a_result_beyond_the_service_limit_fails_the_task_by_its_name() {
    let text = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
    check_direct(&text(AWS_MAX_PAYLOAD_BYTES), &text(AWS_MAX_PAYLOAD_BYTES));
    let too_large = |task: &str| {
        let cause = format!(
            "The state/task '{task}' returned a result with a size exceeding the maximum number of bytes service limit."
        );
        Err(Failure::new("States.DataLimitExceeded", cause))
    };
    let reply = || returned(&text(AWS_MAX_PAYLOAD_BYTES + 1));
    assert_eq!(function_output(reply(), Some(ARN), LIMIT), too_large(ARN));
    assert_eq!(function_output(reply(), None, LIMIT), too_large("lambda"));
    // The metadata counts.
    assert_eq!(function_output(returned(&text(AWS_MAX_PAYLOAD_BYTES - 100)), None, LIMIT), too_large("lambda"));
}

#[test]
fn an_answer_too_deep_to_be_read_back_fails_the_task() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    check_direct(&nested(127), &nested(127));
    let output = function_output(returned(&nested(126)), None, LIMIT).expect("it returned");
    assert!(Payload::from_text(output.text()).is_ok(), "what is stored is read back");
    let cause = "The function's answer is nested deeper than 127 levels.";
    assert_eq!(function_output(returned(&nested(127)), None, LIMIT), Err(Failure::new("States.Runtime", cause)));
}
