//! Each field that holds a path, with each kind of value that it cannot work on: the error, its cause, and the events.
//!
//! Where a text was recorded on AWS, or is quoted from it, it is that one; otherwise it is formed alike.

use crate::strand::{Strand, function, map, payload};
use ratchet_engine::Trigger;
use serde_json::{Value, json};

/// What AWS says before most causes.
const IN_STATE: &str = "An error occurred while executing the state 'S' (entered at the event id #2). ";

/// A state with one more field.
fn with(mut state: Value, field: &str, value: &str) -> Value {
    state[field] = json!(value);
    state
}

fn pass() -> Value {
    json!({ "Type": "Pass" })
}

/// Fails unless the state, entered with each input, fails the execution with that error and cause, and writes nothing
/// between its entry and that but `events`.
#[track_caller]
fn check(state: &Value, events: &[&str], error: &str, cases: &[(&str, &str)]) {
    for (input, cause) in cases {
        let input: Value = serde_json::from_str(input).expect("JSON");
        check_strand(&Strand::enter(state.clone(), &input), 1, events, error, cause);
    }
}

#[track_caller]
fn check_strand(strand: &Strand, skipped: usize, events: &[&str], error: &str, cause: &str) {
    let lines = strand.lines();
    let types: Vec<&str> = lines.iter().map(|line| line.split(' ').next().unwrap_or_default()).collect();
    let expected: Vec<&str> = events.iter().copied().chain(["ExecutionFailed"]).collect();
    assert_eq!(types[skipped..], expected, "{lines:?}");
    let Some(model::history::Kind::ExecutionFailed(failure)) = strand.events.last().map(|event| &event.kind) else {
        panic!("{lines:?}")
    };
    let found = (failure.error.as_deref(), failure.cause.as_deref());
    assert_eq!(found, (Some(error), Some(cause.replace("{S}", IN_STATE).as_str())));
}

#[test]
fn input_and_output_paths() {
    let missing = [
        ("{}", "{S}Invalid path '$.a.b' : Missing property in path $['a']"),
        (r#"{"a":{}}"#, "{S}Invalid path '$.a.b' : No results for path: $['a']['b']"),
    ];
    let states = [
        pass(),
        json!({ "Type": "Succeed" }),
        json!({ "Type": "Choice", "Choices": [{ "Variable": "$", "IsPresent": true, "Next": "Next" }] }),
        function(&json!({})),
        map(&json!({})),
        crate::strand::parallel(1, &json!({})),
    ];
    for state in states {
        check(&with(state, "InputPath", "$.a.b"), &[], "States.Runtime", &missing);
    }
    for state in [pass(), json!({ "Type": "Succeed" })] {
        check(&with(state, "OutputPath", "$.a.b"), &[], "States.Runtime", &missing);
    }
    let task = Strand::enter(with(function(&json!({})), "OutputPath", "$.a"), &json!({}));
    let left = task.after(Trigger::TaskSucceeded(payload(json!({}))));
    let cause = "{S}Invalid path '$.a' : No results for path: $['a']";
    check_strand(&left, 1, &[], "States.Runtime", cause);
    let wait = with(json!({ "Type": "Wait", "Seconds": 1 }), "OutputPath", "$.a");
    check_strand(&Strand::enter(wait, &json!({})).after(Trigger::TimerFired), 0, &[], "States.Runtime", cause);
}

#[test]
fn templates() {
    let missing = [(
        r#"{"b":1}"#,
        "{S}The JSONPath '$.a' specified for the field 'v.$' could not be found in the input '{\"b\":1}'",
    )];
    let template = json!({ "v.$": "$.a" });
    for (state, field) in [(pass(), "Parameters"), (function(&json!({})), "Parameters")] {
        let mut state = state;
        state[field] = template.clone();
        check(&state, &[], "States.Runtime", &missing);
    }
    let task = Strand::enter(function(&json!({ "ResultSelector": template })), &json!({}));
    let left = task.after(Trigger::TaskSucceeded(payload(json!({ "b": 1 }))));
    check_strand(&left, 1, &[], "States.Runtime", missing[0].1);
}

/// Both texts are quoted from AWS, which gives them under this name and without the state's.
#[test]
fn reference_paths_that_lead_nowhere() {
    let error = "States.ReferencePathConflict";
    let result = with(pass(), "ResultPath", "$.a.b");
    check(
        &result,
        &[],
        error,
        &[
            ("1", "Unable to apply ReferencePath $.a.b to input 1"),
            ("null", "Unable to apply ReferencePath $.a.b to input null"),
            ("[1]", "Unable to apply ReferencePath $.a.b to input [1]"),
            (r#"{"a":"x"}"#, "Unable to apply ReferencePath $.a.b to input {\"a\":\"x\"}"),
        ],
    );
    let nowhere = [
        ("{}", "Unable to apply step \"a\" to input {}"),
        (r#"{"a":1}"#, "Unable to apply step \"b\" to input {\"a\":1}"),
        (r#"{"a":[2]}"#, "Unable to apply step \"b\" to input {\"a\":[2]}"),
        (r#"{"a":null}"#, "Unable to apply step \"b\" to input {\"a\":null}"),
        ("[]", "Unable to apply step \"a\" to input []"),
    ];
    check(&with(map(&json!({})), "ItemsPath", "$.a.b"), &[], error, &nowhere);
    check(&with(function(&json!({})), "TimeoutSecondsPath", "$.a.b"), &[], error, &nowhere);
    check(&with(function(&json!({})), "HeartbeatSecondsPath", "$.a.b"), &[], error, &nowhere);
    let limited = with(map(&json!({ "ItemsPath": "$.i" })), "MaxConcurrencyPath", "$.a");
    check(&limited, &[], error, &[(r#"{"i":[]}"#, "Unable to apply step \"a\" to input {\"i\":[]}")]);
}

#[test]
fn items_that_are_no_array() {
    let says = "{S}Reference path \"$.a\" must point to array.";
    let inputs = ["{\"a\":1}", "{\"a\":null}", "{\"a\":\"x\"}", "{\"a\":{}}", "{\"a\":true}"];
    let state = with(map(&json!({})), "ItemsPath", "$.a");
    check(&state, &[], "States.Runtime", &inputs.map(|input| (input, says)));
    let whole = "{S}Reference path \"$\" must point to array.";
    check(&map(&json!({})), &[], "States.Runtime", &[("{}", whole), ("1", whole), ("null", whole)]);
}

#[test]
fn numbers_of_a_map_and_of_a_task() {
    let values = [
        ("\"NoNumber\"", "NoNumber"),
        ("\"5\"", "5"),
        ("{}", "{}"),
        ("[1]", "[1]"),
        ("null", "null"),
        ("true", "true"),
        ("1.5", "1.5"),
        ("1.0", "1.0"),
        ("-1", "-1"),
        ("99999999999999999999", "99999999999999999999"),
    ];
    let check_field = |state: &Value, field: &str, values: &[(&str, &str)]| {
        for (value, shown) in values {
            let input = format!("{{\"i\":[1],\"a\":{value}}}");
            let cause = format!("{{S}}The {field} field refers to value \"{shown}\" which is not a valid integer: $.a");
            check(&with(state.clone(), field, "$.a"), &[], "States.Runtime", &[(&input, &cause)]);
        }
    };
    check_field(&map(&json!({ "ItemsPath": "$.i" })), "MaxConcurrencyPath", &values);
    for field in ["TimeoutSecondsPath", "HeartbeatSecondsPath"] {
        check_field(&function(&json!({})), field, &values);
        check_field(&function(&json!({})), field, &[("0", "0"), ("100000000", "100000000")]);
    }
}

#[test]
fn times_to_wait() {
    let seconds = with(json!({ "Type": "Wait" }), "SecondsPath", "$.a");
    let says = |shown: &str| format!("{{S}}The SecondsPath parameter cannot be parsed as a long value: $.a == {shown}");
    for (value, shown) in
        [("1.5", "1.5"), ("-1.5", "-1.5"), ("\"1\"", "1"), ("null", "null"), ("{}", "{}"), ("true", "true")]
    {
        check(&seconds, &[], "States.Runtime", &[(&format!("{{\"a\":{value}}}"), &says(shown))]);
    }
    let missing = "{S}The SecondsPath parameter does not reference an input value: $.a";
    check(&seconds, &[], "States.Runtime", &[("{}", missing), ("1", missing), ("null", missing)]);
    let late = "{S}Wait state delay is too long.";
    check(&seconds, &[], "States.Runtime", &[(r#"{"a":2147483648}"#, late)]);

    let timestamp = with(json!({ "Type": "Wait" }), "TimestampPath", "$.a");
    for (value, shown) in [
        ("\"2016-12-05 21:29:29Z\"", "2016-12-05 21:29:29Z"),
        ("\"2016-12-05T21:29:29\"", "2016-12-05T21:29:29"),
        ("\"2016-13-05T21:29:29Z\"", "2016-13-05T21:29:29Z"),
        ("\"\"", ""),
        ("1", "1"),
        ("null", "null"),
    ] {
        let cause = format!(
            "{{S}}The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format \
             string: $.a == {shown}"
        );
        check(&timestamp, &[], "States.Runtime", &[(&format!("{{\"a\":{value}}}"), &cause)]);
    }
    let missing = "{S}The TimestampPath parameter does not reference an input value: $.a";
    check(&timestamp, &[], "States.Runtime", &[("{}", missing)]);
    check(&timestamp, &[], "States.Runtime", &[(r#"{"a":"2126-01-01T00:00:00Z"}"#, late)]);
}

#[test]
fn choices() {
    let choice = |rule: Value| {
        let mut rule = rule;
        rule["Next"] = json!("Next");
        json!({ "Type": "Choice", "Choices": [rule] })
    };
    let says = |path: &str| {
        format!("{{S}}Invalid path '{path}': The choice state's condition path references an invalid value.")
    };
    let variable = choice(json!({ "Variable": "$.a", "NumericEquals": 1 }));
    check(&variable, &[], "States.Runtime", &[("{}", &says("$.a")), ("1", &says("$.a")), ("null", &says("$.a"))]);
    let operand = choice(json!({ "Variable": "$.a", "NumericEqualsPath": "$.b" }));
    check(&operand, &[], "States.Runtime", &[(r#"{"a":1}"#, &says("$.b"))]);
    let none = "{S}Failed to transition out of the state. The state does not point to a next state.";
    for wrong in [r#"{"a":2}"#, r#"{"a":"1"}"#, r#"{"a":null}"#, r#"{"a":[1]}"#, r#"{"a":true}"#] {
        check(&variable, &[], "States.NoChoiceMatched", &[(wrong, none)]);
    }
}

#[test]
fn errors_and_causes_of_a_fail() {
    for (field, name) in [("ErrorPath", "ErrorPath"), ("CausePath", "CausePath")] {
        let state = with(json!({ "Type": "Fail" }), field, "$.a");
        let missing =
            format!("{{S}}The JSONPath '$.a' specified for the field '{name}' could not be found in the input '{{}}'");
        check(&state, &[], "States.Runtime", &[("{}", &missing)]);
        let no_string = |shown: &str| format!("{{S}}The field '{name}' must give a string, but '$.a' gave {shown}");
        for value in ["1", "null", "{}", "[\"x\"]", "true"] {
            check(&state, &[], "States.Runtime", &[(&format!("{{\"a\":{value}}}"), &no_string(value))]);
        }
    }
}
