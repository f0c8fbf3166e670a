//! Parallel and Map: at once, in windows, given up, retried, nested.

use crate::support::{Stage, output, single, task, types};
use engine::Outcome;
use model::Failure;
use ratchet_orchestrator::Limits;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

fn map(processor: &Value, most: u64) -> Value {
    json!({"Type": "Map", "MaxConcurrency": most, "ItemProcessor": processor, "End": true})
}

fn numbers(count: u64) -> Value {
    (0..count).collect()
}

#[tokio::test(start_paused = true)]
async fn iterations_run_at_once_as_many_as_may_and_end_in_their_order() {
    let calls = single(&task(&json!({"ms": 1_000})));
    let stage = Stage::new(&single(&map(&calls, 10)), &numbers(100));
    let finished = stage.run().await;
    assert_eq!(output(&finished), numbers(100));
    assert_eq!(stage.most_calls.load(Ordering::Relaxed), 10);
    assert_eq!(finished.stopped.since(finished.began).as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn no_more_than_forty_iterations_run_at_once() {
    let stage = Stage::new(&single(&map(&single(&task(&json!({"ms": 1_000}))), 0)), &numbers(100));
    assert_eq!(output(&stage.run().await), numbers(100));
    assert_eq!(stage.most_calls.load(Ordering::Relaxed), 40);
}

#[tokio::test(start_paused = true)]
async fn a_branch_that_fails_ends_the_others_and_their_calls() {
    let boom = single(&json!({"Type": "Fail", "Error": "Boom"}));
    let slow = single(&task(&json!({"ms": 200_000})));
    let waits = single(&json!({"Type": "Wait", "Seconds": 250, "End": true}));
    let parallel = json!({"Type": "Parallel", "Branches": [slow, waits, boom], "End": true});
    let stage = Stage::new(&single(&parallel), &json!(1));
    let finished = stage.run().await;
    assert_eq!(finished.outcome, Outcome::Failed(Failure::named("Boom")));
    assert_eq!(finished.stopped.since(finished.began).as_secs(), 0);
    let types = types(&finished.events);
    assert!(types.contains(&"TaskStateAborted") && types.contains(&"WaitStateAborted"), "{types:?}");
    assert_eq!(types.last(), Some(&"ExecutionFailed"));
}

#[tokio::test(start_paused = true)]
async fn a_fork_in_a_fork_is_given_up_whole_and_retried_anew() {
    let mut inner = task(&json!({"fails": 9}));
    inner["Parameters"]["n.$"] = json!("$$.Map.Item.Value");
    let waits = single(&json!({"Type": "Wait", "Seconds": 100, "End": true}));
    let nested =
        single(&json!({"Type": "Parallel", "Branches": [waits, single(&map(&single(&inner), 2))], "End": true}));
    let mut outer = json!({"Type": "Parallel", "Branches": [nested], "End": true});
    outer["Retry"] = json!([{"ErrorEquals": ["Boom"], "IntervalSeconds": 5, "MaxAttempts": 1}]);
    let stage = Stage::new(&single(&outer), &numbers(4));
    let finished = stage.run().await;
    let Outcome::Failed(failure) = &finished.outcome else { panic!("{finished:?}") };
    assert_eq!(failure.error.as_deref(), Some("Boom"));
    // The others of the window had called when one failed; those after it never began.
    assert_eq!(stage.calls(), [0, 1, 0, 1]);
    assert_eq!(finished.stopped.since(finished.began).as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_map_of_nothing_ends_at_once() {
    let stage = Stage::new(&single(&map(&single(&task(&json!({}))), 0)), &json!([]));
    assert_eq!(output(&stage.run().await), json!([]));
}

#[tokio::test(start_paused = true)]
async fn more_strands_than_there_is_room_for_wait_for_those_before_them() {
    let before = |name: &str, items: &Value, map: &Value| {
        let items = json!({"Type": "Pass", "Result": items, "Next": format!("{name}s")});
        json!({"StartAt": name, "States": {name: items, format!("{name}s"): map}})
    };
    let leaf = before("Leaf", &numbers(3), &map(&single(&task(&json!({"ms": 1_000}))), 0));
    let middle = before("Middle", &numbers(4), &map(&leaf, 0));
    let stage = Stage::new(&single(&map(&middle, 0)), &numbers(20));
    let limits = Limits { strands_at_once: 7, ..stage.limits };
    let stage = stage.limited(limits);
    let finished = stage.run().await;
    assert_eq!(output(&finished).as_array().map(Vec::len), Some(20));
    assert_eq!(stage.calls().len(), 20 * 4 * 3);
    assert!(stage.most_calls.load(Ordering::Relaxed) <= 7);
    assert_eq!(finished.stopped.since(finished.began).as_secs(), 35);
}

#[tokio::test(start_paused = true)]
async fn children_that_wait_for_room_end_with_those_that_run() {
    let boom = single(&json!({"Type": "Fail", "Error": "Boom"}));
    let waits = || single(&json!({"Type": "Wait", "Seconds": 100, "End": true}));
    let branches = [boom, waits(), waits(), waits()];
    let parallel = json!({"Type": "Parallel", "Branches": branches, "End": true});
    let stage = Stage::new(&single(&parallel), &json!({}));
    let limits = Limits { strands_at_once: 1, ..stage.limits };
    let finished = stage.limited(limits).run().await;
    assert_eq!(finished.outcome, Outcome::Failed(Failure::named("Boom")));
    assert_eq!(finished.stopped.since(finished.began).as_secs(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_history() {
    let jittered = |ms: u64| {
        let mut state = task(&json!({"fails": 2, "ms": ms}));
        let retry = json!([{"ErrorEquals": ["Boom"], "IntervalSeconds": 3, "JitterStrategy": "FULL"}]);
        state["Retry"] = retry;
        single(&state)
    };
    let parallel = json!({"Type": "Parallel", "Branches": [jittered(5), jittered(5), jittered(7)], "End": true});
    let definition = single(&parallel);
    let one = Stage::new(&definition, &json!(1)).run().await;
    let other = Stage::new(&definition, &json!(1)).run().await;
    assert_eq!(one, other);
}
