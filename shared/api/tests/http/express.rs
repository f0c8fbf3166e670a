//! Express machines: what they answer, in one call or later, and what is refused of them.

use crate::support::{Api, Done, MACHINE, ROLE};
use ratchet_api::{Front, Options};
use serde_json::{Value, json};
use std::time::Duration;

async fn machine(api: &Api, states: Value) -> Done {
    let definition = json!({"StartAt": "A", "States": states}).to_string();
    let create = json!({"name": "m", "definition": definition, "roleArn": ROLE, "type": "EXPRESS"});
    api.ok("CreateStateMachine", create).await.map(drop)
}

fn pass() -> Value {
    json!({"A": {"Type": "Pass", "Result": {"done": true}, "End": true}})
}

#[tokio::test(start_paused = true)]
async fn a_machine_keeps_its_type() -> Done {
    let api = Api::new().await;
    machine(&api, pass()).await?;
    let described = api.ok("DescribeStateMachine", json!({"stateMachineArn": MACHINE})).await?;
    assert_eq!(described["type"], "EXPRESS");
    assert_eq!(api.ok("ListStateMachines", json!({})).await?["stateMachines"][0]["type"], "EXPRESS");
    // The same name, definition and role as another type is another machine.
    let definition = described["definition"].clone();
    let standard = json!({"name": "m", "definition": definition, "roleArn": ROLE});
    let message = format!("State Machine Already Exists: '{MACHINE}'");
    api.refused("CreateStateMachine", standard, "StateMachineAlreadyExists", &message).await
}

#[tokio::test(start_paused = true)]
async fn a_definition_is_checked_for_the_type_at_creation_and_at_each_update() -> Done {
    let api = Api::new().await;
    machine(&api, pass()).await?;
    let waits = json!({"StartAt": "A", "States": {"A": {
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "f", "Payload.$": "$$.Task.Token"}, "End": true
    }}})
    .to_string();
    let message = "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Express state machine does not support \
                   '.waitForTaskToken' service integration  at /States/A/Resource'";
    let create = json!({"name": "w", "definition": waits, "roleArn": ROLE, "type": "EXPRESS"});
    api.refused("CreateStateMachine", create, "InvalidDefinition", message).await?;
    let update = json!({"stateMachineArn": MACHINE, "definition": waits});
    api.refused("UpdateStateMachine", update, "InvalidDefinition", message).await
}

#[tokio::test(start_paused = true)]
async fn a_synchronous_execution_is_answered_with_its_end() -> Done {
    let api = Api::new().await;
    machine(&api, json!({"A": {"Type": "Wait", "Seconds": 7, "End": true}})).await?;
    let start = json!({"stateMachineArn": MACHINE, "name": "one", "input": "{\"n\": 1.0}", "traceHeader": "Root=1"});
    let mut answer = api.ok("StartSyncExecution", start).await?;
    let members = answer.as_object_mut().ok_or("an object")?;
    let arn = members.remove("executionArn").unwrap_or_default();
    let id = arn.as_str().and_then(|arn| arn.strip_prefix("arn:aws:states:us-east-1:123456789012:express:m:one:"));
    assert!(id.is_some_and(|id| id.len() == 36), "{arn}");
    let (started, stopped) = (members.remove("startDate"), members.remove("stopDate"));
    let took = stopped.and_then(|at| at.as_f64()).zip(started.and_then(|at| at.as_f64())).map(|(to, from)| to - from);
    assert!(took.is_some_and(|took| (7.0..7.1).contains(&took)), "{took:?}");
    let expected = json!({
        "stateMachineArn": MACHINE, "name": "one", "status": "SUCCEEDED", "traceHeader": "Root=1",
        "input": "{\"n\": 1.0}", "inputDetails": {"included": true},
        "output": "{\"n\": 1.0}", "outputDetails": {"included": true},
        "billingDetails": {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": 7_100}
    });
    assert_eq!(answer, expected);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_an_ordinary_answer_and_data_may_be_left_out() -> Done {
    let api = Api::new().await;
    machine(&api, json!({"A": {"Type": "Fail", "Error": "No", "Cause": "because"}})).await?;
    let answer = api.ok("StartSyncExecution", json!({"stateMachineArn": MACHINE})).await?;
    assert_eq!(
        (&answer["status"], &answer["error"], &answer["cause"]),
        (&json!("FAILED"), &json!("No"), &json!("because"))
    );
    assert_eq!((answer.get("output"), &answer["input"]), (None, &json!("{}")));
    let without = json!({"stateMachineArn": MACHINE, "includedData": "METADATA_ONLY"});
    let answer = api.ok("StartSyncExecution", without).await?;
    assert_eq!((&answer["status"], &answer["inputDetails"]), (&json!("FAILED"), &json!({"included": false})));
    assert!(["input", "output", "error", "cause"].iter().all(|name| answer.get(name).is_none()), "{answer}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn five_minutes_are_all_that_there_is_and_behind_an_http_api_less() -> Done {
    let waits = json!({"A": {"Type": "Wait", "Seconds": 1_000, "End": true}});
    let api = Api::new().await;
    machine(&api, waits.clone()).await?;
    let answer = api.ok("StartSyncExecution", json!({"stateMachineArn": MACHINE})).await?;
    assert_eq!(answer["status"], "TIMED_OUT");
    assert_eq!(answer["billingDetails"]["billedDurationInMilliseconds"], 300_100);

    let api = Api::with(Options { front: Front::HttpApi, ..Options::default() }).await;
    machine(&api, waits).await?;
    let answer = api.call("StartSyncExecution", &json!({"stateMachineArn": MACHINE})).await?;
    assert_eq!((answer.status.as_u16(), &answer.body["__type"]), (422, &json!("ExecutionGivenUpException")));
    assert!(answer.body["message"].as_str().is_some_and(|message| message.contains("function URL")));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_start_is_answered_at_once_and_its_name_is_nobodys() -> Done {
    let api = Api::new().await;
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:f";
    api.world.functions().define("f", simulation::Behaviour::Identity);
    machine(&api, json!({"A": {"Type": "Task", "Resource": arn, "End": true}})).await?;
    let start = json!({"stateMachineArn": MACHINE, "name": "one", "input": "{\"n\": 1}"});
    let (one, other) = (api.ok("StartExecution", start.clone()).await?, api.ok("StartExecution", start).await?);
    assert_ne!(one["executionArn"], other["executionArn"]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let received = api.world.functions().received();
    let callers: Vec<_> = received.iter().map(|call| json!(call.execution.as_str())).collect();
    assert_eq!(callers, [one["executionArn"].clone(), other["executionArn"].clone()]);
    assert!(api.world.problems().is_empty());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_for_the_other_type_is_refused() -> Done {
    let api = Api::new().await;
    machine(&api, pass()).await?;
    let unsupported = "This operation is not supported by this type of state machine";
    let list = json!({"stateMachineArn": MACHINE});
    api.refused("ListExecutions", list, "StateMachineTypeNotSupported", unsupported).await?;
    let started = api.ok("StartExecution", json!({"stateMachineArn": MACHINE})).await?;
    let wrong = "Invalid Arn: 'Resource type not valid in this context: express'";
    let of = ["DescribeExecution", "GetExecutionHistory", "StopExecution", "RedriveExecution"];
    for operation in of.into_iter().chain(["DescribeStateMachineForExecution"]) {
        api.refused(operation, json!({"executionArn": started["executionArn"]}), "InvalidArn", wrong).await?;
    }
    let definition = json!({"StartAt": "A", "States": pass()}).to_string();
    let standard = json!({"name": "s", "definition": definition, "roleArn": ROLE, "type": "STANDARD"});
    let standard = api.ok("CreateStateMachine", standard).await?["stateMachineArn"].clone();
    let start = json!({"stateMachineArn": standard});
    api.refused("StartSyncExecution", start, "StateMachineTypeNotSupported", unsupported).await?;
    let start = json!({"stateMachineArn": format!("{MACHINE}x")});
    let message = format!("State Machine Does Not Exist: '{MACHINE}x'");
    api.refused("StartSyncExecution", start, "StateMachineDoesNotExist", &message).await?;
    let wrong = json!({"stateMachineArn": MACHINE, "input": "no"});
    let message = "Invalid State Machine Execution Input: 'Unrecognized token 'no': was expecting (JSON String, Number, \
                   Array, Object or token 'null', 'true' or 'false')'";
    api.refused("StartSyncExecution", wrong, "InvalidExecutionInput", message).await
}
