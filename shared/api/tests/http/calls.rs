//! Operations through the router, over the simulation: shapes, paging, errors that need a store.

use crate::support::{ACTIVITY, Api, Done, MACHINE, ROLE};
use futures::FutureExt as _;
use orchestrator::Tagged;
use serde_json::{Value, json};
use std::cell::Cell;
use std::time::Duration;

fn pass() -> Value {
    json!({"A": {"Type": "Pass", "End": true}})
}

#[tokio::test(start_paused = true)]
async fn an_execution_goes_from_start_to_history() -> Done {
    let api = Api::new().await;
    let created = api.machine(pass()).await?;
    assert_eq!(created["stateMachineArn"], MACHINE);
    assert!(created["creationDate"].is_number());
    let described = api.run(json!({"a": 1})).await?;
    assert_eq!(described["status"], "SUCCEEDED");
    assert_eq!(described["input"], "{\"a\":1}");
    assert_eq!(described["output"], "{\"a\":1}");
    assert_eq!(described["inputDetails"], json!({"included": true}));
    assert_eq!(described["redriveStatusReason"], "Execution is SUCCEEDED and cannot be redriven");
    let history = api.ok("GetExecutionHistory", json!({"executionArn": described["executionArn"]})).await?;
    let types: Vec<&str> =
        history["events"].as_array().into_iter().flatten().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(types, ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]);
    assert_eq!(history["events"][0]["executionStartedEventDetails"]["roleArn"], ROLE);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_history_comes_in_pages_in_either_order() -> Done {
    let api = Api::new().await;
    api.machine(pass()).await?;
    let execution = api.run(json!({})).await?["executionArn"].take();
    for reverse in [false, true] {
        let mut ids = Vec::new();
        let mut token = Value::Null;
        loop {
            let request =
                json!({"executionArn": execution, "maxResults": 3, "reverseOrder": reverse, "nextToken": token});
            let mut page = api.ok("GetExecutionHistory", request).await?;
            ids.extend(page["events"].as_array().into_iter().flatten().filter_map(|event| event["id"].as_u64()));
            token = page["nextToken"].take();
            if token.is_null() {
                break;
            }
            let other = json!({"executionArn": execution, "reverseOrder": !reverse, "nextToken": token});
            api.refused("GetExecutionHistory", other, "InvalidToken", "Invalid Token: 'Invalid token'").await?;
        }
        if reverse {
            ids.reverse();
        }
        assert_eq!(ids, [1, 2, 3, 4], "reverse: {reverse}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn executions_are_listed_newest_first_by_status() -> Done {
    let api = Api::new().await;
    api.machine(pass()).await?;
    let mut newest = Value::Null;
    for _ in 0..3 {
        newest = api.run(json!({})).await?["executionArn"].take();
    }
    let page = api.ok("ListExecutions", json!({"stateMachineArn": MACHINE, "maxResults": 2})).await?;
    assert_eq!(page["executions"].as_array().map(Vec::len), Some(2));
    assert_eq!(page["executions"][0]["redriveCount"], 0);
    assert_eq!(page["executions"][0]["executionArn"], newest);
    let rest = json!({"stateMachineArn": MACHINE, "maxResults": 2, "nextToken": page["nextToken"]});
    let rest = api.ok("ListExecutions", rest).await?;
    assert_eq!(rest["executions"].as_array().map(Vec::len), Some(1));
    assert_eq!(rest.get("nextToken"), None);
    for (status, count) in [("SUCCEEDED", 3), ("RUNNING", 0), ("PENDING_REDRIVE", 0)] {
        let list = api.ok("ListExecutions", json!({"stateMachineArn": MACHINE, "statusFilter": status})).await?;
        assert_eq!(list["executions"].as_array().map(Vec::len), Some(count), "{status}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn machines_and_activities_are_listed_by_name() -> Done {
    let api = Api::new().await;
    let definition = json!({"StartAt": "A", "States": pass()}).to_string();
    for name in ["b", "10", "a", "2"] {
        let machine = json!({"name": name, "definition": definition, "roleArn": ROLE});
        api.ok("CreateStateMachine", machine).await?;
        api.ok("CreateActivity", json!({"name": name})).await?;
    }
    for (operation, list) in [("ListStateMachines", "stateMachines"), ("ListActivities", "activities")] {
        let (mut names, mut token) = (Vec::new(), Value::Null);
        loop {
            let mut page = api.ok(operation, json!({"maxResults": 3, "nextToken": token})).await?;
            let items = page[list].as_array().into_iter().flatten();
            names.extend(items.filter_map(|item| item["name"].as_str().map(str::to_owned)));
            token = page["nextToken"].take();
            if token.is_null() {
                break;
            }
        }
        assert_eq!(names, ["10", "2", "a", "b"], "{operation}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_machine_has_a_revision_id_from_its_first_update_on() -> Done {
    let api = Api::new().await;
    api.machine(pass()).await?;
    let before = api.ok("DescribeStateMachine", json!({"stateMachineArn": MACHINE})).await?;
    assert_eq!(before.get("revisionId"), None);
    assert_eq!(before["loggingConfiguration"], json!({"level": "OFF", "includeExecutionData": false}));
    assert_eq!(before["tracingConfiguration"], json!({"enabled": false}));
    assert_eq!(before["encryptionConfiguration"], json!({"type": "AWS_OWNED_KEY"}));
    assert_eq!((&before["status"], &before["type"]), (&json!("ACTIVE"), &json!("STANDARD")));
    let first = api.run(json!({})).await?["executionArn"].take();
    let change = json!({"stateMachineArn": MACHINE, "roleArn": "arn:aws:iam::123456789012:role/other"});
    let updated = api.ok("UpdateStateMachine", change).await?;
    let after = api.ok("DescribeStateMachine", json!({"stateMachineArn": MACHINE})).await?;
    assert_eq!(after["revisionId"], updated["revisionId"]);
    let second = api.run(json!({})).await?["executionArn"].take();
    let of_first = api.ok("DescribeStateMachineForExecution", json!({"executionArn": first})).await?;
    assert_eq!((of_first.get("revisionId"), &of_first["roleArn"]), (None, &json!(ROLE)));
    let of_second = api.ok("DescribeStateMachineForExecution", json!({"executionArn": second})).await?;
    assert_eq!(of_second["revisionId"], updated["revisionId"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_update_that_changes_nothing_makes_no_revision() -> Done {
    let api = Api::new().await;
    api.machine(pass()).await?;
    let definition = json!({"StartAt": "A", "States": pass()}).to_string();
    let same = json!({"stateMachineArn": MACHINE, "definition": definition, "roleArn": ROLE});
    let updated = api.ok("UpdateStateMachine", same).await?;
    assert_eq!((updated.get("revisionId"), updated["updateDate"].is_number()), (None, true));
    let other = json!({"stateMachineArn": MACHINE, "roleArn": "arn:aws:iam::123456789012:role/other"});
    let first = api.ok("UpdateStateMachine", other.clone()).await?;
    assert!(first["revisionId"].is_string());
    assert_eq!(api.ok("UpdateStateMachine", other).await?["revisionId"], first["revisionId"]);
    let described = api.ok("DescribeStateMachine", json!({"stateMachineArn": MACHINE})).await?;
    assert_eq!(described["revisionId"], first["revisionId"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_refused_in_aws_words() -> Done {
    let api = Api::new().await;
    let missing = format!("State Machine Does Not Exist: '{MACHINE}'");
    for operation in ["DescribeStateMachine", "StartExecution", "ListExecutions"] {
        api.refused(operation, json!({"stateMachineArn": MACHINE}), "StateMachineDoesNotExist", &missing).await?;
    }
    let execution = "arn:aws:states:us-east-1:123456789012:execution:m:one";
    let missing = format!("Execution Does Not Exist: '{execution}'");
    for operation in ["DescribeExecution", "GetExecutionHistory", "StopExecution", "DescribeStateMachineForExecution"] {
        api.refused(operation, json!({"executionArn": execution}), "ExecutionDoesNotExist", &missing).await?;
    }
    let missing = format!("Activity Does Not Exist: '{ACTIVITY}'");
    for operation in ["DescribeActivity", "GetActivityTask"] {
        api.refused(operation, json!({"activityArn": ACTIVITY}), "ActivityDoesNotExist", &missing).await?;
    }
    for (operation, input) in [
        ("DeleteStateMachine", json!({"stateMachineArn": MACHINE})),
        ("DeleteActivity", json!({"activityArn": ACTIVITY})),
    ] {
        assert_eq!(api.ok(operation, input).await?, json!({}));
    }
    let token = json!({"taskToken": "nonsense", "output": "{}"});
    api.refused("SendTaskSuccess", token, "InvalidToken", "Invalid Token: 'Invalid token'").await
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_taken_is_refused_unless_all_is_the_same() -> Done {
    let api = Api::new().await;
    let one = api.machine(pass()).await?;
    assert_eq!(api.machine(pass()).await?, one);
    let other = json!({"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}).to_string();
    let create = json!({"name": "m", "definition": other, "roleArn": ROLE});
    let taken = format!("State Machine Already Exists: '{MACHINE}'");
    api.refused("CreateStateMachine", create, "StateMachineAlreadyExists", &taken).await?;
    let start = json!({"stateMachineArn": MACHINE, "name": "one", "input": "{}"});
    let started = api.ok("StartExecution", start.clone()).await?;
    api.end_of(&started["executionArn"]).await?;
    let execution = "arn:aws:states:us-east-1:123456789012:execution:m:one";
    let taken = format!("Execution Already Exists: '{execution}'");
    api.refused("StartExecution", start, "ExecutionAlreadyExists", &taken).await
}

#[tokio::test(start_paused = true)]
async fn a_worker_takes_an_activity_task_and_answers_it() -> Done {
    let api = Api::new().await;
    let created = api.ok("CreateActivity", json!({"name": "a"})).await?;
    assert_eq!(api.ok("CreateActivity", json!({"name": "a"})).await?, created);
    let listed = api.ok("ListActivities", json!({})).await?;
    assert_eq!(listed["activities"][0]["name"], "a");
    api.machine(json!({"A": {"Type": "Task", "Resource": ACTIVITY, "End": true}})).await?;
    let poll = api.ok("GetActivityTask", json!({"activityArn": ACTIVITY, "workerName": "w"}));
    let start = async {
        // The worker is there first, for longer than one look.
        tokio::time::sleep(Duration::from_secs(3)).await;
        api.ok("StartExecution", json!({"stateMachineArn": MACHINE, "input": "[1]"})).await
    };
    let (task, started) = tokio::join!(poll, start);
    let (task, started) = (task?, started?);
    assert_eq!(task["input"], "[1]");
    assert_eq!(api.ok("SendTaskHeartbeat", json!({"taskToken": task["taskToken"]})).await?, json!({}));
    let answer = json!({"taskToken": task["taskToken"], "output": "[2]"});
    assert_eq!(api.ok("SendTaskSuccess", answer).await?, json!({}));
    assert_eq!(api.end_of(&started["executionArn"]).await?["output"], "[2]");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_poll_without_a_task_ends_with_a_null_token_after_a_minute() -> Done {
    let api = Api::new().await;
    api.ok("CreateActivity", json!({"name": "a"})).await?;
    let began = tokio::time::Instant::now();
    assert_eq!(api.ok("GetActivityTask", json!({"activityArn": ACTIVITY})).await?, json!({"taskToken": null}));
    assert_eq!(began.elapsed().as_secs(), 60);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn tags_are_listed_as_given() -> Done {
    let api = Api::new().await;
    api.ok("CreateActivity", json!({"name": "a", "tags": [{"key": "k", "value": "v"}]})).await?;
    let tags = api.ok("ListTagsForResource", json!({"resourceArn": ACTIVITY})).await?;
    assert_eq!(tags, json!({"tags": [{"key": "k", "value": "v"}]}));
    let message = format!("Resource not found: '{MACHINE}'");
    api.refused("ListTagsForResource", json!({"resourceArn": MACHINE}), "ResourceNotFound", &message).await
}

#[tokio::test(start_paused = true)]
async fn tags_come_and_go() -> Done {
    let api = Api::new().await;
    api.ok("CreateActivity", json!({"name": "a"})).await?;
    api.machine(pass()).await?;
    for arn in [ACTIVITY, MACHINE] {
        let given = json!([{"key": "k", "value": "v"}, {"key": "l", "value": "w"}]);
        assert_eq!(api.ok("TagResource", json!({"resourceArn": arn, "tags": given})).await?, json!({}));
        let given = json!([{"key": "k", "value": "x"}]);
        api.ok("TagResource", json!({"resourceArn": arn, "tags": given})).await?;
        api.ok("UntagResource", json!({"resourceArn": arn, "tagKeys": ["l", "m"]})).await?;
        let tags = api.ok("ListTagsForResource", json!({"resourceArn": arn})).await?;
        assert_eq!(tags, json!({"tags": [{"key": "k", "value": "x"}]}), "{arn}");
        let many: Vec<Value> = (0..50).map(|number| json!({"key": number.to_string(), "value": ""})).collect();
        let too_many = api.call("TagResource", &json!({"resourceArn": arn, "tags": many})).await?;
        assert_eq!((&too_many.body["__type"], &too_many.body["resourceName"]), (&json!("TooManyTags"), &json!(arn)));
        assert_eq!(api.ok("ListTagsForResource", json!({"resourceArn": arn})).await?, tags);
    }
    api.ok("DeleteActivity", json!({"activityArn": ACTIVITY})).await?;
    let message = format!("Resource not found: '{ACTIVITY}'");
    for (operation, input) in [
        ("TagResource", json!({"resourceArn": ACTIVITY, "tags": []})),
        ("UntagResource", json!({"resourceArn": ACTIVITY, "tagKeys": ["k"]})),
    ] {
        api.refused(operation, input, "ResourceNotFound", &message).await?;
    }
    let message = "1 validation error detected: Value null at 'tags' failed to satisfy constraint: \
                   Member must not be null";
    api.refused("TagResource", json!({"resourceArn": MACHINE}), "ValidationException", message).await
}

#[tokio::test(start_paused = true)]
async fn tags_that_another_put_on_meanwhile_stay() -> Done {
    let api = Api::new().await;
    api.machine(pass()).await?;
    let tagged = Tagged::Machine(MACHINE.parse()?);
    let looks = Cell::new(0);
    let mine = |there: &Value| {
        if looks.replace(looks.get() + 1) == 0 {
            let theirs = |_: &Value| Ok::<_, orchestrator::Error>(json!([{"key": "theirs", "value": ""}]));
            let done = api.orchestrator.change_tags(&tagged, theirs).now_or_never();
            assert!(matches!(done, Some(Ok(()))), "{done:?}");
        }
        let there = there.as_array().into_iter().flatten().cloned();
        Ok::<_, orchestrator::Error>(there.chain([json!({"key": "mine", "value": ""})]).collect())
    };
    api.orchestrator.change_tags(&tagged, mine).await?;
    let tags = json!({"tags": [{"key": "theirs", "value": ""}, {"key": "mine", "value": ""}]});
    assert_eq!(api.ok("ListTagsForResource", json!({"resourceArn": MACHINE})).await?, tags);
    assert_eq!(looks.get(), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_execution_that_is_stopped_says_why() -> Done {
    let api = Api::new().await;
    api.machine(json!({"A": {"Type": "Wait", "Seconds": 1000, "End": true}})).await?;
    let started = api.ok("StartExecution", json!({"stateMachineArn": MACHINE})).await?;
    let stop = json!({"executionArn": started["executionArn"], "error": "Enough", "cause": "asked to"});
    let stopped = api.ok("StopExecution", stop).await?;
    let described = api.end_of(&started["executionArn"]).await?;
    assert_eq!(described["status"], "ABORTED");
    assert_eq!((&described["error"], &described["cause"]), (&json!("Enough"), &json!("asked to")));
    assert_eq!((&described["redriveStatus"], &described["stopDate"]), (&json!("REDRIVABLE"), &stopped["stopDate"]));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_has_begun_goes_on_when_the_caller_hangs_up() -> Done {
    let api = Api::new().await;
    api.machine(pass()).await?;
    let start = json!({"stateMachineArn": MACHINE, "name": "one"});
    tokio::select! {
        biased;
        started = api.ok("StartExecution", start) => return Err(format!("too fast to hang up: {started:?}").into()),
        () = std::future::ready(()) => {}
    }
    let execution = json!("arn:aws:states:us-east-1:123456789012:execution:m:one");
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(api.end_of(&execution).await?["status"], "SUCCEEDED");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_hung_up_takes_no_task() -> Done {
    let api = Api::new().await;
    api.ok("CreateActivity", json!({"name": "a"})).await?;
    api.machine(json!({"A": {"Type": "Task", "Resource": ACTIVITY, "End": true}})).await?;
    let poll = api.ok("GetActivityTask", json!({"activityArn": ACTIVITY}));
    assert!(tokio::time::timeout(Duration::from_millis(1500), poll).await.is_err());
    // At once: what it left behind, if anything, is still there to take the task.
    api.ok("StartExecution", json!({"stateMachineArn": MACHINE})).await?;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let task = api.ok("GetActivityTask", json!({"activityArn": ACTIVITY})).await?;
    assert!(task["taskToken"].is_string());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn of_two_workers_that_wait_each_gets_one_task() -> Done {
    let api = Api::new().await;
    api.ok("CreateActivity", json!({"name": "a"})).await?;
    api.machine(json!({"A": {"Type": "Task", "Resource": ACTIVITY, "End": true}})).await?;
    let poll = || api.ok("GetActivityTask", json!({"activityArn": ACTIVITY}));
    let start = async {
        for input in ["1", "2"] {
            tokio::time::sleep(Duration::from_secs(3)).await;
            api.ok("StartExecution", json!({"stateMachineArn": MACHINE, "input": input})).await?;
        }
        Done::Ok(())
    };
    let (one, other, started) = tokio::join!(poll(), poll(), start);
    let (one, other): (Value, Value) = (one?, other?);
    started?;
    let mut inputs = [one["input"].as_str(), other["input"].as_str()];
    inputs.sort_unstable();
    assert_eq!(inputs, [Some("1"), Some("2")]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_execution_that_was_stopped_is_redriven() -> Done {
    let api = Api::new().await;
    api.machine(json!({"A": {"Type": "Wait", "Seconds": 1000, "End": true}})).await?;
    let start = json!({"stateMachineArn": MACHINE, "name": "one"});
    let started = api.ok("StartExecution", start).await?;
    let arn = json!({"executionArn": started["executionArn"]});
    let running = "Execution is RUNNING and cannot be redriven";
    api.refused("RedriveExecution", arn.clone(), "ExecutionNotRedrivable", running).await?;
    api.ok("StopExecution", arn.clone()).await?;
    let redrive = json!({"executionArn": started["executionArn"], "clientToken": "call-1"});
    let redriven = api.ok("RedriveExecution", redrive.clone()).await?;
    assert!(redriven["redriveDate"].is_number(), "{redriven}");
    assert_eq!(api.ok("RedriveExecution", redrive).await?, redriven);
    let described = api.ok("DescribeExecution", arn.clone()).await?;
    assert_eq!(
        json!([described["status"], described["redriveCount"], described["redriveStatus"], described["stopDate"]]),
        json!(["RUNNING", 1, "NOT_REDRIVABLE", null])
    );
    assert_eq!(described["redriveDate"], redriven["redriveDate"]);
    for (filter, count) in [("REDRIVEN", 1), ("NOT_REDRIVEN", 0)] {
        let list = json!({"stateMachineArn": MACHINE, "redriveFilter": filter});
        let listed = api.ok("ListExecutions", list).await?;
        let items = listed["executions"].as_array().map(Vec::as_slice).unwrap_or_default();
        assert_eq!(items.len(), count, "{filter}");
        assert!(items.iter().all(|item| item["redriveCount"] == 1 && item["redriveDate"] == redriven["redriveDate"]));
    }
    let history = api.ok("GetExecutionHistory", arn).await?;
    let last = history["events"].as_array().and_then(|events| events.last()).cloned().unwrap_or_default();
    assert_eq!(
        json!([last["type"], last["id"], last["previousEventId"], last["executionRedrivenEventDetails"]]),
        json!(["ExecutionRedriven", 5, 4, {"redriveCount": 1}])
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_a_redrive_is_given_is_checked() -> Done {
    let api = Api::new().await;
    let missing = "1 validation error detected: Value null at 'executionArn' failed to satisfy constraint: \
                   Member must not be null";
    api.refused("RedriveExecution", json!({}), "ValidationException", missing).await?;
    let arn = "arn:aws:states:us-east-1:123456789012:execution:m:none";
    let spaced = "1 validation error detected: Value 'a b' at 'clientToken' failed to satisfy constraint: \
                  Member must satisfy regular expression pattern: [!-~]+";
    let call = json!({"executionArn": arn, "clientToken": "a b"});
    api.refused("RedriveExecution", call, "ValidationException", spaced).await?;
    let absent = format!("Execution Does Not Exist: '{arn}'");
    api.refused("RedriveExecution", json!({"executionArn": arn}), "ExecutionDoesNotExist", &absent).await?;
    let invalid = "Invalid Arn: 'Invalid ARN prefix: nonsense'";
    api.refused("RedriveExecution", json!({"executionArn": "nonsense"}), "InvalidArn", invalid).await
}
