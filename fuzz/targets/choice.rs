//! A line with the rules of a Choice as a JSON array, then its input.
#![no_main]

// As the engine calls it.
extern crate ratchet_language as language;

#[path = "../../shared/engine/tests/bodies/mod.rs"]
mod bodies;
#[path = "../../shared/engine/tests/first/mod.rs"]
#[allow(dead_code, reason = "measurements use more of it")]
mod first;

use serde_json::{Value, json};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (rules, input) = text.split_once('\n').unwrap_or((text, ""));
    if let Ok(rules @ Value::Array(_)) = serde_json::from_str(rules) {
        let input =
            serde_json::from_str(input).unwrap_or_else(|_| json!({ "a": [1, "x", null], "b": "2020-01-01T00:00:00Z" }));
        bodies::choice(&rules, &input);
    }
});
