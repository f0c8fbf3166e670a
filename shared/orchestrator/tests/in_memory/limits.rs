//! What an execution in memory may take up: time, events, and the thread that it shares.

use crate::support::{Stage, single, task, types};
use engine::Outcome;
use model::Failure;
use ratchet_orchestrator::Limits;
use serde_json::json;
use std::time::Duration;

fn timed_out() -> Outcome<model::Payload> {
    Outcome::TimedOut(Failure::default())
}

#[tokio::test(start_paused = true)]
async fn after_five_minutes_it_has_timed_out_with_all_that_it_waits_for() {
    let waits = single(&json!({"Type": "Wait", "Seconds": 3_000, "End": true}));
    let calls = single(&task(&json!({"ms": 3_000_000})));
    let parallel = json!({"Type": "Parallel", "Branches": [waits, calls], "End": true});
    let finished = Stage::new(&single(&parallel), &json!(1)).run().await;
    assert_eq!(finished.outcome, timed_out());
    assert_eq!(finished.stopped.since(finished.began).as_secs(), 300);
    assert_eq!(types(&finished.events).last(), Some(&"ExecutionTimedOut"));
}

#[tokio::test(start_paused = true)]
async fn its_machine_may_say_less_and_never_more() {
    for (said, expected) in [(7, 7), (7_000, 300)] {
        let mut definition = single(&json!({"Type": "Wait", "Seconds": 3_000, "End": true}));
        definition["TimeoutSeconds"] = json!(said);
        let finished = Stage::new(&definition, &json!({})).run().await;
        assert_eq!(finished.outcome, timed_out());
        assert_eq!(finished.stopped.since(finished.began).as_secs(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_events_are_kept_than_were_asked_for() {
    let pass = |next: &str| json!({"Type": "Pass", "Next": next});
    let definition = json!({"StartAt": "A", "States": {
        "A": pass("B"), "B": pass("C"), "C": {"Type": "Pass", "End": true}
    }});
    let stage = Stage::new(&definition, &json!({}));
    for (most, kept) in [(0, 0), (3, 3), (100, 8)] {
        let limits = Limits { events: most, ..Limits::default() };
        let finished = Stage::new(&definition, &json!({})).limited(limits).run().await;
        assert_eq!(finished.events.len(), kept);
        assert_eq!(finished.events_left_out, 8 - u64::try_from(kept).unwrap_or_default());
    }
    assert_eq!(stage.run().await.events.len(), 8);
}

/// On the real clock: a loop never waits, so that virtual time would not pass.
#[tokio::test]
async fn a_loop_that_never_waits_ends_in_time_and_lets_others_work() {
    let definition = json!({"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Choice", "Choices": [{"Variable": "$.end", "IsPresent": true, "Next": "C"}], "Default": "A"},
        "C": {"Type": "Succeed"}
    }});
    let stage = Stage::new(&definition, &json!({}));
    let limits = Limits { at_most: Duration::from_millis(100), events: 0, ..Limits::default() };
    let stage = stage.limited(limits);
    let mut turns = 0_u32;
    let others = async {
        loop {
            turns += 1;
            tokio::task::yield_now().await;
        }
    };
    let finished = tokio::select! {
        finished = stage.run() => finished,
        () = others => unreachable!("a loop"),
    };
    assert_eq!(finished.outcome, timed_out());
    assert!(finished.events.is_empty() && finished.events_left_out > 1_000);
    assert!(turns > 10, "{turns}");
}
