//! Data that somebody made to be lost, to grow beyond a record, or to be taken for something else.

use crate::strand::{Strand, function, payload, single};
use model::{Failure, Payload};
use ratchet_engine::{Phase, Trigger};
use serde_json::{Value, json};

fn nested(levels: usize) -> Value {
    (0..levels).fold(json!(1), |value, _| json!([value]))
}

/// The input of the next state.
#[track_caller]
fn handed_on(strand: &Strand) -> &Payload {
    match &strand.cursor.phase {
        Phase::Ready { input, .. } => input,
        phase => panic!("{phase:?} leads to no state"),
    }
}

#[test]
fn a_context_object_too_deep_to_be_read_back_fails_its_state_and_is_not_lost() {
    for (levels, fails) in [(124, false), (125, false), (126, true), (127, true)] {
        for field in ["InputPath", "OutputPath"] {
            let strand = Strand::enter(json!({ "Type": "Pass", field: "$$" }), &nested(levels));
            if fails {
                assert_eq!(strand.failure().error.as_deref(), Some("States.Runtime"));
                let cause = strand.failure().cause.as_deref().unwrap_or_default();
                assert!(
                    cause.ends_with("(entered at the event id #2). the value is nested deeper than 127 levels"),
                    "{cause}"
                );
            } else {
                let again = Payload::from_text(handed_on(&strand).text()).expect("it can be read back");
                assert_eq!(again.value()["Execution"]["Input"], nested(levels));
            }
        }
    }
}

#[test]
fn causes_keep_what_aws_keeps_of_them() {
    let long = "x".repeat(100_000);
    let input = json!({ "long": long });
    let check = |strand: &Strand, beginning: &str| {
        let cause = strand.failure().cause.as_deref().unwrap_or_default();
        assert_eq!(cause.chars().count(), 32_768);
        assert!(cause.starts_with(beginning), "{cause:.200}");
    };
    let missing = json!({ "Type": "Pass", "Parameters": { "a.$": "$.gone" } });
    check(
        &Strand::enter(missing, &input),
        "An error occurred while executing the state 'S' (entered at the event id #2). The JSONPath '$.gone'",
    );
    let fail = Strand::enter(json!({ "Type": "Fail", "ErrorPath": "$.long", "CausePath": "$.long" }), &input);
    check(&fail, "xxxx");
    assert_eq!(fail.failure().error.as_deref().map(str::len), Some(256));
    let task = Strand::enter(function(&json!({})), &input);
    check(&task.after(Trigger::TaskFailed(Failure::new("E", long))), "xxxx");
}

#[test]
fn a_catcher_gets_what_is_left_of_a_long_cause() {
    let catch = json!([{ "ErrorEquals": ["E"], "Next": "Caught" }]);
    let task = Strand::enter(function(&json!({ "Catch": catch })), &json!({}));
    let caught = task.after(Trigger::TaskFailed(Failure::new("E", "x".repeat(100_000))));
    assert_eq!(handed_on(&caught).value()["Cause"].as_str().map(str::len), Some(32_768));
}

#[test]
fn keys_of_the_json_parser_are_data_like_any_other() {
    let input = Payload::from_text(r#"{"$serde_json::private::Number":"5","$serde_json::private::RawValue":"[]"}"#);
    let input = input.expect("JSON");
    let mut strand = Strand::start(&single(json!({ "Type": "Pass", "Parameters": { "x.$": "$" } })), &json!({}));
    strand.cursor.phase = Phase::Ready { state: "S".to_owned(), input: input.clone() };
    let strand = strand.after(Trigger::Entered);
    assert_eq!(handed_on(&strand).text(), format!(r#"{{"x":{}}}"#, input.text()));
}

#[test]
fn numbers_beyond_every_type_choose_by_their_value() {
    let choice = |comparison: Value| {
        let mut rule = json!({ "Variable": "$.n", "Next": "Next" });
        rule.as_object_mut()
            .into_iter()
            .for_each(|rule| rule.extend(comparison.as_object().cloned().unwrap_or_default()));
        json!({ "Type": "Choice", "Choices": [rule], "Default": "S" })
    };
    let number = |text: &str| serde_json::from_str::<Value>(text).expect("a number");
    let long = number(&format!("1{}1", "0".repeat(4_000)));
    for (input, comparison, holds) in [
        (number("1e400"), json!({ "NumericGreaterThan": 0 }), true),
        (number("-1e400"), json!({ "NumericLessThan": number("-1e399") }), true),
        (number("-0"), json!({ "NumericEquals": 0 }), true),
        (long.clone(), json!({ "NumericEquals": long }), true),
        (long, json!({ "NumericEquals": number(&format!("1{}", "0".repeat(4_001))) }), false),
        (json!("NaN"), json!({ "NumericGreaterThan": 0 }), false),
        (json!("1e400"), json!({ "IsNumeric": true }), false),
    ] {
        let strand = Strand::enter(choice(comparison.clone()), &json!({ "n": input }));
        let Phase::Ready { state, .. } = &strand.cursor.phase else { panic!("{:?}", strand.cursor.phase) };
        assert_eq!(state == "Next", holds, "{comparison:.80}");
    }
}

#[test]
fn seconds_that_no_clock_has_are_refused_or_far_away() {
    for (seconds, says) in [
        ("1e400", "cannot be parsed as a long value: $.n == 1e+400"),
        ("9223372036854775808", "cannot be parsed as a long value: $.n == 9223372036854775808"),
        ("9223372036854775807", "Wait state delay is too long."),
        ("1.5", "cannot be parsed as a long value: $.n == 1.5"),
        ("\"NaN\"", "cannot be parsed as a long value: $.n == NaN"),
    ] {
        let input: Value = serde_json::from_str(&format!("{{\"n\":{seconds}}}")).expect("JSON");
        let strand = Strand::enter(json!({ "Type": "Wait", "SecondsPath": "$.n" }), &input);
        let cause = strand.failure().cause.as_deref().unwrap_or_default();
        assert!(cause.ends_with(says), "{cause}");
    }
    for (timestamp, fine) in
        [("9999-12-31T23:59:59Z", false), ("0000-01-01T00:00:00Z", true), ("2016-03-14T01:59:00+25:00", false)]
    {
        let strand = Strand::enter(json!({ "Type": "Wait", "TimestampPath": "$" }), &json!(timestamp));
        assert_eq!(matches!(strand.cursor.phase, Phase::Waiting(_)), fine, "{timestamp}");
    }
    for seconds in ["-1", "0", "1.0", "1e400", "100000000", "18446744073709551615", "18446744073709551616", "\"60\""] {
        let input: Value = serde_json::from_str(&format!("{{\"n\":{seconds}}}")).expect("JSON");
        let strand = Strand::enter(function(&json!({ "TimeoutSecondsPath": "$.n" })), &input);
        let cause = strand.failure().cause.as_deref().unwrap_or_default();
        assert!(cause.contains("which is not a valid integer: $.n"), "{cause}");
    }
    let strand = Strand::enter(function(&json!({ "TimeoutSecondsPath": "$.n" })), &json!({ "n": 99_999_999 }));
    assert!(matches!(strand.cursor.phase, Phase::Calling(_)), "{:?}", strand.cursor.phase);
    assert!(strand.try_step(Trigger::TaskSucceeded(payload(json!(1)))).is_some());
}
