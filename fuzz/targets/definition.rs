//! A text is a definition or none.
#![no_main]

#[path = "../../shared/language/tests/bodies/mod.rs"]
#[allow(dead_code, reason = "each target has a body of its own")]
mod bodies;

libfuzzer_sys::fuzz_target!(|text: &str| {
    bodies::definition(text);
    bodies::timestamp(text);
});
