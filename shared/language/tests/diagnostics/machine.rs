//! The whole: its shape, transitions, names, type, and what is only hinted at.

use crate::{LAMBDA, check, check_state};
use ratchet_language::{parse, parse_state_to_test};

#[test]
fn a_definition_is_an_object_with_states_and_a_start() {
    check(" ", &["SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object"]);
    check("[]", &["SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object"]);
    check("{}", &["SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /"]);
    check(
        r#"{"StartAt": 1, "States": [], "Comment": 2, "TimeoutSeconds": -1, "Version": "2.0", "Extra": 1}"#,
        &[
            "SCHEMA_VALIDATION_FAILED: Expected value of type String at /Comment",
            "SCHEMA_VALIDATION_FAILED: Minimum value is 0 at /TimeoutSeconds",
            "SCHEMA_VALIDATION_FAILED: Value should be one of the following: [1.0] at /Version",
            "SCHEMA_VALIDATION_FAILED: Expected value of type String at /StartAt",
            "SCHEMA_VALIDATION_FAILED: Expected value of type Object at /States",
            "SCHEMA_VALIDATION_FAILED: Field 'Extra' is not supported at /",
        ],
    );
    check(
        r#"{"StartAt": "A", "States": {}}"#,
        &[
            "SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States",
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: A at /StartAt",
            "MISSING_END_STATE: Workflow has no terminal state",
        ],
    );
}

#[test]
fn text_that_is_no_json_is_answered_as_jackson_does() {
    check(
        "not a definition",
        &[
            "INVALID_JSON_DESCRIPTION: Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [Source: (String)\"not a definition\"; line: 1, column: 4]",
        ],
    );
}

#[test]
fn every_finding_comes_at_once() {
    check(
        r#"{"StartAt": "A", "States": {
            "A": {"Type": "Wait", "Seconds": -1, "Next": "Nowhere"},
            "B": {"Type": "Pass", "Bogus": 1, "End": true}
        }}"#,
        &[
            "SCHEMA_VALIDATION_FAILED: Minimum value is 0 at /States/A/Seconds",
            "SCHEMA_VALIDATION_FAILED: Field 'Bogus' is not supported at /States/B",
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: Nowhere at /States/A/Next",
            "MISSING_TRANSITION_TARGET: State \"B\" is not reachable. at /States/B",
        ],
    );
}

/// AWS: every text and place of this test.
#[test]
fn transitions_stay_within_their_scope() {
    check(
        r#"{"StartAt": "pass1", "States": {"pass1": {"Type": "Pass", "Next": "pass3"}, "pass2": {"Type": "Pass", "End": true}}}"#,
        &[
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: pass3 at /States/pass1/Next",
            "MISSING_TRANSITION_TARGET: State \"pass2\" is not reachable. at /States/pass2",
        ],
    );
    check(
        r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}}"#,
        &["MISSING_END_STATE: Workflow has no terminal state"],
    );
    check(
        r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "NOPE"}}}"#,
        &[
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: NOPE at /States/A/Next",
            "MISSING_END_STATE: Workflow has no terminal state",
        ],
    );
    check(
        r#"{"StartAt": "Nope", "States": {"A": {"Type": "Pass", "End": true}}}"#,
        &[
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: Nope at /StartAt",
            "MISSING_TRANSITION_TARGET: State \"A\" is not reachable. at /States/A",
        ],
    );
    let catcher =
        format!(r#"{{"Type": "Task", {LAMBDA}, "Catch": [{{"ErrorEquals": ["E"], "Next": "Ghost"}}], "End": true}}"#);
    check_state(&catcher, &["MISSING_TRANSITION_TARGET: Missing 'Next' target: Ghost at S/Catch/0/Next"]);
    check_state(
        r#"{"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "Ghost"}], "Default": "Ghoul"}"#,
        &[
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: Ghoul at S/Default",
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: Ghost at S/Choices/0/Next",
        ],
    );
    // Neither into a branch nor out of one; a loop inside of one needs no end.
    check_state(
        r#"{"Type": "Parallel", "Next": "T", "Branches": [{"StartAt": "I", "States": {"I": {"Type": "Pass", "Next": "T"}, "G": {"Type": "Pass", "End": true}}}]}"#,
        &[
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: T at S/Branches/0/States/I/Next",
            "MISSING_TRANSITION_TARGET: State \"G\" is not reachable. at S/Branches/0/States/G",
        ],
    );
    check_state(
        r#"{"Type": "Map", "Next": "I", "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "Next": "I"}}}}"#,
        &["MISSING_TRANSITION_TARGET: Missing 'Next' target: I at S/Next"],
    );
}

#[test]
fn names_are_unique_across_the_whole_machine_and_short() {
    check_state(
        r#"{"Type": "Map", "Next": "T", "Iterator": {"StartAt": "T", "States": {"T": {"Type": "Pass", "End": true}}}}"#,
        &["DUPLICATE_STATE_NAME: Duplicate State name: T at T"],
    );
    let long = "é".repeat(81);
    check(
        &format!(r#"{{"StartAt": "{long}", "States": {{"{long}": {{"Type": "Succeed"}}}}}}"#),
        &[&format!(
            "INVALID_STATE_NAME: Invalid State name: {long} exceeds the 80-character limit allowed by the service at /States/{long}"
        )],
    );
    let fits = "é".repeat(80);
    check(&format!(r#"{{"StartAt": "{fits}", "States": {{"{fits}": {{"Type": "Succeed"}}}}}}"#), &[]);
}

#[test]
fn a_state_that_came_alone_may_lead_anywhere_and_those_inside_of_it_may_not() {
    let check = |state: &str, expected: &[&str]| {
        let found = parse_state_to_test(state).err().unwrap_or_default();
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "{state}");
    };
    check(r#"{"Type": "Pass", "Next": "Elsewhere"}"#, &[]);
    check(
        r#"{"Type": "Parallel", "Branches": [], "End": true}"#,
        &["SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/StateName/Branches"],
    );
    check(
        r#"{"Type": "Parallel", "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}], "End": true}"#,
        &["MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/StateName/Branches/0/States/A/Next"],
    );
    check("[]", &["SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object"]);
}

/// The warnings of a definition that is accepted, with the one state `S`.
fn check_warnings(state: &str, expected: &[&str]) {
    let text = format!(r#"{{"StartAt": "S", "States": {{"S": {state}}}}}"#);
    let parsed = parse(&text).unwrap_or_else(|found| panic!("{found:?}"));
    let warnings: Vec<String> = parsed.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings, expected, "{state}");
}

#[test]
fn what_is_hardly_meant_is_accepted_with_a_warning() {
    check_warnings(
        r#"{"Type": "Pass", "Parameters": {"a": [{"b": "$.c"}], "price": "$5"}, "Result": {"x.$": "$.y"}, "End": true}"#,
        &[
            "NO_DOLLAR: The value is taken as it is; name the field 'b.$' to evaluate it at /States/S/Parameters/a/0/b",
            "PASS_RESULT_IS_STATIC: 'Result' is taken as it is; 'Parameters' evaluates paths and intrinsic functions at /States/S/Result",
        ],
    );
    check_warnings(
        r#"{"Type": "Fail", "Cause": "States.Format('{}', $.x)"}"#,
        &["NO_PATH: The value is taken as it is; name the field 'CausePath' to evaluate it at /States/S/Cause"],
    );
    check_warnings(
        r#"{"Type": "Task", "Resource": "arn:aws:lambda:...:f", "Retry": [{"ErrorEquals": ["States.Timeuot", "States.Http.StatusCode.404"]}], "End": true}"#,
        &[
            "INVALID_RESOURCE: 'arn:aws:lambda:...:f' is not the whole ARN of a Lambda function (arn:aws:lambda:REGION:ACCOUNT:function:NAME); AWS would refuse it, Ratchet calls the function 'f' at /States/S/Resource",
            "UNKNOWN_ERROR_NAME: Step Functions has no error named 'States.Timeuot'; nothing will match at /States/S/Retry/0/ErrorEquals/0",
        ],
    );
}
