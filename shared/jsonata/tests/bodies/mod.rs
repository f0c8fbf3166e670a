//! What holds for any expression: bodies of property tests, and of fuzz targets.

use ratchet_jsonata::{Dialect, Expression, Limits, Options, Seeded};
use serde_json::Value;

/// Any text is an expression, or an error that says where and why.
pub(crate) fn parse(text: &str) {
    match Expression::parse(text) {
        Ok(expression) => {
            let references = expression.references();
            let names: Vec<_> = references.names().collect();
            assert!(references.variables().all(|name| names.contains(&name)), "{names:?}");
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            // An escape that the end cuts off counts as if it were whole.
            let last = text.encode_utf16().count() + 3;
            assert!(error.position().is_none_or(|position| position <= last), "{error:?}");
        }
    }
}

/// Any expression ends, in either dialect, and does so again in the same way.
pub(crate) fn evaluate(text: &str, input: &Value) {
    let Ok(expression) = Expression::parse(text) else { return };
    for dialect in [Dialect::Reference, Dialect::Aws] {
        let run = || {
            let mut random = Seeded::new(3);
            let limits = Limits { steps: 20_000, memory: 1_000_000, ..Limits::default() };
            let options = Options { limits, dialect, random: Some(&mut random), ..Options::default() };
            expression.evaluate_with(input, options)
        };
        let outcome = run();
        if let Err(error) = &outcome {
            assert!(!error.to_string().is_empty());
        }
        assert_eq!(run(), outcome);
    }
}
