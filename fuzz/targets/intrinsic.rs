//! The name of a function, a blank, and the JSON array of its arguments.
#![no_main]

#[path = "../../shared/expression/tests/bodies/mod.rs"]
#[allow(dead_code, reason = "each target has a body of its own")]
mod bodies;

use serde_json::Value;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (function, arguments) = text.split_once(' ').unwrap_or((text, "[]"));
    if function.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && let Ok(Value::Array(arguments)) = serde_json::from_str(arguments)
    {
        bodies::call(function, &arguments);
    }
    bodies::expression(text, &Value::Null);
});
