//! What holds for every text: parsing ends and never panics, what comes out is whole, places are the parser's own.

use proptest::prelude::*;
use ratchet_language::machine::{Next, State, StateName};
use ratchet_language::{Machine, Severity, invalid_definition_message, locate, parse};
use serde_json::{Map, Value};

/// Every state type and most fields.
const WHOLE: &str = r#"{
  "Comment": "all of it", "StartAt": "Pass", "TimeoutSeconds": 60, "Version": "1.0", "QueryLanguage": "JSONPath",
  "States": {
    "Pass": {"Type": "Pass", "InputPath": "$.a", "Parameters": {"x.$": "$.y", "z": [1.0]}, "Result": {"k": null}, "ResultPath": "$.r", "Assign": {"v.$": "$", "w": {"x.$": "States.Format('{}', $v.a)"}}, "Next": "Task"},
    "Task": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f", "Payload.$": "$"},
      "ResultSelector": {"a.$": "$.Payload"}, "TimeoutSeconds": 10, "HeartbeatSeconds": 5,
      "Retry": [{"ErrorEquals": ["A"], "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 1.5, "MaxDelaySeconds": 9, "JitterStrategy": "FULL"},
        {"ErrorEquals": ["States.ALL"]}],
      "Catch": [{"ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.error", "Assign": {"e.$": "$.Error"}, "Next": "Fail"}], "Next": "Choice"},
    "Choice": {"Type": "Choice", "Choices": [
      {"And": [{"Variable": "$.a", "IsPresent": true}, {"Not": {"Variable": "$.b", "NumericGreaterThanPath": "$v[0]"}}], "Assign": {"v": 1}, "Next": "Wait"},
      {"Variable": "$$.Execution.StartTime", "TimestampLessThan": "2030-01-01T00:00:00Z", "Next": "Parallel"}], "Default": "Map"},
    "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Parallel"},
    "Parallel": {"Type": "Parallel", "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Wait", "Timestamp": "2030-01-01T00:00:00+01:00", "End": true}}}], "Next": "Map"},
    "Map": {"Type": "Map", "ItemsPath": "$.items", "ItemSelector": {"i.$": "$$.Map.Item.Index"}, "MaxConcurrency": 3,
      "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "I", "States": {"I": {"Type": "Succeed"}}}, "Next": "Done"},
    "Done": {"Type": "Succeed", "OutputPath": null},
    "Fail": {"Type": "Fail", "ErrorPath": "$.error.Error", "Cause": "because"}
  }
}"#;

/// The same in JSONata.
const WHOLE_IN_JSONATA: &str = r#"{
  "Comment": "all of it", "StartAt": "Pass", "QueryLanguage": "JSONata",
  "States": {
    "Pass": {"Type": "Pass", "Assign": {"v": "{% $states.input.v %}", "w": {"x": [1, "{% $uuid() %}"]}}, "Output": {"y": "{% $v & 'a' %}"}, "Next": "Task"},
    "Task": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": "f", "Payload": "{% $states.input %}"},
      "TimeoutSeconds": "{% $v.timeout %}", "HeartbeatSeconds": 5, "Retry": [{"ErrorEquals": ["States.ALL"]}], "Output": "{% $states.result.Payload %}",
      "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Output": "{% $states.errorOutput %}", "Assign": {"e": "{% $states.errorOutput.Error %}"}, "Next": "Fail"}], "Next": "Choice"},
    "Choice": {"Type": "Choice", "Choices": [
      {"Condition": "{% $states.input.a > 1 and $exists($v[0]) %}", "Assign": {"v": 1}, "Output": null, "Next": "Wait"},
      {"Condition": false, "Next": "Parallel"}], "Output": 7, "Default": "Map"},
    "Wait": {"Type": "Wait", "Timestamp": "{% $states.context.State.EnteredTime %}", "Next": "Parallel"},
    "Parallel": {"Type": "Parallel", "Arguments": "{% $states.input %}", "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Wait", "Seconds": "{% 1 %}", "End": true}}}], "Next": "Map"},
    "Map": {"Type": "Map", "Items": [1, "{% 2 %}"], "ItemSelector": {"i": "{% $states.context.Map.Item.Index %}"}, "MaxConcurrency": "{% 3 %}", "ToleratedFailurePercentage": "{% 5 %}",
      "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "I", "States": {"I": {"Type": "Succeed", "Output": "{% $states.input.i %}"}}}, "Next": "Done"},
    "Done": {"Type": "Succeed"},
    "Fail": {"Type": "Fail", "Error": "{% $e %}", "Cause": "because"}
  }
}"#;

/// Both.
fn whole() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![WHOLE, WHOLE_IN_JSONATA])
}

/// Everything that must hold of a text's parse.
fn check(text: &str) {
    match parse(text) {
        Ok(parsed) => {
            check_whole(&parsed.machine);
            assert!(parsed.warnings.iter().all(|warning| warning.severity == Severity::Warning));
        }
        Err(findings) => {
            assert!(findings.iter().any(|finding| finding.severity == Severity::Error), "{text}");
            assert!(invalid_definition_message(&findings).starts_with("Invalid State Machine Definition: '"));
            for finding in &findings {
                let place = locate(text, &finding.pointer);
                assert!(place.line <= text.matches('\n').count() + 1, "{finding} at {place}");
            }
        }
    }
}

/// Every name in a machine is a state of it.
fn check_whole(machine: &Machine) {
    let mut names = vec![&machine.start_at];
    for state in machine.states.values() {
        names.extend(state.catch().iter().map(|catcher| &catcher.next));
        assert!(state.retry().iter().all(|retrier| !retrier.error_equals.is_empty()));
        match state {
            State::Pass(pass) => names.extend(next(&pass.next)),
            State::Task(task) => names.extend(next(&task.next)),
            State::Choice(choice) => {
                names.extend(&choice.default);
                names.extend(choice.choices.iter().map(|rule| &rule.next));
            }
            State::Wait(wait) => names.extend(next(&wait.next)),
            State::Succeed(_) | State::Fail(_) => {}
            State::Parallel(parallel) => {
                names.extend(&parallel.branches);
                names.extend(next(&parallel.next));
            }
            State::Map(map) => {
                names.push(&map.start_at);
                names.extend(next(&map.next));
            }
        }
    }
    for name in names {
        assert!(machine.state(name.as_str()).is_some(), "{name}");
    }
}

fn next(next: &Next) -> Option<&StateName> {
    match next {
        Next::State(name) => Some(name),
        Next::End => None,
    }
}

/// JSON of all kinds, with keys and words of the language among it.
fn json() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        proptest::sample::select(vec![
            "Next",
            "End",
            "Type",
            "States",
            "StartAt",
            "$.a",
            "$$",
            "$",
            "$x",
            "Pass",
            "Task",
            "Map",
            "B",
            "a/b~",
            "é",
            "Catch",
            "Choices",
            "{% $states.input %}",
            "{% a + %}",
            "{%",
            "{% $ %}"
        ])
        .prop_map(str::to_owned),
        "\\PC{0,6}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((word.clone(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Every pointer into a value, with what a text has there: the key, or the value itself.
fn pointers(value: &Value, pointer: &str, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let pointer = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                found.push((pointer.clone(), Value::from(key.as_str())));
                pointers(member, &pointer, found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let pointer = format!("{pointer}/{index}");
                found.push((pointer.clone(), item.clone()));
                pointers(item, &pointer, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The text from a place on.
fn from_place(text: &str, pointer: &str) -> String {
    let place = locate(text, pointer);
    let line = text.split('\n').nth(place.line - 1).expect("a line");
    line.chars().skip(place.column - 1).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered(text in "\\PC{0,40}") {
        check(&text);
    }

    #[test]
    fn any_json_is_answered(value in json()) {
        check(&value.to_string());
    }

    #[test]
    fn a_definition_cut_or_overwritten_is_answered(text in whole(), start in any::<proptest::sample::Index>(), length in 0usize..30, put in "[\\{\\}\\[\\]\",:0-9a-z\\\\$%. ]{0,3}") {
        let start = start.index(text.len());
        let end = (start + length).min(text.len());
        check(&format!("{}{put}{}", &text[..start], &text[end..]));
    }

    #[test]
    fn a_definition_with_another_value_somewhere_is_answered(text in whole(), choice in any::<proptest::sample::Index>(), value in json()) {
        let mut definition: Value = serde_json::from_str(text).expect("JSON");
        let mut found = Vec::new();
        pointers(&definition, "", &mut found);
        let (pointer, _) = &found[choice.index(found.len())];
        *definition.pointer_mut(pointer).expect("there") = value;
        check(&definition.to_string());
    }

    #[test]
    fn a_place_is_where_the_parser_read_it(value in json(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        let text = text.expect("JSON");
        let mut found = Vec::new();
        pointers(&value, "", &mut found);
        for (pointer, expected) in found.iter().filter(|(pointer, _)| pointer != "/") {
            let there = from_place(&text, pointer);
            let expected = expected.to_string();
            // What is nested spans lines: its first character will do.
            let begins = if expected.starts_with(['{', '[']) { &expected[..1] } else { expected.as_str() };
            prop_assert!(there.starts_with(begins), "{pointer} of {text}: {there}");
        }
    }
}

#[test]
fn the_whole_definitions_are_accepted_as_they_are() {
    for text in [WHOLE, WHOLE_IN_JSONATA] {
        let parsed = parse(text).unwrap_or_else(|findings| panic!("{}", invalid_definition_message(&findings)));
        assert_eq!(parsed.machine.states.len(), 10);
        let names: Vec<_> = parsed.machine.states.keys().map(ToString::to_string).collect();
        assert_eq!(names, ["Pass", "Task", "Choice", "Wait", "Parallel", "B", "Map", "I", "Done", "Fail"]);
        check(text);
    }
}

#[test]
fn a_deep_definition_is_refused_in_time() {
    let depth = 5_000;
    let open = r#"{"StartAt":"S","States":{"S":{"Type":"Map","End":true,"ItemProcessor":"#;
    check(&format!("{}1{}", open.repeat(depth), "}}}".repeat(depth)));
    check(&r#"{"Not":"#.repeat(100_000));
}
