//! Tasks: resources, parameters, time-outs.

use crate::{LAMBDA, check_state};
use ratchet_language::{Code, MachineType, parse, parse_as, parse_state_to_test, parse_to_test};

/// What every integration of these tests needs.
const PARAMETERS: &str = r#""Parameters": {"FunctionName": "f", "QueueUrl": "q", "MessageBody": "b", "StateMachineArn": "m", "TaskDefinition": "d"}"#;

#[test]
fn a_task_has_a_resource_that_someone_knows() {
    let task = |resource: &str| format!(r#"{{"Type": "Task", "Resource": "{resource}", {PARAMETERS}, "End": true}}"#);
    let unknown = |resource: &str| {
        format!(
            "The resource provided {resource} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region. at S/Resource"
        )
    };
    check_state(r#"{"Type": "Task", "End": true}"#, &["These fields are required: [Resource] at S"]);
    for known in [
        "arn:aws:lambda:us-east-1:123456789012:function:validate-order",
        "arn:aws:lambda:us-east-1:123456789012:function:validate-order:PROD",
        "arn:aws-cn:lambda:cn-north-1:123456789012:function:f",
        "arn:aws:lambda:...:process-item",
        "arn:aws:lambda:...",
        "arn:aws:states:::lambda:invoke",
        "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "arn:aws:states:us-east-1:123456789012:activity:my-activity",
    ] {
        check_state(&task(known), &[]);
    }
    for resource in [
        "arn:aws:states:::dynamodb:query",
        "arn:aws:states:::lambda:invoke.sync",
        "arn:aws:states:us-east-1:123456789012:stateMachine:child",
        "arn:aws:states:us-east-1:123456789012:activity:",
        "arn:aws:lambda:",
    ] {
        check_state(&task(resource), &[&unknown(resource)]);
    }
    for resource in ["http://example.com", ""] {
        check_state(&task(resource), &["Value is not a valid resource ARN at S/Resource"]);
    }
    check_state(
        &task("arn:aws:states:::sqs:sendMessage"),
        &[
            "NOT_SUPPORTED: The integration 'sqs:sendMessage' is not supported yet; Ratchet calls Lambda functions (by ARN, lambda:invoke, lambda:invoke.waitForTaskToken) and activities at S/Resource",
        ],
    );
}

#[test]
fn time_outs_and_parameters_of_a_task_fit_each_other() {
    let task = |fields: &str| format!(r#"{{"Type": "Task", {LAMBDA}, {fields}, "End": true}}"#);
    check_state(
        &task(r#""TimeoutSeconds": 5, "TimeoutSecondsPath": "$.t""#),
        &["There should only be one of the following fields: [TimeoutSeconds, TimeoutSecondsPath] at S"],
    );
    check_state(
        &task(r#""TimeoutSeconds": 5, "HeartbeatSeconds": 5"#),
        &["Value must be less than 'TimeoutSeconds', which is 5 at S/HeartbeatSeconds"],
    );
    check_state(&task(r#""TimeoutSecondsPath": "$.t", "HeartbeatSecondsPath": "$$.Execution.Input.h""#), &[]);
}

/// AWS: the texts, and that the place is the resource's.
#[test]
fn an_integration_has_the_parameters_that_it_needs() {
    let task = |resource: &str, parameters: &str| {
        format!(r#"{{"Type": "Task", "Resource": "arn:aws:states:::{resource}", {parameters} "End": true}}"#)
    };
    let lambda = |parameters: &str| task("lambda:invoke", parameters);
    check_state(
        &lambda(""),
        &["Parameters field is required for resource ARN: arn:aws:states:::lambda:invoke at S/Resource"],
    );
    check_state(
        &lambda(r#""Parameters": {"Payload": 1},"#),
        &["The field 'FunctionName' is required but was missing at S/Parameters"],
    );
    check_state(&lambda(r#""Parameters": {"FunctionName.$": "$.f"},"#), &[]);
    let text = format!(r#"{{"StartAt": "S", "States": {{"S": {}}}}}"#, task("sqs:sendMessage", r#""Parameters": {},"#));
    let found = parse_to_test(&text).expect_err("two fields are missing");
    let messages: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        messages,
        ["The field 'QueueUrl' is required but was missing", "The field 'MessageBody' is required but was missing"]
    );
}

/// AWS: the texts.
#[test]
fn credentials_name_a_role_and_are_not_for_activities() {
    check_state(
        r#"{"Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:a", "Credentials": {"RoleArn": "r"}, "End": true}"#,
        &["The field 'Credentials' is not supported for activities at S/Credentials"],
    );
    check_state(
        &format!(r#"{{"Type": "Task", {LAMBDA}, "Credentials": {{}}, "End": true}}"#),
        &["The field 'RoleArn' is required but was missing at S/Credentials"],
    );
}

#[test]
fn what_comes_later_is_refused_by_name() {
    let only = |feature: &str, place: &str| format!("NOT_SUPPORTED: {feature} is not supported yet at {place}");
    let credentials = format!(r#"{{"Type": "Task", {LAMBDA}, "Credentials": {{"RoleArn": "r"}}, "End": true}}"#);
    check_state(&credentials, &[&only("Credentials (calling with another role)", "S/Credentials")]);
    check_state(
        r#"{"Type": "Map", "ItemReader": {}, "ToleratedFailureCount": 1, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}}}, "End": true}"#,
        &[
            &only("Distributed Map (ProcessorConfig.Mode 'DISTRIBUTED')", "S/ItemProcessor/ProcessorConfig/Mode"),
            &only("ItemReader (distributed Map)", "S/ItemReader"),
            &only("ToleratedFailureCount (distributed Map)", "S/ToleratedFailureCount"),
        ],
    );
}

#[test]
fn what_only_cannot_be_called_may_be_tested() {
    for state in [
        r#"{"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": {"QueueUrl": "q", "MessageBody": "b"}, "End": true}"#,
        r#"{"Type": "Map", "ToleratedFailureCount": 1, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}}}, "End": true}"#,
        r#"{"QueryLanguage": "JSONata", "Type": "Map", "Items": {"a": "{% $states.input %}"}, "ToleratedFailureCount": "{% 1 %}", "ItemReader": {"Arguments": {"Bucket": "{% $bucket %}"}, "ReaderConfig": {"CSVHeaders": ["{% name %}"]}}, "Label": "l", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}}}, "End": true}"#,
    ] {
        let definition = format!(r#"{{"StartAt": "S", "States": {{"S": {state}}}}}"#);
        assert!(parse(&definition).is_err(), "{state}");
        let parsed = parse_to_test(&definition);
        assert!(parsed.is_ok(), "{parsed:?}");
        let parsed = parse_state_to_test(state);
        assert!(parsed.is_ok(), "{parsed:?}");
    }
}

/// AWS: the texts.
#[test]
fn an_express_machine_waits_for_nothing_that_outlasts_it() {
    let check = |state: &str, expected: &[&str]| {
        let text = format!(r#"{{"StartAt": "S", "States": {{"S": {state}}}}}"#);
        let found = parse_as(&text, MachineType::Express).err().unwrap_or_default();
        let errors = found.iter().filter(|finding| finding.code != Code::NotSupported).map(ToString::to_string);
        assert_eq!(errors.collect::<Vec<_>>(), expected, "{state}");
    };
    let task = |resource: &str| format!(r#"{{"Type": "Task", "Resource": "{resource}", {PARAMETERS}, "End": true}}"#);
    let refused = |what: &str| {
        format!("SCHEMA_VALIDATION_FAILED: Express state machine does not support {what} at /States/S/Resource")
    };
    let sync = refused("'.sync' service integration ");
    check(&task("arn:aws:states:::states:startExecution.sync:2"), &[&sync]);
    check(&task("arn:aws:states:::ecs:runTask.sync"), &[&sync]);
    check(
        &task("arn:aws:states:::lambda:invoke.waitForTaskToken"),
        &[&refused("'.waitForTaskToken' service integration ")],
    );
    check(&task("arn:aws:states:us-east-1:123456789012:activity:a"), &[&refused("Activity ARN")]);
    check(&task("arn:aws:states:::lambda:invoke"), &[]);
    check(
        r#"{"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "StartAt": "B", "States": {"B": {"Type": "Succeed"}}}, "End": true}"#,
        &[
            "SCHEMA_VALIDATION_FAILED: The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines at /States/S/ItemProcessor/ProcessorConfig/Mode",
        ],
    );
}
