//! The fields of each type of state.

use crate::{LAMBDA, check_state};
use ratchet_language::parse;

#[test]
fn a_state_has_a_type_and_only_the_fields_of_its_type() {
    check_state(r#"{"End": true}"#, &["These fields are required: [Type] at S"]);
    check_state(
        r#"{"Type": "Loop", "End": true}"#,
        &[
            "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map] at S/Type",
        ],
    );
    check_state("[]", &["Expected value of type Object at S"]);
    for (body, field) in [
        (r#""Type": "Pass", "End": true"#, r#""TimeoutSeconds": 5"#),
        (r#""Type": "Pass", "End": true"#, r#""Catch": []"#),
        (r#""Type": "Pass", "End": true"#, r#""ResultSelector": {}"#),
        (r#""Type": "Wait", "Seconds": 1, "End": true"#, r#""Retry": []"#),
        (r#""Type": "Wait", "Seconds": 1, "End": true"#, r#""ResultPath": "$""#),
        (r#""Type": "Succeed""#, r#""End": true"#),
        (r#""Type": "Fail""#, r#""InputPath": "$""#),
        (r#""Type": "Fail""#, r#""Next": "T""#),
        (r#""Type": "Succeed""#, r#""Assign": {}"#),
        (
            r#""Type": "Parallel", "End": true, "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}]"#,
            r#""TimeoutSeconds": 5"#,
        ),
    ] {
        let name = field.split('"').nth(1).expect("a name");
        check_state(&format!("{{{body}, {field}}}"), &[&format!("Field '{name}' is not supported at S")]);
    }
}

#[test]
fn a_state_leads_on_or_ends() {
    check_state(r#"{"Type": "Pass"}"#, &["This object should have only one of the following fields: [Next, End] at S"]);
    check_state(
        r#"{"Type": "Pass", "End": false}"#,
        &["This object should have only one of the following fields: [Next, End] at S"],
    );
    check_state(
        r#"{"Type": "Pass", "End": true, "Next": "T"}"#,
        &["There should only be one of the following fields: [Next, End] at S"],
    );
    check_state(r#"{"Type": "Pass", "End": "true"}"#, &["Expected value of type Boolean at S/End"]);
    check_state(r#"{"Type": "Pass", "Next": 1}"#, &["Expected value of type String at S/Next"]);
    check_state(r#"{"Type": "Pass", "End": false, "Next": "T"}"#, &[]);
}

#[test]
fn paths_and_templates_are_read() {
    check_state(
        r#"{"Type": "Pass", "InputPath": "a", "OutputPath": 1, "End": true}"#,
        &["Value must be a valid JSONPath. at S/InputPath", "Expected value of type String at S/OutputPath"],
    );
    check_state(
        r#"{"Type": "Pass", "InputPath": "States.UUID()", "End": true}"#,
        &["Value must be a valid JSONPath. at S/InputPath"],
    );
    check_state(
        r#"{"Type": "Pass", "InputPath": null, "OutputPath": "$$.Execution", "ResultPath": null, "End": true}"#,
        &[],
    );
    check_state(r#"{"Type": "Pass", "Result": {"x.$": "literal"}, "End": true}"#, &[]);
    check_state(
        r#"{"Type": "Pass", "Parameters": [], "End": true}"#,
        &["Expected value of type Object at S/Parameters"],
    );
    // AWS
    check_state(
        r#"{"Type": "Pass", "Parameters": {"parsed.$": "States.StringToJson('{\"text\":\"An \\\"escaped double quote\\\" here\"}')"}, "End": true}"#,
        &[
            "The value for the field 'parsed.$' must be a valid JSONPath or a valid intrinsic function call at S/Parameters",
        ],
    );
    check_state(
        r#"{"Type": "Pass", "Parameters": {"a": [{"b": {"c.$": 5}}]}, "End": true}"#,
        &[
            "The value for the field 'c.$' must be a valid JSONPath or a valid intrinsic function call at S/Parameters/a/0/b",
        ],
    );
    check_state(
        r#"{"Type": "Wait", "SecondsPath": "$.a[*]", "End": true}"#,
        &["Value is not a Reference Path at S/SecondsPath"],
    );
}

#[test]
fn a_wait_has_exactly_one_time() {
    let none = "This object should have only one of the following fields: [SecondsPath, Seconds, TimestampPath, Timestamp] at S";
    check_state(r#"{"Type": "Wait", "End": true}"#, &[none]);
    check_state(
        r#"{"Type": "Wait", "Seconds": 1, "TimestampPath": "$.t", "End": true}"#,
        &["There should only be one of the following fields: [SecondsPath, Seconds, TimestampPath, Timestamp] at S"],
    );
    check_state(r#"{"Type": "Wait", "Seconds": 99999999, "End": true}"#, &[]);
    check_state(r#"{"Type": "Wait", "Seconds": 100000000, "End": true}"#, &["Maximum value is 99999999 at S/Seconds"]);
    check_state(
        r#"{"Type": "Wait", "Seconds": 99999999999999999999999, "End": true}"#,
        &["Maximum value is 99999999 at S/Seconds"],
    );
    check_state(r#"{"Type": "Wait", "Seconds": 1.5, "End": true}"#, &["Expected value of type Integer at S/Seconds"]);
    // AWS
    check_state(
        r#"{"Type": "Wait", "Timestamp": "2016-13-05T21:29:29Z", "End": true}"#,
        &["String does not match RFC3339 timestamp at S/Timestamp"],
    );
}

#[test]
fn a_fail_says_each_thing_once() {
    check_state(
        r#"{"Type": "Fail", "Error": "E", "ErrorPath": "$.e", "Cause": 1}"#,
        &[
            "There should only be one of the following fields: [Error, ErrorPath] at S",
            "Expected value of type String at S/Cause",
        ],
    );
    check_state(r#"{"Type": "Fail", "ErrorPath": "$.e", "CausePath": "States.Format('{}', $.c)"}"#, &[]);
    check_state(
        r#"{"Type": "Fail", "CausePath": "States.Array(1)"}"#,
        &[
            "The intrinsic function must give a string: one of [Format, JsonToString, ArrayGetItem, Base64Encode, Base64Decode, Hash, UUID] at S/CausePath",
        ],
    );
}

#[test]
fn forks_have_something_to_run() {
    // AWS
    check_state(r#"{"Type": "Parallel", "Branches": [], "End": true}"#, &["Value cannot be empty at S/Branches"]);
    check_state(r#"{"Type": "Parallel", "End": true}"#, &["These fields are required: [Branches] at S"]);
    check_state(
        r#"{"Type": "Map", "End": true}"#,
        &["This object should have only one of the following fields: [ItemProcessor, Iterator] at S"],
    );
    check_state(
        r#"{"Type": "Parallel", "Branches": [{"QueryLanguage": "JSONata", "StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}}}], "End": true}"#,
        &["Field 'QueryLanguage' is not supported at S/Branches/0"],
    );
    let map = |fields: &str| {
        format!(
            r#"{{"Type": "Map", {fields} "ItemProcessor": {{"StartAt": "B", "States": {{"B": {{"Type": "Pass", "End": true}}}}}}, "End": true}}"#
        )
    };
    check_state(&map(""), &[]);
    check_state(
        &map(
            r#""MaxConcurrency": 1, "MaxConcurrencyPath": "$.m", "ItemSelector": {}, "Parameters": {}, "Iterator": {},"#,
        ),
        &[
            "There should only be one of the following fields: [ItemSelector, Parameters] at S",
            "There should only be one of the following fields: [MaxConcurrency, MaxConcurrencyPath] at S",
            "There should only be one of the following fields: [ItemProcessor, Iterator] at S",
            "These fields are required: [States, StartAt] at S/Iterator",
        ],
    );
    check_state(&map(r#""MaxConcurrency": -1,"#), &["Minimum value is 0 at S/MaxConcurrency"]);
}

#[test]
fn retriers_and_catchers_are_in_range() {
    let retry = |entry: &str| format!(r#"{{"Type": "Task", {LAMBDA}, "Retry": [{entry}], "End": true}}"#);
    check_state(
        &retry(
            r#"{"ErrorEquals": ["E"], "IntervalSeconds": -1, "MaxAttempts": 100000000, "BackoffRate": 0.5, "MaxDelaySeconds": 31622401, "JitterStrategy": "SOME"}"#,
        ),
        &[
            "Minimum value is 0 at S/Retry/0/IntervalSeconds",
            "Maximum value is 99999999 at S/Retry/0/MaxAttempts",
            "Minimum value is 1.0 at S/Retry/0/BackoffRate",
            "Maximum value is 31622400 at S/Retry/0/MaxDelaySeconds",
            "Value should be one of the following: [NONE, FULL] at S/Retry/0/JitterStrategy",
        ],
    );
    check_state(&retry(r#"{"MaxAttempts": 0}"#), &["These fields are required: [ErrorEquals] at S/Retry/0"]);
    check_state(&retry(r#"{"ErrorEquals": []}"#), &["Value cannot be empty at S/Retry/0/ErrorEquals"]);
    check_state(
        &retry(r#"{"ErrorEquals": ["States.ALL", "E", 1]}, {"ErrorEquals": ["E"]}"#),
        &[
            "States.ALL must appear alone and at end of list at S/Retry/0/ErrorEquals/0",
            "Expected value of type String at S/Retry/0/ErrorEquals/2",
        ],
    );
    let catch = format!(
        r#"{{"Type": "Task", {LAMBDA}, "Catch": [{{"ErrorEquals": ["E"], "ResultPath": "x", "Retry": 1}}], "End": true}}"#
    );
    let found = parse(&format!(r#"{{"StartAt": "S", "States": {{"S": {catch}}}}}"#)).expect_err("three errors");
    assert_eq!(found.len(), 3, "{found:?}");
}
