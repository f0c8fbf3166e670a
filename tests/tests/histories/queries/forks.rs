//! Expressions that fail in forks and in what forks are made of.

use super::{failing, machine};
use crate::{check, line_of, map, parallel, pass, wait, with};
use serde_json::json;

#[test]
fn after_the_children_it_follows_the_last_of_them() {
    check(
        &machine(&[("S", failing(map(1, &line_of(&[("P", pass())])), "Output"))]),
        &json!([1]),
        &[
            "0 ExecutionStarted",
            "0 MapStateEntered S",
            "2 MapStateStarted 1",
            "3 MapIterationStarted S 0",
            "4 PassStateEntered P",
            "5 PassStateExited P",
            "6 MapIterationSucceeded S 0",
            "7 MapStateSucceeded",
            "7 EvaluationFailed S Output States.QueryEvaluationError",
            "9 MapStateFailed",
            "10 ExecutionFailed States.QueryEvaluationError",
        ],
    );
}

#[test]
fn it_fails_its_iteration_and_its_map() {
    let states = [("A", pass()), ("P", failing(pass(), "Output"))];
    check(
        &machine(&[("S", map(1, &line_of(&states)))]),
        &json!([{}, {}]),
        &[
            "0 ExecutionStarted",
            "0 MapStateEntered S",
            "2 MapStateStarted 2",
            "3 MapIterationStarted S 0",
            "4 PassStateEntered A",
            "5 PassStateExited A",
            "6 PassStateEntered P",
            "6 EvaluationFailed P Output States.QueryEvaluationError",
            "8 MapIterationFailed S 0",
            "8 MapStateFailed",
            "10 ExecutionFailed States.QueryEvaluationError",
        ],
    );
}

#[test]
fn it_fails_its_branch_and_siblings_are_given_up() {
    let branches = [line_of(&[("W", wait(60))]), line_of(&[("P", failing(pass(), "Output"))])];
    check(
        &machine(&[("S", parallel(&branches))]),
        &json!({}),
        &[
            "0 ExecutionStarted",
            "0 ParallelStateEntered S",
            "2 ParallelStateStarted",
            "3 WaitStateEntered W",
            "3 PassStateEntered P",
            "3 EvaluationFailed P Output States.QueryEvaluationError",
            "6 WaitStateAborted",
            "6 ParallelStateFailed",
            "8 ExecutionFailed States.QueryEvaluationError",
        ],
    );
}

#[test]
fn a_map_whose_items_are_no_array_never_starts() {
    check(
        &machine(&[("S", with(map(1, &line_of(&[("P", pass())])), "Items", json!("{% 1 %}")))]),
        &json!({}),
        &[
            "0 ExecutionStarted",
            "0 MapStateEntered S",
            "0 EvaluationFailed S Items States.QueryEvaluationError",
            "3 MapStateFailed",
            "4 ExecutionFailed States.QueryEvaluationError",
        ],
    );
}

#[test]
fn a_parallel_without_arguments_never_starts() {
    check(
        &machine(&[("S", failing(parallel(&[line_of(&[("P", pass())])]), "Arguments"))]),
        &json!({}),
        &[
            "0 ExecutionStarted",
            "0 ParallelStateEntered S",
            "0 EvaluationFailed S Arguments States.QueryEvaluationError",
            "3 ParallelStateFailed",
            "4 ExecutionFailed States.QueryEvaluationError",
        ],
    );
}

#[test]
fn two_levels_down_it_fails_both() {
    let inner = map(0, &line_of(&[("P", failing(pass(), "Output"))]));
    let branches = [line_of(&[("M", inner)]), line_of(&[("W", wait(60))])];
    check(
        &machine(&[("S", parallel(&branches))]),
        &json!([{}]),
        &[
            "0 ExecutionStarted",
            "0 ParallelStateEntered S",
            "2 ParallelStateStarted",
            "3 MapStateEntered M",
            "4 MapStateStarted 1",
            "5 MapIterationStarted M 0",
            "3 WaitStateEntered W",
            "6 PassStateEntered P",
            "6 EvaluationFailed P Output States.QueryEvaluationError",
            "9 MapIterationFailed M 0",
            "9 MapStateFailed",
            "11 WaitStateAborted",
            "11 ParallelStateFailed",
            "13 ExecutionFailed States.QueryEvaluationError",
        ],
    );
}

#[test]
fn an_item_selector_fails_the_iteration_that_it_is_for() {
    let selector = json!({ "a": "{% $states.context.Map.Item.Value.missing %}" });
    check(
        &machine(&[("S", with(map(1, &line_of(&[("P", pass())])), "ItemSelector", selector))]),
        &json!([{}]),
        &[
            "0 ExecutionStarted",
            "0 MapStateEntered S",
            "2 MapStateStarted 1",
            "3 MapIterationStarted S 0",
            "4 EvaluationFailed S ItemSelector/a States.QueryEvaluationError",
            "5 MapIterationFailed S 0",
            "5 MapStateFailed",
            "7 ExecutionFailed States.QueryEvaluationError",
        ],
    );
}
