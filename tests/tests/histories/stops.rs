//! Stops and time-outs while forks run.

use crate::{Meanwhile, check, check_with, line_of, machine, map, parallel, task, wait, with};
use serde_json::{Value, json};

/// A Map of a Parallel of a Wait and a Task.
fn nested() -> Value {
    let branches = [line_of(&[("W", wait(60))]), line_of(&[("T", task("sleep"))])];
    machine(map(0, &line_of(&[("P", parallel(&branches))])))
}

#[test]
fn a_stop_gives_up_every_state_and_iteration_from_the_inside_out() {
    check_with(
        &nested(),
        &json!([50_000, 50_000]),
        Meanwhile::Stop(5),
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
            "7 WaitStateEntered W",
            "7 TaskStateEntered T",
            "11 LambdaFunctionScheduled",
            "12 LambdaFunctionStarted",
            "9 WaitStateEntered W",
            "9 TaskStateEntered T",
            "15 LambdaFunctionScheduled",
            "16 LambdaFunctionStarted",
            "10 WaitStateAborted",
            "13 TaskStateAborted",
            "14 WaitStateAborted",
            "17 TaskStateAborted",
            "7 MapIterationAborted S 0",
            "7 ParallelStateAborted",
            "9 MapIterationAborted S 1",
            "9 ParallelStateAborted",
            "3 MapStateAborted",
            "3 ExecutionAborted Enough",
        ],
    );
}

#[test]
fn a_time_out_of_the_machine_does_the_same() {
    check(
        &with(nested(), "TimeoutSeconds", json!(5)),
        &json!([50_000]),
        &[
            "0 ExecutionStarted",
            "0 MapStateEntered S",
            "2 MapStateStarted 1",
            "3 MapIterationStarted S 0",
            "4 ParallelStateEntered P",
            "5 ParallelStateStarted",
            "6 WaitStateEntered W",
            "6 TaskStateEntered T",
            "8 LambdaFunctionScheduled",
            "9 LambdaFunctionStarted",
            "7 WaitStateAborted",
            "10 TaskStateAborted",
            "6 MapIterationAborted S 0",
            "6 ParallelStateAborted",
            "3 MapStateAborted",
            "3 ExecutionTimedOut",
        ],
    );
}

#[test]
fn a_stop_between_attempts_of_a_map() {
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 60 }]);
    let state = with(map(0, &line_of(&[("T", task("fail"))])), "Retry", retry);
    check_with(
        &machine(state),
        &json!([1]),
        Meanwhile::Stop(5),
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
            "8 MapStateAborted",
            "8 ExecutionAborted Enough",
        ],
    );
}
