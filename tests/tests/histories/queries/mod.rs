//! Expressions that fail: what their event follows, and what Retry and Catch make of it; in `forks`, what becomes of the
//! fork and the siblings.

mod forks;

use crate::{check, line_of, pass, task, wait, with};
use serde_json::{Value, json};

/// A machine that speaks JSONata, of these states.
fn machine(states: &[(&str, Value)]) -> Value {
    with(line_of(states), "QueryLanguage", json!("JSONata"))
}

/// The state, with a field whose expression gives nothing.
fn failing(state: Value, field: &str) -> Value {
    with(state, field, json!("{% $states.input.missing %}"))
}

/// The state, with one entry of Retry or Catch for expressions that fail.
fn handled(state: Value, field: &str, entry: Value) -> Value {
    with(state, field, json!([with(entry, "ErrorEquals", json!(["States.QueryEvaluationError"]))]))
}

#[test]
fn in_the_first_state_it_follows_nothing_as_the_entry_does() {
    check(
        &machine(&[("S", failing(pass(), "Output"))]),
        &json!({}),
        &[
            "0 ExecutionStarted",
            "0 PassStateEntered S",
            "0 EvaluationFailed S Output States.QueryEvaluationError",
            "3 ExecutionFailed States.QueryEvaluationError",
        ],
    );
}

#[test]
fn in_a_later_state_it_follows_what_the_entry_follows() {
    check(
        &machine(&[("A", pass()), ("S", failing(task("sleep"), "Arguments"))]),
        &json!({}),
        &[
            "0 ExecutionStarted",
            "0 PassStateEntered A",
            "2 PassStateExited A",
            "3 TaskStateEntered S",
            "3 EvaluationFailed S Arguments States.QueryEvaluationError",
            "5 ExecutionFailed States.QueryEvaluationError",
        ],
    );
    check(
        &machine(&[("A", pass()), ("S", failing(wait(0), "Seconds"))]),
        &json!({}),
        &[
            "0 ExecutionStarted",
            "0 PassStateEntered A",
            "2 PassStateExited A",
            "3 WaitStateEntered S",
            "3 EvaluationFailed S Seconds States.QueryEvaluationError",
            "5 ExecutionFailed States.QueryEvaluationError",
        ],
    );
}

#[test]
fn a_time_that_is_none_is_found_after_the_entry() {
    let until = json!({ "Type": "Wait", "Timestamp": "{% 'tomorrow' %}" });
    check(
        &machine(&[("S", until)]),
        &json!({}),
        &[
            "0 ExecutionStarted",
            "0 WaitStateEntered S",
            "2 EvaluationFailed S Timestamp States.QueryEvaluationError",
            "3 ExecutionFailed States.QueryEvaluationError",
        ],
    );
}

#[test]
fn after_the_work_it_follows_the_work() {
    check(
        &machine(&[("S", failing(task("sleep"), "Output"))]),
        &json!({}),
        &[
            "0 ExecutionStarted",
            "0 TaskStateEntered S",
            "2 LambdaFunctionScheduled",
            "3 LambdaFunctionStarted",
            "4 LambdaFunctionSucceeded",
            "5 EvaluationFailed S Output States.QueryEvaluationError",
            "6 ExecutionFailed States.QueryEvaluationError",
        ],
    );
}

#[test]
fn after_a_wait_it_follows_the_entry_too() {
    check(
        &machine(&[("S", failing(wait(2), "Output"))]),
        &json!({}),
        &[
            "0 ExecutionStarted",
            "0 WaitStateEntered S",
            "2 EvaluationFailed S Output States.QueryEvaluationError",
            "3 ExecutionFailed States.QueryEvaluationError",
        ],
    );
}

#[test]
fn a_catcher_takes_it() {
    let caught = handled(failing(task("sleep"), "Arguments"), "Catch", json!({ "Next": "C" }));
    check(
        &machine(&[("S", caught), ("C", pass())]),
        &json!({}),
        &[
            "0 ExecutionStarted",
            "0 TaskStateEntered S",
            "0 EvaluationFailed S Arguments States.QueryEvaluationError",
            "3 TaskStateExited S",
            "4 PassStateEntered C",
            "5 PassStateExited C",
            "6 ExecutionSucceeded",
        ],
    );
}

#[test]
fn a_retrier_takes_it_as_often_as_it_says() {
    let retried = handled(failing(task("sleep"), "Output"), "Retry", json!({ "MaxAttempts": 1 }));
    check(
        &machine(&[("S", retried)]),
        &json!({}),
        &[
            "0 ExecutionStarted",
            "0 TaskStateEntered S",
            "2 LambdaFunctionScheduled",
            "3 LambdaFunctionStarted",
            "4 LambdaFunctionSucceeded",
            "5 EvaluationFailed S Output States.QueryEvaluationError",
            "6 LambdaFunctionScheduled",
            "7 LambdaFunctionStarted",
            "8 LambdaFunctionSucceeded",
            "9 EvaluationFailed S Output States.QueryEvaluationError",
            "10 ExecutionFailed States.QueryEvaluationError",
        ],
    );
}

#[test]
fn the_output_of_a_catcher_fails_the_state_for_good() {
    let catchers = json!([
        { "ErrorEquals": ["Refused"], "Output": { "a": "{% $states.errorOutput.missing %}" }, "Next": "C" },
        { "ErrorEquals": ["States.ALL"], "Next": "C" },
    ]);
    check(
        &machine(&[("S", with(task("fail"), "Catch", catchers)), ("C", pass())]),
        &json!({}),
        &[
            "0 ExecutionStarted",
            "0 TaskStateEntered S",
            "2 LambdaFunctionScheduled",
            "3 LambdaFunctionStarted",
            "4 LambdaFunctionFailed Refused",
            "5 EvaluationFailed S Catch[0]/Output/a States.QueryEvaluationError",
            "6 ExecutionFailed States.QueryEvaluationError",
        ],
    );
}

#[test]
fn a_choice_fails_at_the_condition_that_it_cannot_decide() {
    let choice = json!({ "Type": "Choice", "Default": "C", "Choices": [
        { "Condition": "{% false %}", "Next": "C" },
        { "Condition": "{% 'yes' %}", "Next": "C" },
    ] });
    let mut choices = machine(&[("S", pass()), ("C", pass())]);
    choices["States"]["S"] = choice;
    check(
        &choices,
        &json!({}),
        &[
            "0 ExecutionStarted",
            "0 ChoiceStateEntered S",
            "0 EvaluationFailed S Choices[1]/Condition States.QueryEvaluationError",
            "3 ExecutionFailed States.QueryEvaluationError",
        ],
    );
}
