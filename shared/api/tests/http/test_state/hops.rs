//! The way of the data through a state, and what a state sees besides.

use super::{answer, task, test, tested, with};
use crate::support::{Api, Done, ROLE};
use serde_json::{Value, json};

/// The inspection data without the raw input.
async fn check(state: &Value, more: Value, expected: Value) -> Done {
    let mut answer = tested(state, more).await?;
    if let Some(data) = answer["inspectionData"].as_object_mut() {
        data.remove("input");
    }
    assert_eq!(answer["inspectionData"], expected, "{state}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn each_hop_of_a_task_is_shown() -> Done {
    let fields = json!({
        "InputPath": "$.in", "Parameters": {"QueueUrl.$": "$.q", "MessageBody": "m"},
        "ResultSelector": {"id.$": "$.MessageId"}, "ResultPath": "$.sent", "OutputPath": "$.sent.id",
    });
    let state = with(task(), fields);
    let more = json!({"input": "{\"in\": {\"q\": \"u\"}}", "mock": {"result": "{\"MessageId\": \"m\"}"}});
    check(
        &state,
        more.clone(),
        json!({
            "afterInputPath": {"q": "u"}, "afterParameters": {"QueueUrl": "u", "MessageBody": "m"}, "result": {"MessageId": "m"},
            "afterResultSelector": {"id": "m"}, "afterResultPath": {"in": {"q": "u"}, "sent": {"id": "m"}},
        }),
    )
    .await?;
    let answer = tested(&state, more).await?;
    assert_eq!(json!([answer["output"], answer["status"], answer["nextState"]]), json!(["m", "SUCCEEDED", null]));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn states_that_call_nothing_show_what_they_have() -> Done {
    let input = json!({"input": "{\"a\": {\"b\": 1}}"});
    let inner = json!({"b": 1});
    let pass = json!({"Type": "Pass", "InputPath": "$.a", "End": true});
    check(
        &pass,
        input.clone(),
        json!({"afterInputPath": inner, "afterParameters": inner, "afterResultSelector": inner, "afterResultPath": inner}),
    )
    .await?;
    for state in [
        json!({"Type": "Succeed", "InputPath": "$.a"}),
        json!({"Type": "Wait", "Seconds": 0, "InputPath": "$.a", "End": true}),
        json!({"Type": "Choice", "InputPath": "$.a", "Choices": [{"Variable": "$.b", "NumericEquals": 1, "Next": "N"}]}),
    ] {
        check(&state, input.clone(), json!({"afterInputPath": inner})).await?;
    }
    check(&json!({"Type": "Fail", "Error": "E"}), input, json!({"afterInputPath": {"a": inner}})).await
}

#[tokio::test(start_paused = true)]
async fn a_map_shows_its_items_and_what_each_iteration_gets() -> Done {
    let state = json!({
        "Type": "Map", "ItemsPath": "$.items", "MaxConcurrencyPath": "$.most",
        "ItemSelector": {"index.$": "$$.Map.Item.Index", "value.$": "$$.Map.Item.Value", "most.$": "$.most"},
        "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}, "End": true,
    });
    let input = json!({"items": ["a", "b"], "most": 3});
    let more = json!({"input": input.to_string(), "mock": {"result": "[1, 2]"}});
    check(
        &state,
        more.clone(),
        json!({
            "afterInputPath": input, "afterItemsPath": ["a", "b"], "maxConcurrency": 3,
            "afterItemSelector": [{"index": 0, "value": "a", "most": 3}, {"index": 1, "value": "b", "most": 3}],
            "afterResultSelector": [1, 2], "afterResultPath": [1, 2],
        }),
    )
    .await?;
    let raw = Api::new().await.ok("TestState", test(&state, more)).await?;
    assert_eq!(raw["inspectionData"]["afterItemsPath"], r#"["a", "b"]"#);
    assert_eq!(raw["output"], "[1, 2]", "a mocked result stays as it was written");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_map_that_reads_its_items_elsewhere_is_told_them() -> Done {
    let config = json!({"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"});
    let processor = json!({"ProcessorConfig": config, "StartAt": "I", "States": {"I": {"Type": "Succeed"}}});
    let reader = json!({"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"}});
    let selector = json!({"item.$": "$$.Map.Item.Value"});
    let map =
        json!({"Type": "Map", "ItemReader": reader, "ItemSelector": selector, "ItemProcessor": processor, "End": true});
    let more = json!({"input": "{}", "mock": {"result": "[3]"}, "stateConfiguration": {"mapItemReaderData": "[1, 2]"}});
    let expected = json!({
        "afterInputPath": {}, "afterItemSelector": [{"item": 1}, {"item": 2}], "maxConcurrency": 0,
        "afterResultSelector": [3], "afterResultPath": [3],
    });
    check(&map, more.clone(), expected).await?;
    let writer = json!({"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}}});
    let written = with(more, json!({"mock": {"result": "{\"MapRunArn\": \"a\"}"}}));
    assert_eq!(tested(&with(map, writer), written).await?["output"], json!({"MapRunArn": "a"}));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn only_who_asks_is_shown_anything() -> Done {
    let pass = json!({"Type": "Pass", "End": true});
    for level in [json!(null), json!("INFO")] {
        let answer = tested(&pass, json!({"inspectionLevel": level})).await?;
        assert_eq!(answer, json!({"output": {}, "status": "SUCCEEDED"}));
    }
    let traced = tested(&pass, json!({"inspectionLevel": "TRACE"})).await?;
    assert_eq!(traced["inspectionData"], tested(&pass, json!({})).await?["inspectionData"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn variables_are_read_and_shown_with_those_that_were_set() -> Done {
    let state = json!({"Type": "Pass", "Parameters": {"sum.$": "States.MathAdd($a, 1)"}, "Assign": {"b.$": "$.sum"}, "End": true});
    let answer = tested(&state, json!({"variables": "{\"a\": 1}"})).await?;
    assert_eq!(json!([answer["output"], answer["inspectionData"]["variables"]]), json!([{"sum": 2}, {"a": 1, "b": 2}]));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_context_object_that_is_given_is_all_there_is() -> Done {
    let state = with(task(), json!({"ResultSelector": {"all.$": "$$"}}));
    let more = |context: &str| json!({"mock": {"result": "{}"}, "context": context});
    for context in ["{}", r#"{"Execution":{"Name":"mine"},"Map":{"Item":{"Index":4}}}"#] {
        let all: Value = serde_json::from_str(context)?;
        assert_eq!(tested(&state, more(context)).await?["output"], json!({"all": all}));
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn without_one_a_test_is_an_execution_of_its_own() -> Done {
    let state = with(task(), json!({"ResultSelector": {"all.$": "$$"}}));
    let more = json!({
        "input": "[7]", "roleArn": ROLE, "mock": {"errorOutput": {"error": "E"}},
        "stateConfiguration": {"retrierRetryCount": 2},
    });
    let mut more_ok = more.clone();
    more_ok["mock"] = json!({"result": "{}"});
    let all = tested(&state, more_ok).await?["output"]["all"].take();
    let machine = all["StateMachine"]["Name"].as_str().unwrap_or_default();
    let name = all["Execution"]["Name"].as_str().unwrap_or_default();
    assert_eq!(all["Execution"]["Id"], format!("arn:aws:states:us-east-1:123456789012:express:{machine}:{name}"));
    assert_eq!(json!([all["Execution"]["Input"], all["Execution"]["RoleArn"]]), json!([[7], ROLE]));
    assert_eq!(all["State"]["Name"], "StateName");
    assert_eq!(all["Execution"].get("RedriveCount"), None);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_task_that_waits_for_its_token_has_one() -> Done {
    let resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";
    let parameters = json!({"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"});
    let state = with(task(), json!({"Resource": resource, "Parameters": parameters}));
    let answer = tested(&state, json!({"mock": {"result": "\"approved\""}})).await?;
    assert!(answer["inspectionData"]["afterParameters"]["MessageBody"].as_str().is_some_and(|token| !token.is_empty()));
    assert_eq!(answer["output"], "approved", "whoever has the token answers what they like");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_state_of_whatever_scope_is_found_and_has_an_item_inside_of_a_map() -> Done {
    let inner =
        json!({"Type": "Pass", "Parameters": {"at.$": "$$.Map.Item.Index", "of.$": "$$.Map.Item.Value"}, "End": true});
    let map = json!({"Type": "Map", "ItemProcessor": {"StartAt": "I", "States": {"I": inner}}, "End": true});
    let branch = json!({"StartAt": "M", "States": {"M": map}});
    let machine = json!({"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": [branch], "End": true}}});
    let request = test(&machine, json!({"stateName": "I", "input": "{\"n\": 5}"}));
    let answer = answer(&Api::new().await, request).await?;
    assert_eq!(answer["output"], json!({"at": 0, "of": {"n": 5}}));
    Ok(())
}
