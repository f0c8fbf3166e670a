//! What is said of a wrong definition. Texts marked AWS are recorded from the service.

use ratchet_language::{Code, MachineType, Severity, parse, parse_as, parse_state_to_test, parse_to_test};

/// The errors of a definition, each as `CODE: message at /place`.
fn check(definition: &str, expected: &[&str]) {
    let found = parse(definition).err().unwrap_or_default();
    let errors = found.iter().filter(|finding| finding.severity == Severity::Error);
    let errors: Vec<String> = errors.map(ToString::to_string).collect();
    assert_eq!(errors, expected, "{definition}");
}

/// The errors of a machine with this one state, `S`, and another one, `T`, that ends it; places without `/States`.
fn check_state(state: &str, expected: &[&str]) {
    let text = format!(r#"{{"StartAt": "S", "States": {{"S": {state}, "T": {{"Type": "Succeed"}}}}}}"#);
    let found = parse(&text).err().unwrap_or_default();
    let unreachable = |message: &str| message == "State \"T\" is not reachable.";
    let errors = found.iter().filter(|finding| finding.severity == Severity::Error && !unreachable(&finding.message));
    let errors: Vec<String> = errors
        .map(|finding| {
            let schema = finding.to_string().replace("SCHEMA_VALIDATION_FAILED: ", "");
            schema.replace(" at /States/", " at ")
        })
        .collect();
    assert_eq!(errors, expected, "{state}");
}

const LAMBDA: &str = r#""Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}"#;

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

/// In AWS's order, as far as that is known.
const COMPARISONS: [&str; 39] = [
    "StringEquals",
    "StringEqualsPath",
    "StringLessThan",
    "StringLessThanPath",
    "StringGreaterThan",
    "StringGreaterThanPath",
    "StringLessThanEquals",
    "StringLessThanEqualsPath",
    "StringGreaterThanEquals",
    "StringGreaterThanEqualsPath",
    "StringMatches",
    "NumericEquals",
    "NumericEqualsPath",
    "NumericLessThan",
    "NumericLessThanPath",
    "NumericGreaterThan",
    "NumericGreaterThanPath",
    "NumericLessThanEquals",
    "NumericLessThanEqualsPath",
    "NumericGreaterThanEquals",
    "NumericGreaterThanEqualsPath",
    "BooleanEquals",
    "BooleanEqualsPath",
    "TimestampEquals",
    "TimestampEqualsPath",
    "TimestampLessThan",
    "TimestampLessThanPath",
    "TimestampGreaterThan",
    "TimestampGreaterThanPath",
    "TimestampLessThanEquals",
    "TimestampLessThanEqualsPath",
    "TimestampGreaterThanEquals",
    "TimestampGreaterThanEqualsPath",
    "IsNull",
    "IsPresent",
    "IsNumeric",
    "IsString",
    "IsBoolean",
    "IsTimestamp",
];

#[test]
fn choices_compare_one_thing_at_a_time() {
    let rule = |rule: &str| format!(r#"{{"Type": "Choice", "Choices": [{rule}], "Default": "T"}}"#);
    check_state(r#"{"Type": "Choice", "Default": "T"}"#, &["These fields are required: [Choices] at S"]);
    check_state(&rule(""), &["Value cannot be empty at S/Choices"]);
    let kind = "The object must have only one of the following fields, [And, Or, Not, Variable, Condition]";
    let listed =
        |start: &str, operators: &str| format!("{start} of the following fields: [{operators}] at S/Choices/0");
    let all = COMPARISONS.join(", ");
    check_state(&rule(r#"{"Variable": "$.x", "Next": "T"}"#), &[&listed("This object should have only one", &all)]);
    check_state(
        &rule(r#"{"Variable": "$.x", "IsNull": true, "IsString": true, "Next": "T"}"#),
        &[&listed("There should only be one", &all)],
    );
    check_state(
        &rule(r#"{"IsNull": true}"#),
        &["These fields are required: [Next] at S/Choices/0", &format!("{kind} at S/Choices/0")],
    );
    check_state(
        &rule(r#"{"Variable": "$.x", "IsNull": true, "Not": {"Variable": "$.x", "IsNull": true}, "Next": "T"}"#),
        &[&format!("{kind} at S/Choices/0")],
    );
    check_state(
        &rule(r#"{"Variable": "States.ArrayLength($.x)", "NumericEqualsPath": "y", "Next": "T"}"#),
        &[
            "Value is not a Reference Path: Reference path didn't start with '$' at S/Choices/0/Variable",
            "Value is not a Reference Path: Reference path didn't start with '$' at S/Choices/0/NumericEqualsPath",
        ],
    );
    check_state(
        &rule(r#"{"Variable": "$.x[*]", "NumericEqualsPath": "$.length()", "Next": "T"}"#),
        &[
            "Value is not a Reference Path at S/Choices/0/Variable",
            "Value is not a Reference Path at S/Choices/0/NumericEqualsPath",
        ],
    );
    for (operator, problem) in [
        (r#""StringEquals": 1"#, "Expected value of type String"),
        (r#""NumericLessThan": "1""#, "Expected value of type Number"),
        (r#""BooleanEquals": "true""#, "Expected value of type Boolean"),
        (r#""TimestampGreaterThan": "yesterday""#, "String does not match RFC3339 timestamp"),
        (r#""IsPresent": "yes""#, "Expected value of type Boolean"),
        (r#""StringMatches": null"#, "Expected value of type String"),
        (r#""NumericEqualsPath": 5"#, "Expected value of type String"),
    ] {
        let name = operator.split('"').nth(1).expect("a name");
        let rule = rule(&format!(r#"{{"Variable": "$.x", {operator}, "Next": "T"}}"#));
        check_state(&rule, &[&format!("{problem} at S/Choices/0/{name}")]);
    }
    check_state(
        &rule(
            r#"{"And": [{"Variable": "$.x", "IsNull": true, "Next": "T"}, {"Or": []}, {"Not": {"Bogus": 1}}], "Next": "T"}"#,
        ),
        &[
            "Field 'Next' is not supported at S/Choices/0/And/0",
            "Value cannot be empty at S/Choices/0/And/1/Or",
            &format!("{kind} at S/Choices/0/And/2/Not"),
            "Field 'Bogus' is not supported at S/Choices/0/And/2/Not",
        ],
    );
    check_state(
        &rule(r#"{"Not": {"Variable": "$$.Execution.Name", "StringMatches": "a*", "Comment": "c"}, "Next": "T"}"#),
        &[],
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
fn what_comes_later_is_refused_by_name() {
    let only = |feature: &str, place: &str| format!("NOT_SUPPORTED: {feature} is not supported yet at {place}");
    check(
        r#"{"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": {"Type": "Pass", "Output": "{% 1 %}", "End": true}}}"#,
        &[&only("QueryLanguage 'JSONata'", "/QueryLanguage")],
    );
    check_state(
        r#"{"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% 1 %}", "End": true}"#,
        &[&only("QueryLanguage 'JSONata'", "S/QueryLanguage")],
    );
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
    ] {
        let definition = format!(r#"{{"StartAt": "S", "States": {{"S": {state}}}}}"#);
        assert!(parse(&definition).is_err(), "{state}");
        let parsed = parse_to_test(&definition);
        assert!(parsed.is_ok(), "{parsed:?}");
    }
}

#[test]
fn variables_have_names_and_values_and_are_not_shadowed() {
    let state = |assign: &str| format!(r#"{{"Type": "Pass", "Assign": {assign}, "End": true}}"#);
    check_state(&state(r#"{"a": 1, "b.$": "$.b", "größe.$": "$$.Execution.Id", "c": {"d.$": "$e[0]"}}"#), &[]);
    check_state(&state("{}"), &[]);
    check_state(&state("[]"), &["Expected value of type Object at S/Assign"]);
    let wrong = |name: &str, what: &str| {
        format!("INVALID_VARIABLE_NAME: Invalid variable name '{name}': the variable name {what}. at S/Assign")
    };
    // AWS: the text.
    for name in ["", "1a", "_a", "a.b", "a[0]", "a-b", "$a"] {
        check_state(&state(&format!(r#"{{"{name}": 1}}"#)), &[&wrong(name, "contains invalid characters")]);
    }
    let long = "a".repeat(81);
    check_state(&state(&format!(r#"{{"{long}": 1}}"#)), &[&wrong(&long, "has more than 80 characters")]);
    // AWS: the text.
    let reserved =
        |place: &str| format!("RESERVED_VARIABLE_NAME: Cannot assign to reserved variable '$states'. at {place}");
    check_state(&state(r#"{"states.$": "$"}"#), &[&reserved("S/Assign")]);
    check_state(
        &state(r#"{"a": {"b.$": "c"}}"#),
        &["The value for the field 'b.$' must be a valid JSONPath or a valid intrinsic function call at S/Assign/a"],
    );
    check_state(
        r#"{"Type": "Choice", "Choices": [{"Variable": "$a", "IsNull": true, "Assign": {"states": 1}, "Next": "T"}], "Default": "T", "Assign": 1}"#,
        &[&reserved("S/Choices/0/Assign"), "Expected value of type Object at S/Assign"],
    );
    check_state(r#"{"Type": "Succeed", "Assign": {"a": 1}}"#, &["Field 'Assign' is not supported at S"]);
    check_state(r#"{"Type": "Fail", "Assign": {"a": 1}}"#, &["Field 'Assign' is not supported at S"]);
}

#[test]
fn what_is_set_around_a_branch_is_not_set_in_it() {
    let check = |inner: &str, expected: &[&str]| {
        let branch = format!(
            r#"{{"StartAt": "B", "States": {{"B": {{"Type": "Pass", "Assign": {{"{inner}": 1}}, "End": true}}}}}}"#
        );
        let catch = r#"[{"ErrorEquals": ["States.ALL"], "Assign": {"caught": 1}, "Next": "Q"}]"#;
        let fork = format!(r#"{{"Type": "Parallel", "Branches": [{branch}], "Catch": {catch}, "Next": "Q"}}"#);
        let choice = r#"{"Type": "Choice", "Choices": [{"Variable": "$", "IsNull": true, "Assign": {"rule": 1}, "Next": "P"}], "Default": "P"}"#;
        let last = r#"{"Type": "Pass", "Assign": {"last.$": "$"}, "End": true}"#;
        check(&format!(r#"{{"StartAt": "C", "States": {{"C": {choice}, "P": {fork}, "Q": {last}}}}}"#), expected);
    };
    let shadows = |name: &str| {
        format!(
            "SCHEMA_VALIDATION_FAILED: The variable '{name}' is already assigned in an outer scope at /States/P/Branches/0/States/B/Assign"
        )
    };
    check("own", &[]);
    check("last", &[&shadows("last")]);
    check("rule", &[&shadows("rule")]);
    // AWS: accepted.
    check("caught", &[]);
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

/// The errors of a state that speaks JSONata, before the one that it does not run yet.
fn check_jsonata(state: &str, expected: &[&str]) {
    let state = state.replacen('{', r#"{"QueryLanguage": "JSONata", "#, 1);
    let refused = "NOT_SUPPORTED: QueryLanguage 'JSONata' is not supported yet at S/QueryLanguage";
    check_state(&state, &[expected, &[refused]].concat());
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
            "Arguments field is required for resource ARN: arn:aws:states:::lambda:invoke at S/Resource",
            "Minimum value is 1 at S/HeartbeatSeconds",
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
            "There should only be one of the following fields: [SecondsPath, Seconds, TimestampPath, Timestamp] at S",
            "String does not match RFC3339 timestamp at S/Timestamp",
            "JSONata string must start with {% and end with %} at S/Output",
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
            "NOT_SUPPORTED: QueryLanguage 'JSONata' is not supported yet at /QueryLanguage",
        ],
    );
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
