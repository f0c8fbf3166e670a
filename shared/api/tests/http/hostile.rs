//! Requests that somebody made to crash, to hang or to be misread, each by name.

use crate::support::{Answer, Api, Done, Fault, MACHINE, ROLE, call};
use axum::body::Body;
use http::{HeaderValue, Request, StatusCode};
use model::limits::MAX_SECONDS;
use ratchet_api::Options;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A chain of so many Pass states in about so many bytes; from the one with number `short` on a Choice leads to the last.
fn chain(states: usize, short: usize, bytes: usize) -> String {
    let mut text = String::from(r#"{"StartAt":"S0","States":{"#);
    let comment = "x".repeat((bytes / states).saturating_sub(52));
    for index in 0..states {
        let next = index + 1;
        let _ = if index == short {
            write!(
                text,
                r#""S{index}":{{"Type":"Choice","Choices":[{{"Variable":"$","IsNull":true,"Next":"S{next}"}}],"Default":"S{states}"}},"#
            )
        } else {
            write!(text, r#""S{index}":{{"Type":"Pass","Comment":"{comment}","Next":"S{next}"}},"#)
        };
    }
    let _ = write!(text, r#""S{states}":{{"Type":"Succeed"}}}}}}"#);
    text
}

fn create(name: &str, definition: &str) -> Value {
    json!({"name": name, "definition": definition, "roleArn": ROLE})
}

/// A refusal whose message has this part.
async fn check_refused(
    api: &Api,
    request: Request<Body>,
    status: u16,
    code: &str,
    part: &str,
) -> Result<Answer, Fault> {
    let answer = api.send(request).await?;
    let (found, message) = (&answer.body["__type"], answer.body["message"].as_str().unwrap_or_default());
    assert_eq!((answer.status.as_u16(), found), (status, &json!(code)), "{message:.300}");
    assert!(message.contains(part), "{message:.300}");
    assert!(message.len() < 70_000);
    Ok(answer)
}

fn nested(levels: usize) -> String {
    format!("{}1{}", "[".repeat(levels), "]".repeat(levels))
}

#[tokio::test(start_paused = true)]
async fn a_definition_of_ten_thousand_states_is_created_and_runs() -> Done {
    let world = simulation::Options { states_per_invocation: 50, ..simulation::Options::default() };
    let api = Api::of(Options::default(), world).await;
    let definition = chain(10_000, 3_000, 1_040_000);
    assert!((1_000_000..=1_048_576).contains(&definition.len()), "{}", definition.len());
    api.ok("CreateStateMachine", create("m", &definition)).await?;
    let described = api.ok("DescribeStateMachine", json!({"stateMachineArn": MACHINE})).await?;
    assert!(described["definition"] == definition.as_str(), "the definition came back otherwise");
    let described = api.run(json!({"a": 1})).await?;
    assert_eq!((&described["status"], &described["output"]), (&json!("SUCCEEDED"), &json!("{\"a\":1}")));
    let last = json!({"executionArn": described["executionArn"], "reverseOrder": true, "maxResults": 1});
    let history = api.ok("GetExecutionHistory", last).await?;
    // Each of 3,000 Pass states, the Choice and the Succeed enters and exits; the execution starts and succeeds.
    assert_eq!(history["events"][0]["id"], 2 * 3_002 + 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_definition_of_more_than_a_megabyte_is_refused_in_aws_words() -> Done {
    let api = Api::new().await;
    let message = "1 validation error detected: Value at 'definition' failed to satisfy constraint: Member must have \
                   length less than or equal to 1048576";
    let mut definition = chain(10_000, 1, 1_000_000);
    definition.push_str(&" ".repeat(1_048_577 - definition.len()));
    api.refused("CreateStateMachine", create("m", &definition), "ValidationException", message).await?;
    definition.pop();
    api.ok("CreateStateMachine", create("m", &definition)).await?;
    let plain = json!({"name": "n", "roleArn": ROLE, "definition": definition + " "});
    let refused = api.plain("POST", "/state-machines", Some(&plain)).await?;
    assert_eq!((refused.status, &refused.body["message"]), (StatusCode::BAD_REQUEST, &json!(message)));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_nested_too_deeply_is_refused_wherever_it_is() -> Done {
    let api = Api::new().await;
    api.machine(json!({"A": {"Type": "Pass", "End": true}})).await?;
    let start = |input: String| json!({"stateMachineArn": MACHINE, "input": input}).to_string();
    api.run(serde_json::from_str(&nested(127))?).await?;
    for levels in [128, 1_000, 100_000] {
        let request = call("StartExecution", start(nested(levels)))?;
        let said = "Invalid State Machine Execution Input: '";
        check_refused(&api, request, 400, "InvalidExecutionInput", said).await?;
        let body = format!("{{\"tags\":{}}}", nested(levels));
        check_refused(&api, call("TagResource", body)?, 400, "SerializationException", "recursion limit").await?;
        let definition =
            format!(r#"{{"StartAt":"A","States":{{"A":{{"Type":"Pass","End":true,"Result":{}}}}}}}"#, nested(levels));
        let request = call("CreateStateMachine", create("d", &definition).to_string())?;
        let said = "INVALID_JSON_DESCRIPTION: Objects and arrays may be nested at most 128 levels deep";
        check_refused(&api, request, 400, "InvalidDefinition", said).await?;
        let input = Request::post("/state-machines/m/executions").header("content-type", "application/json");
        let answer = api.send(input.body(Body::from(nested(levels)))?).await?;
        assert_eq!((answer.status, &answer.body["error"]), (StatusCode::BAD_REQUEST, &json!("InvalidExecutionInput")));
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn bytes_that_are_no_text_are_no_json() -> Done {
    let api = Api::new().await;
    for body in [
        &b"\xff"[..],
        b"{\"name\":\"\xc3\x28\"}",
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\0}\0",
        b"{\"name\":\"\\ud800\"}",
        b"{\"name\":\"a\0\"}",
        b"{\"name\":NaN}",
    ] {
        let mut request = call("CreateActivity", String::new())?;
        *request.body_mut() = Body::from(body);
        check_refused(&api, request, 400, "SerializationException", "The request's body is no JSON").await?;
        let request = Request::post("/state-machines").header("content-type", "application/json");
        let answer = api.send(request.body(Body::from(body))?).await?;
        assert_eq!((answer.status, &answer.body["error"]), (StatusCode::BAD_REQUEST, &json!("SerializationException")));
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_length_that_lies_is_not_believed() -> Done {
    let api = Api::new().await;
    for (length, status) in
        [("99999999999999999999999", 200), ("-1", 200), ("0", 200), ("3145729", 413), ("18446744073709551615", 413)]
    {
        let mut request = call("ListActivities", "{}".to_owned())?;
        request.headers_mut().insert("content-length", HeaderValue::from_static(length));
        assert_eq!(api.send(request).await?.status.as_u16(), status, "{length}");
    }
    let request = call("ListActivities", " ".repeat(ratchet_api::MAX_REQUEST_BYTES + 1))?;
    check_refused(&api, request, 413, "RequestEntityTooLargeException", "3145728 bytes").await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_target_that_names_nothing_is_refused_and_not_repeated_for_ever() -> Done {
    let api = Api::new().await;
    let long = format!("AWSStepFunctions.{}", "x".repeat(1_000_000));
    for target in [
        "",
        "AWSStepFunctions",
        "AWSStepFunctions.",
        "AWSStepFunctions.startExecution",
        "AWSStepFunctions.StartExecution ",
        "AWSStepFunctions.StartExecution\t",
        "awsstepfunctions.StartExecution",
        "AWSStepFunctions.AWSStepFunctions.StartExecution",
        "../StartExecution",
        &long,
    ] {
        let mut request = call("StartExecution", "{}".to_owned())?;
        request.headers_mut().insert("x-amz-target", HeaderValue::from_str(target)?);
        check_refused(&api, request, 400, "UnknownOperationException", "X-Amz-Target of a call is").await?;
    }
    let mut request = call("StartExecution", "{}".to_owned())?;
    request.headers_mut().insert("x-amz-target", HeaderValue::from_bytes(b"AWSStepFunctions.\xff\xfe")?);
    check_refused(&api, request, 400, "UnknownOperationException", "X-Amz-Target of a call is").await?;
    Ok(())
}

/// A definition with a repeated key is refused, as AWS does.
#[tokio::test(start_paused = true)]
async fn of_two_members_with_one_name_the_last_one_counts() -> Done {
    let api = Api::new().await;
    let answer = api.send(call("CreateActivity", r#"{"name":"first","name":"second"}"#.to_owned())?).await?;
    assert_eq!(answer.body["activityArn"], "arn:aws:states:us-east-1:123456789012:activity:second");
    let definition = r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"},"A":{"Type":"Fail"}}}"#;
    let request = call("CreateStateMachine", create("m", definition).to_string())?;
    check_refused(&api, request, 400, "InvalidDefinition", "INVALID_JSON_DESCRIPTION: Duplicate field 'A'").await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn names_have_one_to_eighty_characters_and_none_that_aws_forbids() -> Done {
    let api = Api::new().await;
    api.machine(json!({"A": {"Type": "Pass", "End": true}})).await?;
    let start = |name: &str| json!({"stateMachineArn": MACHINE, "name": name});
    for name in [
        "n".repeat(80),
        "é".repeat(80),
        "\u{202e}abc\u{200f}".to_owned(),
        "..".to_owned(),
        "%2e".replace('%', "-"),
        "\u{feff}".to_owned(),
    ] {
        let started = api.ok("StartExecution", start(&name)).await?;
        assert_eq!(api.end_of(&started["executionArn"]).await?["name"], name);
        api.ok("CreateActivity", json!({"name": name})).await?;
    }
    for forbidden in "<>{}[]?*\"#%\\^|~`$&,;:/ \t\n\u{a0}\u{0}\u{1f}\u{7f}\u{9f}\u{fffe}\u{ffff}\u{10ffff}".chars() {
        let name = format!("a{forbidden}b");
        let message = format!("Invalid Name: '{name}'");
        api.refused("StartExecution", start(&name), "InvalidName", &message).await?;
        api.refused("CreateActivity", json!({"name": name}), "InvalidName", &message).await?;
        let definition = r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#;
        api.refused("CreateStateMachine", create(&name, definition), "InvalidName", &message).await?;
    }
    let length = |name: &str, limit: &str| {
        format!(
            "1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: Member must have length {limit}"
        )
    };
    for name in ["n".repeat(81), "\u{1f600}".repeat(41)] {
        let message = length(&name, "less than or equal to 80");
        api.refused("StartExecution", start(&name), "ValidationException", &message).await?;
        api.refused("CreateActivity", json!({"name": name}), "ValidationException", &message).await?;
    }
    api.refused("CreateActivity", json!({"name": ""}), "ValidationException", &length("", "greater than or equal to 1"))
        .await
}

#[tokio::test(start_paused = true)]
async fn strange_texts_travel_unchanged() -> Done {
    let api = Api::new().await;
    let states = json!({"A": {"Type": "Pass", "Parameters": {"all.$": "$", "text.$": "$.text"}, "End": true}});
    api.machine(states).await?;
    let text = "a\u{0}b\u{feff}\u{202e}\u{1f600}\u{10ffff}\"\\\n";
    let input =
        json!({"text": text, "$serde_json::private::Number": "5", "": [1.50, -0, 12_345_678_901_234_567_890_u64]});
    let described = api.run(input.clone()).await?;
    let output: Value = serde_json::from_str(described["output"].as_str().unwrap_or_default())?;
    assert_eq!((&output["all"], &output["text"]), (&input, &json!(text)));
    // The key of the parser is the first one: as any other.
    let start = json!({"stateMachineArn": MACHINE, "input": r#"{"$serde_json::private::Number":"5","text":1}"#});
    let refused = api.call("StartExecution", &start).await?;
    assert_eq!(refused.status, StatusCode::OK, "{}", refused.body);
    let described = api.end_of(&refused.body["executionArn"]).await?;
    assert_eq!(described["output"], r#"{"all":{"$serde_json::private::Number":"5","text":1},"text":1}"#);
    Ok(())
}

/// An object of a caller that looks like what the parser makes of unread text, with such an object in its text, and so on:
/// each would have 120 levels, together thousands, which end a thread.
#[tokio::test(start_paused = true)]
async fn text_in_text_is_not_taken_for_levels() -> Done {
    let levels = |inside: &str| format!("{}{inside}{}", "[".repeat(100), "]".repeat(100));
    let mut text = levels("1");
    for _ in 0..17 {
        text = levels(&format!("{{\"$serde_json::private::RawValue\":{}}}", Value::from(text)));
    }
    assert!((500_000..ratchet_api::MAX_REQUEST_BYTES).contains(&text.len()), "{}", text.len());
    let api = Api::with(Options { max_payload_bytes: None, ..Options::default() }).await;
    let request = call("CreateActivity", format!("{{\"name\":\"a\",\"new\":{text}}}"))?;
    assert_eq!(api.send(request).await?.status, StatusCode::OK);
    let request = Request::post("/state-machines").header("content-type", "application/json");
    let answer = api.send(request.body(Body::from(format!("{{\"name\":{text}}}")))?).await?;
    assert_eq!((answer.status, &answer.body["error"]), (StatusCode::BAD_REQUEST, &json!("SerializationException")));
    let definition = format!(r#"{{"StartAt":"A","States":{{"A":{{"Type":"Pass","Result":{text},"End":true}}}}}}"#);
    api.ok("CreateStateMachine", create("m", &definition)).await?;
    api.ok("DescribeStateMachine", json!({"stateMachineArn": MACHINE})).await?;
    let described = api.run(json!({})).await?;
    assert!(described["output"] == text.as_str(), "the output is not what the definition has");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_tags_are_refused_shortly() -> Done {
    let api = Api::with(Options { max_request_bytes: None, ..Options::default() }).await;
    let created = api.ok("CreateActivity", json!({"name": "a"})).await?;
    let tags: Vec<Value> = (0..100_000).map(|number| json!({"key": number.to_string(), "value": ""})).collect();
    let request = json!({"resourceArn": created["activityArn"], "tags": tags}).to_string();
    check_refused(&api, call("TagResource", request)?, 400, "TooManyTags", "at most 50").await?;
    let tags = vec![json!({"key": ""}); 100_000];
    let request = json!({"resourceArn": created["activityArn"], "tags": tags}).to_string();
    check_refused(&api, call("TagResource", request)?, 400, "ValidationException", "validation errors detected")
        .await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_path_in_a_url_is_a_name_and_nothing_else() -> Done {
    let api = Api::new().await;
    for (path, status) in [
        ("/state-machines/%00", 400),
        ("/state-machines/%ff", 400),
        ("/state-machines/..%2f..%2fetc", 400),
        ("/state-machines/%E2%80%AE", 404),
        ("/state-machines/arn:aws:states:us-east-1:123456789012:stateMachine:", 400),
        ("/executions/m:", 400),
        ("/executions/::::::::", 400),
        ("/executions/m:x/history?maxResults=1e400", 400),
        ("/executions/m:x/history?maxResults=99999999999999999999", 400),
        ("/executions/m:x/history?reverse=maybe", 400),
        ("/state-machines?%zz=1", 400),
        ("/state-machines?nextToken=%00", 400),
    ] {
        let answer = api.plain("GET", path, None).await?;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.body);
        assert!(
            answer.body["error"].is_string() && answer.body["message"].as_str().is_some_and(|text| !text.is_empty())
        );
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn seconds_that_no_clock_has_do_not_stop_the_clock() -> Done {
    let api = Api::new().await;
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:gone";
    api.machine(json!({"A": {"Type": "Task", "Resource": arn, "TimeoutSecondsPath": "$", "End": true}})).await?;
    for seconds in [u64::MAX, i64::MAX as u64, 99_999_999_999] {
        let described = api.run(json!(seconds)).await?;
        assert_eq!(described["status"], "FAILED", "{described}");
    }
    api.ok("CreateActivity", json!({"name": "a"})).await?;
    let activity = crate::support::ACTIVITY;
    api.ok(
        "UpdateStateMachine",
        json!({"stateMachineArn": MACHINE, "definition": json!({"StartAt": "A", "States": {
        "A": {"Type": "Task", "Resource": activity, "TimeoutSecondsPath": "$", "HeartbeatSecondsPath": "$", "End": true}
    }}).to_string()}),
    )
    .await?;
    for seconds in [u64::MAX, i64::MAX as u64, 9_223_372_036_854] {
        assert_eq!(api.run(json!(seconds)).await?["status"], "FAILED", "{seconds}");
    }
    let start = json!({"stateMachineArn": MACHINE, "input": MAX_SECONDS.to_string()});
    let started = api.ok("StartExecution", start).await?;
    let task = api.ok("GetActivityTask", json!({"activityArn": activity})).await?;
    api.ok("SendTaskHeartbeat", json!({"taskToken": task["taskToken"]})).await?;
    api.ok("SendTaskSuccess", json!({"taskToken": task["taskToken"], "output": "1"})).await?;
    assert_eq!(api.end_of(&started["executionArn"]).await?["status"], "SUCCEEDED");
    Ok(())
}
