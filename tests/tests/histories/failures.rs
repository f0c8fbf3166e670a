//! Forks that fail, and the siblings that are given up.

use crate::{check, fail, line_of, machine, map, parallel, pass, task, wait, with};
use serde_json::json;

#[test]
fn a_task_that_fails_its_branch_and_siblings_that_wait() {
    let branches = [line_of(&[("T", task("fail"))]), line_of(&[("W", wait(60))]), line_of(&[("P", pass())])];
    check(
        &machine(parallel(&branches)),
        &json!({}),
        &[
            "0 ExecutionStarted",
            "0 ParallelStateEntered S",
            "2 ParallelStateStarted",
            "3 TaskStateEntered T",
            "4 LambdaFunctionScheduled",
            "5 LambdaFunctionStarted",
            "6 LambdaFunctionFailed Refused",
            "3 WaitStateEntered W",
            "3 PassStateEntered P",
            "9 PassStateExited P",
            "7 TaskStateAborted",
            "7 WaitStateAborted",
            "7 ParallelStateFailed",
            "13 ExecutionFailed Refused",
        ],
    );
}

#[test]
fn a_fail_state_in_a_branch() {
    check(
        &machine(parallel(&[line_of(&[("W", wait(2)), ("F", fail())]), line_of(&[("T", task("sleep"))])])),
        &json!(9000),
        &[
            "0 ExecutionStarted",
            "0 ParallelStateEntered S",
            "2 ParallelStateStarted",
            "3 WaitStateEntered W",
            "3 TaskStateEntered T",
            "5 LambdaFunctionScheduled",
            "6 LambdaFunctionStarted",
            "4 WaitStateExited W",
            "8 FailStateEntered F",
            "9 TaskStateAborted",
            "9 ParallelStateFailed",
            "11 ExecutionFailed Broken",
        ],
    );
}

#[test]
fn an_iteration_that_fails_others_that_wait_and_one_that_never_began() {
    let mut iteration = line_of(&[("C", json!({ "Type": "Choice" })), ("W", wait(60))]);
    iteration["States"]["C"] = json!({
        "Type": "Choice", "Default": "W",
        "Choices": [{ "Variable": "$", "NumericEquals": 2, "Next": "T" }],
    });
    iteration["States"]["T"] = with(task("fail"), "End", json!(true));
    check(
        &machine(map(2, &iteration)),
        &json!([1, 2, 3]),
        &[
            "0 ExecutionStarted",
            "0 MapStateEntered S",
            "2 MapStateStarted 3",
            "3 MapIterationStarted S 0",
            "3 MapIterationStarted S 1",
            "4 ChoiceStateEntered C",
            "6 ChoiceStateExited C",
            "5 ChoiceStateEntered C",
            "8 ChoiceStateExited C",
            "7 WaitStateEntered W",
            "9 TaskStateEntered T",
            "11 LambdaFunctionScheduled",
            "12 LambdaFunctionStarted",
            "13 LambdaFunctionFailed Refused",
            "14 MapIterationFailed S 1",
            "14 TaskStateAborted",
            "14 MapIterationAborted S 0",
            "14 WaitStateAborted",
            "14 MapStateFailed",
            "19 ExecutionFailed Refused",
        ],
    );
}

#[test]
fn iterations_that_fail_at_one_instant() {
    let iteration = line_of(&[("W", wait(1)), ("F", fail())]);
    check(
        &machine(map(0, &iteration)),
        &json!([1, 2]),
        &[
            "0 ExecutionStarted",
            "0 MapStateEntered S",
            "2 MapStateStarted 2",
            "3 MapIterationStarted S 0",
            "3 MapIterationStarted S 1",
            "4 WaitStateEntered W",
            "5 WaitStateEntered W",
            "6 WaitStateExited W",
            "7 WaitStateExited W",
            "8 FailStateEntered F",
            "9 FailStateEntered F",
            "10 MapIterationFailed S 0",
            "10 MapIterationAborted S 1",
            "10 MapStateFailed",
            "14 ExecutionFailed Broken",
        ],
    );
}

#[test]
fn a_failure_two_levels_down_gives_up_what_runs_on_both() {
    let inner = map(0, &line_of(&[("T", with(task("sleep"), "TimeoutSeconds", json!(2)))]));
    let branches = parallel(&[line_of(&[("M", inner)]), line_of(&[("W", wait(60))])]);
    let outer = with(map(0, &line_of(&[("P", branches)])), "MaxConcurrency", json!(2));
    check(
        &machine(outer),
        &json!([[5000], []]),
        &[
            "0 ExecutionStarted",
            "0 MapStateEntered S",
            "2 MapStateStarted 2",
            "3 MapIterationStarted S 0",
            "3 MapIterationStarted S 1",
            "4 ParallelStateEntered P",
            "6 ParallelStateStarted",
            "5 ParallelStateEntered P",
            "8 ParallelStateStarted",
            "7 MapStateEntered M",
            "10 MapStateStarted 1",
            "11 MapIterationStarted M 0",
            "7 WaitStateEntered W",
            "9 MapStateEntered M",
            "14 MapStateStarted 0",
            "15 MapStateSucceeded",
            "9 WaitStateEntered W",
            "15 MapStateExited M",
            "12 TaskStateEntered T",
            "19 LambdaFunctionScheduled",
            "20 LambdaFunctionStarted",
            "21 LambdaFunctionTimedOut States.Timeout",
            "22 MapIterationFailed M 0",
            "22 TaskStateAborted",
            "22 MapStateFailed",
            "25 WaitStateAborted",
            "25 ParallelStateFailed",
            "27 MapIterationFailed S 0",
            "27 WaitStateAborted",
            "27 MapIterationAborted S 1",
            "27 ParallelStateAborted",
            "27 MapStateFailed",
            "32 ExecutionFailed States.Timeout",
        ],
    );
}

#[test]
fn a_failure_that_is_caught_in_its_iteration_is_none_of_the_maps() {
    let caught = with(task("fail"), "Catch", json!([{ "ErrorEquals": ["Refused"], "Next": "After" }]));
    check(
        &machine(map(1, &line_of(&[("T", caught), ("After", pass())]))),
        &json!([1]),
        &[
            "0 ExecutionStarted",
            "0 MapStateEntered S",
            "2 MapStateStarted 1",
            "3 MapIterationStarted S 0",
            "4 TaskStateEntered T",
            "5 LambdaFunctionScheduled",
            "6 LambdaFunctionStarted",
            "7 LambdaFunctionFailed Refused",
            "8 TaskStateExited T",
            "9 PassStateEntered After",
            "10 PassStateExited After",
            "11 MapIterationSucceeded S 0",
            "12 MapStateSucceeded",
            "12 MapStateExited S",
            "14 ExecutionSucceeded",
        ],
    );
}

#[test]
fn a_path_that_finds_nothing_in_an_iteration() {
    let iteration = line_of(&[("P", with(pass(), "InputPath", json!("$.gone")))]);
    check(
        &machine(map(0, &iteration)),
        &json!([{}]),
        &[
            "0 ExecutionStarted",
            "0 MapStateEntered S",
            "2 MapStateStarted 1",
            "3 MapIterationStarted S 0",
            "4 PassStateEntered P",
            "5 MapIterationFailed S 0",
            "5 MapStateFailed",
            "7 ExecutionFailed States.Runtime",
        ],
    );
}

#[test]
fn an_item_selector_that_finds_nothing() {
    let state = with(map(0, &line_of(&[("P", pass())])), "ItemSelector", json!({ "a.$": "$.gone" }));
    check(
        &machine(with(state, "ItemsPath", json!("$.items"))),
        &json!({ "items": [1] }),
        &[
            "0 ExecutionStarted",
            "0 MapStateEntered S",
            "2 MapStateStarted 1",
            "3 MapIterationStarted S 0",
            "4 MapIterationFailed S 0",
            "4 MapStateFailed",
            "6 ExecutionFailed States.Runtime",
        ],
    );
}
