//! Doors with limited rights.

use crate::support::{Answer, Api, Done, Fault, MACHINE, call};
use http::{StatusCode, Uri};
use serde_json::{Value, json};

async fn at(api: &Api, door: &str, operation: &str, input: &Value) -> Result<Answer, Fault> {
    let mut request = call(operation, input.to_string())?;
    *request.uri_mut() = door.parse::<Uri>()?;
    api.send(request).await
}

#[tokio::test(start_paused = true)]
async fn each_door_accepts_its_own_operations_and_says_which_door_does() -> Done {
    let api = Api::new().await;
    api.machine(json!({"A": {"Type": "Wait", "Seconds": 1000, "End": true}})).await?;
    let start = json!({"stateMachineArn": MACHINE, "name": "one"});
    let execution = json!({"executionArn": "arn:aws:states:us-east-1:123456789012:execution:m:one"});
    let started = at(&api, "/starter", "StartExecution", &start).await?;
    assert_eq!(started.status, StatusCode::OK, "{}", started.body);
    for door in ["/reader", "/reader/"] {
        let described = at(&api, door, "DescribeExecution", &execution).await?;
        assert_eq!(described.body["status"], "RUNNING", "{door}");
    }
    for (door, operation, input, doors) in [
        ("/reader", "StartExecution", &start, "POST / and POST /starter do"),
        ("/starter", "DescribeExecution", &execution, "POST / and POST /reader do"),
        ("/worker", "StopExecution", &execution, "POST / does"),
        ("/starter/", "StopExecution", &execution, "POST / does"),
    ] {
        let refused = at(&api, door, operation, input).await?;
        let message = format!("The door {} does not accept {operation}; {doors}", door.trim_end_matches('/'));
        assert_eq!(
            (refused.status, &refused.body["__type"]),
            (StatusCode::BAD_REQUEST, &json!("AccessDeniedException"))
        );
        assert_eq!(refused.body["message"], message);
    }
    let described = at(&api, "/reader", "DescribeExecution", &execution).await?;
    assert_eq!(described.body["status"], "RUNNING");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_worker_answers_tasks_at_its_door() -> Done {
    let api = Api::new().await;
    let token = json!({"taskToken": "nonsense"});
    for operation in ["SendTaskHeartbeat", "SendTaskFailure"] {
        let answer = at(&api, "/worker", operation, &token).await?;
        assert_eq!(answer.body["__type"], "InvalidToken", "{operation}");
    }
    Ok(())
}

/// The service model's operations.
const OPERATIONS: [&str; 37] = [
    "CreateActivity",
    "CreateStateMachine",
    "CreateStateMachineAlias",
    "DeleteActivity",
    "DeleteStateMachine",
    "DeleteStateMachineAlias",
    "DeleteStateMachineVersion",
    "DescribeActivity",
    "DescribeExecution",
    "DescribeMapRun",
    "DescribeStateMachine",
    "DescribeStateMachineAlias",
    "DescribeStateMachineForExecution",
    "GetActivityTask",
    "GetExecutionHistory",
    "ListActivities",
    "ListExecutions",
    "ListMapRuns",
    "ListStateMachineAliases",
    "ListStateMachineVersions",
    "ListStateMachines",
    "ListTagsForResource",
    "PublishStateMachineVersion",
    "RedriveExecution",
    "SendTaskFailure",
    "SendTaskHeartbeat",
    "SendTaskSuccess",
    "StartExecution",
    "StartSyncExecution",
    "StopExecution",
    "TagResource",
    "TestState",
    "UntagResource",
    "UpdateMapRun",
    "UpdateStateMachine",
    "UpdateStateMachineAlias",
    "ValidateStateMachineDefinition",
];

#[tokio::test(start_paused = true)]
async fn the_document_says_which_operations_each_door_accepts() -> Done {
    let api = Api::new().await;
    let document = api.plain("GET", "/openapi.json", None).await?.body;
    for door in ["/", "/reader", "/starter", "/worker"] {
        let mut accepted = Vec::new();
        for operation in OPERATIONS {
            let answer = at(&api, door, operation, &json!({})).await?;
            let code = answer.body["__type"].as_str().unwrap_or_default();
            if code != "AccessDeniedException" && code != "UnknownOperationException" {
                accepted.push(format!("AWSStepFunctions.{operation}"));
            }
        }
        let parameter = &document["paths"][door]["post"]["parameters"][0];
        assert_eq!(
            (&parameter["name"], &parameter["schema"]["enum"]),
            (&json!("X-Amz-Target"), &json!(accepted)),
            "{door}"
        );
        assert!(!accepted.is_empty(), "{door}");
    }
    Ok(())
}
