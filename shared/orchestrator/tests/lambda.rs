//! What a function's answer becomes: both forms of a Task's result, and every failure.

use model::{Failure, Payload};
use ratchet_orchestrator::ports::InvocationType;
use ratchet_orchestrator::{FunctionReply, function_output};
use serde_json::{Value, json};

/// How `lambda:invoke` waits for its function; none: the Task names it directly.
const SERVICE: Option<InvocationType> = Some(InvocationType::RequestResponse);

fn returned(payload: &str) -> FunctionReply {
    let headers = [("Content-Type", "application/json"), ("x-amzn-RequestId", "r-1"), ("Connection", "keep-alive")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    FunctionReply::Returned { payload: payload.to_owned(), version: "$LATEST".to_owned(), headers }
}

/// The text of the result of a function that a Task names directly.
#[track_caller]
fn check_direct(payload: &str, expected: &str) {
    assert_eq!(function_output(returned(payload), None).as_ref().map(Payload::text), Ok(expected));
}

/// `Payload` in the answer of `lambda:invoke`.
#[track_caller]
fn check_invoked(payload: &str, expected: &Value) {
    let output = function_output(returned(payload), SERVICE).expect("it returned");
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
    let output = function_output(returned(r#"{"n":1}"#), SERVICE).expect("it returned");
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
fn an_answer_that_was_asked_for_its_log_has_it() {
    let headers = vec![("X-Amz-Log-Result".to_owned(), "RU5E".to_owned())];
    let reply = FunctionReply::Returned { payload: "1".to_owned(), version: "7".to_owned(), headers };
    let output = function_output(reply, SERVICE).expect("it returned");
    let keys: Vec<&str> = output.value().as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    let expected = ["ExecutedVersion", "LogResult", "Payload", "SdkHttpMetadata", "SdkResponseMetadata", "StatusCode"];
    assert_eq!((keys.as_slice(), &output.value()["LogResult"]), (expected.as_slice(), &json!("RU5E")));
}

#[test]
fn what_nobody_waits_for_has_a_status_and_no_version() {
    for (kind, status) in [(InvocationType::Event, 202), (InvocationType::DryRun, 204)] {
        let output = function_output(returned("\"\""), Some(kind)).expect("it was taken");
        let value = output.value();
        assert_eq!(
            (&value["StatusCode"], &value["SdkHttpMetadata"]["HttpStatusCode"]),
            (&json!(status), &json!(status))
        );
        assert_eq!((value.get("ExecutedVersion"), &value["Payload"]), (None, &json!("")));
    }
}

#[test]
fn an_answer_without_a_request_id_has_an_empty_one() {
    let reply = FunctionReply::Returned { payload: "1".to_owned(), version: "7".to_owned(), headers: Vec::new() };
    let output = function_output(reply, SERVICE).expect("it returned");
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
    let failed = |payload: &str, how| function_output(FunctionReply::Failed { payload: payload.to_owned() }, how);
    let payload = r#"{"errorMessage": "no",  "errorType": "TypeError"}"#;
    assert_eq!(failed(payload, None), Err(Failure::new("TypeError", payload)));
    let compact = r#"{"errorMessage":"no","errorType":"TypeError"}"#;
    assert_eq!(failed(payload, SERVICE), Err(Failure::new("TypeError", compact)));
}

#[test]
fn a_failure_that_names_no_type_is_unknown() {
    let failed = |payload: &str, how| function_output(FunctionReply::Failed { payload: payload.to_owned() }, how);
    for how in [None, SERVICE] {
        assert_eq!(failed("gone", how), Err(Failure::new("Lambda.Unknown", "gone")));
        assert_eq!(failed("null", how), Err(Failure::new("Lambda.Unknown", "null")));
        assert_eq!(failed(r#"{"errorType":5}"#, how), Err(Failure::new("Lambda.Unknown", r#"{"errorType":5}"#)));
        assert_eq!(failed(r#""text""#, how), Err(Failure::new("Lambda.Unknown", r#""text""#)));
    }
}

#[test]
fn an_answer_too_deep_to_be_read_back_fails_the_task() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    check_direct(&nested(127), &nested(127));
    let output = function_output(returned(&nested(126)), SERVICE).expect("it returned");
    assert!(Payload::from_text(output.text()).is_ok(), "what is stored is read back");
    let cause = "The function's answer is nested deeper than 127 levels.";
    assert_eq!(function_output(returned(&nested(127)), SERVICE), Err(Failure::new("States.Runtime", cause)));
}
