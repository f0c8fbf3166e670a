//! Expressions that fail: AWS's words for it, the field that is to blame, and which event follows which.

use crate::strand::{Strand, function, jsonata, map, parallel, payload};
use model::Failure;
use ratchet_engine::{Outcome, Phase, Trigger};
use serde_json::{Value, json};

/// What AWS says before most causes.
const IN_STATE: &str = "An error occurred while executing the state 'S' (entered at the event id #2). ";

/// The event, and what follows it for the root.
fn failed(cause: &str, location: &str, previous: &str) -> String {
    format!("EvaluationFailed States.QueryEvaluationError {IN_STATE}{cause}{location} S < {previous}")
}

/// What is said of an expression at a field.
fn of(expression: &str, field: &str, problem: &str) -> String {
    format!("The JSONata expression '{expression}' specified for the field '{field}' {problem}")
}

/// Fails unless the first step of this state says this of this field, and then fails the execution with it.
#[track_caller]
fn check(state: Value, input: &Value, field: &str, expression: &str, problem: &str) {
    check_cause(state, input, field, &of(expression, field, problem));
}

#[track_caller]
fn check_cause(state: Value, input: &Value, location: &str, cause: &str) {
    let fork = match state["Type"].as_str() {
        Some("Map") => Some("MapStateFailed"),
        Some("Parallel") => Some("ParallelStateFailed"),
        _ => None,
    };
    let location = if location.is_empty() { String::new() } else { format!(" {location}") };
    let lines = Strand::enter(jsonata(state), input).lines();
    let mut expected = vec![lines[0].clone(), failed(cause, &location, "-")];
    expected.extend(fork.map(|fork| format!("{fork} < 1.1")));
    expected.push(format!("ExecutionFailed States.QueryEvaluationError {IN_STATE}{cause} < 1.{}", expected.len() - 1));
    assert_eq!(lines, expected);
}

const NOTHING: &str = "returned nothing (undefined).";

fn unexpected(expected: &str, found: &str, value: &str) -> String {
    format!("returned an unexpected result type. Expected '{expected}', but was '{found}' for value: {value}")
}

#[test]
fn the_field_is_named_as_aws_names_it() {
    let none = json!({});
    let pass = |field: &str, value: Value| json!({ "Type": "Pass", field: value });
    check(pass("Output", json!("{% $no %}")), &none, "Output", "$no", NOTHING);
    check(pass("Output", json!({ "a": { "b": [1, "{%$no%}"] } })), &none, "Output/a/b[1]", "$no", NOTHING);
    check(pass("Output", json!(["{% $sum %}"])), &none, "Output[0]", "$sum", "returned an unsupported result type.");
    check(pass("Assign", json!({ "x": "{% $no %}" })), &none, "Assign/x", "$no", NOTHING);
    let thrown = "threw an error during evaluation. T1006: Attempted to invoke a non-function";
    check(pass("Output", json!({ "r": "{% $no(1) %}" })), &none, "Output/r", "$no(1)", thrown);
    let succeed = json!({ "Type": "Succeed", "Output": { "v": "{% $states.input.gone %}" } });
    check(succeed, &none, "Output/v", "$states.input.gone", NOTHING);
    for (field, value, location) in [
        ("Arguments", json!("{% $no %}"), "Arguments"),
        ("Arguments", json!({ "FunctionName": "{% $no %}" }), "Arguments/FunctionName"),
        ("TimeoutSeconds", json!("{% $no %}"), "TimeoutSeconds"),
        ("HeartbeatSeconds", json!("{% $no %}"), "HeartbeatSeconds"),
    ] {
        check(function(&json!({ field: value })), &none, location, "$no", NOTHING);
    }
    check(parallel(1, &json!({ "Arguments": ["{% $no %}"] })), &none, "Arguments[0]", "$no", NOTHING);
    for (field, value, location) in [
        ("Items", json!("{% $no %}"), "Items"),
        ("Items", json!([1, "{% $no %}"]), "Items[1]"),
        ("MaxConcurrency", json!("{% $no %}"), "MaxConcurrency"),
    ] {
        check(map(&json!({ field: value })), &json!([]), location, "$no", NOTHING);
    }
    for field in ["Seconds", "Timestamp"] {
        check(json!({ "Type": "Wait", field: "{% $no %}" }), &none, field, "$no", NOTHING);
    }
    for field in ["Error", "Cause"] {
        check(json!({ "Type": "Fail", field: "{% $no %}" }), &none, field, "$no", NOTHING);
    }
}

#[test]
fn clauses_of_a_choice_are_named_by_their_index() {
    let none = json!({});
    let choice = |rule: Value| {
        let mut rule = rule;
        rule["Next"] = json!("Next");
        json!({ "Type": "Choice", "Choices": [{ "Condition": "{% false %}", "Next": "Next" }, rule] })
    };
    check(choice(json!({ "Condition": "{% $no %}" })), &none, "Choices[1]/Condition", "$no", NOTHING);
    for (value, found, shown) in [("1", "number", "1"), ("'true'", "string", "\"true\""), ("null", "null", "null")] {
        let rule = choice(json!({ "Condition": format!("{{% {value} %}}") }));
        check(rule, &none, "Choices[1]/Condition", value, &unexpected("boolean", found, shown));
    }
    let output = choice(json!({ "Condition": true, "Output": { "v": "{% $no %}" } }));
    check(output, &none, "Choices[1]/Output/v", "$no", NOTHING);
    let assign = choice(json!({ "Condition": true, "Assign": { "v": "{% $no %}" } }));
    check(assign, &none, "Choices[1]/Assign/v", "$no", NOTHING);
    let mut default = choice(json!({ "Condition": false }));
    default["Default"] = json!("Next");
    default["Output"] = json!("{% $no %}");
    check(default, &none, "Output", "$no", NOTHING);
}

#[test]
fn a_value_of_another_type_is_shown() {
    let states = [
        ("number", function(&json!({ "TimeoutSeconds": "{% $states.input.v %}" })), "TimeoutSeconds"),
        ("number", function(&json!({ "HeartbeatSeconds": "{% $states.input.v %}" })), "HeartbeatSeconds"),
        ("number", json!({ "Type": "Wait", "Seconds": "{% $states.input.v %}" }), "Seconds"),
        ("string", json!({ "Type": "Wait", "Timestamp": "{% $states.input.v %}" }), "Timestamp"),
        ("string", json!({ "Type": "Fail", "Error": "{% $states.input.v %}" }), "Error"),
        ("string", json!({ "Type": "Fail", "Cause": "{% $states.input.v %}" }), "Cause"),
        ("array", map(&json!({ "Items": "{% $states.input.v %}" })), "Items"),
        ("number", map(&json!({ "Items": [], "MaxConcurrency": "{% $states.input.v %}" })), "MaxConcurrency"),
    ];
    for (expected, state, field) in states {
        for (value, found) in [
            (r#"{"foo":"bar"}"#, "object"),
            (r#""x""#, "string"),
            ("true", "boolean"),
            ("null", "null"),
            ("1", "number"),
            ("[1,2]", "array"),
        ] {
            if found != expected {
                let input: Value = serde_json::from_str(&format!(r#"{{"v":{value}}}"#)).expect("JSON");
                check(state.clone(), &input, field, "$states.input.v", &unexpected(expected, found, value));
            }
        }
    }
}

#[test]
fn numbers_out_of_range_and_with_a_fraction_are_refused() {
    let wait = json!({ "Type": "Wait", "Seconds": "{% $states.input.v %}" });
    let task = |field: &str| function(&json!({ field: "{% $states.input.v %}" }));
    let states = [
        (wait, "Seconds", 99_999_999_u64),
        (task("TimeoutSeconds"), "TimeoutSeconds", 99_999_999),
        (task("HeartbeatSeconds"), "HeartbeatSeconds", 99_999_999),
        (map(&json!({ "Items": [], "MaxConcurrency": "{% $states.input.v %}" })), "MaxConcurrency", 2_147_483_647),
    ];
    for (state, field, most) in states {
        for value in [json!(-1), json!(most + 1)] {
            let cause = format!("{field} must be between 0 and {most} but was: {value}");
            check_cause(state.clone(), &json!({ "v": value }), field, &cause);
        }
        let cause = format!("The {field} field cannot be parsed as an integer: 1.5");
        check_cause(state, &json!({ "v": 1.5 }), field, &cause);
    }
}

#[test]
fn the_input_of_a_map_without_items_must_be_an_array() {
    for (value, shown) in [
        (json!(true), "true"),
        (json!(null), "null"),
        (json!("x"), "\"x\""),
        (json!({ "foo": "bar" }), r#"{"foo":"bar"}"#),
    ] {
        check_cause(map(&json!({})), &value, "", &format!("Map state input must be an array but was: {shown}"));
    }
}

/// Recorded: only this failure follows the event that says that the state was entered.
#[test]
fn a_timestamp_that_does_not_parse_fails_the_state_after_it_was_entered() {
    for text in ["2016-13-05T21:29:29Z", "2016-12-05T21:29:29", "2016-12-05 21:29:29Z", ""] {
        let state = jsonata(json!({ "Type": "Wait", "Timestamp": "{% $states.input.t %}" }));
        let cause = format!(
            "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: {text}"
        );
        let strand = Strand::enter(state, &json!({ "t": text }));
        assert_eq!(strand.lines()[1], failed(&cause, " Timestamp", "1.0"));
        assert!(strand.lines()[2].starts_with("ExecutionFailed States.QueryEvaluationError "));
    }
}

#[test]
fn what_fails_later_than_the_state_was_entered_follows_the_last_event() {
    let cause = of("$no", "Output", NOTHING);
    let task = Strand::enter(jsonata(function(&json!({ "Output": "{% $no %}" }))), &json!({}));
    let lines = task.after(Trigger::TaskSucceeded(payload(json!(1)))).lines();
    assert_eq!(lines[..2], ["LambdaFunctionSucceeded 1 < 1.2".to_owned(), failed(&cause, " Output", "2.0")]);
    assert!(lines[2].ends_with("< 2.1"), "{lines:?}");
    let wait = Strand::enter(jsonata(json!({ "Type": "Wait", "Seconds": 1, "Output": "{% $no %}" })), &json!({}));
    assert_eq!(wait.after(Trigger::TimerFired).lines()[0], failed(&cause, " Output", "1.0"));
    let fork = Strand::enter(jsonata(parallel(1, &json!({ "Output": "{% $no %}" }))), &json!({}));
    let end = fork.child(0).expect("it begins").after(Trigger::Entered).end();
    let lines = fork.after(Trigger::ChildrenDone(vec![end])).lines();
    let expected = ["ParallelStateSucceeded < 0/1.0:1.1".to_owned(), failed(&cause, " Output", "0/1.0:1.1")];
    assert_eq!(lines[..2], expected);
    assert_eq!(lines[2], "ParallelStateFailed < 2.1");
}

#[test]
fn every_attempt_that_fails_is_noted_and_a_catcher_gets_the_error() {
    for name in ["States.QueryEvaluationError", "States.ALL", "States.TaskFailed"] {
        let state = jsonata(function(&json!({
            "Arguments": "{% $no %}",
            "Retry": [{ "ErrorEquals": [name], "MaxAttempts": 1 }],
            "Catch": [{ "ErrorEquals": [name], "Next": "Caught" }],
        })));
        let cause = of("$no", "Arguments", NOTHING);
        let strand = Strand::enter(state, &json!({ "a": 1 }));
        let entered = r#"TaskStateEntered {"a":1} S < -"#.to_owned();
        let strand = strand.check(&[&entered, &failed(&cause, " Arguments", "-")]);
        let strand = strand.later(1).after(Trigger::TimerFired);
        let output = json!({ "Error": "States.QueryEvaluationError", "Cause": format!("{IN_STATE}{cause}") });
        strand.check(&[&failed(&cause, " Arguments", "1.1"), &format!("TaskStateExited S {output} < 2.0")]);
    }
}

#[test]
fn a_catcher_sees_what_it_caught() {
    let state = jsonata(function(&json!({
        "Catch": [
            { "ErrorEquals": ["Other"], "Next": "Next" },
            { "ErrorEquals": ["E"], "Next": "Caught", "Assign": { "e": "{% $states.errorOutput.Error %}" },
              "Output": { "in": "{% $states.input %}", "was": "{% $states.errorOutput %}" } },
        ],
    })));
    let strand = Strand::enter(state, &json!({ "a": 1 })).after(Trigger::TaskFailed(Failure::new("E", "c")));
    strand.check(&[
        "LambdaFunctionFailed E c < 1.2",
        r#"TaskStateExited S {"in":{"a":1},"was":{"Error":"E","Cause":"c"}} < 2.0"#,
    ]);
}

/// Both are worked out in one step, which has one seed.
#[test]
fn a_catcher_does_not_draw_what_the_state_drew() {
    let state = jsonata(function(&json!({
        "Arguments": "{% $error($uuid()) %}",
        "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Caught",
            "Output": "{% {'drawn': $uuid(), 'before': $states.errorOutput.Cause} %}" }],
    })));
    let strand = Strand::enter(state, &json!({}));
    let Phase::Ready { input, .. } = &strand.cursor.phase else { panic!("{:?}", strand.cursor.phase) };
    let drawn = input.value()["drawn"].as_str().expect("a text");
    let before = input.value()["before"].as_str().expect("a text");
    assert!(drawn.len() == 36 && before.contains("D3137: ") && !before.contains(drawn), "{drawn} {before}");
}

#[test]
fn a_catcher_that_fails_fails_the_state_for_good() {
    let catch = json!({ "Catch": [
        { "ErrorEquals": ["Other"], "Next": "Next" },
        { "ErrorEquals": ["States.ALL"], "Next": "Caught", "Output": { "v": "{% $no %}" } },
    ] });
    let cause = of("$no", "Catch[1]/Output/v", NOTHING);
    let noted = |previous| failed(&cause, " Catch[1]/Output/v", previous);
    let end = |previous| format!("ExecutionFailed States.QueryEvaluationError {IN_STATE}{cause} < {previous}");
    let task = Strand::enter(jsonata(function(&catch)), &json!({}));
    let task = task.after(Trigger::TaskFailed(Failure::named("E")));
    task.check(&["LambdaFunctionFailed E < 1.2", &noted("2.0"), &end("2.1")]);
    // Seen on AWS: a fork fails twice, the second time from where it stood before the first.
    let fails = json!([{ "StartAt": "F", "States": { "F": { "Type": "Fail", "Error": "E" } } }]);
    let mut fork = parallel(1, &catch);
    fork["Branches"] = fails;
    let fork = Strand::enter(jsonata(fork), &json!({}));
    let end_of_child = fork.child(0).expect("it begins").after(Trigger::Entered).end();
    fork.after(Trigger::ChildrenDone(vec![end_of_child])).check(&[
        "ParallelStateFailed < 0/1.0:1.0",
        &noted("0/1.0:1.0"),
        "ParallelStateFailed < 2.1",
        &end("2.2"),
    ]);
}

#[test]
fn an_item_selector_that_fails_fails_its_iteration() {
    let state = jsonata(map(&json!({ "ItemSelector": { "v": "{% $states.context.Map.Item.Value.x %}" } })));
    let strand = Strand::enter(state, &json!([{ "x": 1 }, {}]));
    let child = strand.child(1).expect("it begins");
    let cause = of("$states.context.Map.Item.Value.x", "ItemSelector/v", NOTHING);
    let child = child.check(&["MapIterationStarted S 1 < 0:1.1", &failed(&cause, " ItemSelector/v", "0.0")]);
    let Phase::Ended(Outcome::Failed(failure)) = &child.cursor.phase else { panic!("{:?}", child.cursor.phase) };
    assert_eq!(failure, &Failure::new("States.QueryEvaluationError", format!("{IN_STATE}{cause}")));
    let lines = strand.after(Trigger::ChildrenEnded(vec![child.end()])).lines();
    assert_eq!(lines, ["MapIterationFailed S 1 < 0/1.1:0.1"]);
}
