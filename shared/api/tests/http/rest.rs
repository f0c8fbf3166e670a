//! The plain door.

use crate::support::{Answer, Api, Done, Fault, MACHINE, ROLE};
use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

const EXECUTION: &str = "arn:aws:states:us-east-1:123456789012:execution:m:one";

fn new_machine(name: &str) -> Value {
    let states = json!({"A": {"Type": "Pass", "End": true}});
    json!({"name": name, "definition": {"StartAt": "A", "States": states}, "roleArn": ROLE})
}

/// An api with the machine `m`, which waits long.
async fn with_waiting_machine() -> Result<Api, Fault> {
    let api = Api::new().await;
    api.machine(json!({"A": {"Type": "Wait", "Seconds": 1000, "End": true}})).await?;
    Ok(api)
}

fn check(answer: &Answer, status: u16, error: &str) {
    assert_eq!((answer.status.as_u16(), &answer.body["error"]), (status, &json!(error)), "{}", answer.body);
    assert!(answer.body["message"].is_string() && answer.headers["content-type"] == "application/json");
}

#[tokio::test(start_paused = true)]
async fn a_machine_is_created_read_changed_and_deleted() -> Done {
    let api = Api::new().await;
    let created = api.plain("POST", "/state-machines", Some(&new_machine("m"))).await?;
    assert_eq!((created.status, &created.headers["location"]), (StatusCode::CREATED, &"/state-machines/m".parse()?));
    assert_eq!((&created.body["stateMachineArn"], &created.body["name"]), (&json!(MACHINE), &json!("m")));
    assert!(created.body["creationDate"].as_str().is_some_and(|date| date.ends_with('Z')), "{}", created.body);
    let read = api.plain("GET", "/state-machines/m", None).await?;
    assert_eq!(read.body["definition"], new_machine("m")["definition"]);
    assert_eq!(
        api.plain("GET", &format!("/state-machines/{}", MACHINE.replace(':', "%3A")), None).await?.body,
        read.body
    );
    let change = json!({"definition": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}, "stateMachineArn": "x"});
    let changed = api.plain("PUT", "/state-machines/m", Some(&change)).await?;
    assert!(changed.status == StatusCode::OK && changed.body["revisionId"].is_string(), "{}", changed.body);
    let read = api.plain("GET", "/state-machines/m", None).await?;
    assert_eq!(read.body["definition"], change["definition"]);
    let list = api.plain("GET", "/state-machines?maxResults=10", None).await?;
    assert_eq!(list.body["stateMachines"][0]["name"], "m");
    let deleted = api.plain("DELETE", "/state-machines/m", None).await?;
    assert_eq!((deleted.status, deleted.body), (StatusCode::NO_CONTENT, json!("")));
    check(&api.plain("GET", "/state-machines/m", None).await?, 404, "StateMachineDoesNotExist");
    check(&api.plain("PUT", "/state-machines/m", Some(&change)).await?, 404, "StateMachineDoesNotExist");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_execution_takes_and_gives_json_and_not_texts_of_json() -> Done {
    let api = Api::new().await;
    api.machine(json!({"A": {"Type": "Pass", "End": true}})).await?;
    // As text, for numbers to keep their digits.
    let input = "[ 1.0, {\"é\": 12345678901234567890123}, \"x\" ]";
    let request = Request::post("/state-machines/m/executions?name=one").header("content-type", "application/json");
    let started = api.send(request.body(Body::from(input))?).await?;
    assert_eq!(started.status, StatusCode::CREATED, "{}", started.body);
    assert_eq!(started.headers["location"].to_str()?, format!("/executions/{EXECUTION}"));
    assert_eq!((&started.body["executionArn"], &started.body["name"]), (&json!(EXECUTION), &json!("one")));
    assert!(started.body["startDate"].is_string());
    api.end_of(&json!(EXECUTION)).await?;
    let location = started.headers["location"].to_str()?;
    for path in [location, "/executions/m:one", "/executions/m%3Aone"] {
        let read = api.plain("GET", path, None).await?;
        assert_eq!(
            (&read.body["status"], &read.body["outputDetails"]["included"]),
            (&json!("SUCCEEDED"), &json!(true))
        );
        assert!(read.body["stopDate"].is_string());
        for member in ["input", "output"] {
            assert_eq!(read.body[member].to_string(), "[1.0,{\"é\":12345678901234567890123},\"x\"]", "{path} {member}");
        }
    }
    let history = api.plain("GET", "/executions/m:one/history?reverse=true&maxResults=1", None).await?;
    assert_eq!(history.body["events"][0]["type"], "ExecutionSucceeded");
    let output = &history.body["events"][0]["executionSucceededEventDetails"]["output"];
    assert_eq!(output[2], "x");
    let token = history.body["nextToken"].as_str().unwrap_or_default();
    let next = format!("/executions/m:one/history?reverse=true&maxResults=1&nextToken={token}");
    let next = api.plain("GET", &next, None).await?;
    assert_eq!(next.body["events"][0]["type"], "PassStateExited");
    let bare = api.plain("GET", "/executions/m:one/history?includeExecutionData=false", None).await?;
    assert_eq!(bare.body["events"][1]["stateEnteredEventDetails"], json!({"name": "A"}));
    let metadata = api.plain("GET", "/executions/m:one?includedData=METADATA_ONLY", None).await?;
    assert_eq!((metadata.body.get("input"), &metadata.body["inputDetails"]["included"]), (None, &json!(false)));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_start_may_be_repeated_and_its_input_left_out() -> Done {
    let api = with_waiting_machine().await?;
    let path = "/state-machines/m/executions?name=one";
    let empty = Request::post(path).header("content-type", "application/json").body(Body::empty())?;
    let first = api.send(empty).await?;
    assert_eq!(first.status, StatusCode::CREATED);
    assert_eq!(api.plain("GET", "/executions/m:one", None).await?.body["input"], json!({}));
    assert_eq!(api.plain("POST", path, Some(&json!({}))).await?.body, first.body);
    check(&api.plain("POST", path, Some(&json!(1))).await?, 409, "ExecutionAlreadyExists");
    let unnamed = api.plain("POST", "/state-machines/m/executions", Some(&json!(null))).await?;
    let name = unnamed.body["name"].as_str().unwrap_or_default();
    let read = api.plain("GET", &format!("/executions/m:{name}"), None).await?;
    assert_eq!(read.body["input"], Value::Null);
    let running = api.plain("GET", "/state-machines/m/executions?status=RUNNING", None).await?;
    assert_eq!(running.body["executions"].as_array().map(Vec::len), Some(2));
    let page = api.plain("GET", "/state-machines/m/executions?maxResults=1", None).await?;
    let token = page.body["nextToken"].as_str().unwrap_or_default();
    let rest = api.plain("GET", &format!("/state-machines/m/executions?nextToken={token}"), None).await?;
    assert_eq!((rest.body["executions"].as_array().map(Vec::len), rest.body.get("nextToken")), (Some(1), None));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_execution_is_stopped_with_or_without_a_reason_and_redriven() -> Done {
    let api = with_waiting_machine().await?;
    for (name, body, error) in
        [("one", json!({"error": "Enough", "cause": "x"}), json!("Enough")), ("two", json!({}), json!(null))]
    {
        api.plain("POST", &format!("/state-machines/m/executions?name={name}"), Some(&json!({}))).await?;
        let stopped = api.plain("POST", &format!("/executions/m:{name}/stop"), Some(&body)).await?;
        assert!(stopped.status == StatusCode::OK && stopped.body["stopDate"].is_string(), "{}", stopped.body);
        let read = api.plain("GET", &format!("/executions/m:{name}"), None).await?;
        assert_eq!((&read.body["status"], &read.body["error"]), (&json!("ABORTED"), &error));
        let redriven = api.plain("POST", &format!("/executions/m:{name}/redrive"), Some(&json!({}))).await?;
        assert!(redriven.status == StatusCode::OK && redriven.body["redriveDate"].is_string(), "{}", redriven.body);
        let again = api.plain("POST", &format!("/executions/m:{name}/redrive"), Some(&json!({}))).await?;
        check(&again, 409, "ExecutionNotRedrivable");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn names_of_any_script_are_found_where_location_says() -> Done {
    let api = with_waiting_machine().await?;
    let started =
        api.plain("POST", "/state-machines/m/executions?name=%C3%A9t%C3%A9+%E5%AE%9F", Some(&json!({}))).await?;
    check(&started, 400, "InvalidName");
    let started =
        api.plain("POST", "/state-machines/m/executions?name=%C3%A9t%C3%A9-%E5%AE%9F", Some(&json!({}))).await?;
    let location = started.headers["location"].to_str()?.to_owned();
    assert!(location.ends_with(":%C3%A9t%C3%A9-%E5%AE%9F"), "{location}");
    assert_eq!(api.plain("GET", &location, None).await?.body["name"], "été-実");
    check(&api.plain("GET", "/executions/%ff", None).await?, 400, "ValidationException");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn tasks_are_answered_with_json() -> Done {
    let api = Api::new().await;
    let activity = api.ok("CreateActivity", json!({"name": "a"})).await?["activityArn"].take();
    api.machine(json!({"A": {"Type": "Task", "Resource": activity, "End": true}})).await?;
    let token = async |name: &str| -> Result<Value, Fault> {
        api.plain("POST", &format!("/state-machines/m/executions?name={name}"), Some(&json!({}))).await?;
        Ok(api.ok("GetActivityTask", json!({"activityArn": activity})).await?["taskToken"].take())
    };
    let one = token("one").await?;
    let heartbeat = api.plain("POST", "/tasks/heartbeat", Some(&json!({"taskToken": one}))).await?;
    assert_eq!(heartbeat.status, StatusCode::NO_CONTENT, "{}", heartbeat.body);
    let success = json!({"taskToken": one, "output": "a text"});
    assert_eq!(api.plain("POST", "/tasks/success", Some(&success)).await?.status, StatusCode::NO_CONTENT);
    let two = token("two").await?;
    let failure = json!({"taskToken": two, "error": "OutOfStock", "cause": "none left"});
    assert_eq!(api.plain("POST", "/tasks/failure", Some(&failure)).await?.status, StatusCode::NO_CONTENT);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let read = api.plain("GET", "/executions/m:one", None).await?;
    assert_eq!((&read.body["status"], &read.body["output"]), (&json!("SUCCEEDED"), &json!("a text")));
    assert_eq!(api.plain("GET", "/executions/m:two", None).await?.body["error"], "OutOfStock");
    check(&api.plain("POST", "/tasks/failure", Some(&json!({"taskToken": one}))).await?, 410, "TaskTimedOut");
    check(
        &api.plain("POST", "/tasks/success", Some(&json!({"taskToken": "x", "output": 1}))).await?,
        400,
        "InvalidToken",
    );
    let missing = api.plain("POST", "/tasks/success", Some(&json!({"taskToken": "x"}))).await?;
    check(&missing, 400, "ValidationException");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn refusals_have_aws_names_and_statuses_of_http() -> Done {
    let api = with_waiting_machine().await?;
    check(&api.plain("GET", "/executions/m:none", None).await?, 404, "ExecutionDoesNotExist");
    check(&api.plain("GET", "/executions/none", None).await?, 400, "InvalidArn");
    check(&api.plain("GET", &format!("/executions/{MACHINE}"), None).await?, 400, "InvalidArn");
    check(&api.plain("GET", "/state-machines/a%20b", None).await?, 400, "InvalidName");
    check(&api.plain("GET", "/state-machines/m/executions?status=OLD", None).await?, 400, "ValidationException");
    check(&api.plain("GET", "/state-machines?limit=3", None).await?, 400, "ValidationException");
    check(&api.plain("GET", "/state-machines?maxResults=1001", None).await?, 400, "ValidationException");
    check(&api.plain("GET", "/state-machines?nextToken=x", None).await?, 400, "InvalidToken");
    check(&api.plain("POST", "/state-machines", Some(&new_machine("m"))).await?, 409, "StateMachineAlreadyExists");
    check(&api.plain("POST", "/state-machines", Some(&json!([]))).await?, 400, "SerializationException");
    let wrong = json!({"name": "w", "definition": {}, "roleArn": ROLE});
    check(&api.plain("POST", "/state-machines", Some(&wrong)).await?, 400, "InvalidDefinition");
    let start = Request::post("/state-machines/m/executions").header("content-type", "application/json");
    check(&api.send(start.body(Body::from("{"))?).await?, 400, "InvalidExecutionInput");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_does_not_say_that_it_is_json_starts_nothing() -> Done {
    let api = with_waiting_machine().await?;
    for content_type in [None, Some("text/plain"), Some("application/x-www-form-urlencoded")] {
        let start = Request::post("/state-machines/m/executions?name=one");
        let start = content_type.into_iter().fold(start, |start, given| start.header("content-type", given));
        check(&api.send(start.body(Body::from("{}"))?).await?, 415, "UnsupportedMediaType");
    }
    check(&api.plain("GET", "/executions/m:one", None).await?, 404, "ExecutionDoesNotExist");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_method_that_a_path_has_not_is_refused_with_those_that_it_has() -> Done {
    let api = Api::new().await;
    let refused = api.plain("PATCH", "/state-machines/m", None).await?;
    check(&refused, 405, "MethodNotAllowed");
    let mut allowed: Vec<&str> = refused.headers["allow"].to_str()?.split(',').collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["DELETE", "GET", "HEAD", "PUT"]);
    assert_eq!(api.plain("POST", "/elsewhere", Some(&json!({}))).await?.status, StatusCode::NOT_FOUND);
    assert_eq!(api.plain("GET", "/executions/a/b/c", None).await?.status, StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn every_answer_has_a_request_id() -> Done {
    let api = Api::new().await;
    for path in ["/state-machines", "/state-machines/none"] {
        let answer = api.plain("GET", path, None).await?;
        assert_eq!(answer.headers["content-type"], "application/json");
        assert_eq!(answer.headers["x-amzn-requestid"].len(), 36);
        assert!(!answer.headers.contains_key("x-lambda-http-content-encoding"));
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn both_doors_see_the_same_things() -> Done {
    let api = with_waiting_machine().await?;
    let started = api.plain("POST", "/state-machines/m/executions?name=one", Some(&json!({"a": [1]}))).await?;
    let aws = api.ok("DescribeExecution", json!({"executionArn": started.body["executionArn"]})).await?;
    assert_eq!(aws["input"], "{\"a\":[1]}");
    assert!(aws["startDate"].is_number());
    let plain = api.plain("GET", "/executions/m:one", None).await?.body;
    let members = |value: &Value| value.as_object().map(|members| members.keys().cloned().collect::<Vec<_>>());
    assert_eq!(members(&plain), members(&aws));
    let history = api.ok("GetExecutionHistory", json!({"executionArn": started.body["executionArn"]})).await?;
    let token = api.plain("GET", "/executions/m:one/history?maxResults=1", None).await?.body["nextToken"].take();
    let rest = json!({"executionArn": started.body["executionArn"], "nextToken": token});
    let rest = api.ok("GetExecutionHistory", rest).await?;
    assert_eq!(rest["events"].as_array().cloned(), history["events"].as_array().map(|it| it[1..].to_vec()));
    Ok(())
}
