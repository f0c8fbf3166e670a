//! Expressions and data that somebody made to be endless, to grow beyond a record, or to be taken for something else.

use crate::strand::{Strand, function, jsonata, single, text, variables};
use model::Failure;
use model::history::Kind;
use ratchet_engine::{Phase, Trigger, VariableLimits};
use serde_json::{Value, json};

fn pass(output: &Value) -> Value {
    jsonata(json!({ "Type": "Pass", "Output": output }))
}

/// The text that the next state gets.
#[track_caller]
fn handed_on(strand: &Strand) -> &str {
    match &strand.cursor.phase {
        Phase::Ready { input, .. } => input.text(),
        phase => panic!("{phase:?} leads to no state"),
    }
}

/// The state entered with this limit of payloads.
fn enter(state: Value, input: &Value, max_payload_bytes: Option<usize>) -> Strand {
    let mut strand = Strand::start(&single(state), input);
    strand.max_payload_bytes = max_payload_bytes;
    strand.after(Trigger::Entered)
}

#[test]
fn what_has_no_end_fails_with_the_words_of_aws() {
    let stack = "threw an error during evaluation: Stack overflow error: Check for non-terminating recursive function. \
                 Consider rewriting as tail-recursive.";
    let memory = "threw an error during evaluation: Expression evaluation memory limit exceeded: Check for excessive \
                  memory usage";
    for (expression, says) in [
        ("($f := function($x) { 1 + $f($x) }; $f(1))", stack),
        ("($f := function($x) { $f($x & $x) }; $f('0123456789'))", memory),
        ("[1..10000000]", memory),
        ("$pad('', 1000000000)", memory),
    ] {
        let strand = enter(pass(&json!(format!("{{% {expression} %}}"))), &json!({}), Some(262_144));
        let cause = strand.failure().cause.as_deref().unwrap_or_default();
        assert!(cause.ends_with(&format!("specified for the field 'Output' {says}")), "{cause}");
        assert_eq!(strand.failure().error.as_deref(), Some("States.QueryEvaluationError"));
    }
}

/// A million numbers take more than AWS grants.
#[test]
fn where_payloads_are_of_any_size_expressions_may_take_more_memory() {
    let state = pass(&json!("{% $count([1..1000000]) %}"));
    assert_eq!(handed_on(&enter(state.clone(), &json!({}), None)), "1000000");
    enter(state, &json!({}), Some(262_144)).failure();
}

#[test]
fn a_value_too_deep_to_be_read_back_is_refused() {
    let nested = |levels: usize| (0..levels).fold(json!(1), |value, _| json!([value]));
    let state = pass(&json!({ "v": "{% $states.input %}" }));
    let strand = Strand::enter(state.clone(), &nested(99));
    assert!(serde_json::from_str::<Value>(handed_on(&strand)).is_ok());
    let strand = Strand::enter(state, &nested(100));
    let cause = strand.failure().cause.as_deref().unwrap_or_default();
    assert!(cause.ends_with("'Output/v' returned a value nested deeper than 100 levels."), "{cause}");
}

#[test]
fn causes_and_locations_keep_what_aws_keeps_of_them() {
    let name = "é".repeat(300);
    let strand = Strand::enter(pass(&json!({ &name: "{% $no %}" })), &json!({}));
    let located = strand.events.iter().find_map(|event| match &event.kind {
        Kind::EvaluationFailed { location, .. } => location.as_ref(),
        _ => None,
    });
    assert_eq!(located, Some(&format!("Output/{}", "é".repeat(249))));
    let wait = jsonata(json!({ "Type": "Wait", "Seconds": "{% $states.input %}" }));
    let strand = Strand::enter(wait, &json!("x".repeat(100_000)));
    assert_eq!(strand.failure().cause.as_deref().map(|cause| cause.chars().count()), Some(32_768));
}

#[test]
fn payloads_and_variables_have_the_limits_that_they_have_in_jsonpath() {
    let big = "{% $pad('', 1000, 'x') %}";
    let of = |state| {
        let strand = enter(state, &json!({}), Some(100));
        let lines = strand.lines();
        assert!(!lines.iter().any(|line| line.starts_with("EvaluationFailed")), "{lines:?}");
        strand.failure().clone()
    };
    let too_large = Failure::too_large("S");
    assert_eq!(of(pass(&json!(big))), too_large);
    assert_eq!(of(jsonata(function(&json!({ "Arguments": big })))), too_large);
    let mut strand = Strand::start(&single(jsonata(json!({ "Type": "Pass", "Assign": { "v": big } }))), &json!({}));
    strand.variable_limits = Some(VariableLimits { value: 100, ..VariableLimits::AWS });
    let strand = strand.after(Trigger::Entered);
    assert_eq!(strand.failure().error.as_deref(), Some("States.DataLimitExceeded"));
}

#[test]
fn keys_and_numbers_of_all_kinds_are_data() {
    let input = r#"{"$serde_json::private::Number":"5","$serde_json::private::RawValue":"[]","states":{"input":1}}"#;
    let mut strand = Strand::start(&single(pass(&json!(["{% $states.input %}", "{% $v %}"]))), &json!({}));
    strand.cursor.phase = Phase::Ready { state: "S".to_owned(), input: text(input) };
    strand.cursor.place.variables.own = variables(&json!({ "v": "{% 1 %}" }));
    let strand = strand.after(Trigger::Entered);
    assert_eq!(handed_on(&strand), format!(r#"[{input},"{{% 1 %}}"]"#));
    for number in ["1e400", "-1e400", "123456789012345678901234567890", "-0", "1.50"] {
        let mut strand = Strand::start(&single(pass(&json!("{% $states.input.n %}"))), &json!({}));
        strand.cursor.phase = Phase::Ready { state: "S".to_owned(), input: text(&format!(r#"{{"n":{number}}}"#)) };
        let strand = strand.after(Trigger::Entered);
        assert!(serde_json::from_str::<Value>(handed_on(&strand)).is_ok(), "{number}");
        let wait = jsonata(json!({ "Type": "Wait", "Seconds": "{% $states.input.n %}" }));
        let mut strand = Strand::start(&single(wait), &json!({}));
        strand.cursor.phase = Phase::Ready { state: "S".to_owned(), input: text(&format!(r#"{{"n":{number}}}"#)) };
        let is_zero = matches!(strand.after(Trigger::Entered).cursor.phase, Phase::Waiting(_));
        assert_eq!(is_zero, number == "-0", "{number}");
    }
}

#[test]
fn a_failure_with_neither_error_nor_cause_is_seen_as_nulls() {
    let catch = json!({ "Catch": [
        { "ErrorEquals": ["States.ALL"], "Next": "Caught", "Output": "{% $states.errorOutput %}" },
    ] });
    let strand = Strand::enter(jsonata(function(&catch)), &json!({}));
    let strand = strand.after(Trigger::TaskFailed(Failure::default()));
    assert_eq!(handed_on(&strand), r#"{"Error":null,"Cause":null}"#);
}
