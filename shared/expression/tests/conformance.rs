//! The conformance cases of intrinsic functions, which real AWS answered: each is one Pass state.

mod recorded;

use ratchet_expression::{Context, Expression, JsonPath, Random, ResultPath, Scope, Template};
use serde_json::{Map, Value, json};

/// The output of a Pass state for `input`, or the error's cause.
fn run_pass(state: &Value, input: &Value) -> Result<Value, String> {
    let context = Context::fixed(json!({
        "Execution": { "Input": input },
        "StateMachine": { "Name": "created-by-statemachine_⟦uid1⟧" },
    }));
    let scope = Scope { input, context: &context, variables: &Map::new(), random: &Random::seeded(1) };
    let template = Template::parse(&state["Parameters"]).expect("AWS accepted the template");
    let result = template.evaluate(&scope).map_err(|error| error.to_string())?;
    let output = match state["ResultPath"].as_str() {
        Some(path) => {
            let path = ResultPath::parse(path).expect("AWS accepted the path");
            path.insert(input.clone(), result).map_err(|error| error.to_string())?
        }
        None => result,
    };
    let path = JsonPath::parse(state["OutputPath"].as_str().unwrap_or("$")).expect("AWS accepted the path");
    path.evaluate(&output).map(std::borrow::Cow::into_owned).map_err(|error| error.to_string())
}

fn matches(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::String(found), Value::Object(any)) if any.get("$any") == Some(&json!("uuid")) => found.len() == 36,
        (Value::Object(found), Value::Object(expected)) => {
            found.len() == expected.len()
                && expected.iter().all(|(key, value)| found.get(key).is_some_and(|found| matches(found, value)))
        }
        _ => found == expected,
    }
}

#[test]
fn every_recorded_intrinsic_answers_as_aws_did() {
    let Some(file) = recorded::load("CONFORMANCE_DIR", "conformance", "intrinsics.json") else {
        return;
    };
    let mut wrong = Vec::new();
    let mut ran = 0;
    for case in file["cases"].as_array().expect("a list of cases") {
        if case["query_language"] != "jsonpath" {
            continue;
        }
        for execution in case["executions"].as_array().into_iter().flatten() {
            let machine = &case["definitions"][execution["definition"].as_str().expect("a definition")];
            let state = &machine["States"][machine["StartAt"].as_str().expect("a first state")];
            let Some(expected) = execution["expect"]["output"].get("$json") else {
                continue;
            };
            let input = execution["input"].get("$json").cloned().unwrap_or_else(|| json!({}));
            ran += 1;
            match run_pass(state, &input) {
                Ok(found) if matches(&found, expected) => {}
                found => wrong.push(format!("{} {input}\n  expected {expected}\n  found {found:?}", case["id"])),
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {ran} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(ran > 90, "only {ran} executions were found");
}

/// Adds every expression of a definition that AWS accepted: fields ending in `.$` or `Path`, outside literal results.
fn collect<'c>(value: &'c Value, expressions: &mut Vec<(&'c str, &'c str)>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, expressions)),
        Value::Object(members) => {
            let jsonata = members.get("QueryLanguage") == Some(&json!("JSONata"));
            for (key, member) in members.iter().filter(|(key, _)| !jsonata && *key != "Result") {
                match member.as_str() {
                    Some(text) if key.ends_with(".$") || key.ends_with("Path") => {
                        expressions.push((key, text));
                    }
                    _ => collect(member, expressions),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_expression_that_aws_accepted_parses() {
    let files = [
        "base",
        "catch",
        "choice",
        "errors",
        "map_inline",
        "map_distributed",
        "parallel",
        "scenarios",
        "variables",
        "wait",
    ];
    let mut found = 0;
    for file in files {
        let Some(content) = recorded::load("CONFORMANCE_DIR", "conformance", &format!("{file}.json")) else {
            return;
        };
        for case in content["cases"].as_array().expect("a list of cases") {
            if case["query_language"] != "jsonpath" || case.to_string().contains("expect_error") {
                continue;
            }
            let mut expressions = Vec::new();
            collect(&case["definitions"], &mut expressions);
            for (field, text) in expressions {
                found += 1;
                let refused = if field == "ResultPath" {
                    ResultPath::parse(text).err().map(|error| error.to_string())
                } else {
                    Expression::parse(text).err().map(|error| error.to_string())
                };
                assert_eq!(refused, None, "{field} {text} of {}", case["id"]);
            }
        }
    }
    assert!(found > 300, "only {found} expressions were found");
}
