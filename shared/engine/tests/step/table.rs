//! Which trigger moves which phase: the table at the head of the engine's `step.rs`.

use crate::strand::{Strand, activity, callback, function, invoke, map, payload};
use model::Failure;
use ratchet_engine::{Awaits, ChildEnd, Ending, Outcome, Phase, TaskRequest, Trigger};
use serde_json::json;

/// One trigger of each kind that means something to the phase, were it the right one.
pub(crate) fn triggers() -> Vec<Trigger> {
    let end = ChildEnd {
        index: 0,
        outcome: Outcome::Succeeded { output: payload(json!(1)) },
        last: None,
        inner: None,
        in_task: false,
        events: 4,
        time: crate::strand::NOW,
    };
    let all = vec![
        Trigger::Entered,
        Trigger::TaskSucceeded(payload(json!(1))),
        Trigger::TaskFailed(Failure::named("E")),
        Trigger::TaskSubmitted(payload(json!(2))),
        Trigger::TaskTimedOut { heartbeat: false },
        Trigger::TaskTimedOut { heartbeat: true },
        Trigger::ActivityStarted { worker_name: Some("w".to_owned()) },
        Trigger::TimerFired,
        Trigger::ChildrenEnded(vec![end.clone()]),
        Trigger::ChildrenDone(vec![end]),
        Trigger::Aborted(Ending::Stopped(Failure::named("Stop"))),
    ];
    // A new kind of trigger does not compile here: add it to the list and to `fits`.
    for trigger in &all {
        match trigger {
            Trigger::Entered
            | Trigger::TaskSucceeded(_)
            | Trigger::TaskFailed(_)
            | Trigger::TaskSubmitted(_)
            | Trigger::TaskTimedOut { .. }
            | Trigger::ActivityStarted { .. }
            | Trigger::TimerFired
            | Trigger::ChildrenEnded(_)
            | Trigger::ChildrenDone(_)
            | Trigger::Aborted(_) => {}
        }
    }
    all
}

/// A strand in each phase.
fn phases() -> Vec<Strand> {
    let none = json!({});
    let ready = Strand::start(&crate::strand::single(function(&none)), &none);
    let pending = Strand::enter(callback(&none), &none).after(Trigger::TaskSubmitted(payload(json!(1))));
    let offered = Strand::enter(activity(&none), &none);
    let retry = json!({ "Retry": [{ "ErrorEquals": ["E"] }] });
    vec![
        ready.clone(),
        Strand::enter(function(&none), &none),
        Strand::enter(invoke(&none), &none),
        Strand::enter(callback(&none), &none),
        pending,
        offered.clone(),
        offered.after(Trigger::ActivityStarted { worker_name: None }),
        Strand::enter(json!({ "Type": "Wait", "Seconds": 5 }), &none),
        Strand::enter(function(&retry), &none).after(Trigger::TaskFailed(Failure::named("E"))),
        Strand::enter(map(&none), &json!([1, 2])),
        ready.after(Trigger::Aborted(Ending::Stopped(Failure::default()))),
        Strand::enter(json!({ "Type": "Succeed" }), &none),
        Strand::enter(json!({ "Type": "Fail" }), &none),
    ]
}

/// The table. A new phase, or a new trigger, does not compile here.
fn fits(phase: &Phase<model::Payload>, trigger: &Trigger) -> bool {
    enum What {
        Entered,
        Outcome,
        Submitted,
        Taken,
        Timer,
        Children,
        Aborted,
    }
    let what = match trigger {
        Trigger::Entered => What::Entered,
        Trigger::TaskSucceeded(_) | Trigger::TaskFailed(_) | Trigger::TaskTimedOut { .. } => What::Outcome,
        Trigger::TaskSubmitted(_) => What::Submitted,
        Trigger::ActivityStarted { .. } => What::Taken,
        Trigger::TimerFired => What::Timer,
        Trigger::ChildrenEnded(_) | Trigger::ChildrenDone(_) => What::Children,
        Trigger::Aborted(_) => What::Aborted,
    };
    match phase {
        Phase::Ready { .. } => matches!(what, What::Entered | What::Aborted),
        Phase::Calling(call) => match call.request {
            // A function has nothing to submit to: its answer is its result.
            TaskRequest::LambdaFunction { .. } => matches!(what, What::Outcome | What::Aborted),
            TaskRequest::LambdaInvoke { .. } => matches!(what, What::Outcome | What::Submitted | What::Aborted),
        },
        Phase::Pending(pending) => match pending.awaits {
            Awaits::ActivityWorker { .. } => matches!(what, What::Taken | What::Aborted),
            Awaits::Callback(_) | Awaits::ActivityResult { .. } => matches!(what, What::Outcome | What::Aborted),
        },
        Phase::Waiting(_) => matches!(what, What::Timer | What::Aborted),
        Phase::Forked(_) => matches!(what, What::Children | What::Aborted),
        Phase::Ended(_) => false,
    }
}

#[test]
fn a_trigger_moves_the_phases_of_its_rows_and_leaves_every_other_alone() {
    for strand in phases() {
        for trigger in triggers() {
            let moved = strand.try_step(trigger.clone()).is_some();
            assert_eq!(moved, fits(&strand.cursor.phase, &trigger), "{trigger:?} in {:?}", strand.cursor.phase);
        }
    }
}

#[test]
fn a_step_depends_on_nothing_but_what_it_is_given() {
    for strand in phases() {
        for trigger in triggers() {
            assert_eq!(strand.try_step(trigger.clone()), strand.try_step(trigger));
        }
    }
}

#[test]
fn there_is_a_strand_here_for_every_phase() {
    let mut seen = [false; 6];
    for strand in phases() {
        let index = match strand.cursor.phase {
            Phase::Ready { .. } => 0,
            Phase::Calling(_) => 1,
            Phase::Pending(_) => 2,
            Phase::Waiting(_) => 3,
            Phase::Forked(_) => 4,
            Phase::Ended(_) => 5,
        };
        seen[index] = true;
    }
    assert_eq!(seen, [true; 6]);
}
