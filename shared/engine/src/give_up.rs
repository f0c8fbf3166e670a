//! What becomes of a fork when a child had no success: the first one decides, and AWS counts every other one that failed
//! by itself as given up with it.
//!
//! A child that fails writes nothing about its iteration, since it cannot know whether it is the first: its parent does.

use crate::writer::Writer;
use crate::{ChildEnd, Ending, Outcome, Visit};
use model::history::{Kind, StateType};
use model::{EventRef, Payload};
use std::time::Duration;

/// Notes the children among `ends` that failed by themselves, and gives the fork's ending: the one `before`, or that of
/// the first of them.
pub(crate) fn ending(
    writer: &mut Writer<'_>,
    visit: &Visit<Payload>,
    before: Option<Ending>,
    ends: &[&ChildEnd],
) -> Option<Ending> {
    let unsuccessful = ends.iter().copied().filter(|end| !end.is_success());
    let first = match before {
        Some(_) => None,
        None => unsuccessful.clone().min_by_key(|end| (end.time, end.index)),
    };
    if let Some(first) = first.filter(|first| first.has_failed()) {
        note(writer, visit, first, first.last.as_ref(), |name, index| Kind::MapIterationFailed { name, index });
    }
    let ending = before.or_else(|| ending_of(first?, writer))?;
    for end in unsuccessful.filter(|end| end.has_failed() && first.is_none_or(|first| first.index != end.index)) {
        let at = match &ending {
            Ending::ChildFailed { at, .. } | Ending::Aborted { at, .. } => at,
            Ending::Stopped(_) | Ending::TimedOut(_) | Ending::Broken(_) => &end.last,
        };
        note(writer, visit, end, at.as_ref(), |name, index| Kind::MapIterationAborted { name, index });
    }
    Some(ending)
}

/// The fork's ending when this child decides it; none if it succeeded.
fn ending_of(first: &ChildEnd, writer: &Writer<'_>) -> Option<Ending> {
    match &first.outcome {
        Outcome::Succeeded { .. } => None,
        Outcome::Failed(failure) => {
            // Its siblings are given up after what was noted of it.
            let after = first.time.max(writer.context().now) + Duration::from_micros(writer.written());
            Some(Ending::ChildFailed { failure: failure.clone(), at: first.last.clone(), after })
        }
        // The child read the execution's stop mark before its parent was told.
        Outcome::Aborted(failure) => Some(Ending::Stopped(failure.clone())),
        Outcome::TimedOut(failure) => Some(Ending::TimedOut(failure.clone())),
    }
}

/// Notes what became of the child's iteration, and of its Task: seen on AWS, one that failed is also noted as aborted.
fn note(
    writer: &mut Writer<'_>,
    visit: &Visit<Payload>,
    end: &ChildEnd,
    at: Option<&EventRef>,
    iteration: impl FnOnce(String, u32) -> Kind<Payload>,
) {
    if visit.state_type == StateType::Map {
        writer.put_aside(at.cloned(), iteration(visit.state.clone(), end.index));
    }
    if end.in_task {
        writer.put_aside(at.cloned(), Kind::TaskStateAborted);
    }
}
