//! Tasks: the claim of a call and its outcomes, callbacks, activities, time-outs and heartbeats.

use crate::strand::{ACTIVITY, FUNCTION, NOW, Strand, activity, callback, function, invoke, payload};
use model::{Failure, Payload};
use ratchet_engine::{Awaits, Call, Pending, Phase, TaskRequest, Then, Trigger, makes_call};
use serde_json::{Value, json};

/// The events of one trigger after entering the state as `S` with `{"a":1}`.
#[track_caller]
fn check(state: Value, trigger: Trigger, expected: &[&str]) -> Strand {
    Strand::enter(state, &json!({ "a": 1 })).after(trigger).check(expected)
}

fn call(strand: &Strand) -> &Call<Payload> {
    match &strand.cursor.phase {
        Phase::Calling(call) => call,
        phase => panic!("{phase:?}"),
    }
}

fn pending(strand: &Strand) -> &Pending<Payload> {
    match &strand.cursor.phase {
        Phase::Pending(pending) => pending,
        phase => panic!("{phase:?}"),
    }
}

#[test]
fn a_claim_holds_what_is_called_and_who_calls() {
    let strand =
        Strand::enter(function(&json!({ "Parameters": { "b.$": "$.a" }, "TimeoutSeconds": 9 })), &json!({ "a": 1 }));
    let strand = strand.check(&[
        r#"TaskStateEntered {"a":1} S < -"#,
        &format!(r#"LambdaFunctionScheduled {{"b":1}} {FUNCTION} 9 < 1.0"#),
        "LambdaFunctionStarted < 1.1",
    ]);
    let call = call(&strand);
    assert_eq!(call.request, TaskRequest::LambdaFunction { arn: FUNCTION.into(), input: payload(json!({ "b": 1 })) });
    assert_eq!((call.worker.as_str(), call.started, call.expires), ("worker-1", NOW, NOW.plus_seconds(9 + 60)));
    assert_eq!((call.timeout, call.heartbeat), (Some(9), None));
}

#[test]
fn only_a_state_that_calls_makes_a_call() {
    let calls = |state| {
        let strand = Strand::start(&crate::strand::single(state), &json!({}));
        makes_call(&strand.machine, &strand.cursor)
    };
    let none = json!({});
    assert!(calls(function(&none)) && calls(invoke(&none)) && calls(callback(&none)));
    assert!(!calls(activity(&none)) && !calls(json!({ "Type": "Pass" })));
    let claimed = Strand::enter(function(&json!({ "Retry": [{ "ErrorEquals": ["E"] }] })), &none);
    assert!(!makes_call(&claimed.machine, &claimed.cursor));
    let waiting = claimed.after(Trigger::TaskFailed(Failure::named("E")));
    assert!(makes_call(&waiting.machine, &waiting.cursor), "its retry will");
    let wait = Strand::enter(json!({ "Type": "Wait", "Seconds": 1 }), &none);
    assert!(!makes_call(&wait.machine, &wait.cursor));
}

#[test]
fn a_direct_function_writes_its_own_family_of_events() {
    let done = Trigger::TaskSucceeded(payload(json!(2)));
    check(function(&json!({})), done, &["LambdaFunctionSucceeded 2 < 1.2", "TaskStateExited S 2 < 2.0"]);
    check(
        function(&json!({})),
        Trigger::TaskFailed(Failure::new("E", "c")),
        &["LambdaFunctionFailed E c < 1.2", "ExecutionFailed E c < 2.0"],
    );
    check(
        function(&json!({})),
        Trigger::TaskTimedOut { heartbeat: false },
        &["LambdaFunctionTimedOut States.Timeout < 1.2", "ExecutionFailed States.Timeout < 2.0"],
    );
}

#[test]
fn lambda_invoke_writes_task_events_with_its_resource() {
    let strand = Strand::enter(invoke(&json!({ "TimeoutSeconds": 60, "HeartbeatSeconds": 5 })), &json!({ "a": 1 }));
    strand.check(&[
        r#"TaskStateEntered {"a":1} S < -"#,
        r#"TaskScheduled invoke {"FunctionName":"pay","Payload":{"a":1}} 60 5 < 1.0"#,
        "TaskStarted invoke < 1.1",
    ]);
    let done = Trigger::TaskSucceeded(payload(json!({ "Payload": 2 })));
    check(
        invoke(&json!({ "ResultSelector": { "r.$": "$.Payload" }, "ResultPath": "$.b" })),
        done,
        &[r#"TaskSucceeded invoke {"Payload":2} < 1.2"#, r#"TaskStateExited S {"a":1,"b":{"r":2}} < 2.0"#],
    );
    check(
        invoke(&json!({})),
        Trigger::TaskTimedOut { heartbeat: true },
        &["TaskTimedOut invoke States.HeartbeatTimeout < 1.2", "ExecutionFailed States.HeartbeatTimeout < 2.0"],
    );
}

#[test]
fn time_outs_come_from_the_input_where_a_path_says_so() {
    let state = function(&json!({ "TimeoutSecondsPath": "$.t" }));
    assert_eq!(call(&Strand::enter(state.clone(), &json!({ "t": 12 }))).timeout, Some(12));
    for wrong in [json!(0), json!("12"), json!(-1), json!(1.5)] {
        let strand = Strand::enter(state.clone(), &json!({ "t": wrong }));
        let last = strand.lines().pop().unwrap_or_default();
        assert!(last.starts_with("ExecutionFailed States.Runtime"), "{wrong}: {last}");
    }
}

#[test]
fn a_callback_waits_for_its_token_once_its_call_was_answered() {
    let strand = Strand::enter(callback(&json!({ "HeartbeatSeconds": 10 })), &json!({}));
    let strand = strand.check(&[
        "TaskStateEntered {} S < -",
        r#"TaskScheduled invoke.waitForTaskToken {"FunctionName":"pay","Payload":{"token":"token of 0 since 1"}} 10 < 1.0"#,
        "TaskStarted invoke.waitForTaskToken < 1.1",
    ]);
    let strand = strand.later(3).after(Trigger::TaskSubmitted(payload(json!(1))));
    let strand = strand.check(&["TaskSubmitted invoke.waitForTaskToken 1 < 1.2"]);
    assert_eq!(strand.cursor.since, 1, "the token names the record of the claim");
    let waits = pending(&strand);
    assert!(matches!(waits.awaits, Awaits::Callback(TaskRequest::LambdaInvoke { wait_for_token: true, .. })));
    assert_eq!((waits.started, waits.awaited_from), (NOW, NOW.plus_seconds(3)));
    strand
        .after(Trigger::TaskSucceeded(payload(json!(2))))
        .check(&["TaskSucceeded invoke.waitForTaskToken 2 < 2.0", "TaskStateExited S 2 < 3.0"]);
}

#[test]
fn an_answer_that_comes_before_the_call_returns_decides() {
    let early = check(
        callback(&json!({})),
        Trigger::TaskSucceeded(payload(json!(2))),
        &["TaskSucceeded invoke.waitForTaskToken 2 < 1.2", "TaskStateExited S 2 < 2.0"],
    );
    assert!(early.try_step(Trigger::TaskSubmitted(payload(json!(1)))).is_none(), "the call's own answer is late");
}

#[test]
fn an_activity_is_offered_taken_and_answered() {
    let strand = Strand::enter(activity(&json!({ "TimeoutSeconds": 60, "HeartbeatSeconds": 10 })), &json!({ "a": 1 }));
    let strand = strand.check(&[
        r#"TaskStateEntered {"a":1} S < -"#,
        &format!(r#"ActivityScheduled {{"a":1}} {ACTIVITY} 60 10 < 1.0"#),
    ]);
    let strand = strand.later(100).after(Trigger::ActivityStarted { worker_name: Some("packer".to_owned()) });
    let strand = strand.check(&["ActivityStarted packer < 1.1"]);
    let taken = pending(&strand);
    assert_eq!(taken.awaits, Awaits::ActivityResult { arn: ACTIVITY.to_owned() });
    assert_eq!(taken.started, NOW.plus_seconds(100), "its clocks start when it is taken");
    assert_eq!(strand.cursor.since, 1, "its token names the record that offers it");
    let failed = strand.clone().after(Trigger::TaskFailed(Failure::named("E")));
    failed.check(&["ActivityFailed E < 2.0", "ExecutionFailed E < 3.0"]);
    let late = strand.clone().after(Trigger::TaskTimedOut { heartbeat: true });
    late.check(&["ActivityTimedOut States.HeartbeatTimeout < 2.0", "ExecutionFailed States.HeartbeatTimeout < 3.0"]);
    let done = strand.after(Trigger::TaskSucceeded(payload(json!(2))));
    done.check(&["ActivitySucceeded 2 < 2.0", "TaskStateExited S 2 < 3.0"]);
}

#[test]
fn the_next_deadline_is_the_earlier_of_time_out_and_silence() {
    let both = json!({ "TimeoutSeconds": 60, "HeartbeatSeconds": 10 });
    let submitted =
        |more| Strand::enter(callback(more), &json!({})).later(5).after(Trigger::TaskSubmitted(payload(json!(1))));
    let strand = submitted(&both);
    let deadline = |beat: Option<u64>| pending(&strand).next_deadline(beat.map(|seconds| NOW.plus_seconds(seconds)));
    assert_eq!(deadline(None), Some((NOW.plus_seconds(15), true)), "silence counts from the submission");
    assert_eq!(deadline(Some(2)), Some((NOW.plus_seconds(15), true)), "a beat before it counts as none");
    assert_eq!(deadline(Some(20)), Some((NOW.plus_seconds(30), true)));
    assert_eq!(deadline(Some(55)), Some((NOW.plus_seconds(60), false)), "the task's own time counts from its start");
    assert_eq!(pending(&submitted(&json!({}))).next_deadline(None), None);
}

#[test]
fn a_lost_call_has_a_deadline_only_where_a_token_may_still_answer() {
    let deadline = |state| call(&Strand::enter(state, &json!({}))).unanswered_deadline();
    let both = json!({ "TimeoutSeconds": 60, "HeartbeatSeconds": 10 });
    assert_eq!(deadline(callback(&both)), Some((NOW.plus_seconds(10), true)));
    assert_eq!(deadline(callback(&json!({ "TimeoutSeconds": 60 }))), Some((NOW.plus_seconds(60), false)));
    assert_eq!(deadline(callback(&json!({}))), None);
    assert_eq!(deadline(invoke(&both)), None);
    assert_eq!(deadline(function(&both)), None);
    // Whoever holds the token may have sent heartbeats while the call was under way.
    let strand = Strand::enter(callback(&both), &json!({}));
    let after = |seconds: u64| call(&strand).unanswered_deadline_after(Some(NOW.plus_seconds(seconds)));
    assert_eq!(after(8), Some((NOW.plus_seconds(18), true)));
    assert_eq!(after(55), Some((NOW.plus_seconds(60), false)));
}

#[test]
fn what_the_driver_does_next_follows_from_the_phase() {
    let then = |strand: &Strand, trigger| strand.try_step(trigger).map(|step| step.then());
    let start = |state| Strand::start(&crate::strand::single(state), &json!({}));
    assert_eq!(then(&start(json!({ "Type": "Pass" })), Trigger::Entered), Some(Then::Proceed));
    assert_eq!(then(&start(function(&json!({}))), Trigger::Entered), Some(Then::Call));
    assert_eq!(then(&start(activity(&json!({}))), Trigger::Entered), Some(Then::Rest));
    assert_eq!(then(&start(json!({ "Type": "Wait", "Seconds": 1 })), Trigger::Entered), Some(Then::Rest));
    assert_eq!(then(&start(crate::strand::parallel(1, &json!({}))), Trigger::Entered), Some(Then::Rest));
    assert_eq!(then(&start(json!({ "Type": "Fail" })), Trigger::Entered), Some(Then::End));
}
