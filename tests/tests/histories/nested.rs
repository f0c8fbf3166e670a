//! Forks in forks that succeed.

use crate::{check, line_of, machine, map, parallel, pass};
use serde_json::json;

#[test]
fn a_map_in_a_parallel_in_a_map() {
    let inner = map(1, &line_of(&[("I", pass())]));
    let branches = parallel(&[line_of(&[("M", inner)]), line_of(&[("B", pass())])]);
    let outer = map(1, &line_of(&[("P", branches)]));
    check(
        &machine(outer),
        &json!([[1, 2], [3]]),
        &[
            "0 ExecutionStarted",
            "0 MapStateEntered S",
            "2 MapStateStarted 2",
            "3 MapIterationStarted S 0",
            "4 ParallelStateEntered P",
            "5 ParallelStateStarted",
            "6 MapStateEntered M",
            "7 MapStateStarted 2",
            "8 MapIterationStarted M 0",
            "6 PassStateEntered B",
            "10 PassStateExited B",
            "9 PassStateEntered I",
            "12 PassStateExited I",
            "13 MapIterationSucceeded M 0",
            "13 MapIterationStarted M 1",
            "15 PassStateEntered I",
            "16 PassStateExited I",
            "17 MapIterationSucceeded M 1",
            "18 MapStateSucceeded",
            "18 MapStateExited M",
            "20 ParallelStateSucceeded",
            "20 ParallelStateExited P",
            "22 MapIterationSucceeded S 0",
            "22 MapIterationStarted S 1",
            "24 ParallelStateEntered P",
            "25 ParallelStateStarted",
            "26 MapStateEntered M",
            "27 MapStateStarted 1",
            "28 MapIterationStarted M 0",
            "26 PassStateEntered B",
            "30 PassStateExited B",
            "29 PassStateEntered I",
            "32 PassStateExited I",
            "33 MapIterationSucceeded M 0",
            "34 MapStateSucceeded",
            "34 MapStateExited M",
            "36 ParallelStateSucceeded",
            "36 ParallelStateExited P",
            "38 MapIterationSucceeded S 1",
            "39 MapStateSucceeded",
            "39 MapStateExited S",
            "41 ExecutionSucceeded",
        ],
    );
}

#[test]
fn an_empty_map_in_a_branch() {
    let empty = map(0, &line_of(&[("I", pass())]));
    check(
        &machine(parallel(&[line_of(&[("M", empty), ("After", pass())])])),
        &json!([]),
        &[
            "0 ExecutionStarted",
            "0 ParallelStateEntered S",
            "2 ParallelStateStarted",
            "3 MapStateEntered M",
            "4 MapStateStarted 0",
            "5 MapStateSucceeded",
            "5 MapStateExited M",
            "7 PassStateEntered After",
            "8 PassStateExited After",
            "9 ParallelStateSucceeded",
            "9 ParallelStateExited S",
            "11 ExecutionSucceeded",
        ],
    );
}

#[test]
fn iterations_one_at_a_time_follow_the_state_that_the_last_one_left() {
    check(
        &machine(map(1, &line_of(&[("A", pass()), ("B", pass())]))),
        &json!([1, 2]),
        &[
            "0 ExecutionStarted",
            "0 MapStateEntered S",
            "2 MapStateStarted 2",
            "3 MapIterationStarted S 0",
            "4 PassStateEntered A",
            "5 PassStateExited A",
            "6 PassStateEntered B",
            "7 PassStateExited B",
            "8 MapIterationSucceeded S 0",
            "8 MapIterationStarted S 1",
            "10 PassStateEntered A",
            "11 PassStateExited A",
            "12 PassStateEntered B",
            "13 PassStateExited B",
            "14 MapIterationSucceeded S 1",
            "15 MapStateSucceeded",
            "15 MapStateExited S",
            "17 ExecutionSucceeded",
        ],
    );
}

#[test]
fn iterations_at_once_follow_the_start_of_the_map() {
    let states = line_of(&[("S", map(0, &line_of(&[("A", pass())]))), ("Then", pass())]);
    check(
        &states,
        &json!([1, 2]),
        &[
            "0 ExecutionStarted",
            "0 MapStateEntered S",
            "2 MapStateStarted 2",
            "3 MapIterationStarted S 0",
            "3 MapIterationStarted S 1",
            "4 PassStateEntered A",
            "6 PassStateExited A",
            "7 MapIterationSucceeded S 0",
            "5 PassStateEntered A",
            "9 PassStateExited A",
            "10 MapIterationSucceeded S 1",
            "11 MapStateSucceeded",
            "11 MapStateExited S",
            "13 PassStateEntered Then",
            "14 PassStateExited Then",
            "15 ExecutionSucceeded",
        ],
    );
}
