//! `variableReferences`: which variables each state of a definition reads.
//!
//! AWS lists them by state, in alphabetical order, and leaves out states that read none.

use expression::{Query, QueryTemplate};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The variable that JSONata has in every state, which no state sets.
pub(crate) const RESERVED: &str = "states";

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
    if jsonata {
        look_at_queries(state, &mut names);
        return names;
    }
    for (field, value) in state {
        match field.as_str() {
            "ItemProcessor" | "Iterator" | "Branches" | "Comment" | "Result" => {}
            _ => look_at_paths(field, value, &mut names),
        }
    }
    names
}

/// The fields of a state, of its rules and of its catchers that take expressions of JSONata.
const QUERIES: [&str; 19] = [
    "Arguments",
    "Assign",
    "Cause",
    "Condition",
    "Credentials",
    "Error",
    "HeartbeatSeconds",
    "ItemBatcher",
    "ItemReader",
    "ItemSelector",
    "Items",
    "MaxConcurrency",
    "Output",
    "ResultWriter",
    "Seconds",
    "TimeoutSeconds",
    "Timestamp",
    "ToleratedFailureCount",
    "ToleratedFailurePercentage",
];

fn look_at_queries(state: &Map<String, Value>, names: &mut BTreeSet<String>) {
    for value in QUERIES.iter().filter_map(|field| state.get(*field)) {
        QueryTemplate::read(value, &mut |_, text| {
            // What does not parse has been refused.
            let query = Query::parse(Query::source_in(text)?).ok()?;
            names.extend(query.references().variables().filter(|name| *name != RESERVED).map(str::to_owned));
            None
        });
    }
    let lists = ["Choices", "Catch"].into_iter().filter_map(|list| state.get(list)?.as_array());
    for entry in lists.flatten().filter_map(Value::as_object) {
        look_at_queries(entry, names);
    }
}

fn look_at_paths(field: &str, value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            if field.ends_with(".$") || field.ends_with("Path") || field == "Variable" {
                read(text, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| look_at_paths(field, item, names)),
        Value::Object(fields) => {
            fields.iter().for_each(|(field, value)| look_at_paths(field, value, names));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Every `$name` outside quotes.
fn read(text: &str, names: &mut BTreeSet<String>) {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let mut rest = text;
    let mut before = ' ';
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        match character {
            '\'' => rest = after_quote(rest),
            '$' if before != '$' && !is_word(before) => {
                let end = rest.find(|character| !is_word(character)).unwrap_or(rest.len());
                let (name, _) = rest.split_at(end);
                if name.chars().next().is_some_and(|first| !first.is_numeric()) {
                    names.insert(name.to_owned());
                }
            }
            _ => {}
        }
        before = character;
    }
}

/// What comes after a quoted text, in which a backslash protects the next character.
fn after_quote(text: &str) -> &str {
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '\\' => {
                characters.next();
            }
            '\'' => return &text[index + 1..],
            _ => {}
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

    fn check_jsonata(state: &Value, expected: &[&str]) {
        let definition = json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": state}});
        let expected = if expected.is_empty() { json!({}) } else { json!({ "A": expected }) };
        check(&definition, &expected);
    }

    #[test]
    fn jsonata_functions_and_bindings_are_no_variables() {
        check_jsonata(
            &json!({"Type": "Pass", "Output": "{% ($y := 1; $sum($list) + $y + $states.input.x & '$no') %}",
                "Comment": "{% $no %}"}),
            &["list"],
        );
        check_jsonata(
            &json!({"Type": "Pass", "Output": "{% $map($list, function($no) { $no * $rate }) %}"}),
            &["list", "rate"],
        );
    }

    #[test]
    fn jsonata_is_read_where_it_is_evaluated() {
        let rule =
            json!({"Condition": "{% $b %}", "Output": ["{% $c %}"], "Comment": "{% $no %}", "Next": "{% $no %}"});
        check_jsonata(
            &json!({"Type": "Choice", "Choices": [rule], "Assign": {"no": {"Next": "{% $a %}"}}}),
            &["a", "b", "c"],
        );
        let catcher = json!({"ErrorEquals": ["{% $no %}"], "Assign": {"x": "{% $d %}"}, "Next": "A"});
        let retrier = json!({"ErrorEquals": ["{% $no %}"]});
        check_jsonata(
            &json!({"Type": "Task", "Catch": [catcher], "Retry": [retrier], "TimeoutSeconds": "{% $e %}", "Resource": "{% $no %}"}),
            &["d", "e"],
        );
    }

    #[test]
    fn what_does_not_parse_refers_to_nothing() {
        for text in ["{% $no + %}", "{%%}", "{%}", "%}", "{% $no", " {% $no %}", "{% $match('a', /no %}"] {
            check_jsonata(&json!({"Type": "Pass", "Output": [text, "{% $yes %}"]}), &["yes"]);
        }
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
