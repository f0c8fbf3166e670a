//! Whatever the request: an answer in JSON, never a fault of ours, and a refusal says what is wrong.
//!
//! `PROPTEST_CASES=5000 cargo test -p ratchet-api --test http mutations` looks further.

use crate::bodies::{DEFINITION, EXECUTION, World, aws};
use crate::edits::{self, Edit, edited};
use crate::support::{ACTIVITY, Fault, MACHINE, ROLE};
use axum::body::Body;
use http::{HeaderValue, Request, StatusCode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// Good calls of every operation that is served, and of some that are not.
fn calls() -> Vec<(&'static str, Value)> {
    let tags = json!([{"key": "k", "value": "v"}]);
    let page = json!({"maxResults": 2, "nextToken": null});
    vec![
        ("CreateActivity", json!({"name": "a", "tags": tags, "encryptionConfiguration": {"type": "AWS_OWNED_KEY"}})),
        (
            "CreateStateMachine",
            json!({"name": "new", "definition": DEFINITION, "roleArn": ROLE, "type": "STANDARD", "publish": false,
            "loggingConfiguration": {"level": "OFF", "includeExecutionData": true}, "tracingConfiguration": {"enabled": true}, "tags": tags}),
        ),
        ("UpdateStateMachine", json!({"stateMachineArn": MACHINE, "definition": DEFINITION, "roleArn": ROLE})),
        ("DescribeStateMachine", json!({"stateMachineArn": MACHINE, "includedData": "ALL_DATA"})),
        ("DescribeStateMachineForExecution", json!({"executionArn": EXECUTION})),
        (
            "ValidateStateMachineDefinition",
            json!({"definition": DEFINITION, "type": "STANDARD", "severity": "WARNING", "maxResults": 5}),
        ),
        (
            "StartExecution",
            json!({"stateMachineArn": MACHINE, "name": "n", "input": "{\"s\": 1.0, \"é\": [null]}", "traceHeader": "Root=1"}),
        ),
        ("DescribeExecution", json!({"executionArn": EXECUTION, "includedData": "METADATA_ONLY"})),
        (
            "GetExecutionHistory",
            json!({"executionArn": EXECUTION, "maxResults": 3, "reverseOrder": true, "includeExecutionData": false}),
        ),
        ("StopExecution", json!({"executionArn": EXECUTION, "error": "E", "cause": "because"})),
        ("ListExecutions", json!({"stateMachineArn": MACHINE, "statusFilter": "RUNNING", "maxResults": 2})),
        ("ListStateMachines", page.clone()),
        ("ListActivities", page),
        ("DescribeActivity", json!({"activityArn": ACTIVITY})),
        ("GetActivityTask", json!({"activityArn": ACTIVITY, "workerName": "w"})),
        ("SendTaskSuccess", json!({"taskToken": "AAAA", "output": "[1]"})),
        ("SendTaskFailure", json!({"taskToken": "AAAA", "error": "E", "cause": "because"})),
        ("SendTaskHeartbeat", json!({"taskToken": "AAAA"})),
        ("TagResource", json!({"resourceArn": ACTIVITY, "tags": tags})),
        ("UntagResource", json!({"resourceArn": ACTIVITY, "tagKeys": ["k"]})),
        ("ListTagsForResource", json!({"resourceArn": MACHINE})),
        ("DeleteActivity", json!({"activityArn": "arn:aws:states:us-east-1:123456789012:activity:b"})),
        ("DeleteStateMachine", json!({"stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:n"})),
        (
            "TestState",
            json!({
                "definition": "{\"Type\":\"Parallel\",\"Branches\":[{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Succeed\"}}}],\"Catch\":[{\"ErrorEquals\":[\"E\"],\"Next\":\"B\"}],\"End\":true}",
                "input": "[1]", "inspectionLevel": "TRACE", "variables": "{\"v\":1}",
                "context": "{\"State\":{\"RetryCount\":1}}",
                "mock": {"result": "[{\"a\":1}]", "fieldValidationMode": "PRESENT"},
                "stateConfiguration": {"retrierRetryCount": 1},
            }),
        ),
        ("RedriveExecution", json!({"executionArn": EXECUTION})),
    ]
}

/// Good requests of the plain door.
const REQUESTS: [(&str, &str, &str); 15] = [
    ("GET", "/state-machines?maxResults=2", ""),
    (
        "POST",
        "/state-machines",
        r#"{"name":"new","definition":{"StartAt":"A","States":{"A":{"Type":"Succeed"}}},"roleArn":"arn:aws:iam::123456789012:role/r"}"#,
    ),
    ("GET", "/state-machines/m?includedData=ALL_DATA", ""),
    ("PUT", "/state-machines/m", r#"{"definition":{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}}"#),
    ("DELETE", "/state-machines/n", ""),
    ("POST", "/state-machines/m/executions?name=n", r#"{"s": 1.0, "é": [null]}"#),
    ("GET", "/state-machines/m/executions?status=RUNNING", ""),
    ("GET", "/executions/m:e", ""),
    ("GET", "/executions/arn:aws:states:us-east-1:123456789012:execution:m:e/history?reverse=true&maxResults=2", ""),
    ("POST", "/executions/m:e/stop", r#"{"error":"E","cause":"because"}"#),
    ("POST", "/tasks/success", r#"{"taskToken":"AAAA","output":{"a":1}}"#),
    ("POST", "/tasks/failure", r#"{"taskToken":"AAAA","error":"E"}"#),
    ("POST", "/tasks/heartbeat", r#"{"taskToken":"AAAA"}"#),
    ("GET", "/openapi.json", ""),
    ("PATCH", "/", ""),
];

/// JSON of any kind, with words of the API among it.
fn values() -> impl Strategy<Value = Value> {
    let words = select(vec![
        "",
        "m",
        "a",
        "e",
        MACHINE,
        ACTIVITY,
        EXECUTION,
        ROLE,
        DEFINITION,
        "{}",
        "null",
        "RUNNING",
        "ALL_DATA",
        "\u{0}",
        "\u{202e}",
        "AAAA",
        "arn:aws:states:us-east-1:123456789012:stateMachine:m:1",
        "EXPRESS",
        "ALL",
        "\u{10ffff}",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        words.prop_map(Value::from),
        "\\PC{0,90}".prop_map(Value::from),
        (0..3_000_usize).prop_map(|length| Value::from("x".repeat(length))),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let names =
            select(vec!["key", "value", "name", "level", "type", "enabled", "destinations", "cloudWatchLogsLogGroup"]);
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((names, inner), 0..4).prop_map(|members| Value::Object(
                members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>()
            )),
        ]
    })
}

/// Any of the good calls with any values for some of its members.
fn strange_calls() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    let changes = vec((any::<prop::sample::Index>(), values()), 0..4);
    (select(calls()), changes).prop_map(|((operation, mut body), changes)| {
        let names: Vec<String> = body.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        for (index, value) in changes {
            body[&names[index.index(names.len())]] = value;
        }
        (operation, body.to_string().into_bytes())
    })
}

fn changed(text: &str, edits: &[Edit]) -> Vec<u8> {
    edited(text.as_bytes(), edits)
}

#[test]
fn a_call_with_any_values_is_answered() -> Result<(), Fault> {
    let world = World::new()?;
    proptest!(edits::config(400), |((operation, body) in strange_calls())| world.check(aws(operation, body)));
    world.check_both();
    Ok(())
}

#[test]
fn a_call_that_somebody_changed_is_answered() -> Result<(), Fault> {
    let world = World::new()?;
    proptest!(edits::config(400), |((operation, body) in select(calls()), edits in edits::edits(3))| {
        world.check(aws(operation, changed(&body.to_string(), &edits)));
    });
    world.check_both();
    Ok(())
}

#[test]
fn a_request_of_the_plain_door_that_somebody_changed_is_answered() -> Result<(), Fault> {
    let world = World::new()?;
    let kinds = select(vec!["application/json", "application/json; charset=utf-8", "text/plain", ""]);
    proptest!(edits::config(600), |(
        (method, path, body) in select(&REQUESTS[..]), on_path in edits::edits(2), on_body in edits::edits(2), kind in kinds,
    )| {
        let path = String::from_utf8_lossy(&changed(path, &on_path)).into_owned();
        let request = Request::builder().method(method).uri(path).header("content-type", kind);
        // Not every text is a path.
        if let Ok(request) = request.body(Body::from(changed(body, &on_body))) {
            world.check(request);
        }
    });
    world.check_both();
    Ok(())
}

#[test]
fn any_headers_are_answered() -> Result<(), Fault> {
    let world = World::new()?;
    let target = prop_oneof![
        1 => select(calls()).prop_map(|(operation, _)| format!("AWSStepFunctions.{operation}").into_bytes()),
        2 => Just(b"AWSStepFunctions.ListActivities".to_vec()),
        1 => vec(any::<u8>(), 0..60),
    ];
    let kind = prop_oneof![
        4 => Just(b"application/x-amz-json-1.0".to_vec()),
        1 => select(vec!["application/json", "*/*", ";", ""]).prop_map(|text| text.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..40),
    ];
    let door = select(vec!["/", "/reader", "/starter/", "/worker"]);
    proptest!(edits::config(300), |(target in target, kind in kind, length in vec(any::<u8>(), 0..6), door in door)| {
        let mut request = Request::post(door).body(Body::from("{}"))?;
        for (name, value) in [("x-amz-target", &target), ("content-type", &kind), ("content-length", &length)] {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                request.headers_mut().insert(name, value);
            }
        }
        world.check(request);
    });
    world.check_both();
    Ok(())
}

#[test]
fn the_calls_are_good_as_they_are() -> Result<(), Fault> {
    // What cannot be redriven is refused.
    for (operation, body) in calls().into_iter().filter(|(operation, _)| *operation != "RedriveExecution") {
        let world = World::new()?;
        let answer = world.runtime.block_on(world.api.call(operation, &body))?;
        let code = answer.body["__type"].as_str().unwrap_or_default();
        let refused = operation.starts_with("SendTask");
        assert_eq!(answer.status != StatusCode::OK, refused, "{operation}: {}", answer.body);
        assert!(matches!(code, "" | "InvalidToken" | "UnknownOperationException"), "{operation}: {code}");
    }
    for (method, path, body) in REQUESTS {
        let world = World::new()?;
        let body = Some(body).filter(|body| !body.is_empty()).map(serde_json::from_str::<Value>).transpose()?;
        let answer = world.runtime.block_on(world.api.plain(method, path, body.as_ref()))?;
        let refused = path.starts_with("/tasks") || method == "PATCH";
        assert_eq!(!answer.status.is_success(), refused, "{method} {path}: {}", answer.body);
    }
    Ok(())
}
