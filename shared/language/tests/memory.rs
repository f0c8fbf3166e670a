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

#[test]
fn a_machine_takes_a_few_times_the_memory_of_its_text() {
    const STATES: usize = 3_900;
    const MOST_BYTES_PER_STATE: usize = 1_700;
    let text = definition(STATES);
    assert!((1_000_000..1_100_000).contains(&text.len()), "{}", text.len());
    let mut machine = None;
    let parsing = measure(|| machine = ratchet_language::parse(&text).ok().map(|parsed| parsed.machine));
    assert!(machine.is_some_and(|machine| machine.states.len() > STATES));
    let kept = usize::try_from(parsing.bytes_current).unwrap_or(0) / STATES;
    let most = usize::try_from(parsing.bytes_max).unwrap_or(0) / STATES;
    assert!(
        kept <= MOST_BYTES_PER_STATE,
        "{kept} bytes per state of {} bytes of text, {most} while it is read",
        text.len() / STATES
    );
}
