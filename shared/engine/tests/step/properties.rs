//! What holds on any walk through any machine, its children's walks included.

use crate::machines::machine;
use crate::strand::{Strand, payload};
use crate::table::triggers;
use model::history::{Event, Kind};
use model::{EventRef, Failure, Payload, error_name};
use proptest::prelude::*;
use ratchet_engine::{Awaits, ChildEnd, Cursor, Effect, Ending, Outcome, Phase, Step, TaskRequest, Trigger, effects};
use serde_json::json;
use std::collections::HashSet;

/// What happens while an execution walks: each byte is an answer from outside, and none left stops it.
struct World<'b> {
    bytes: std::slice::Iter<'b, u8>,
    /// Whether each record is written down and read again before the next one.
    cut: bool,
    /// Every record, in the order in which they were put.
    log: Vec<Recorded>,
}

/// One record.
#[derive(Debug, PartialEq)]
struct Recorded {
    strand: String,
    seq: u64,
    events: Vec<Event<Payload>>,
    cursor: Cursor<Payload>,
}

fn walk(definition: &[u8], answers: &[u8], cut: bool) -> (Strand, Vec<Recorded>) {
    let input = json!({ "a": 1, "items": [1, 2, 3] });
    let mut world = World { bytes: answers.iter(), cut, log: Vec::new() };
    let root = world.run(Strand::start(&machine(definition), &input));
    (root, world.log)
}

impl World<'_> {
    /// Walks a strand and its children to their ends.
    fn run(&mut self, mut strand: Strand) -> Strand {
        let mut ends = Vec::new();
        loop {
            self.log.push(Recorded {
                strand: strand.id.to_string(),
                seq: strand.seq,
                events: strand.events.clone(),
                cursor: strand.cursor.clone(),
            });
            if self.cut {
                strand.cursor = revived(strand.cursor);
            }
            let Some(trigger) = self.next(&mut strand, &mut ends) else { return strand };
            strand = strand.after(trigger);
        }
    }

    /// What moves the strand on; none at its end.
    fn next(&mut self, strand: &mut Strand, ends: &mut Vec<ChildEnd>) -> Option<Trigger> {
        let phase = strand.cursor.phase.clone();
        if let Phase::Forked(forked) = &phase {
            if forked.fork.seq == strand.seq {
                ends.clear();
            }
            for index in forked.fork.fresh.iter().filter(|_| forked.ending.is_none()) {
                let child = strand.child(*index).expect("it begins");
                ends.push(self.run(child).end());
            }
        }
        let answer = match (&phase, self.bytes.next()) {
            (Phase::Ended(_), _) => return None,
            (Phase::Forked(forked), _) if forked.ending.is_some() => 0,
            (_, None) => return Some(Trigger::Aborted(Ending::Stopped(Failure::named("Stop")))),
            (_, Some(answer)) => *answer,
        };
        Some(match phase {
            Phase::Ended(_) => return None,
            Phase::Ready { .. } => Trigger::Entered,
            Phase::Waiting(waiting) => {
                strand.now = strand.now.max(waiting.until);
                Trigger::TimerFired
            }
            Phase::Calling(call) => match call.request {
                TaskRequest::LambdaInvoke { wait_for_token: true, .. } if answer.is_multiple_of(2) => {
                    Trigger::TaskSubmitted(payload(json!(answer)))
                }
                TaskRequest::LambdaInvoke { .. } | TaskRequest::LambdaFunction { .. } => outcome(answer),
            },
            Phase::Pending(pending) => match pending.awaits {
                Awaits::ActivityWorker { .. } => Trigger::ActivityStarted { worker_name: None },
                Awaits::Callback(_) | Awaits::ActivityResult { .. } => outcome(answer),
            },
            Phase::Forked(forked) => {
                let fork = forked.fork;
                // Each child begun has been walked to its end: what is left to choose is when the parent hears of it.
                let all_begun = fork.next == fork.total;
                if forked.ending.is_some() || (all_begun && (answer.is_multiple_of(2) || fork.running.len() == 1)) {
                    let mut ends = std::mem::take(ends);
                    ends.sort_by_key(|end| end.index);
                    Trigger::ChildrenDone(ends)
                } else {
                    let index = fork.running[usize::from(answer) % fork.running.len()];
                    Trigger::ChildrenEnded(ends.iter().filter(|end| end.index == index).cloned().collect())
                }
            }
        })
    }
}

/// How a task ends.
fn outcome(answer: u8) -> Trigger {
    match answer % 9 {
        0..=2 => Trigger::TaskSucceeded(payload(json!({ "a": answer, "items": [1, 2] }))),
        3 => Trigger::TaskSucceeded(payload(json!("text"))),
        4 => Trigger::TaskSucceeded(payload(json!([]))),
        5 => Trigger::TaskFailed(Failure::new("E", "why")),
        6 => Trigger::TaskFailed(Failure::default()),
        _ => Trigger::TaskTimedOut { heartbeat: answer.is_multiple_of(2) },
    }
}

/// The cursor after it was written down and read again.
pub(crate) fn revived(cursor: Cursor<Payload>) -> Cursor<Payload> {
    let texts = cursor.try_map(&mut |payload| Ok::<_, std::convert::Infallible>(payload.text().to_owned()));
    let texts = texts.expect("infallible");
    let stored = serde_json::to_string(&texts).expect("our own type");
    let read: Cursor<String> = serde_json::from_str(&stored).expect("what was just written");
    assert_eq!(read, texts);
    read.try_map(&mut Payload::from_text).expect("JSON")
}

fn answers() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..60)
}

fn definition() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..60)
}

proptest! {
    #[test]
    fn a_walk_cut_after_every_record_and_resumed_is_the_straight_walk(definition in definition(), answers in answers()) {
        let (_, straight) = walk(&definition, &answers, false);
        let (_, cut) = walk(&definition, &answers, true);
        prop_assert_eq!(straight, cut);
    }

    #[test]
    fn the_root_has_counted_every_event_when_it_ends(definition in definition(), answers in answers()) {
        let (root, log) = walk(&definition, &answers, false);
        let written: usize = log.iter().map(|record| record.events.len()).sum();
        prop_assert_eq!(usize::try_from(root.cursor.events), Ok(written));
    }

    #[test]
    fn every_event_follows_one_that_was_written_before(definition in definition(), answers in answers()) {
        let (_, log) = walk(&definition, &answers, false);
        let mut written = HashSet::new();
        for record in log {
            let strand = model::StrandId::from_stored(&record.strand);
            for (index, event) in (0..).zip(&record.events) {
                if let Some(previous) = &event.previous {
                    prop_assert!(written.contains(previous), "{:?} in {:?}", previous, event);
                }
                written.insert(EventRef { strand: strand.clone(), seq: record.seq, index });
            }
            if let Some(last) = &record.cursor.last {
                prop_assert!(written.contains(last), "{:?}", last);
            }
            prop_assert!(record.cursor.since <= record.seq);
        }
    }

    #[test]
    fn an_evaluation_that_fails_is_said_once_and_by_nobody_else(definition in definition(), answers in answers()) {
        let (_, log) = walk(&definition, &answers, false);
        let mut said = Vec::new();
        for record in &log {
            let failed: Vec<_> = record.events.iter().filter_map(evaluation_failed).collect();
            // One of the state, and one of the catcher that took it.
            prop_assert!(failed.len() <= 1 || failed.len() == 2 && failed[1].2.starts_with("Catch["), "{:?}", failed);
            if let Some((state, failure, _)) = failed.last() {
                let left = record.events.iter().any(|event| {
                    matches!(&event.kind, Kind::StateExited { name, .. } if name == *state)
                });
                let told = match &record.cursor.phase {
                    Phase::Waiting(waiting) => waiting.retry && waiting.visit.state == **state,
                    Phase::Ended(Outcome::Failed(found)) => found == *failure,
                    _ => left,
                };
                prop_assert!(told, "{:?}", record);
                said.push(*failure);
            }
            if let Phase::Ended(Outcome::Failed(failure)) = &record.cursor.phase {
                let of_evaluation = failure.error.as_deref() == Some(error_name::QUERY_EVALUATION_ERROR);
                prop_assert!(!of_evaluation || said.contains(&failure), "{:?}", record);
            }
        }
    }

    #[test]
    fn no_trigger_makes_any_cursor_panic(definition in definition(), answers in answers(), seq in any::<u64>()) {
        let (root, log) = walk(&definition, &answers, false);
        let strange = |index, outcome| ChildEnd { index, outcome, last: None, inner: None, in_task: false, events: 1, time: root.now };
        let mut triggers = triggers();
        for ends in [
            vec![],
            vec![strange(u32::MAX, Outcome::TimedOut(Failure::default())), strange(0, Outcome::Aborted(Failure::default()))],
            vec![strange(0, Outcome::Failed(Failure::named("E"))), strange(0, Outcome::Failed(Failure::default()))],
        ] {
            triggers.extend([Trigger::ChildrenEnded(ends.clone()), Trigger::ChildrenDone(ends)]);
        }
        for record in &log {
            for trigger in &triggers {
                let Some(Step { events, cursor }) = root.step_at(&record.cursor, trigger.clone(), seq, u32::MAX) else { continue };
                prop_assert!(cursor.events >= record.cursor.events + u64::try_from(events.len()).unwrap_or_default());
                check_effects(&cursor);
            }
            check_effects(&record.cursor);
            let strand = Strand { cursor: record.cursor.clone(), ..root.clone() };
            let children = [0, 1, u32::MAX].map(|index| strand.child(index).is_some());
            prop_assert!(!children[2]);
        }
    }
}

/// The state whose evaluation failed, how, and where.
fn evaluation_failed(event: &Event<Payload>) -> Option<(&String, &Failure, &str)> {
    match &event.kind {
        Kind::EvaluationFailed { state, failure, location } => {
            Some((state, failure, location.as_deref().unwrap_or_default()))
        }
        _ => None,
    }
}

/// A strand's effects never name a child that does not run, whoever asks.
fn check_effects(cursor: &Cursor<Payload>) {
    for effect in effects(cursor, true).into_iter().chain(effects(cursor, false)) {
        match (effect, &cursor.phase) {
            (
                Effect::StartChild { fork, index, .. } | Effect::AbortChild { fork, index, .. },
                Phase::Forked(forked),
            ) => {
                assert!(fork == forked.fork.seq && forked.fork.running.contains(&index));
            }
            (Effect::StartChild { .. } | Effect::AbortChild { .. }, phase) => panic!("{phase:?} has no children"),
            (
                Effect::Wake
                | Effect::StartTimer { .. }
                | Effect::OfferActivity { .. }
                | Effect::TellParent
                | Effect::CloseExecution
                | Effect::ReopenExecution(_)
                | Effect::Join { .. },
                _,
            ) => {}
        }
    }
}

#[test]
fn the_machines_here_reach_every_phase_and_every_kind_of_end() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut seen, mut evaluations) = (HashSet::new(), 0);
    for _ in 0..400 {
        let definition = definition().new_tree(&mut runner).expect("a value").current();
        let answers = answers().new_tree(&mut runner).expect("a value").current();
        for record in walk(&definition, &answers, false).1 {
            evaluations +=
                record.events.iter().filter(|event| matches!(event.kind, Kind::EvaluationFailed { .. })).count();
            seen.insert(match record.cursor.phase {
                Phase::Ready { .. } => "Ready",
                Phase::Calling(_) => "Calling",
                Phase::Pending(_) => "Pending",
                Phase::Waiting(waiting) if waiting.retry => "a retry",
                Phase::Waiting(_) => "Waiting",
                Phase::Forked(forked) if forked.ending.is_some() => "a fork being left",
                Phase::Forked(_) => "Forked",
                Phase::Ended(Outcome::Succeeded { .. }) => "Succeeded",
                Phase::Ended(Outcome::Failed(_)) => "Failed",
                Phase::Ended(Outcome::Aborted(_)) => "Aborted",
                Phase::Ended(Outcome::TimedOut(_)) => "TimedOut",
            });
        }
    }
    // Only a time-out of the whole execution ends a strand as timed out: `flow` has it.
    assert_eq!(seen.len(), 10, "{seen:?}");
    assert!(evaluations > 10, "{evaluations} expressions failed");
}
