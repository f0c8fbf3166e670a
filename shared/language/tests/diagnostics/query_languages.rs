//! The fields of the two query languages.

use crate::{LAMBDA, check, check_jsonata, check_state};

/// AWS: the texts, and that the place is the state.
#[test]
fn fields_of_the_other_query_language_are_told_apart() {
    let jsonata_only = |field: &str, place: &str| {
        format!(
            "The QueryLanguage is set to 'JSONPath', but field '{field}' is only supported for the 'JSONata' QueryLanguage at {place}"
        )
    };
    check_state(r#"{"Type": "Pass", "Output": 1, "End": true}"#, &[&jsonata_only("Output", "S")]);
    let task = format!(r#"{{"Type": "Task", {LAMBDA}, "Arguments": {{}}, "End": true}}"#);
    check_state(&task, &[&jsonata_only("Arguments", "S")]);
    check_state(
        r#"{"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "T"}]}"#,
        &[&jsonata_only("Condition", "S/Choices/0")],
    );
    check(
        r#"{"QueryLanguage": "jsonpath", "StartAt": "S", "States": {"S": {"Type": "Succeed"}}}"#,
        &["SCHEMA_VALIDATION_FAILED: Value should be one of the following: [JSONPath, JSONata] at /QueryLanguage"],
    );
}

/// AWS: the texts, and that the place is the state or the rule.
#[test]
fn states_that_speak_jsonata_have_its_fields() {
    let jsonpath_only = |field: &str, place: &str| {
        format!(
            "The QueryLanguage is set to 'JSONata', but field '{field}' is only supported for the 'JSONPath' QueryLanguage at {place}"
        )
    };
    check_jsonata(r#"{"Type": "Pass", "Output": {"a": ["{% $x %}"]}, "Assign": {"a": 1}, "End": true}"#, &[]);
    check_jsonata(
        r#"{"Type": "Pass", "Result": 1, "InputPath": "$", "Bogus": 1}"#,
        &[
            &jsonpath_only("InputPath", "S"),
            &jsonpath_only("Result", "S"),
            "This object should have only one of the following fields: [Next, End] at S",
            "Field 'Bogus' is not supported at S",
        ],
    );
    check_jsonata(
        r#"{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": "{% 1 %}", "HeartbeatSeconds": 0, "Retry": [{"ErrorEquals": []}], "Catch": [{"ErrorEquals": ["E"], "ResultPath": "$", "Output": 1, "Next": "T"}], "End": true}"#,
        &[
            "Minimum value is 1 at S/HeartbeatSeconds",
            "Arguments field is required for resource ARN: arn:aws:states:::lambda:invoke at S/Resource",
            "Value cannot be empty at S/Retry/0/ErrorEquals",
            &jsonpath_only("ResultPath", "S/Catch/0"),
        ],
    );
    check_jsonata(
        r#"{"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "T"}, {"Next": "T"}, {"Variable": "$.x", "IsNull": true, "Next": "T"}], "Default": "T"}"#,
        &["These fields are required: [Condition] at S/Choices/1", &jsonpath_only("Variable", "S/Choices/2")],
    );
    check_jsonata(
        r#"{"Type": "Wait", "Seconds": "{% 1 %}", "Timestamp": "yesterday", "Output": "{% 1", "End": true}"#,
        &[
            "JSONata string must start with {% and end with %} at S/Output",
            "There should only be one of the following fields: [SecondsPath, Seconds, TimestampPath, Timestamp] at S",
            "String does not match RFC3339 timestamp at S/Timestamp",
        ],
    );
    check_jsonata(r#"{"Type": "Fail", "Cause": "{% 'c' %}", "ErrorPath": "$.e"}"#, &[&jsonpath_only("ErrorPath", "S")]);
    // The states of a Map speak the machine's language, not the Map's.
    check_jsonata(
        r#"{"Type": "Map", "Items": "{% [1] %}", "ItemsPath": "$.i", "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "Output": 1, "End": true}}}, "End": true}"#,
        &[
            &jsonpath_only("ItemsPath", "S"),
            "The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage at S/ItemProcessor/States/I",
        ],
    );
    check(
        r#"{"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": {"Type": "Pass", "QueryLanguage": "JSONPath", "Next": "T"}, "T": {"Type": "Succeed", "OutputPath": "$"}}}"#,
        &[
            "SCHEMA_VALIDATION_FAILED: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/S",
            &format!("SCHEMA_VALIDATION_FAILED: {}", jsonpath_only("OutputPath", "/States/T")),
        ],
    );
}
