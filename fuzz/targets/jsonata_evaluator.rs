//! A line with a JSONata expression, then its input.
#![no_main]

#[path = "../../shared/jsonata/tests/bodies/mod.rs"]
#[allow(dead_code, reason = "each target has a body of its own")]
mod bodies;

use serde_json::json;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (expression, input) = text.split_once('\n').unwrap_or((text, ""));
    let input = serde_json::from_str(input)
        .unwrap_or_else(|_| json!({ "a": [1, { "b": "x" }, [2, null]], "b": { "a": true }, "q": "Hello" }));
    bodies::evaluate(expression, &input);
});
