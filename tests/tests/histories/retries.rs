//! Forks that are retried and caught.

use crate::{check, fail, line_of, machine, map, parallel, pass, task, wait, with};
use serde_json::{Value, json};

/// One retry, then a catcher.
fn handled(state: Value) -> Value {
    let retry = with(state, "Retry", json!([{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 1 }]));
    with(retry, "Catch", json!([{ "ErrorEquals": ["States.ALL"], "Next": "Caught" }]))
}

/// A machine of the handled state, `S`, and of what catches.
fn caught(state: Value) -> Value {
    let mut machine = machine(handled(state));
    machine["States"]["Caught"] = json!({ "Type": "Succeed" });
    machine
}

#[test]
fn a_map_is_started_again_and_each_attempt_has_its_failed_iteration() {
    check(
        &caught(map(0, &line_of(&[("T", task("fail"))]))),
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
            "8 MapIterationFailed S 0",
            "8 TaskStateAborted",
            "8 MapStateStarted 1",
            "11 MapIterationStarted S 0",
            "12 TaskStateEntered T",
            "13 LambdaFunctionScheduled",
            "14 LambdaFunctionStarted",
            "15 LambdaFunctionFailed Refused",
            "16 MapIterationFailed S 0",
            "16 TaskStateAborted",
            "16 MapStateFailed",
            "19 MapStateExited S",
            "20 SucceedStateEntered Caught",
            "21 SucceedStateExited Caught",
            "22 ExecutionSucceeded",
        ],
    );
}

#[test]
fn a_parallel_is_started_again_with_all_its_branches() {
    check(
        &caught(parallel(&[line_of(&[("F", fail())]), line_of(&[("W", wait(9))])])),
        &json!({}),
        &[
            "0 ExecutionStarted",
            "0 ParallelStateEntered S",
            "2 ParallelStateStarted",
            "3 FailStateEntered F",
            "3 WaitStateEntered W",
            "4 WaitStateAborted",
            "4 ParallelStateStarted",
            "7 FailStateEntered F",
            "7 WaitStateEntered W",
            "8 WaitStateAborted",
            "8 ParallelStateFailed",
            "11 ParallelStateExited S",
            "12 SucceedStateEntered Caught",
            "13 SucceedStateExited Caught",
            "14 ExecutionSucceeded",
        ],
    );
}

#[test]
fn a_fork_in_a_fork_is_retried_on_its_own() {
    let inner = handled(parallel(&[line_of(&[("F", fail())])]));
    let mut iteration = line_of(&[("P", inner)]);
    iteration["States"]["Caught"] = json!({ "Type": "Succeed" });
    check(
        &machine(map(0, &iteration)),
        &json!([1]),
        &[
            "0 ExecutionStarted",
            "0 MapStateEntered S",
            "2 MapStateStarted 1",
            "3 MapIterationStarted S 0",
            "4 ParallelStateEntered P",
            "5 ParallelStateStarted",
            "6 FailStateEntered F",
            "7 ParallelStateStarted",
            "8 FailStateEntered F",
            "9 ParallelStateFailed",
            "10 ParallelStateExited P",
            "11 SucceedStateEntered Caught",
            "12 SucceedStateExited Caught",
            "13 MapIterationSucceeded S 0",
            "14 MapStateSucceeded",
            "14 MapStateExited S",
            "16 ExecutionSucceeded",
        ],
    );
}

#[test]
fn a_result_that_has_no_place_is_the_states_own_failure() {
    let state = with(map(0, &line_of(&[("P", pass())])), "ResultPath", json!("$.a.b"));
    check(
        &caught(with(state, "ItemsPath", json!("$.a"))),
        &json!({ "a": [1] }),
        &[
            "0 ExecutionStarted",
            "0 MapStateEntered S",
            "2 MapStateStarted 1",
            "3 MapIterationStarted S 0",
            "4 PassStateEntered P",
            "5 PassStateExited P",
            "6 MapIterationSucceeded S 0",
            "7 MapStateSucceeded",
            "7 MapStateStarted 1",
            "9 MapIterationStarted S 0",
            "10 PassStateEntered P",
            "11 PassStateExited P",
            "12 MapIterationSucceeded S 0",
            "13 MapStateSucceeded",
            "13 MapStateExited S",
            "15 SucceedStateEntered Caught",
            "16 SucceedStateExited Caught",
            "17 ExecutionSucceeded",
        ],
    );
}
