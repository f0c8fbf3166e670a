//! A line with a path or a call, then a document, which may also be a template.
#![no_main]

#[path = "../../shared/expression/tests/bodies/mod.rs"]
#[allow(dead_code, reason = "each target has a body of its own")]
mod bodies;

use serde_json::{Value, json};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (path, document) = text.split_once('\n').unwrap_or((text, ""));
    let document = serde_json::from_str(document).unwrap_or_else(|_| json!({ "a": [{ "b": 1 }, "x", [2]], "b": "1" }));
    bodies::path(path, &document);
    bodies::expression(path, &document);
    bodies::template(&document, &Value::Null);
    bodies::template(&json!({ "x.$": path }), &document);
});
