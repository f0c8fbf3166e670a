//! What must hold of every definition. The fuzz target has the same body.

use ratchet_language::{Code, Diagnostic, Severity, SourceMap, invalid_definition_message, parse, parse_timestamp};
use serde_json::Value;

/// A text parses to a machine, and printed and parsed again to the same; or each error says where.
pub(crate) fn definition(text: &str) {
    match parse(text) {
        Ok(parsed) => {
            assert!(parsed.warnings.iter().all(|warning| warning.severity == Severity::Warning));
            check_places(text, &parsed.warnings);
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
            check_places(text, &findings);
            check_again(text, &findings);
        }
    }
}

/// Every finding names a part of the text, and bytes of it within one line.
fn check_places(text: &str, findings: &[Diagnostic]) {
    let map = SourceMap::of(text);
    for finding in findings {
        assert!(!finding.message.is_empty());
        let span = map.span(finding);
        let bytes = text.get(span.clone()).unwrap_or_else(|| panic!("{finding}: no {span:?} in {text}"));
        assert!(!bytes.contains('\n'), "{finding}: {bytes}");
        let place = map.position(span.start);
        assert!(place.line <= text.matches('\n').count() + 1, "{finding} at {place}");
        let is_json = finding.code != Code::InvalidJsonDescription && !text.trim().is_empty();
        assert!(!is_json || map.has(&finding.pointer), "{finding}: no {} in {text}", finding.pointer);
        assert!(!is_json || map.has(finding.closest_pointer()), "{finding}: no {:?} in {text}", finding.focus);
    }
}

/// The same is found again, and in the same definition printed otherwise.
fn check_again(text: &str, findings: &[Diagnostic]) {
    assert_eq!(parse(text).err().as_deref(), Some(findings));
    let is_json = findings.iter().all(|finding| finding.code != Code::InvalidJsonDescription);
    if let Some(value) = serde_json::from_str::<Value>(text).ok().filter(|_| is_json) {
        assert_eq!(parse(&format!("{value:#}")).err().as_deref(), Some(findings), "{text}");
    }
}

/// A text is an instant that prints as the same instant, or none.
pub(crate) fn timestamp(text: &str) {
    if let Some(instant) = parse_timestamp(text) {
        // Years of more than four digits are none, and before the year 0 there is nothing.
        assert_eq!(parse_timestamp(&instant.to_string()), Some(instant), "{text}");
    }
}
