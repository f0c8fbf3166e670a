//! What each phase asks of the world, whatever was asked for before.

use crate::strand::{ACTIVITY, NOW, Strand, activity, callback, function, map, parallel, payload};
use model::Failure;
use ratchet_engine::{Effect, Ending, Phase, Trigger};
use serde_json::json;

/// What the strand's cursor asks for, as often as it is asked.
#[track_caller]
fn check(strand: &Strand, expected: &[Effect]) {
    // A new phase does not compile here: say what it asks for in a test below.
    match strand.cursor.phase {
        Phase::Ready { .. }
        | Phase::Calling(_)
        | Phase::Pending(_)
        | Phase::Waiting(_)
        | Phase::Forked(_)
        | Phase::Ended(_) => {}
    }
    assert_eq!(strand.effects(), expected);
    assert_eq!(strand.effects(), expected);
}

fn timer(since: u64, seconds: u64) -> Effect {
    Effect::StartTimer { since, at: NOW.plus_seconds(seconds) }
}

#[test]
fn a_state_about_to_be_entered_asks_for_a_wake() {
    check(&Strand::start(&crate::strand::single(json!({ "Type": "Pass" })), &json!({})), &[Effect::Wake]);
}

#[test]
fn a_claim_asks_for_nothing() {
    check(&Strand::enter(callback(&json!({ "TimeoutSeconds": 5 })), &json!({})), &[]);
}

#[test]
fn a_callback_asks_for_a_timer_only_where_it_has_a_clock() {
    let submitted = |more| Strand::enter(callback(&more), &json!({})).after(Trigger::TaskSubmitted(payload(json!(1))));
    check(&submitted(json!({})), &[]);
    check(&submitted(json!({ "TimeoutSeconds": 60 })), &[timer(1, 60)]);
    check(&submitted(json!({ "TimeoutSeconds": 60, "HeartbeatSeconds": 5 })), &[timer(1, 5)]);
}

#[test]
fn an_activity_is_offered_until_it_is_taken_and_then_has_its_clocks() {
    let offered = Strand::enter(activity(&json!({ "TimeoutSeconds": 60 })), &json!({}));
    check(&offered, &[Effect::OfferActivity { arn: ACTIVITY.to_owned(), since: 1 }]);
    check(&offered.later(9).after(Trigger::ActivityStarted { worker_name: None }), &[timer(1, 69)]);
}

#[test]
fn a_wait_and_a_retry_ask_for_their_timer_in_the_name_of_their_own_record() {
    check(&Strand::enter(json!({ "Type": "Wait", "Seconds": 5 }), &json!({})), &[timer(1, 5)]);
    let retry = function(&json!({ "Retry": [{ "ErrorEquals": ["E"], "IntervalSeconds": 7 }] }));
    let strand = Strand::enter(retry, &json!({})).after(Trigger::TaskFailed(Failure::named("E")));
    check(&strand, &[timer(2, 7)]);
}

#[test]
fn a_fork_asks_for_every_child_that_runs_and_says_which_it_begins() {
    let start = |index, fresh| Effect::StartChild { fork: 1, index, fresh };
    let strand = Strand::enter(map(&json!({ "MaxConcurrency": 2 })), &json!([1, 2, 3]));
    check(&strand, &[start(0, true), start(1, true)]);
    let end = strand.child(0).expect("it begins").after(Trigger::Entered).end();
    let strand = strand.after(Trigger::ChildrenEnded(vec![end]));
    check(&strand, &[start(1, false), start(2, true)]);
}

#[test]
fn a_fork_that_is_left_asks_for_the_end_of_every_child_that_runs() {
    let strand = Strand::enter(parallel(2, &json!({})), &json!({}));
    let check_ending = |ending: Ending, told: &Ending| {
        let strand = strand.clone().after(Trigger::Aborted(ending));
        let abort = |index| Effect::AbortChild { fork: 1, index, ending: told.clone() };
        check(&strand, &[abort(0), abort(1)]);
    };
    let failure = Failure::named("E");
    let at = strand.cursor.last.clone();
    check_ending(
        Ending::ChildFailed { failure: failure.clone(), at: at.clone(), after: model::Timestamp::default() },
        &Ending::Aborted { at: at.clone(), after: model::Timestamp::default() },
    );
    check_ending(
        Ending::Aborted { at: at.clone(), after: model::Timestamp::default() },
        &Ending::Aborted { at, after: model::Timestamp::default() },
    );
    for ending in [Ending::Stopped(failure.clone()), Ending::TimedOut(failure.clone()), Ending::Broken(failure)] {
        check_ending(ending.clone(), &ending);
    }
}

#[test]
fn the_root_closes_its_execution_and_a_child_tells_its_parent() {
    check(&Strand::enter(json!({ "Type": "Fail" }), &json!({})), &[Effect::CloseExecution]);
    let strand = Strand::enter(parallel(1, &json!({})), &json!({}));
    check(&strand.child(0).expect("it begins").after(Trigger::Entered), &[Effect::TellParent]);
}
