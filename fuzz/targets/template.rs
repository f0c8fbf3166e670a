//! A line with a payload template, then a document.
#![no_main]

#[path = "../../shared/expression/tests/bodies/mod.rs"]
#[allow(dead_code, reason = "each target has a body of its own")]
mod bodies;

use serde_json::{Value, json};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (template, document) = text.split_once('\n').unwrap_or((text, ""));
    if let Ok(template) = serde_json::from_str::<Value>(template) {
        let document =
            serde_json::from_str(document).unwrap_or_else(|_| json!({ "a": [{ "b": 1 }, "x", [2]], "b": "1" }));
        bodies::template(&template, &document);
    }
});
