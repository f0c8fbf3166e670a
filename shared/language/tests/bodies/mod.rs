//! What must hold of every definition. The fuzz target has the same body.

use ratchet_language::{Severity, invalid_definition_message, locate, parse, parse_timestamp};
use serde_json::Value;

/// A text parses to a machine, and printed and parsed again to the same; or each error says where.
pub(crate) fn definition(text: &str) {
    match parse(text) {
        Ok(parsed) => {
            assert!(parsed.warnings.iter().all(|warning| warning.severity == Severity::Warning));
            // Half of a surrogate pair is taken as AWS takes it, and no JSON to others.
            let Ok(value) = serde_json::from_str::<Value>(text) else {
                assert!(text.contains("\\u"), "{text}");
                return;
            };
            let printed = value.to_string();
            let again = parse(&printed).unwrap_or_else(|found| panic!("{}", invalid_definition_message(&found)));
            assert_eq!(again.machine.start_at, parsed.machine.start_at);
            assert_eq!(again.machine.states, parsed.machine.states);
            assert_eq!(again.machine.timeout_seconds, parsed.machine.timeout_seconds);
        }
        Err(findings) => {
            assert!(findings.iter().any(|finding| finding.severity == Severity::Error), "{text}");
            assert!(invalid_definition_message(&findings).starts_with("Invalid State Machine Definition: '"));
            for finding in findings.iter().take(20) {
                assert!(!finding.message.is_empty());
                let place = locate(text, &finding.pointer);
                assert!(place.line <= text.matches('\n').count() + 1, "{finding} at {place}");
            }
        }
    }
}

/// A text is an instant that prints as the same instant, or none.
pub(crate) fn timestamp(text: &str) {
    if let Some(instant) = parse_timestamp(text) {
        // Years of more than four digits are none, and before the year 0 there is nothing.
        assert_eq!(parse_timestamp(&instant.to_string()), Some(instant), "{text}");
    }
}
