//! Variables: what sets them, from which values, who reads them, and what they may take.

use crate::strand::{Strand, activity, function, map, parallel, payload, single};
use model::history::Kind;
use model::{Failure, error_name};
use ratchet_engine::{Outcome, Phase, Trigger, VariableLimits};
use serde_json::{Value, json};

/// What the last record's events say was set, all in all.
fn assigned(strand: &Strand) -> Value {
    let mut found = json!({});
    for event in &strand.events {
        if let Kind::StateExited { assigned, .. } = &event.kind {
            for (name, text) in assigned.texts() {
                found[name] = serde_json::from_str(&text).expect("JSON");
            }
        }
    }
    found
}

/// The strand with these variables of its own.
fn with_variables(mut strand: Strand, values: &Value) -> Strand {
    let values = values.as_object().cloned().unwrap_or_default();
    strand.cursor.place.variables.own = model::Variables::from_values(values);
    strand
}

/// What this state, entered with these variables and this input, sets.
#[track_caller]
fn check(state: Value, variables: &Value, input: &Value, expected: &Value) -> Strand {
    let strand = with_variables(Strand::start(&single(state), input), variables).after(Trigger::Entered);
    assert_eq!(assigned(&strand), *expected);
    strand
}

/// The cause with which a state fails that reads what nobody has set.
#[track_caller]
fn check_cause(state: Value, expected: &str) {
    let strand = Strand::enter(state, &json!({ "a": 1 }));
    let failure = strand.failure();
    let said = failure.cause.clone().unwrap_or_default();
    let (_, cause) = said.split_once("(entered at the event id #2). ").expect("AWS's sentence");
    assert_eq!((failure.error.as_deref(), cause), (Some(error_name::RUNTIME), expected));
}

#[test]
fn values_are_worked_out_before_any_is_set() {
    let state = json!({ "Type": "Pass", "Assign": { "a.$": "$b", "b.$": "$a.x", "c": { "d.$": "$a" } } });
    let before = json!({ "a": { "x": 1 }, "b": 2, "other": 3 });
    let strand = check(state, &before, &json!({}), &json!({ "a": 2, "b": 1, "c": { "d": { "x": 1 } } }));
    let own = &strand.cursor.place.variables.own;
    let values: Vec<_> = own.texts().into_iter().collect();
    let expected = [("a", "2"), ("b", "1"), ("c", r#"{"d":{"x":1}}"#), ("other", "3")];
    assert_eq!(values, expected.map(|(name, text)| (name, text.to_owned())));
}

#[test]
fn the_output_is_worked_out_from_the_values_of_before() {
    let state = json!({ "Type": "Pass", "ResultPath": "$.r", "OutputPath": "$v", "Assign": { "v": "new" } });
    let strand = check(state, &json!({ "v": "old" }), &json!({}), &json!({ "v": "new" }));
    assert!(matches!(&strand.cursor.phase, Phase::Ready { input, .. } if input.text() == "\"old\""));
}

#[test]
fn a_pass_sets_variables_from_its_result() {
    let assign = json!({ "all.$": "$", "text": "$.x" });
    let by = |more: Value| {
        let mut state = json!({ "Type": "Pass", "Assign": assign, "ResultPath": "$.r", "OutputPath": "$.r" });
        state.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        state
    };
    let (input, all) = (json!({ "x": 1 }), |value: Value| json!({ "all": value, "text": "$.x" }));
    check(by(json!({})), &json!({}), &input, &all(json!({ "x": 1 })));
    check(by(json!({ "InputPath": "$.x" })), &json!({}), &input, &all(json!(1)));
    check(by(json!({ "Parameters": { "y.$": "$.x" } })), &json!({}), &input, &all(json!({ "y": 1 })));
    check(by(json!({ "Result": [2] })), &json!({}), &input, &all(json!([2])));
}

#[test]
fn tasks_and_forks_set_variables_from_their_raw_results() {
    let fields = json!({
        "Assign": { "v.$": "$" }, "ResultSelector": { "s.$": "$[0]" }, "ResultPath": "$.r", "OutputPath": "$.r"
    });
    for task in [function(&fields), activity(&fields)] {
        let mut strand = Strand::enter(task, &json!({}));
        if matches!(strand.cursor.phase, Phase::Pending(_)) {
            strand = strand.after(Trigger::ActivityStarted { worker_name: None });
        }
        let strand = strand.after(Trigger::TaskSucceeded(payload(json!([7, 8]))));
        assert_eq!(assigned(&strand), json!({ "v": [7, 8] }));
    }
    let mut each = map(&fields);
    each["ItemsPath"] = "$.items".into();
    let input = json!({ "items": [7, 8] });
    for (fork, result) in [(parallel(2, &fields), json!([input, input])), (each, json!([7, 8]))] {
        let strand = Strand::enter(fork, &input);
        let ends = [0, 1].map(|index| strand.child(index).expect("it begins").after(Trigger::Entered).end());
        assert_eq!(assigned(&strand.after(Trigger::ChildrenDone(ends.to_vec()))), json!({ "v": result }));
    }
}

#[test]
fn a_wait_sets_variables_from_its_effective_input_when_it_is_over() {
    let state = json!({ "Type": "Wait", "SecondsPath": "$n", "InputPath": "$.x", "Assign": { "v.$": "$" } });
    let strand = with_variables(Strand::start(&single(state), &json!({ "x": 5 })), &json!({ "n": 30 }));
    let waiting = strand.after(Trigger::Entered);
    assert_eq!(assigned(&waiting), json!({}));
    assert_eq!(assigned(&waiting.later(30).after(Trigger::TimerFired)), json!({ "v": 5 }));
}

#[test]
fn a_choice_sets_what_the_rule_says_that_holds_or_else_what_itself_says() {
    let rule = |value: i64| json!({ "Variable": "$v.n", "NumericEquals": value, "Assign": { "rule": value, "x.$": "$.x" }, "Next": "Next" });
    let last = json!({ "Variable": "$v.n", "NumericEqualsPath": "$w", "Next": "Next" });
    let state = json!({
        "Type": "Choice", "Choices": [rule(1), rule(2), last], "Default": "Next", "Assign": { "default.$": "$" }, "InputPath": "$.in"
    });
    let input = json!({ "in": { "x": true } });
    let variables = |n: i64| json!({ "v": { "n": n }, "w": 3 });
    check(state.clone(), &variables(1), &input, &json!({ "rule": 1, "x": true }));
    check(state.clone(), &variables(2), &input, &json!({ "rule": 2, "x": true }));
    check(state.clone(), &variables(3), &input, &json!({}));
    check(state, &variables(4), &input, &json!({ "default": { "x": true } }));
}

#[test]
fn a_catcher_sets_variables_from_the_error_output_in_the_scope_of_its_state() {
    let catch = json!([{ "ErrorEquals": ["E"], "Assign": { "error.$": "$", "was.$": "$v" }, "ResultPath": null, "Next": "Caught" }]);
    let fields = json!({ "Catch": catch, "Assign": { "v": "not set" } });
    let output = json!({ "Error": "E", "Cause": "why" });
    let start = |state: Value| {
        with_variables(Strand::start(&single(state), &json!({})), &json!({ "v": 1 })).after(Trigger::Entered)
    };
    let failed = start(function(&fields)).after(Trigger::TaskFailed(Failure::new("E", "why")));
    assert_eq!(assigned(&failed), json!({ "error": output, "was": 1 }));
    let forked = start(parallel(1, &fields));
    let mut child =
        with_variables(forked.child(0).expect("it begins"), &json!({ "inner": 1 })).after(Trigger::Entered).end();
    child.outcome = Outcome::Failed(Failure::new("E", "why"));
    let failed = forked.after(Trigger::ChildrenDone(vec![child]));
    assert_eq!(assigned(&failed), json!({ "error": output, "was": 1 }));
    let names: Vec<_> = failed.cursor.place.variables.own.names().into_iter().collect();
    assert_eq!(names, ["error", "v", "was"], "what was set in the branch is gone");
}

#[test]
fn a_state_that_fails_or_is_tried_again_sets_nothing() {
    let retry = json!({ "Assign": { "v": "new" }, "Retry": [{ "ErrorEquals": ["E"], "MaxAttempts": 1 }] });
    let strand = with_variables(Strand::start(&single(function(&retry)), &json!({})), &json!({ "v": "old" }));
    let waiting = strand.after(Trigger::Entered).after(Trigger::TaskFailed(Failure::named("E")));
    assert!(matches!(waiting.cursor.phase, Phase::Waiting(_)));
    let again = waiting.later(1).after(Trigger::TimerFired);
    let failed = again.clone().after(Trigger::TaskFailed(Failure::named("E")));
    for strand in [&again, &failed] {
        assert_eq!(strand.cursor.place.variables.own.texts()["v"], "\"old\"");
        assert_eq!(assigned(strand), json!({}));
    }
    let done = again.after(Trigger::TaskSucceeded(payload(json!(1))));
    assert_eq!(done.cursor.place.variables.own.texts()["v"], "\"new\"");
}

#[test]
fn children_read_what_was_set_around_them_and_write_what_is_their_own() {
    let selector = json!({ "ItemSelector": { "from.$": "$v", "item.$": "$$.Map.Item.Value" }, "ItemsPath": "$items" });
    let strand =
        with_variables(Strand::start(&single(map(&selector)), &json!({})), &json!({ "v": 1, "items": ["a", "b"] }));
    let strand = strand.after(Trigger::Entered);
    let child = strand.child(1).expect("it begins");
    assert!(matches!(&child.cursor.phase, Phase::Ready { input, .. } if input.text() == r#"{"from":1,"item":"b"}"#));
    assert!(child.cursor.place.variables.own.is_empty());
    assert_eq!(child.cursor.place.variables.outer, std::slice::from_ref(&strand.cursor.place.variables.own));
}

#[test]
fn what_nobody_has_set_is_said_as_a_path_that_finds_nothing_is() {
    check_cause(
        json!({ "Type": "Pass", "Parameters": { "x.$": "$gone" } }),
        r#"The JSONPath '$gone' specified for the field 'x.$' could not be found in the input '{"a":1}'"#,
    );
    check_cause(
        json!({ "Type": "Pass", "Assign": { "x.$": "$gone.y" } }),
        r#"The JSONPath '$gone.y' specified for the field 'x.$' could not be found in the input '{"a":1}'"#,
    );
    check_cause(
        json!({ "Type": "Pass", "InputPath": "$gone" }),
        "Invalid path '$gone' : The variable 'gone' is not defined",
    );
    check_cause(
        json!({ "Type": "Wait", "SecondsPath": "$gone" }),
        "The SecondsPath parameter does not reference an input value: $gone",
    );
    check_cause(
        json!({ "Type": "Choice", "Choices": [{ "Variable": "$gone", "IsNull": true, "Next": "Next" }] }),
        "Invalid path '$gone': The choice state's condition path references an invalid value.",
    );
}

#[test]
fn is_present_asks_whether_a_variable_was_set() {
    let rule = |name: &str| json!({ "Variable": name, "IsPresent": true, "Assign": { "found": name }, "Next": "Next" });
    let state = json!({ "Type": "Choice", "Choices": [rule("$gone"), rule("$v.gone"), rule("$v")] });
    check(state, &json!({ "v": null }), &json!({}), &json!({ "found": "$v" }));
}

#[test]
fn variables_are_limited_one_by_one_together_and_in_all() {
    let limits = VariableLimits { value: 1_000, assign: 1_500, total: 2_500 };
    let text = |bytes: usize| "x".repeat(bytes - 2);
    let run = |values: Value, before: Value| {
        let state = json!({ "Type": "Pass", "Assign": values });
        let mut strand = with_variables(Strand::start(&single(state), &json!({})), &before);
        strand.variable_limits = Some(limits);
        strand.after(Trigger::Entered)
    };
    for (values, before) in [
        (json!({ "a": text(1_000) }), json!({})),
        (json!({ "a": text(700), "b": text(800) }), json!({})),
        // What is replaced counts no more.
        (json!({ "a": text(1_000), "n": 1 }), json!({ "a": text(1_400), "b": text(1_400) })),
    ] {
        assert!(!run(values, before).cursor.is_terminal());
    }
    for (values, before, says) in [
        (json!({ "a": text(1_001) }), json!({}), "assigned the variable 'a' a value with"),
        (json!({ "a": text(700), "b": text(801) }), json!({}), "assigned variables with"),
        (json!({ "a": text(1_000) }), json!({ "b": text(1_501) }), "brought the variables that it can read to"),
    ] {
        let strand = run(values, before);
        let failure = strand.failure();
        assert_eq!(failure.error.as_deref(), Some(error_name::DATA_LIMIT_EXCEEDED));
        let cause = format!("The state/task 'S' {says} a size exceeding the maximum number of bytes service limit.");
        assert_eq!(failure.cause.as_deref(), Some(cause.as_str()));
    }
    assert_eq!(VariableLimits::AWS, VariableLimits { value: 262_144, assign: 262_144, total: 10_485_760 });
}
