//! Whatever the text: ARNs, instants and payloads are read or refused, and print as what they were read from.
//!
//! `PROPTEST_CASES=20000 cargo test -p ratchet-model --test properties` looks further.

#[path = "../../expression/tests/edits/mod.rs"]
mod edits;

use edits::{edited, edits};
use proptest::prelude::*;
use proptest::sample::select;
use ratchet_model::{ActivityArn, ExecutionArn, Failure, Payload, StateMachineArn, StrandId, Timestamp, json};
use serde_json::Value;

const ARNS: [&str; 5] = [
    "arn:aws:states:us-east-1:123456789012:stateMachine:pay",
    "arn:aws:states:us-east-1:123456789012:execution:pay:one",
    "arn:aws-cn:states:cn-north-1:123456789012:activity:été",
    "arn:aws:states:us-east-1:123456789012:stateMachine:pay:7",
    "arn:aws:states:us-east-1:123456789012:express:pay:one:1",
];

const TEXTS: [&str; 5] = [
    r#"{"a": [1.50, -0, 1e400, 12345678901234567890123], "b": {"c": null, "é": "\u0041\ud83d\ude00\n"}}"#,
    r#"[[], {}, [[["x"]]], true, false]"#,
    r#"{"$serde_json::private::Number": "5", "$serde_json::private::RawValue": "[1]"}"#,
    r#"{"\u0024serde_json::private::RawValue": "{\"$serde_json::private::RawValue\": \"[1]\"}"}"#,
    r#""text""#,
];

fn text(source: &str, edits: &[edits::Edit]) -> String {
    String::from_utf8_lossy(&edited(source.as_bytes(), edits)).into_owned()
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

proptest! {
    #![proptest_config(edits::config(500))]

    #[test]
    fn an_arn_that_somebody_changed_is_one_or_none(source in select(&ARNS[..]), edits in edits(3)) {
        let text = text(source, &edits);
        match text.parse::<ExecutionArn>() {
            Ok(arn) => {
                prop_assert_eq!(arn.as_str(), &text);
                prop_assert_eq!(arn.state_machine().execution(arn.name()), arn);
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
        if let Ok(arn) = text.parse::<StateMachineArn>() {
            prop_assert_eq!(StateMachineArn::new(&arn.place(), arn.name()), arn);
        }
        if let Ok(arn) = text.parse::<ActivityArn>() {
            prop_assert_eq!(ActivityArn::new(&arn.place(), arn.name()), arn);
        }
    }

    #[test]
    fn a_payload_that_somebody_changed_is_json_or_none(source in select(&TEXTS[..]), edits in edits(4)) {
        let text = text(source, &edits);
        if let Ok(payload) = Payload::from_text(text.as_str()) {
            prop_assert_eq!(payload.text(), &text);
            prop_assert!(depth(payload.value()) <= 127);
            let printed = payload.value().to_string();
            prop_assert_eq!(&json::parse(&printed).expect("what is printed is read"), payload.value());
            let checked = Payload::from_checked(text.as_str());
            prop_assert_eq!(checked.value(), payload.value());
        }
    }

    #[test]
    fn what_is_json_is_what_the_parser_says(text in "[\\[\\]{}:,\"\\\\a0e.+-]{0,12}") {
        let expected = serde_json::from_str::<Value>(&text).map_err(drop);
        prop_assert_eq!(json::parse(&text).map_err(drop), expected);
        // The longer way, which only texts with an escape take.
        let escaped = format!("[\"\\u0041\",{text}]");
        let expected = serde_json::from_str::<Value>(&escaped).map_err(drop);
        prop_assert_eq!(json::parse(&escaped).map_err(drop), expected);
    }

    #[test]
    fn instants_and_strands_have_no_bounds_to_fall_over(micros: i64, seconds: u64, text in ".{0,12}") {
        let instant = Timestamp::from_micros(micros);
        prop_assert!(!instant.to_string().is_empty() && instant.as_epoch_seconds().is_finite());
        prop_assert!(instant.plus_seconds(seconds) >= instant);
        prop_assert!(instant.plus_seconds(seconds).since(instant).as_secs() <= seconds);
        let strand = StrandId::from_stored(&text);
        prop_assert_eq!(strand.child(seconds, 7).parent(), Some((strand.clone(), seconds, 7)));
        let _ = (strand.parent(), strand.is_root());
    }

    #[test]
    fn failures_are_cut_between_characters(error in "\\PC{0,300}", cause in "\\PC{0,40}", times in 0..2_000_usize) {
        let failure = Failure::new(error.clone(), cause.repeat(times)).clipped();
        let (kept, why) = (failure.error.unwrap_or_default(), failure.cause.unwrap_or_default());
        prop_assert!(error.starts_with(&kept) && kept.chars().count() == error.chars().count().min(256));
        prop_assert_eq!(why.chars().count(), (cause.chars().count() * times).min(32_768));
    }
}
