//! A text is a JSONata expression or none.
#![no_main]

#[path = "../../shared/jsonata/tests/bodies/mod.rs"]
#[allow(dead_code, reason = "each target has a body of its own")]
mod bodies;

libfuzzer_sys::fuzz_target!(|text: &str| bodies::parse(text));
