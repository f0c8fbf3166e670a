//! The conformance cases in which JSONata makes the output of a Pass state: what real AWS made of it, value or failure.

mod recorded;

use model::Payload;
use ratchet_expression::{Context, QueryScope, QueryTemplate, Random};
use serde_json::{Map, Value, json};

const FILES: [&str; 9] =
    ["choice", "errors", "intrinsics", "jsonata", "map_inline", "scenarios", "test_state", "variables", "wait"];

/// A failure: where it stands, and what the cause says after the state's name.
#[derive(Debug, PartialEq)]
struct Failed {
    location: Value,
    cause: String,
}

/// What a state makes of its input.
fn run(state: &Value, input: &Value, variables: &Map<String, Value>) -> Result<Value, Failed> {
    let Some(output) = state.get("Output") else { return Ok(input.clone()) };
    let scope = QueryScope {
        input: &Payload::from_value(input.clone()),
        result: None,
        error_output: None,
        context: &Context::fixed(json!({})),
        variables,
        random: &Random::seeded(1),
        now_milliseconds: 0,
        limits: jsonata::Limits::default(),
    };
    let template = QueryTemplate::parse(output).expect("AWS accepted the expressions");
    template
        .evaluate("Output", &scope)
        .map_err(|error| Failed { location: error.field.clone().into(), cause: error.to_string() })
}

/// The recorded value of a member that is JSON text.
fn value_of(member: &Value) -> Option<Value> {
    match member {
        Value::Object(recorded) => recorded.get("$json").cloned(),
        Value::String(text) => serde_json::from_str(text).ok(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    }
}

/// The Pass states that speak JSONata, of whatever scope. A state speaks its machine's language unless it says its own,
/// which is not that of the states inside of it. The recursion is as deep as the definition.
fn pass_states<'c>(scope: &'c Value, machine: bool, found: &mut Vec<(&'c str, &'c Value)>) {
    for (name, state) in scope["States"].as_object().into_iter().flatten() {
        if state["Type"] == "Pass" && speaks_jsonata(state, machine) {
            found.push((name, state));
        }
        let branches = state["Branches"].as_array().into_iter().flatten();
        branches.chain(state.get("ItemProcessor")).for_each(|inner| pass_states(inner, machine, found));
    }
}

fn speaks_jsonata(part: &Value, otherwise: bool) -> bool {
    part.get("QueryLanguage").map_or(otherwise, |language| language == "JSONata")
}

/// What AWS noted after the entry of a state: its output, or why it has none.
fn recorded_outcome(event: &Value) -> Result<Value, Failed> {
    let failed = &event["evaluationFailedEventDetails"];
    let cause = failed["cause"].as_str().and_then(|cause| Some(cause.split_once("). ")?.1)).unwrap_or_default();
    value_of(&event["stateExitedEventDetails"]["output"])
        .ok_or_else(|| Failed { location: failed["location"].clone(), cause: cause.to_owned() })
}

/// Compares what each state makes of its input with the recorded events of one history; how many were compared.
fn check(states: &[(&str, &Value)], events: &[Value]) -> Result<usize, String> {
    let mut variables = Map::new();
    let mut compared = 0;
    for (entered, after) in events.iter().zip(&events[1..]) {
        let entry = &entered["stateEnteredEventDetails"];
        let state = states.iter().find(|(name, _)| entry["name"] == *name);
        if let (Some((name, state)), Some(input)) = (state, value_of(&entry["input"])) {
            let (found, expected) = (run(state, &input, &variables), recorded_outcome(after));
            if found != expected {
                return Err(format!("{name} of {input}\n  expected {expected:?}\n  found {found:?}"));
            }
            compared += 1;
        }
        // A state does not see what it sets itself.
        for (name, member) in after["stateExitedEventDetails"]["assignedVariables"].as_object().into_iter().flatten() {
            variables.extend(value_of(member).map(|value| (name.clone(), value)));
        }
    }
    Ok(compared)
}

/// Calls `visit` with every case in JSONata, if this machine has them; whether it has.
fn each_case(mut visit: impl FnMut(&Value)) -> bool {
    FILES.iter().all(|file| {
        let content = recorded::load("CONFORMANCE_DIR", "conformance", &format!("{file}.json"));
        let cases = content.as_ref().map(|content| content["cases"].as_array().expect("a list of cases"));
        cases.into_iter().flatten().filter(|case| case["query_language"] == "jsonata").for_each(&mut visit);
        content.is_some()
    })
}

#[test]
fn every_recorded_pass_state_gives_what_it_gave_on_aws() {
    let mut compared = 0;
    let mut wrong = Vec::new();
    let there = each_case(|case| {
        let mut states = Vec::new();
        for scope in case["definitions"].as_object().into_iter().flat_map(Map::values) {
            pass_states(scope, speaks_jsonata(scope, false), &mut states);
        }
        let histories =
            case["steps"].as_array().into_iter().flatten().filter_map(|step| step["expect"]["events"].as_array());
        for events in histories.filter(|events| !events.is_empty()) {
            match check(&states, events) {
                Ok(count) => compared += count,
                Err(difference) => wrong.push(format!("{}: {difference}", case["id"])),
            }
        }
    });
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(!there || compared > 60, "only {compared} states were compared");
}

/// Every expression of a part of a definition.
fn expressions<'c>(part: &'c Value, found: &mut Vec<&'c Value>) {
    match part {
        Value::String(text) if text.starts_with("{%") && text.ends_with("%}") => found.push(part),
        Value::Array(items) => items.iter().for_each(|item| expressions(item, found)),
        Value::Object(members) => members.values().for_each(|member| expressions(member, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_query_that_aws_accepted_parses() {
    let mut found = 0;
    let there = each_case(|case| {
        let mut texts = Vec::new();
        expressions(&case["definitions"], &mut texts);
        found += texts.len();
        for text in texts {
            assert_eq!(QueryTemplate::parse(text).err(), None, "{text} of {}", case["id"]);
        }
    });
    assert!(!there || found > 200, "only {found} expressions were found");
}
