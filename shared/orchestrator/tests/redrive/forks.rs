//! Parallel and Map: what succeeded is kept, what did not goes on from where it was.

use crate::support::{FUNCTION, Stage, machine, task};
use ratchet_orchestrator::ports::ExecutionStatus;
use serde_json::{Value, json};
use std::time::Duration;

/// A Task with an `n` of its own.
fn numbered(n: i64, ms: u64, next: Option<&str>) -> Value {
    let mut state = json!({"Type": "Task", "Resource": FUNCTION, "Parameters": {"n": n, "ms": ms}, "ResultPath": null});
    match next {
        Some(next) => state["Next"] = json!(next),
        None => {
            state["ResultPath"] = json!("$");
            state["End"] = json!(true);
        }
    }
    state
}

fn branch(start: &str, states: Value) -> Value {
    let mut branch = json!({"StartAt": start});
    branch["States"] = states;
    branch
}

fn sorted(mut calls: Vec<i64>) -> Vec<i64> {
    calls.sort_unstable();
    calls
}

#[tokio::test(start_paused = true)]
async fn branches_that_succeeded_are_kept_and_the_others_go_on_from_the_state_where_they_were() {
    let branches = json!([
        branch("B0", json!({"B0": numbered(10, 5, None)})),
        branch("B1", json!({"B1": numbered(20, 5, Some("C1")), "C1": numbered(21, 50, None)})),
        branch("B2", json!({"B2": numbered(30, 5, Some("C2")), "C2": numbered(31, 5_000, None)})),
        branch("B3", json!({"B3": {"Type": "Wait", "Seconds": 1, "Next": "C3"}, "C3": numbered(40, 5, None)})),
    ]);
    let states = json!({"A": {"Type": "Parallel", "Branches": branches, "Next": "Z"}, "Z": {"Type": "Succeed"}});
    let stage = Stage::calm(&machine(states), json!({}), &[21]).await;
    stage.ended_as(ExecutionStatus::Failed).await;
    assert_eq!(sorted(stage.calls()), [10, 20, 21, 30, 31]);
    stage.fail_only(&[]);
    stage.redrive().await.expect("it failed");
    assert_eq!(stage.output().await, json!([10, 21, 31, 40]));
    assert_eq!(sorted(stage.calls()), [10, 20, 21, 21, 30, 31, 31, 40]);
    let history = stage.history_since_redrive().await;
    let types: Vec<&str> = history.iter().filter_map(|line| line.split(' ').nth(1)).collect();
    let count = |wanted: &str| types.iter().filter(|found| **found == wanted).count();
    assert_eq!(
        [
            count("ParallelStateEntered"),
            count("ParallelStateStarted"),
            count("ParallelStateSucceeded"),
            count("TaskStateEntered"),
            count("LambdaFunctionScheduled"),
            count("WaitStateEntered"),
            count("WaitStateExited"),
        ],
        [0, 0, 1, 1, 3, 0, 1]
    );
    assert!(stage.world.problems().is_empty(), "{:?}", stage.world.problems());
}

/// Items 0 to 9, at most three at once; each is a Parallel of two tasks, `n` and `n + 100`.
fn nested() -> Value {
    let one = |name: &str, more: i64| {
        branch(
            name,
            json!({name: {"Type": "Task", "Resource": FUNCTION, "End": true,
            "Parameters": {"n.$": format!("States.MathAdd($.n, {more})"), "index.$": "$$.Map.Item.Index"}}}),
        )
    };
    let states = json!({"P": {"Type": "Parallel", "Branches": [one("L", 0), one("R", 100)], "End": true}});
    machine(json!({
        "A": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 3, "Next": "Z",
              "Parameters": {"n.$": "$$.Map.Item.Value"}, "ItemProcessor": branch("P", states)},
        "Z": {"Type": "Pass", "End": true},
    }))
}

fn items() -> Value {
    json!({"items": (0..10).collect::<Vec<_>>()})
}

fn results() -> Value {
    (0..10).map(|n| json!([n, n + 100])).collect::<Vec<_>>().into()
}

#[tokio::test(start_paused = true)]
async fn iterations_and_their_branches_that_succeeded_are_kept_through_redrive_after_redrive() {
    let stage = Stage::calm(&nested(), items(), &[4, 107, 9]).await;
    for (count, failing) in [(1, &[107, 9][..]), (2, &[9]), (3, &[])] {
        stage.ended_as(ExecutionStatus::Failed).await;
        stage.fail_only(failing);
        stage.redrive().await.expect("it failed");
        assert_eq!(stage.described().await.summary.redriven.map(|redriven| redriven.count), Some(count));
    }
    assert_eq!(stage.output().await, results());
    // Nothing that succeeded was called again: only what failed, or was given up, has more than one call.
    let calls = sorted(stage.calls());
    for n in (0..10).flat_map(|n| [n, n + 100]) {
        let count = calls.iter().filter(|call| **call == n).count();
        let most = if [4, 107, 9].contains(&n) { 4 } else { 2 };
        assert!((1..=most).contains(&count), "{n} was called {count} times: {calls:?}");
    }
    for n in [0, 1, 2, 100, 101, 102] {
        assert_eq!(calls.iter().filter(|call| **call == n).count(), 1, "{n}: {calls:?}");
    }
    let history = stage.history().await;
    let count = |wanted: &str| history.iter().filter(|line| line.contains(wanted)).count();
    assert_eq!((count(" MapIterationSucceeded"), count(" MapStateStarted"), count(" ExecutionRedriven")), (10, 1, 3));
    assert!(stage.world.problems().is_empty(), "{:?}", stage.world.problems());
}

#[tokio::test(start_paused = true)]
async fn what_was_stopped_within_nested_forks_goes_on() {
    let stage = Stage::calm(&nested(), items(), &[]).await;
    let mut redrives = 0;
    // Stopped again and again, each time it has come a little further.
    while redrives < 6 {
        stage.sleep(Duration::from_millis(8)).await;
        stage.stop().await;
        if stage.ended().await.summary.status == ExecutionStatus::Succeeded {
            break;
        }
        stage.redrive().await.expect("it was stopped");
        redrives += 1;
    }
    assert!(redrives > 1, "{redrives}");
    assert_eq!(stage.output().await, results());
}

#[tokio::test(start_paused = true)]
async fn a_fork_all_of_whose_children_succeeded_joins_at_once_and_calls_nothing() {
    let map = json!({"A": {"Type": "Map", "ItemProcessor": branch("T", json!({"T": task()})), "End": true,
                           "ResultSelector": {"x.$": "$.none"}}});
    let stage = Stage::calm(&machine(map), json!([{"n": 1}, {"n": 2}]), &[]).await;
    let first = stage.ended_as(ExecutionStatus::Failed).await;
    for _ in 0..2 {
        stage.redrive().await.expect("it failed");
        assert_eq!(stage.ended_as(ExecutionStatus::Failed).await.failure, first.failure);
        let history = stage.history_since_redrive().await;
        let types: Vec<&str> = history.iter().filter_map(|line| line.split(' ').nth(1)).collect();
        assert_eq!(types, ["ExecutionRedriven", "MapStateSucceeded", "ExecutionFailed"]);
    }
    assert_eq!(stage.calls().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_item_selector_that_failed_is_evaluated_again_and_a_retried_fork_keeps_its_last_attempt() {
    let map = json!({"A": {"Type": "Map", "ItemsPath": "$.items", "End": true, "Parameters": {"n.$": "$.none"},
                           "ItemProcessor": branch("T", json!({"T": task()}))}});
    let stage = Stage::calm(&machine(map), json!({"items": [1]}), &[]).await;
    stage.ended_as(ExecutionStatus::Failed).await;
    stage.redrive().await.expect("it failed");
    stage.ended_as(ExecutionStatus::Failed).await;
    let history = stage.history_since_redrive().await;
    assert!(history[1].contains("MapIterationStarted") && history[2].contains("MapIterationFailed"), "{history:?}");

    let retry = json!([{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}]);
    let branches =
        json!([branch("L", json!({"L": numbered(1, 5, None)})), branch("R", json!({"R": numbered(2, 50, None)})),]);
    let states = json!({"A": {"Type": "Parallel", "Branches": branches, "Retry": retry, "End": true}});
    let stage = Stage::calm(&machine(states), json!({}), &[2]).await;
    stage.ended_as(ExecutionStatus::Failed).await;
    assert_eq!(sorted(stage.calls()), [1, 1, 2, 2]);
    stage.fail_only(&[]);
    stage.redrive().await.expect("it failed");
    assert_eq!(stage.output().await, json!([1, 2]));
    assert_eq!(sorted(stage.calls()), [1, 1, 2, 2, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_a_redrive_forks_wholly_anew() {
    let retry = json!([{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}]);
    let branches =
        json!([branch("L", json!({"L": numbered(1, 5, None)})), branch("R", json!({"R": numbered(2, 50, None)})),]);
    let states = json!({"A": {"Type": "Parallel", "Branches": branches, "Retry": retry, "End": true}});
    let stage = Stage::calm(&machine(states), json!({}), &[2]).await;
    stage.ended_as(ExecutionStatus::Failed).await;
    stage.redrive().await.expect("it failed");
    // Fails once more, with its one retry to be had: then both branches run.
    stage.sleep(Duration::from_millis(500)).await;
    stage.fail_only(&[]);
    assert_eq!(stage.output().await, json!([1, 2]));
    assert_eq!(sorted(stage.calls()), [1, 1, 1, 2, 2, 2, 2]);
}

/// The root sets `base`; each of five items sets `own` from its item, calls, and gives both and what the call gave. `L` is
/// longer than what is written again.
fn with_variables() -> Value {
    let call = json!({"Type": "Task", "Resource": FUNCTION, "Parameters": {"n.$": "$own.n"}, "Assign": {"called.$": "$"},
        "ResultPath": null, "Next": "Give"});
    let give = json!({"Type": "Pass", "Parameters": {"all.$": "States.Array($own.n, $called, $base.n, $L)"},
        "OutputPath": "$.all", "End": true});
    let states = json!({"Set": {"Type": "Pass", "Assign": {"own": {"n.$": "$", "pad": "o".repeat(600)}}, "Next": "Call"},
        "Call": call, "Give": give});
    let processor = branch("Set", states);
    machine(json!({
        "A": {"Type": "Pass", "Assign": {"base": {"n": 7}, "L": "l".repeat(600), "items": [0, 1, 2, 3, 4]}, "Next": "M"},
        "M": {"Type": "Map", "ItemsPath": "$items", "MaxConcurrency": 2, "ItemProcessor": processor,
              "Assign": {"results.$": "$"}, "Next": "Z"},
        "Z": {"Type": "Pass", "InputPath": "$results", "End": true},
    }))
}

#[tokio::test(start_paused = true)]
async fn variables_of_the_root_and_of_its_iterations_are_what_they_were_redrive_after_redrive() {
    let stage = Stage::calm(&with_variables(), json!({}), &[1, 3]).await;
    for failing in [&[3][..], &[]] {
        stage.ended_as(ExecutionStatus::Failed).await;
        stage.fail_only(failing);
        stage.redrive().await.expect("it failed");
    }
    let expected: Vec<Value> = (0..5).map(|n| json!([n, n, 7, "l".repeat(600)])).collect();
    assert_eq!(stage.output().await, json!(expected));
    let history = stage.history().await;
    let count = |wanted: &str| history.iter().filter(|line| line.contains(wanted)).count();
    assert_eq!(count(" PassStateEntered"), 1 + 5 * 2 + 1, "what was set was not set again");
}
