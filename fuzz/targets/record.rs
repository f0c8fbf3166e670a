//! A wake with a record in it, as it travels: what is read is written and read again as the same.
//!
//! Start from what is written: `cargo +nightly fuzz run record fuzz/corpus/record shared/orchestrator/fixtures/wake-v1`.
#![no_main]

use orchestrator::Wake;

libfuzzer_sys::fuzz_target!(|text: &str| {
    match Wake::from_text(text) {
        Ok(wake) => assert_eq!(Wake::from_text(&wake.to_text()).expect("what is written is read"), wake),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
