//! Sizes: of payloads, requests and answers; and the time that a front allows.

use crate::support::{ACTIVITY, Api, Done, MACHINE, call};
use http::StatusCode;
use ratchet_api::{Front, LAMBDA_MAX_RESPONSE_BYTES, Options};
use serde_json::{Value, json};

fn unlimited() -> Options {
    Options { max_payload_bytes: None, max_request_bytes: None, ..Options::default() }
}

fn pass() -> Value {
    json!({"A": {"Type": "Pass", "End": true}})
}

#[tokio::test(start_paused = true)]
async fn payloads_have_the_limit_of_aws_unless_the_deployment_has_another() -> Done {
    let input = json!("x".repeat(300_000));
    let start = json!({"stateMachineArn": MACHINE, "input": input.to_string()});
    let api = Api::new().await;
    api.machine(pass()).await?;
    let message = "1 validation error detected: Value at 'input' failed to satisfy constraint: \
                   Member must have length less than or equal to 262144";
    api.refused("StartExecution", start, "ValidationException", message).await?;
    let plain = api.plain("POST", "/state-machines/m/executions", Some(&input)).await?;
    assert_eq!((plain.status, &plain.body["message"]), (StatusCode::BAD_REQUEST, &json!(message)));
    let api = Api::with(unlimited()).await;
    api.machine(pass()).await?;
    assert_eq!(api.run(input.clone()).await?["output"], input.to_string());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn megabytes_pass_both_doors_where_nothing_is_limited() -> Done {
    let api = Api::with(unlimited()).await;
    api.machine(pass()).await?;
    let numbers: Value = (0..50_000).collect();
    let input = json!({"text": "x".repeat(6_000_000), "numbers": numbers});
    let text = input.to_string();
    let described = api.run(input.clone()).await?;
    assert!(described["output"].as_str() == Some(text.as_str()), "the output is not the input");
    let started = api.plain("POST", "/state-machines/m/executions?name=big", Some(&input)).await?;
    assert_eq!(started.status, StatusCode::CREATED);
    api.end_of(&started.body["executionArn"]).await?;
    let described = api.plain("GET", "/executions/m:big", None).await?;
    assert!(described.body["output"] == input, "the output is not the input");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn megabytes_of_what_is_no_input_are_refused_shortly() -> Done {
    let api = Api::with(unlimited()).await;
    api.machine(pass()).await?;
    let almost = format!("[{}", "1,".repeat(2_000_000));
    for input in ["[".repeat(5_000_000), "{\"a\":".repeat(1_000_000), almost, "x".repeat(5_000_000)] {
        let start = json!({"stateMachineArn": MACHINE, "input": input});
        let refused = api.call("StartExecution", &start).await?;
        assert_eq!(refused.body["__type"], "InvalidExecutionInput");
        assert!(refused.body.to_string().len() < 1_000);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_request_above_the_limit_is_refused_with_advice() -> Done {
    let api = Api::with(Options { max_request_bytes: Some(1_000), ..unlimited() }).await;
    let refused = api.send(call("StartExecution", " ".repeat(1_001))?).await?;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    let message = refused.body["message"].as_str().unwrap_or_default();
    assert!(message.contains("1000 bytes") && message.contains("S3"), "{message}");
    let plain = api.plain("POST", "/state-machines/m/executions", Some(&json!("x".repeat(1_000)))).await?;
    let error = &plain.body["error"];
    assert_eq!((plain.status, error), (StatusCode::PAYLOAD_TOO_LARGE, &json!("RequestEntityTooLargeException")));
    let plain = api.plain("POST", "/state-machines/m/executions", Some(&json!("x".repeat(900)))).await?;
    assert_eq!(plain.status, StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_refused_is_not_repeated_by_the_megabyte() -> Done {
    let api = Api::with(unlimited()).await;
    let refused = api.call("CreateStateMachine", &json!({"name": "n".repeat(2_000_000)})).await?;
    assert_eq!(refused.body["__type"], "ValidationException");
    assert!(refused.body.to_string().len() < 100_000);
    Ok(())
}

/// What a Lambda function would answer with this body.
fn in_lambda(body: &Value) -> usize {
    Value::from(body.to_string()).to_string().len()
}

#[tokio::test(start_paused = true)]
async fn an_execution_is_described_without_what_has_no_room() -> Done {
    let limit = 100_000;
    let options = Options { max_response_bytes: Some(limit), front: Front::FunctionUrl, ..unlimited() };
    let api = Api::with(options).await;
    api.machine(json!({"A": {"Type": "Pass", "Result": {"small": true}, "End": true}})).await?;
    // Quotes are escaped twice in AWS's protocol: 20,000 of them fill 80,000 bytes, and 30,000 of them too many.
    for (quotes, aws, plain) in [(9_000, true, true), (14_000, false, true), (60_000, false, false)] {
        let input = json!("\"".repeat(quotes));
        let described = api.run(input.clone()).await?;
        assert_eq!(described["inputDetails"], json!({"included": aws}), "{quotes}");
        assert_eq!(described.get("input").is_some(), aws, "{quotes}");
        assert_eq!(described["output"], "{\"small\":true}", "{quotes}");
        assert_eq!(described["outputDetails"], json!({"included": true}), "{quotes}");
        let path = format!("/executions/m:{}", described["name"].as_str().unwrap_or_default());
        let read = api.plain("GET", &path, None).await?;
        assert_eq!(
            (read.status, &read.body["inputDetails"]),
            (StatusCode::OK, &json!({"included": plain})),
            "{quotes}"
        );
        assert_eq!(read.body.get("input"), Some(&input).filter(|_| plain), "{quotes}");
        assert!(in_lambda(&described) <= limit && in_lambda(&read.body) <= limit, "{quotes}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_history_comes_in_pages_that_have_room() -> Done {
    let (limit, count) = (100_000, 12);
    let states: serde_json::Map<String, Value> = (0..count)
        .map(|index| {
            let next = format!("S{}", index + 1);
            let end = if index + 1 == count { json!({"End": true}) } else { json!({"Next": next}) };
            let mut state = json!({"Type": "Pass"});
            if let (Some(state), Value::Object(end)) = (state.as_object_mut(), end) {
                state.extend(end);
            }
            (format!("S{index}"), state)
        })
        .collect();
    let options = Options { max_response_bytes: Some(limit), front: Front::HttpApi, ..unlimited() };
    let api = Api::with(options).await;
    let machine =
        json!({"name": "m", "definition": {"StartAt": "S0", "States": states}, "roleArn": crate::support::ROLE});
    api.plain("POST", "/state-machines", Some(&machine)).await?;
    let described = api.run(json!("x".repeat(20_000))).await?;
    for reverse in [false, true] {
        let (mut ids, mut pages, mut token) = (Vec::new(), 0, Value::Null);
        loop {
            let request =
                json!({"executionArn": described["executionArn"], "reverseOrder": reverse, "nextToken": token});
            let mut page = api.ok("GetExecutionHistory", request).await?;
            assert!(in_lambda(&page) <= limit);
            let events = page["events"].as_array().cloned().unwrap_or_default();
            assert!(events.iter().all(|event| !event.to_string().contains("\"truncated\":true")));
            ids.extend(events.iter().filter_map(|event| event["id"].as_u64()));
            pages += 1;
            token = page["nextToken"].take();
            if token.is_null() {
                break;
            }
        }
        if reverse {
            ids.reverse();
        }
        assert_eq!(ids, (1..=2 + 2 * count).collect::<Vec<u64>>(), "reverse: {reverse}");
        assert!((7..=9).contains(&pages), "{pages} pages");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_event_that_has_no_room_even_alone_comes_without_its_data() -> Done {
    let api = Api::with(Options { max_response_bytes: Some(50_000), ..unlimited() }).await;
    api.machine(pass()).await?;
    let described = api.run(json!("x".repeat(60_000))).await?;
    let (mut types, mut token) = (Vec::new(), Value::Null);
    loop {
        let request = json!({"executionArn": described["executionArn"], "nextToken": token});
        let mut page = api.ok("GetExecutionHistory", request).await?;
        assert_eq!(page["events"].as_array().map(Vec::len), Some(1));
        let mut event = page["events"][0].take();
        let kind = event["type"].as_str().unwrap_or_default().to_owned();
        let details = match kind.as_str() {
            "ExecutionStarted" => event["executionStartedEventDetails"]["inputDetails"].take(),
            "PassStateEntered" => event["stateEnteredEventDetails"]["inputDetails"].take(),
            "PassStateExited" => event["stateExitedEventDetails"]["outputDetails"].take(),
            _ => event["executionSucceededEventDetails"]["outputDetails"].take(),
        };
        assert_eq!(details, json!({"truncated": true}), "{kind}");
        types.push(kind);
        token = page["nextToken"].take();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(types, ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_task_whose_input_has_no_room_fails_and_the_worker_gets_the_next() -> Done {
    let api = Api::with(Options { max_response_bytes: Some(50_000), ..unlimited() }).await;
    api.ok("CreateActivity", json!({"name": "a"})).await?;
    api.machine(json!({"A": {"Type": "Task", "Resource": ACTIVITY, "End": true}})).await?;
    let mut executions = Vec::new();
    for input in [json!("x".repeat(60_000)), json!("small")] {
        let start = json!({"stateMachineArn": MACHINE, "input": input.to_string()});
        executions.push(api.ok("StartExecution", start).await?["executionArn"].take());
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    let task = api.ok("GetActivityTask", json!({"activityArn": ACTIVITY})).await?;
    assert_eq!(task["input"], "\"small\"");
    let failed = api.end_of(&executions[0]).await?;
    assert_eq!((&failed["status"], &failed["error"]), (&json!("FAILED"), &json!("States.DataLimitExceeded")));
    assert!(failed["cause"].as_str().is_some_and(|cause| cause.contains("60002 bytes")), "{}", failed["cause"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_made_smaller_is_refused_with_advice() -> Done {
    let api = Api::with(Options { max_response_bytes: Some(10_000), ..unlimited() }).await;
    api.machine(json!({"A": {"Type": "Pass", "Comment": "x".repeat(20_000), "End": true}})).await?;
    let described = api.call("DescribeStateMachine", &json!({"stateMachineArn": MACHINE})).await?;
    assert_eq!(described.body["__type"], "ResponseTooLargeException");
    let plain = api.plain("GET", "/state-machines/m", None).await?;
    assert_eq!(plain.status, StatusCode::UNPROCESSABLE_ENTITY);
    let metadata = api.plain("GET", "/state-machines/m?includedData=METADATA_ONLY", None).await?;
    assert_eq!((metadata.status, &metadata.body["definition"]), (StatusCode::OK, &json!("")));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn answers_for_lambda_say_that_they_are_text() -> Done {
    let lambda = Options { max_response_bytes: Some(LAMBDA_MAX_RESPONSE_BYTES), ..unlimited() };
    for (front, expected) in [(Front::Direct, None), (Front::FunctionUrl, Some("text")), (Front::HttpApi, Some("text"))]
    {
        let api = Api::with(Options { front, ..lambda.clone() }).await;
        for operation in ["ListStateMachines", "Nonsense"] {
            let answer = api.call(operation, &json!({})).await?;
            let header = answer.headers.get("x-lambda-http-content-encoding").and_then(|value| value.to_str().ok());
            assert_eq!(header, expected, "{front:?} {operation}");
        }
        let plain = api.plain("GET", "/state-machines", None).await?;
        assert_eq!(plain.headers.contains_key("x-lambda-http-content-encoding"), expected.is_some());
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn behind_an_http_api_a_poll_ends_before_the_door_ends_it() -> Done {
    let input = json!({"activityArn": ACTIVITY});
    let api = Api::with(Options { front: Front::HttpApi, ..Options::default() }).await;
    api.ok("CreateActivity", json!({"name": "a"})).await?;
    let began = tokio::time::Instant::now();
    assert_eq!(api.ok("GetActivityTask", input.clone()).await?, json!({"taskToken": null}));
    assert_eq!(began.elapsed().as_secs(), 25);
    // The same process behind a function's own URL: the request says so.
    let mut request = call("GetActivityTask", input.to_string())?;
    request.extensions_mut().insert(Front::FunctionUrl);
    let began = tokio::time::Instant::now();
    assert_eq!(api.send(request).await?.body, json!({"taskToken": null}));
    assert_eq!(began.elapsed().as_secs(), 60);
    Ok(())
}
