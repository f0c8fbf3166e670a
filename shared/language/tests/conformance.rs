//! Every definition of the conformance data: what AWS accepted is accepted or refused by name, what AWS refused is
//! refused in AWS's words.

use ratchet_language::{Code, Diagnostic, invalid_definition_message, parse, parse_state_to_test, parse_to_test};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";
const ACTIVITY: &str = "arn:aws:states:us-east-1:123456789012:activity:a";

/// The data's folder, if this machine has it.
fn data() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = std::env::var_os("CONFORMANCE_DIR")
        .map_or_else(|| root.join("../shared/conformance"), |folder| root.join(folder));
    if folder.is_dir() {
        return Some(folder);
    }
    // Past the test runner, which keeps what a passing test prints.
    let _ = writeln!(std::io::stderr(), "no conformance data at {}: nothing compared", folder.display());
    None
}

/// Every step of every case: the case's id and query language, its definitions, the step.
fn steps(folder: &Path) -> Vec<(String, String, Value, Value)> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "json")) {
        let text = std::fs::read_to_string(file).expect("a readable file");
        let data: Value = serde_json::from_str(&text).expect("JSON");
        for case in data["cases"].as_array().into_iter().flatten() {
            let id = case["id"].as_str().unwrap_or_default().to_owned();
            let language = case["query_language"].as_str().unwrap_or_default();
            for step in case["steps"].as_array().into_iter().flatten() {
                found.push((id.clone(), language.to_owned(), case["definitions"].clone(), step.clone()));
            }
        }
    }
    found
}

/// The definition's text that a step sends, with its placeholders filled.
fn definition(step: &Value, definitions: &Value) -> Option<String> {
    let text = match &step["params"]["definition"] {
        Value::String(text) => text.clone(),
        Value::Object(form) => match (form.get("$definition"), form.get("$json"), form.get("$text")) {
            (Some(name), _, _) => definitions[name.as_str()?].to_string(),
            (_, Some(json), _) => json.to_string(),
            (_, _, Some(text)) => text.as_str()?.to_owned(),
            _ => return None,
        },
        _ => return None,
    };
    let mut filled = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('⟦') {
        let (placeholder, after) = after.split_once('⟧')?;
        filled.push_str(before);
        filled.push_str(match placeholder {
            _ if placeholder.ends_with("functionArn") => FUNCTION,
            _ if placeholder.ends_with("activityArn") => ACTIVITY,
            "region" => "us-east-1",
            "partition" => "aws",
            "now" => "2026-01-01T00:00:00",
            _ if placeholder.starts_with("now+") => "2026-01-02T00:00:00",
            _ => "123456789012",
        });
        rest = after;
    }
    filled.push_str(rest);
    Some(filled)
}

fn is_sent(step: &Value, calls: &[&str]) -> bool {
    step["call"].as_str().is_some_and(|call| calls.contains(&call))
}

#[test]
fn what_aws_accepted_is_accepted_or_not_supported_by_name() {
    let Some(folder) = data() else { return };
    let (mut accepted, mut later) = (0, BTreeMap::<String, usize>::new());
    let mut warnings = BTreeMap::<String, usize>::new();
    let mut wrong = Vec::new();
    for (id, _, definitions, step) in steps(&folder) {
        if !is_sent(&step, &["CreateStateMachine", "UpdateStateMachine"]) || step.get("expect_error").is_some() {
            continue;
        }
        let Some(text) = definition(&step, &definitions) else {
            continue;
        };
        match parse(&text) {
            Ok(parsed) => {
                accepted += 1;
                for warning in parsed.warnings {
                    *warnings.entry(warning.message).or_default() += 1;
                }
            }
            Err(found) if found.iter().all(|finding| finding.code == Code::NotSupported) => {
                for finding in found {
                    let feature = finding.message.split(';').next().unwrap_or_default().to_owned();
                    *later.entry(feature).or_default() += 1;
                }
            }
            Err(found) => wrong.push(format!("{id}: {}", invalid_definition_message(&found))),
        }
    }
    println!("{accepted} accepted, with warnings: {warnings:#?}; refused by name: {later:#?}");
    assert!(wrong.is_empty(), "AWS accepted these {}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(accepted >= 680, "{accepted}");
}

#[test]
fn what_aws_tested_can_be_tested() {
    let Some(folder) = data() else { return };
    let mut accepted = 0;
    let mut wrong = Vec::new();
    for (id, _, definitions, step) in steps(&folder) {
        if !is_sent(&step, &["TestState"]) || step.get("expect_error").is_some() {
            continue;
        }
        let Some(text) = definition(&step, &definitions) else {
            continue;
        };
        let is_machine = step["params"].get("stateName").is_some();
        match if is_machine { parse_to_test(&text) } else { parse_state_to_test(&text) } {
            Ok(_) => accepted += 1,
            Err(found) if found.iter().all(|finding| finding.code == Code::NotSupported) => {}
            Err(found) => wrong.push(format!("{id}: {}", invalid_definition_message(&found))),
        }
    }
    assert!(wrong.is_empty(), "AWS tested these {}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(accepted >= 90, "{accepted}");
}

#[test]
fn what_aws_refused_is_refused_in_its_words() {
    let Some(folder) = data() else { return };
    let mut compared = 0;
    for (id, _, definitions, step) in steps(&folder) {
        let error = &step["expect_error"];
        let is_definition = error["code"] == "InvalidDefinition";
        if !is_sent(&step, &["CreateStateMachine", "UpdateStateMachine"]) || !is_definition {
            continue;
        }
        let Some(text) = definition(&step, &definitions) else {
            continue;
        };
        let expected = error["message"].as_str().unwrap_or_default().replace("⟦partition⟧", "aws");
        let mut found = parse(&text).expect_err(&id);
        found.retain(|finding| finding.code != Code::NotSupported);
        assert_eq!(invalid_definition_message(&found), expected, "{id}");
        compared += 1;
    }
    assert!(compared >= 6, "{compared}");
}

#[test]
fn validation_answers_with_awss_diagnostics() {
    let Some(folder) = data() else { return };
    let mut compared = 0;
    for (id, language, definitions, step) in steps(&folder) {
        let Some(expected) = step["expect"]["diagnostics"].as_array() else {
            continue;
        };
        let Some(text) = definition(&step, &definitions) else {
            continue;
        };
        let mut found = parse(&text).err().unwrap_or_default();
        if language == "jsonata" {
            found.retain(|finding| finding.code != Code::NotSupported);
        }
        let found: Vec<Value> = found.iter().map(wire).collect();
        assert_eq!(&found, expected, "{id}");
        compared += 1;
    }
    assert!(compared >= 8, "{compared}");
}

/// A diagnostic as ValidateStateMachineDefinition answers it.
fn wire(diagnostic: &Diagnostic) -> Value {
    let mut wire = serde_json::json!({
        "code": diagnostic.code.as_str(),
        "message": diagnostic.message,
        "severity": diagnostic.severity.as_str(),
    });
    if let Some(location) = diagnostic.location() {
        wire["location"] = location.into();
    }
    wire
}
