//! The wire: headers, bodies, refusals that need no store.

use crate::support::{Api, Done, MACHINE, ROLE, call};
use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

const DEFINITION: &str = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}"#;

#[tokio::test(start_paused = true)]
async fn every_answer_is_json_with_a_request_id() -> Done {
    let api = Api::new().await;
    for operation in ["ListStateMachines", "Nonsense"] {
        let answer = api.call(operation, &json!({})).await?;
        assert_eq!(answer.headers["content-type"], "application/x-amz-json-1.0", "{operation}");
        assert_eq!(answer.headers["x-amzn-requestid"].len(), 36, "{operation}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_no_call_is_refused_with_its_reason() -> Done {
    let api = Api::new().await;
    let check = async |request: Request<Body>, code: &str, part: &str| -> Done {
        let answer = api.send(request).await?;
        assert_eq!((answer.status, &answer.body["__type"]), (StatusCode::BAD_REQUEST, &json!(code)));
        assert!(answer.body["message"].as_str().is_some_and(|message| message.contains(part)), "{}", answer.body);
        Ok(())
    };
    check(call("Nonsense", "{}".into())?, "UnknownOperationException", "AWSStepFunctions.Nonsense").await?;
    check(Request::post("/").body(Body::empty())?, "UnknownOperationException", "Content-Type").await?;
    check(call("ListStateMachines", "{".into())?, "SerializationException", "JSON").await?;
    check(call("ListStateMachines", "[]".into())?, "SerializationException", "object").await?;
    check(call("ListStateMachines", "{\"maxResults\":\"x\"}".into())?, "SerializationException", "Integer").await
}

#[tokio::test(start_paused = true)]
async fn operations_to_come_are_refused_by_name() -> Done {
    let api = Api::new().await;
    for operation in ["DescribeMapRun", "ListMapRuns", "UpdateMapRun"] {
        let message = format!(
            "{operation} is an operation of AWS Step Functions that this version of Ratchet does not support yet"
        );
        api.refused(operation, json!({}), "UnknownOperationException", &message).await?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_body_above_the_limit_is_refused_as_such() -> Done {
    let api = Api::new().await;
    let answer = api.send(call("StartExecution", " ".repeat(ratchet_api::MAX_REQUEST_BYTES + 1))?).await?;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.body["__type"], "RequestEntityTooLargeException");
    Ok(())
}

/// SDKs put `sync-` before the host of two operations.
#[tokio::test(start_paused = true)]
async fn whatever_name_the_host_goes_by_is_answered() -> Done {
    let api = Api::new().await;
    for host in ["localhost:4599", "sync-localhost:4599", "sync-states.us-east-1.amazonaws.com"] {
        let body = json!({"definition": "{\"Type\": \"Succeed\"}"}).to_string();
        let mut request = call("TestState", body)?;
        request.headers_mut().insert("host", host.parse()?);
        let answer = api.send(request).await?;
        assert_eq!((answer.status, &answer.body["status"]), (StatusCode::OK, &json!("SUCCEEDED")), "{host}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn somebody_with_a_browser_is_told_what_this_is() -> Done {
    let api = Api::new().await;
    let get = |path: &str| Request::get(path).header("host", "localhost:4599").body(Body::empty());
    let root = api.send(get("/")?).await?;
    assert_eq!(root.status, StatusCode::OK);
    assert!(root.body.as_str().is_some_and(|text| text.contains("--endpoint-url http://localhost:4599")));
    assert_eq!(api.send(get("/health")?).await?.body, "ok\n");
    assert_eq!(api.send(get("/elsewhere")?).await?.status, StatusCode::NOT_FOUND);
    let put = Request::builder().method(Method::PUT).uri("/").body(Body::empty())?;
    assert_eq!(api.send(put).await?.status, StatusCode::METHOD_NOT_ALLOWED);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_this_version_has_not_is_refused_at_creation() -> Done {
    let api = Api::new().await;
    let check = async |extra: Value, code: &str, message: &str| -> Done {
        let mut create = json!({"name": "m", "definition": DEFINITION, "roleArn": ROLE});
        if let (Some(create), Value::Object(extra)) = (create.as_object_mut(), extra) {
            create.extend(extra);
        }
        api.refused("CreateStateMachine", create, code, message).await
    };
    let message = "Version description can only be set when publish is true";
    check(json!({"versionDescription": "x"}), "ValidationException", message).await?;
    check(json!({"roleArn": "r"}), "InvalidArn", "Invalid Role Arn: 'r'").await?;
    check(json!({"name": "a b"}), "InvalidName", "Invalid Name: 'a b'").await?;
    let message = "Invalid Logging Configuration: Must specify exactly one Log Destination.";
    check(json!({"loggingConfiguration": {"level": "ERROR"}}), "InvalidLoggingConfiguration", message).await
}

#[tokio::test(start_paused = true)]
async fn a_wrong_definition_is_refused_with_every_reason() -> Done {
    let api = Api::new().await;
    let create = json!({"name": "m", "definition": "{}", "roleArn": ROLE});
    let message = "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: \
                   [States, StartAt] at /'";
    api.refused("CreateStateMachine", create, "InvalidDefinition", message).await
}

#[tokio::test(start_paused = true)]
async fn an_update_of_nothing_is_refused() -> Done {
    let api = Api::new().await;
    let message = "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be \
                   specified";
    let update = json!({"stateMachineArn": MACHINE, "definition": null});
    api.refused("UpdateStateMachine", update, "MissingRequiredParameter", message).await
}
