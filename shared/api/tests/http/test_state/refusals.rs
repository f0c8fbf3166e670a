//! Tests that are refused, in AWS's words where those are known.

use super::{task, test, with};
use crate::support::{ACTIVITY, Api, Done, MACHINE, ROLE};
use serde_json::{Value, json};

async fn check(state: &Value, more: Value, code: &str, message: &str) -> Done {
    Api::new().await.refused("TestState", test(state, more), code, message).await
}

async fn invalid(state: &Value, more: Value, message: &str) -> Done {
    check(state, more, "ValidationException", message).await
}

fn calls(resource: &str, parameters: &Value) -> Value {
    with(task(), json!({"Resource": resource, "Parameters": parameters}))
}

fn parallel() -> Value {
    let branch = json!({"StartAt": "B", "States": {"B": {"Type": "Succeed"}}});
    json!({"Type": "Parallel", "Branches": [branch.clone()], "End": true})
}

fn map() -> Value {
    json!({"Type": "Map", "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}, "End": true})
}

fn mocked(result: &str) -> Value {
    json!({"mock": {"result": result}})
}

#[tokio::test(start_paused = true)]
async fn states_that_call_nothing_take_no_mock() -> Done {
    for state in [
        json!({"Type": "Pass", "End": true}),
        json!({"Type": "Succeed"}),
        json!({"Type": "Fail"}),
        json!({"Type": "Wait", "Seconds": 1, "End": true}),
        json!({"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "N"}]}),
    ] {
        let name = state["Type"].as_str().unwrap_or_default();
        let message = format!("State type '{name}' is not supported when a mock is specified");
        invalid(&state, mocked("{}"), &message).await?;
        invalid(&state, json!({"mock": {"errorOutput": {"error": "E"}}}), &message).await?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_called_in_a_test_needs_a_mock() -> Done {
    let forks = "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, \
                 Succeed, Fail, Choice]";
    for state in [map(), parallel()] {
        check(&state, json!({}), "InvalidDefinition", forks).await?;
    }
    let role = json!({"roleArn": ROLE});
    let patterns = "TestState API does not support '.sync' or '.waitForTaskToken' integration patterns.";
    for pattern in [".sync:2", ".waitForTaskToken"] {
        let resource = format!("arn:aws:states:::states:startExecution{pattern}");
        let parameters = json!({"StateMachineArn": MACHINE, "Input": {"token.$": "$$.Task.Token"}});
        check(&calls(&resource, &parameters), role.clone(), "InvalidDefinition", patterns).await?;
    }
    let activity = "TestState API does not support Activity tasks without a mock.";
    check(&calls(ACTIVITY, &json!({})), role.clone(), "InvalidDefinition", activity).await?;
    invalid(&task(), json!({}), "RoleArn must be specified when testing a Task state").await?;
    let later = "The integration 'sqs:sendMessage' is not supported yet: it can be tested with a mock";
    invalid(&task(), role, later).await
}

#[tokio::test(start_paused = true)]
async fn a_mock_is_one_result_or_one_failure() -> Done {
    let both = json!({"mock": {"result": "{}", "errorOutput": {"error": "E"}}});
    let message = "A test mock should have only one of the following fields: [result, errorOutput].";
    invalid(&task(), both, message).await?;
    let message = "A test mock should have one of the following fields: [result, errorOutput].";
    invalid(&task(), json!({"mock": {}}), message).await?;
    let none = json!({"mock": {"result": "not JSON", "fieldValidationMode": "NONE"}});
    invalid(&task(), none, "Mocked result must be valid JSON").await?;
    let secrets = json!({"mock": {"result": "{}"}, "revealSecrets": true});
    invalid(&task(), secrets, "TestState does not support RevealSecrets when a mock is specified.").await
}

#[tokio::test(start_paused = true)]
async fn a_mocked_result_is_one_that_the_state_could_have_had() -> Done {
    for state in [map(), parallel()] {
        invalid(&state, mocked("{}"), "Mocked result must be an array.").await?;
    }
    let branches = "Mocked result must contain the same number of items as number of Parallel branches.";
    invalid(&parallel(), mocked("[1, 2]"), branches).await?;
    let schema = |what: &str| format!("Mock result schema validation error: {what}");
    let start = || json!({"StateMachineArn": MACHINE});
    for (resource, parameters, result, what) in [
        (
            "lambda:invoke",
            json!({"FunctionName": "f"}),
            r#"{"StatusCode": "200"}"#,
            "Field 'StatusCode' must be a number",
        ),
        (
            "events:putEvents",
            json!({"Entries": []}),
            r#"{"Entries": [{"EventId": []}]}"#,
            "Field 'EventId' must be a string",
        ),
        ("states:startExecution", start(), "{}", "Required field 'ExecutionArn' is missing"),
        ("states:startExecution.sync", start(), "{}", "Required field 'ExecutionArn' is missing"),
        (
            "aws-sdk:kms:encrypt",
            json!({"KeyId": "k", "Plaintext": "p"}),
            r#"{"CiphertextBlob": ""}"#,
            "Field 'CiphertextBlob' is smaller than the minimum length",
        ),
        (
            "bedrock:invokeModel",
            json!({"ModelId": "m"}),
            r#"{"Body": {"a": 1}, "ContentType": 1}"#,
            "Field 'ContentType' must be a string",
        ),
    ] {
        let state = calls(&format!("arn:aws:states:::{resource}"), &parameters);
        invalid(&state, mocked(result), &schema(what)).await?;
    }
    let present = json!({"mock": {"result": r#"{"StartDate": 1}"#, "fieldValidationMode": "PRESENT"}});
    let message = schema("Field 'StartDate' must be a string");
    invalid(&calls("arn:aws:states:::states:startExecution", &start()), present, &message).await?;
    invalid(&task(), mocked("[]"), "Mocked result must be a JSON object.").await
}

#[tokio::test(start_paused = true)]
async fn a_definition_is_a_state_or_has_the_one_that_is_named() -> Done {
    let machine = json!({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}});
    invalid(&machine, json!({"stateName": "B"}), "State not found in definition").await?;
    let alone = "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Value cannot be empty at \
                 /States/StateName/Branches'";
    let empty = json!({"Type": "Parallel", "Branches": [], "End": true});
    check(&empty, mocked("[]"), "InvalidDefinition", alone).await?;
    let missing = "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: C at \
                   /States/A/Next'";
    let machine = json!({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "C"}, "B": {"Type": "Succeed"}}});
    let answer = Api::new().await.call("TestState", &test(&machine, json!({"stateName": "A"}))).await?;
    assert_eq!(answer.body["__type"], "InvalidDefinition");
    assert!(answer.body["message"].as_str().is_some_and(|text| text.starts_with(missing.trim_end_matches('\''))));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn role_input_variables_and_context_are_what_they_must_be() -> Done {
    let pass = json!({"Type": "Pass", "End": true});
    let words = "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or \
                 'false')";
    let message = format!("Invalid State Machine Execution Input: '{words}'");
    check(&pass, json!({"input": "not json"}), "InvalidExecutionInput", &message).await?;
    check(&pass, json!({"roleArn": "r"}), "InvalidArn", "Invalid Role Arn: 'r'").await?;
    invalid(&pass, json!({"variables": "not json"}), &format!("Invalid Variables: '{words}'")).await?;
    invalid(&pass, json!({"variables": "[]"}), "Variables must be a JSON object").await?;
    let message = "A Context object can only be specified when a mock is specified.";
    invalid(&pass, json!({"context": "{}"}), message).await?;
    let context = json!({"mock": {"result": "{}"}, "context": r#"{"Execution": {"Id": 1}}"#});
    invalid(&task(), context, "Invalid Context object provided: Execution.Id must be a string").await
}

#[tokio::test(start_paused = true)]
async fn what_happened_before_fits_the_state() -> Done {
    let before = |mock: Value, configuration: Value| json!({"input": "[1, 2]", "mock": mock, "stateConfiguration": configuration});
    let failed = json!({"errorOutput": {"error": "E"}});
    let message = "Map iteration failure count must be less than or equal to the number of Map iterations";
    let three = json!({"mapIterationFailureCount": 3});
    invalid(&map(), before(json!({"result": "[1, 2]"}), three.clone()), message).await?;
    let message = "mapIterationFailureCount can only be specified for a Map state";
    invalid(&parallel(), before(failed.clone(), three), message).await?;
    let message = "mapItemReaderData can only be specified for a Map state with an ItemReader";
    invalid(&map(), before(failed.clone(), json!({"mapItemReaderData": "[]"})), message).await?;
    let message = "errorCausedByState can only be specified with a mocked errorOutput of a Map or Parallel state";
    let cause = |name: &str| json!({"errorCausedByState": name});
    invalid(&task(), before(failed.clone(), cause("I")), message).await?;
    invalid(&map(), before(json!({"result": "[1, 2]"}), cause("I")), message).await?;
    let message = "errorCausedByState must name a state inside of the tested state";
    for name in ["StateName", "Elsewhere"] {
        invalid(&map(), before(failed.clone(), cause(name)), message).await?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn members_keep_the_constraints_of_the_service_model() -> Done {
    let pass = json!({"Type": "Pass", "End": true});
    for (more, member) in [
        (json!({"inspectionLevel": "ALL"}), "inspectionLevel"),
        (json!({"stateName": ""}), "stateName"),
        (json!({"mock": {"result": "1", "fieldValidationMode": "LAX"}}), "mock.fieldValidationMode"),
        (json!({"stateConfiguration": {"retrierRetryCount": -1}}), "stateConfiguration.retrierRetryCount"),
    ] {
        let answer = Api::new().await.call("TestState", &test(&pass, more.clone())).await?;
        assert_eq!(answer.body["__type"], "ValidationException", "{more}");
        let message = answer.body["message"].as_str().unwrap_or_default();
        assert!(message.contains(&format!("'{member}' failed to satisfy constraint")), "{message}");
    }
    Ok(())
}
