//! How often a step asks for memory: a matter of the state, never of the payload's size.

mod first;

use allocation_counter::measure;
use first::First;
use ratchet_engine::Trigger;
use serde_json::{Value, json};

/// How often the first step of such a state allocates, and how many bytes, with an input of that many.
fn allocations(state: &Value, bytes: usize) -> (u64, u64) {
    let input = json!({ "a": { "id": 1 }, "text": "x".repeat(bytes), "list": vec![1; bytes / 10] });
    let execution = First::new(state, &input);
    let mut taken = None;
    let info = measure(|| taken = execution.step(Trigger::Entered));
    assert!(taken.is_some(), "{state}");
    (info.count_total, info.bytes_total)
}

#[track_caller]
fn check(state: &Value, most: u64) {
    let small = allocations(state, 100);
    assert_eq!(small, allocations(state, 200_000), "{state}");
    assert!(small.0 <= most, "{} allocations in {state}", small.0);
}

#[test]
fn a_step_that_passes_its_payload_on_allocates_the_same_for_any_size() {
    check(&json!({ "Type": "Pass", "Next": "Next" }), 6);
    check(&json!({ "Type": "Pass", "InputPath": "$", "ResultPath": "$", "OutputPath": "$", "Next": "Next" }), 6);
    check(&json!({ "Type": "Pass", "Result": [1], "ResultPath": null, "Next": "Next" }), 9);
}

#[test]
fn an_expression_looks_at_the_payload_where_it_lies() {
    let jsonata = |mut state: Value| {
        state["QueryLanguage"] = json!("JSONata");
        state["Next"] = json!("Next");
        state
    };
    check(&jsonata(json!({ "Type": "Pass" })), 6);
    check(&jsonata(json!({ "Type": "Pass", "Output": { "id": "{% $states.input.a.id %}", "n": 1 } })), 36);
    let rule = |number: u64| json!({ "Condition": format!("{{% $states.input.a.id > {number} %}}"), "Next": "Next" });
    let rules: Vec<Value> = (1..10).map(rule).collect();
    check(&json!({ "Type": "Choice", "QueryLanguage": "JSONata", "Choices": rules, "Default": "Next" }), 140);
    let arguments = json!({ "FunctionName": "pay", "Payload": { "id": "{% $states.input.a.id %}" } });
    let resource = "arn:aws:states:::lambda:invoke";
    check(&jsonata(json!({ "Type": "Task", "Resource": resource, "Arguments": arguments })), 50);
}

#[test]
fn a_choice_and_a_claim_look_at_the_payload_where_it_lies() {
    let rule = |number: u64| json!({ "Variable": "$.a.id", "NumericGreaterThan": number, "Next": "Next" });
    let rules: Vec<Value> = (1..10).map(rule).collect();
    check(&json!({ "Type": "Choice", "Choices": rules, "Default": "Next" }), 6);
    let parameters = json!({ "FunctionName": "pay", "Payload": { "id.$": "$.a.id" } });
    let task = json!({ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": parameters, "Next": "Next" });
    check(&task, 30);
}
