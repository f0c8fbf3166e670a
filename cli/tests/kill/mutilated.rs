//! The check of histories itself: it takes a good one, and sees every event that is missing, doubled or misplaced.

use crate::definition::Definition;
use crate::history::{Event, check};
use serde_json::{Value, json};

/// A Wait, a Parallel with a Task that is tried again, a Map: events as (previous, type, details).
fn good() -> Vec<Event> {
    let named = |name: &str| json!({ "name": name, "input": "{}", "output": "{}" });
    let at = |index: u64| json!({ "name": "Each", "index": index });
    let none = Value::Null;
    [
        (0, "ExecutionStarted", none.clone()),
        (0, "WaitStateEntered", named("Nap")),
        (2, "WaitStateExited", named("Nap")),
        (3, "ParallelStateEntered", named("Fork")),
        (4, "ParallelStateStarted", none.clone()),
        (5, "TaskStateEntered", named("A")),
        (6, "LambdaFunctionScheduled", none.clone()),
        (7, "LambdaFunctionStarted", none.clone()),
        (5, "MapStateEntered", named("Each")),
        (9, "MapStateStarted", json!({ "length": 2 })),
        (10, "MapIterationStarted", at(0)),
        (10, "MapIterationStarted", at(1)),
        (11, "PassStateEntered", named("P")),
        (13, "PassStateExited", named("P")),
        (14, "MapIterationSucceeded", at(0)),
        (12, "PassStateEntered", named("P")),
        (16, "PassStateExited", named("P")),
        (17, "MapIterationSucceeded", at(1)),
        (18, "MapStateSucceeded", none.clone()),
        (18, "MapStateExited", named("Each")),
        (8, "LambdaFunctionFailed", none.clone()),
        (21, "LambdaFunctionScheduled", none.clone()),
        (22, "LambdaFunctionStarted", none.clone()),
        (23, "LambdaFunctionSucceeded", none.clone()),
        (24, "TaskStateExited", named("A")),
        (25, "ParallelStateSucceeded", none),
        (25, "ParallelStateExited", named("Fork")),
        (27, "ExecutionSucceeded", json!({ "output": "{}" })),
    ]
    .into_iter()
    .zip(1_u32..)
    .map(|((previous, kind, details), id)| Event {
        id: id.into(),
        previous,
        kind: kind.to_owned(),
        time: f64::from(id),
        details,
    })
    .collect()
}

fn definition() -> Definition {
    Definition::read(&json!({
        "StartAt": "Nap",
        "States": {
            "Nap": {"Type": "Wait", "Seconds": 1, "Next": "Fork"},
            "Fork": {
                "Type": "Parallel",
                "Branches": [
                    {"StartAt": "A", "States": {"A": {"Type": "Task", "End": true}}},
                    {"StartAt": "Each", "States": {"Each": {
                        "Type": "Map",
                        "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}},
                        "End": true
                    }}}
                ],
                "End": true
            }
        }
    }))
}

/// Without the event at this index: what followed it follows the one before it.
fn without(mut events: Vec<Event>, index: usize) -> Vec<Event> {
    let gone = events.remove(index);
    for event in &mut events {
        if event.previous == gone.id {
            event.previous = gone.previous;
        }
        if event.previous > gone.id {
            event.previous -= 1;
        }
        if event.id > gone.id {
            event.id -= 1;
        }
    }
    events
}

/// With the event at this index twice.
fn doubled(mut events: Vec<Event>, index: usize) -> Vec<Event> {
    let twin = events[index].clone();
    for event in &mut events {
        if event.previous > twin.id {
            event.previous += 1;
        }
        if event.id > twin.id {
            event.id += 1;
        }
    }
    events.insert(index + 1, Event { id: twin.id + 1, ..twin });
    events
}

#[test]
fn a_good_history_passes() {
    assert_eq!(check(&good(), &definition()), Vec::<String>::new());
}

#[test]
fn every_event_is_missed() {
    let missed = |index: &usize| !check(&without(good(), *index), &definition()).is_empty();
    assert_eq!((0..good().len()).filter(|index| !missed(index)).collect::<Vec<_>>(), Vec::<usize>::new());
}

#[test]
fn every_duplicate_is_seen() {
    let seen = |index: &usize| !check(&doubled(good(), *index), &definition()).is_empty();
    assert_eq!((0..good().len()).filter(|index| !seen(index)).collect::<Vec<_>>(), Vec::<usize>::new());
}

#[test]
fn every_wrong_predecessor_is_seen() {
    let last = good().len() as u64;
    let mut unseen = Vec::new();
    for (index, event) in good().iter().enumerate() {
        for previous in (0..=last).filter(|previous| *previous != event.previous) {
            let mut events = good();
            events[index].previous = previous;
            if check(&events, &definition()).is_empty() {
                unseen.push((event.id, previous));
            }
        }
    }
    assert_eq!(unseen, []);
}

#[test]
fn a_wait_that_is_cut_short_is_seen() {
    let mut events = good();
    for event in events.iter_mut().skip(2) {
        event.time -= 0.5;
    }
    assert!(!check(&events, &definition()).is_empty());
}
