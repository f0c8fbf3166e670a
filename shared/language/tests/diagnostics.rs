//! What is said of a wrong definition. Texts marked AWS are recorded from the service.

use ratchet_language::{Severity, parse};

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

const LAMBDA: &str = r#""Resource": "arn:aws:states:::lambda:invoke""#;

#[test]
fn a_definition_is_an_object_with_states_and_a_start() {
    check(" ", &["SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object"]);
    check("[]", &["SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object"]);
    check("{}", &["SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /"]);
    check(
        r#"{"StartAt": 1, "States": [], "Comment": 2, "TimeoutSeconds": 0, "Version": "2.0", "Extra": 1}"#,
        &[
            "SCHEMA_VALIDATION_FAILED: Expected value of type [STRING] at /Comment",
            "SCHEMA_VALIDATION_FAILED: Minimum value is 1 at /TimeoutSeconds",
            "SCHEMA_VALIDATION_FAILED: Value should be one of the following: [1.0] at /Version",
            "SCHEMA_VALIDATION_FAILED: Expected value of type [STRING] at /StartAt",
            "SCHEMA_VALIDATION_FAILED: Expected value of type [OBJECT] at /States",
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
        &[&format!("SCHEMA_VALIDATION_FAILED: The name of a state must have 1 to 80 characters at /States/{long}")],
    );
    let fits = "é".repeat(80);
    check(&format!(r#"{{"StartAt": "{fits}", "States": {{"{fits}": {{"Type": "Succeed"}}}}}}"#), &[]);
}

#[test]
fn a_state_has_a_type_and_only_the_fields_of_its_type() {
    check_state(r#"{"End": true}"#, &["These fields are required: [Type] at S"]);
    check_state(
        r#"{"Type": "Loop", "End": true}"#,
        &["Value should be one of the following: [Pass, Task, Choice, Wait, Succeed, Fail, Parallel, Map] at S/Type"],
    );
    check_state("[]", &["Expected value of type [OBJECT] at S"]);
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
    check_state(r#"{"Type": "Pass"}"#, &["Exactly one of these fields is required: [Next, End] at S"]);
    check_state(r#"{"Type": "Pass", "End": false}"#, &["Exactly one of these fields is required: [Next, End] at S"]);
    check_state(
        r#"{"Type": "Pass", "End": true, "Next": "T"}"#,
        &["Only one of these fields is allowed: [Next, End] at S"],
    );
    check_state(r#"{"Type": "Pass", "End": "true"}"#, &["Expected value of type [BOOLEAN] at S/End"]);
    check_state(r#"{"Type": "Pass", "Next": 1}"#, &["Expected value of type [STRING] at S/Next"]);
    check_state(r#"{"Type": "Pass", "End": false, "Next": "T"}"#, &[]);
}

#[test]
fn paths_and_templates_are_read() {
    check_state(
        r#"{"Type": "Pass", "InputPath": "a", "OutputPath": 1, "End": true}"#,
        &[
            "Value is not a valid JSONPath: 'a' is neither a path nor an intrinsic function at S/InputPath",
            "Expected value of type [STRING] at S/OutputPath",
        ],
    );
    check_state(
        r#"{"Type": "Pass", "InputPath": "States.UUID()", "End": true}"#,
        &["Value is not a valid JSONPath: an intrinsic function is not allowed here at S/InputPath"],
    );
    check_state(
        r#"{"Type": "Pass", "InputPath": null, "OutputPath": "$$.Execution", "ResultPath": null, "End": true}"#,
        &[],
    );
    check_state(r#"{"Type": "Pass", "Result": {"x.$": "literal"}, "End": true}"#, &[]);
    check_state(
        r#"{"Type": "Pass", "Parameters": [], "End": true}"#,
        &["Expected value of type [OBJECT] at S/Parameters"],
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
        &["Value is not a Reference Path: it must name one place, without '*', '..' or filters at S/SecondsPath"],
    );
}

#[test]
fn a_wait_has_exactly_one_time() {
    let none = "Exactly one of these fields is required: [Seconds, SecondsPath, Timestamp, TimestampPath] at S";
    check_state(r#"{"Type": "Wait", "End": true}"#, &[none]);
    check_state(
        r#"{"Type": "Wait", "Seconds": 1, "TimestampPath": "$.t", "End": true}"#,
        &["Only one of these fields is allowed: [Seconds, TimestampPath] at S"],
    );
    check_state(r#"{"Type": "Wait", "Seconds": 99999999, "End": true}"#, &[]);
    check_state(r#"{"Type": "Wait", "Seconds": 100000000, "End": true}"#, &["Maximum value is 99999999 at S/Seconds"]);
    check_state(
        r#"{"Type": "Wait", "Seconds": 99999999999999999999999, "End": true}"#,
        &["Maximum value is 99999999 at S/Seconds"],
    );
    check_state(r#"{"Type": "Wait", "Seconds": 1.5, "End": true}"#, &["Expected value of type [INTEGER] at S/Seconds"]);
    // AWS
    check_state(
        r#"{"Type": "Wait", "Timestamp": "2016-13-05T21:29:29Z", "End": true}"#,
        &["String does not match RFC3339 timestamp at S/Timestamp"],
    );
}

#[test]
fn a_task_has_a_resource_that_someone_knows() {
    let task = |resource: &str| format!(r#"{{"Type": "Task", "Resource": "{resource}", "End": true}}"#);
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
        "http://example.com",
        "",
    ] {
        check_state(&task(resource), &[&unknown(resource)]);
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
        &["Only one of these fields is allowed: [TimeoutSeconds, TimeoutSecondsPath] at S"],
    );
    check_state(
        &task(r#""TimeoutSeconds": 5, "HeartbeatSeconds": 5"#),
        &["Value must be less than 'TimeoutSeconds', which is 5 at S/HeartbeatSeconds"],
    );
    check_state(&task(r#""TimeoutSecondsPath": "$.t", "HeartbeatSecondsPath": "$$.Execution.Input.h""#), &[]);
    check_state(
        &task(r#""Parameters": {"Payload": 1}"#),
        &["The field 'FunctionName' is required but was missing at S/Parameters"],
    );
    check_state(&task(r#""Parameters": {"FunctionName.$": "$.f"}"#), &[]);
}

#[test]
fn retriers_and_catchers_are_in_range() {
    let retry = |entry: &str| format!(r#"{{"Type": "Task", {LAMBDA}, "Retry": [{entry}], "End": true}}"#);
    check_state(
        &retry(
            r#"{"ErrorEquals": ["E"], "IntervalSeconds": 0, "MaxAttempts": 100000000, "BackoffRate": 0.5, "MaxDelaySeconds": 31622401, "JitterStrategy": "SOME"}"#,
        ),
        &[
            "Minimum value is 1 at S/Retry/0/IntervalSeconds",
            "Maximum value is 99999999 at S/Retry/0/MaxAttempts",
            "Minimum value is 1.0 at S/Retry/0/BackoffRate",
            "Maximum value is 31622400 at S/Retry/0/MaxDelaySeconds",
            "Value should be one of the following: [NONE, FULL] at S/Retry/0/JitterStrategy",
        ],
    );
    check_state(
        &retry(r#"{"ErrorEquals": ["E"], "IntervalSeconds": 5, "MaxDelaySeconds": 5}"#),
        &["Value must be greater than 'IntervalSeconds', which is 5 at S/Retry/0/MaxDelaySeconds"],
    );
    check_state(&retry(r#"{"MaxAttempts": 0}"#), &["These fields are required: [ErrorEquals] at S/Retry/0"]);
    check_state(&retry(r#"{"ErrorEquals": []}"#), &["Value cannot be empty at S/Retry/0/ErrorEquals"]);
    check_state(
        &retry(r#"{"ErrorEquals": ["States.ALL", "E", 1]}, {"ErrorEquals": ["E"]}"#),
        &[
            "Expected value of type [STRING] at S/Retry/0/ErrorEquals/2",
            "'States.ALL' must appear alone at S/Retry/0/ErrorEquals",
            "'States.ALL' must be in the last entry at S/Retry/0/ErrorEquals",
        ],
    );
    let catch = format!(
        r#"{{"Type": "Task", {LAMBDA}, "Catch": [{{"ErrorEquals": ["E"], "ResultPath": "x", "Retry": 1}}], "End": true}}"#
    );
    let found = parse(&format!(r#"{{"StartAt": "S", "States": {{"S": {catch}}}}}"#)).expect_err("three errors");
    assert_eq!(found.len(), 3, "{found:?}");
}

#[test]
fn choices_compare_one_thing_at_a_time() {
    let rule = |rule: &str| format!(r#"{{"Type": "Choice", "Choices": [{rule}], "Default": "T"}}"#);
    check_state(r#"{"Type": "Choice", "Default": "T"}"#, &["These fields are required: [Choices] at S"]);
    check_state(&rule(""), &["Value cannot be empty at S/Choices"]);
    check_state(
        &rule(r#"{"Variable": "$.x", "Next": "T"}"#),
        &["A rule needs one comparison operator, or one of: [And, Or, Not] at S/Choices/0"],
    );
    check_state(
        &rule(r#"{"Variable": "$.x", "IsNull": true, "IsString": true, "Next": "T"}"#),
        &["A rule has exactly one operator, found: [IsNull, IsString] at S/Choices/0"],
    );
    check_state(
        &rule(r#"{"IsNull": true}"#),
        &["These fields are required: [Next] at S/Choices/0", "These fields are required: [Variable] at S/Choices/0"],
    );
    for (operator, problem) in [
        (r#""StringEquals": 1"#, "Expected value of type [STRING]"),
        (r#""NumericLessThan": "1""#, "Expected value of type [NUMBER]"),
        (r#""BooleanEquals": "true""#, "Expected value of type [BOOLEAN]"),
        (r#""TimestampGreaterThan": "yesterday""#, "String does not match RFC3339 timestamp"),
        (r#""IsPresent": "yes""#, "Expected value of type [BOOLEAN]"),
        (r#""StringMatches": null"#, "Expected value of type [STRING]"),
        (r#""NumericEqualsPath": 5"#, "Expected value of type [STRING]"),
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
            "Field 'Next' is not supported in a rule inside of another rule at S/Choices/0/And/0/Next",
            "Value cannot be empty at S/Choices/0/And/1/Or",
            "A rule needs one comparison operator, or one of: [And, Or, Not] at S/Choices/0/And/2/Not",
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
        &["Only one of these fields is allowed: [Error, ErrorPath] at S", "Expected value of type [STRING] at S/Cause"],
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
    check_state(r#"{"Type": "Map", "End": true}"#, &["These fields are required: [ItemProcessor] at S"]);
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
            "Only one of these fields is allowed: [ItemSelector, Parameters] at S",
            "Only one of these fields is allowed: [MaxConcurrency, MaxConcurrencyPath] at S",
            "Only one of these fields is allowed: [ItemProcessor, Iterator] at S",
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
    check_state(r#"{"Type": "Pass", "Assign": {"a": 1}, "End": true}"#, &[&only("Assign (variables)", "S/Assign")]);
    check_state(
        r#"{"Type": "Pass", "InputPath": "$a", "Parameters": {"x.$": "States.Format('{}', $b.c)"}, "End": true}"#,
        &[&only("The variable reference '$a'", "S/InputPath"), &only("The variable reference '$b'", "S/Parameters")],
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
            "SCHEMA_VALIDATION_FAILED: Step Functions has no error named 'States.Timeuot'; nothing will match at /States/S/Retry/0/ErrorEquals/0",
        ],
    );
}
