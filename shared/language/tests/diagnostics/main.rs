//! What is said of a wrong definition. Texts marked AWS are recorded from the service.

mod choices;
mod jsonata;
mod machine;
mod query_languages;
mod states;
mod tasks;
mod variables;

use ratchet_language::{Severity, parse};

/// The errors of a definition, each as `CODE: message at /place`.
pub(crate) fn check(definition: &str, expected: &[&str]) {
    let found = parse(definition).err().unwrap_or_default();
    let errors = found.iter().filter(|finding| finding.severity == Severity::Error);
    let errors: Vec<String> = errors.map(ToString::to_string).collect();
    assert_eq!(errors, expected, "{definition}");
}

/// The errors of a machine with this one state, `S`, and another one, `T`, that ends it; places without `/States`.
pub(crate) fn check_state(state: &str, expected: &[&str]) {
    let text = format!(r#"{{"StartAt": "S", "States": {{"S": {state}, "T": {{"Type": "Succeed"}}}}}}"#);
    let found = parse(&text).err().unwrap_or_default();
    let unreachable = |message: &str| message == "State \"T\" is not reachable.";
    let errors = found.iter().filter(|finding| finding.severity == Severity::Error && !unreachable(&finding.message));
    let errors: Vec<String> = errors
        .map(|finding| {
            let schema = finding.to_string().replace("SCHEMA_VALIDATION_FAILED: ", "");
            schema.replace(" at /States/", " at ")
        })
        .collect();
    assert_eq!(errors, expected, "{state}");
}

/// The errors of a state that speaks JSONata.
pub(crate) fn check_jsonata(state: &str, expected: &[&str]) {
    check_state(&state.replacen('{', r#"{"QueryLanguage": "JSONata", "#, 1), expected);
}

pub(crate) const LAMBDA: &str = r#""Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}"#;
