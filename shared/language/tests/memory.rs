//! How much memory a machine takes: it is kept for as long as anybody runs it.

use allocation_counter::measure;
use serde_json::{Map, Value, json};

/// A definition of a megabyte: calls with templates and handlers, choices and passes in turn.
fn definition(states: usize) -> String {
    let name = |number: usize| format!("State {number:06}");
    let state = |number: usize| {
        let next = name(number + 1);
        match number % 3 {
            0 => json!({
                "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 30, "ResultPath": "$.result",
                "Parameters": { "FunctionName": "pay", "Payload": { "id.$": "$.order.id", "at.$": "$$.State.EnteredTime" } },
                "Retry": [{ "ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 2, "MaxAttempts": 3 }],
                "Catch": [{ "ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Failed" }],
                "Next": next,
            }),
            1 => json!({
                "Type": "Choice", "Default": "Failed",
                "Choices": [
                    { "Variable": "$.result.status", "StringEquals": "PAID", "Next": next },
                    { "Variable": "$.order.total", "NumericGreaterThan": 100, "Next": next },
                ],
            }),
            _ => json!({
                "Type": "Pass", "ResultPath": "$.note", "Next": next,
                "Parameters": { "text.$": "States.Format('{} of {}', $.order.id, $.order.total)", "fixed": [1, 2, 3] },
            }),
        }
    };
    let mut all: Map<String, Value> = (0..states).map(|number| (name(number), state(number))).collect();
    all.insert(name(states), json!({ "Type": "Succeed" }));
    all.insert("Failed".to_owned(), json!({ "Type": "Fail", "Error": "Failed" }));
    json!({ "StartAt": name(0), "States": all }).to_string()
}

/// The same in JSONata, with no less in its states.
fn definition_in_jsonata(states: usize) -> String {
    let name = |number: usize| format!("State {number:06}");
    let state = |number: usize| {
        let next = name(number + 1);
        match number % 3 {
            0 => json!({
                "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 30,
                "Arguments": { "FunctionName": "pay", "Payload": { "id": "{% $states.input.order.id %}", "at": "{% $states.context.State.EnteredTime %}" } },
                "Retry": [{ "ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 2, "MaxAttempts": 3 }],
                "Catch": [{ "ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput %}", "Next": "Failed" }],
                "Next": next,
            }),
            1 => json!({
                "Type": "Choice", "Default": "Failed",
                "Choices": [
                    { "Condition": "{% $states.input.result.status = 'PAID' %}", "Next": next },
                    { "Condition": "{% $states.input.order.total > 100 %}", "Next": next },
                ],
            }),
            _ => json!({
                "Type": "Pass", "Next": next,
                "Output": { "text": "{% $states.input.order.id & ' of ' & $states.input.order.total %}", "fixed": [1, 2, 3] },
            }),
        }
    };
    let mut all: Map<String, Value> = (0..states).map(|number| (name(number), state(number))).collect();
    all.insert(name(states), json!({ "Type": "Succeed" }));
    all.insert("Failed".to_owned(), json!({ "Type": "Fail", "Error": "Failed" }));
    json!({ "QueryLanguage": "JSONata", "StartAt": name(0), "States": all }).to_string()
}

/// Checks how much is kept of a definition of so many states.
fn check(text: &str, states: usize, most_bytes_per_state: usize) {
    assert!((1_000_000..1_100_000).contains(&text.len()), "{}", text.len());
    let mut machine = None;
    let parsing = measure(|| machine = ratchet_language::parse(text).ok().map(|parsed| parsed.machine));
    assert!(machine.is_some_and(|machine| machine.states.len() > states));
    let kept = usize::try_from(parsing.bytes_current).unwrap_or(0) / states;
    let most = usize::try_from(parsing.bytes_max).unwrap_or(0) / states;
    assert!(
        kept <= most_bytes_per_state,
        "{kept} bytes per state of {} bytes of text, {most} while it is read",
        text.len() / states
    );
}

#[test]
fn a_machine_takes_a_few_times_the_memory_of_its_text() {
    check(&definition(3_900), 3_900, 1_700);
}

/// The trees of its expressions are what takes the room.
#[test]
fn a_machine_in_jsonata_takes_less_than_six_kilobytes_a_state() {
    check(&definition_in_jsonata(3_800), 3_800, 6_000);
}
