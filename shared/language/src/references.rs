//! `variableReferences`: which variables each state of a definition reads.
//!
//! AWS lists them by state, in alphabetical order, and leaves out states that read none.

use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Variables by state.
pub type VariableReferences = BTreeMap<String, BTreeSet<String>>;

/// The variables that the states of a definition read.
pub fn variable_references(definition: &str) -> VariableReferences {
    let mut found = VariableReferences::new();
    if let Ok(Value::Object(machine)) = serde_json::from_str(definition) {
        look_at_states(&machine, is_jsonata(&machine).unwrap_or(false), &mut found);
    }
    found
}

fn is_jsonata(fields: &Map<String, Value>) -> Option<bool> {
    fields.get("QueryLanguage").and_then(Value::as_str).map(|language| language == "JSONata")
}

/// States may lie as deep in each other as the JSON parser allows: 127 levels.
fn look_at_states(scope: &Map<String, Value>, jsonata: bool, found: &mut VariableReferences) {
    let states = scope.get("States").and_then(Value::as_object);
    for (name, state) in states.into_iter().flatten() {
        let Some(state) = state.as_object() else { continue };
        let jsonata = is_jsonata(state).unwrap_or(jsonata);
        let names = references_of_state(state, jsonata);
        if !names.is_empty() {
            found.entry(name.clone()).or_default().extend(names);
        }
        let branches = state.get("Branches").and_then(Value::as_array).into_iter().flatten();
        let processors = ["ItemProcessor", "Iterator"].into_iter().filter_map(|name| state.get(name));
        for scope in branches.chain(processors).filter_map(Value::as_object) {
            look_at_states(scope, jsonata, found);
        }
    }
}

/// The variables that a state reads itself, without the states inside of it.
pub(crate) fn references_of_state(state: &Map<String, Value>, jsonata: bool) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (field, value) in state {
        match field.as_str() {
            "ItemProcessor" | "Iterator" | "Branches" | "Comment" | "Result" => {}
            _ => look_at_value(field, value, jsonata, &mut names),
        }
    }
    names
}

fn look_at_value(field: &str, value: &Value, jsonata: bool, names: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if jsonata => {
            if let Some(text) = text.strip_prefix("{%").and_then(|text| text.strip_suffix("%}")) {
                read(text, true, names);
            }
        }
        Value::String(text) => {
            if field.ends_with(".$") || field.ends_with("Path") || field == "Variable" {
                read(text, false, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| look_at_value(field, item, jsonata, names)),
        Value::Object(fields) => {
            fields.iter().for_each(|(field, value)| look_at_value(field, value, jsonata, names));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Every `$name` outside quotes: in JSONata neither a function that is called nor a variable that is bound there.
fn read(text: &str, jsonata: bool, names: &mut BTreeSet<String>) {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let mut rest = text;
    let mut before = ' ';
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        match character {
            '\'' | '"' if jsonata || character == '\'' => rest = after_quote(rest, character),
            '$' if before != '$' && !is_word(before) => {
                let end = rest.find(|character| !is_word(character)).unwrap_or(rest.len());
                let (name, behind) = rest.split_at(end);
                let next = behind.trim_start();
                let is_bound = jsonata && (name == "states" || next.starts_with('(') || next.starts_with(":="));
                if name.chars().next().is_some_and(|first| !first.is_numeric()) && !is_bound {
                    names.insert(name.to_owned());
                }
            }
            _ => {}
        }
        before = character;
    }
}

/// What comes after a quoted text, in which a backslash protects the next character.
fn after_quote(text: &str, quote: char) -> &str {
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if character == quote {
            return &text[index + 1..];
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(definition: &Value, expected: &Value) {
        let found = variable_references(&definition.to_string());
        assert_eq!(&serde_json::to_value(found).unwrap_or_default(), expected);
    }

    #[test]
    fn paths_and_templates_refer_and_plain_values_do_not() {
        let state = json!({"Type": "Pass", "InputPath": "$answer", "ResultPath": "$.theAnswer",
            "Parameters": {"a": "$no", "b.$": "States.Format('$no {} {}', $z.x, $$.State.Name)", "c.$": "$[0]"}});
        check(
            &json!({"StartAt": "A", "States": {"A": state, "B": {"Type": "Succeed"}}}),
            &json!({"A": ["answer", "z"]}),
        );
    }

    #[test]
    fn states_of_a_map_are_listed_beside_it() {
        let processor = json!({"StartAt": "P", "States": {"P": {"Type": "Pass", "Parameters": {"q.$": "$Question"}}}});
        let map = json!({"Type": "Map", "ItemsPath": "$List", "ItemProcessor": processor});
        check(&json!({"StartAt": "M", "States": {"M": map}}), &json!({"M": ["List"], "P": ["Question"]}));
    }

    #[test]
    fn jsonata_functions_and_bindings_are_no_variables() {
        let state = json!({"Type": "Pass", "Output": "{% ($y := 1; $sum($list) + $states.input.x & '$no') %}",
            "Comment": "{% $no %}"});
        check(&json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": state}}), &json!({"A": ["list"]}));
    }

    /// The recordings of DescribeStateMachine, where this machine has them.
    #[test]
    fn references_are_those_that_aws_lists() -> Result<(), Box<dyn std::error::Error>> {
        let workspace = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let directory = std::env::var_os("CONFORMANCE_DIR").unwrap_or_else(|| "../shared/conformance".into());
        let path = workspace.join(directory).join("variables.json");
        if !path.is_file() {
            // Past the test runner, which keeps what a passing test prints.
            let line = "no recordings on this machine (set CONFORMANCE_DIR); nothing was compared\n";
            let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
            return Ok(());
        }
        let recordings: Value = serde_json::from_slice(&std::fs::read(path)?)?;
        let mut compared = 0;
        for case in recordings["cases"].as_array().into_iter().flatten() {
            for step in case["steps"].as_array().into_iter().flatten() {
                // Recordings from before variables have neither member.
                let expected = &step["expect"];
                if step["call"] != "DescribeStateMachine" || expected["encryptionConfiguration"].is_null() {
                    continue;
                }
                let listed = expected.get("variableReferences").cloned().unwrap_or_else(|| json!({}));
                assert_eq!(
                    serde_json::to_value(variable_references(&case["definitions"]["d0"].to_string()))?,
                    listed,
                    "{}",
                    case["id"]
                );
                compared += 1;
            }
        }
        assert!(compared > 0, "the recordings have no DescribeStateMachine");
        Ok(())
    }
}
