//! Ends that come from outside: a stop, a time-out, a sibling's failure.

use crate::writer::Writer;
use crate::{Cursor, Ending, Forked, Outcome, Phase, Step, step};
use model::history::{Kind, StateType};
use model::{Failure, Payload};

/// Ends the strand, or, while children of it are alive, sets out to: a fork is left only when all have ended.
pub(crate) fn abort(writer: Writer<'_>, cursor: &Cursor<Payload>, ending: Ending) -> Option<Step> {
    let place = cursor.place.clone();
    if let Phase::Forked(forked) = &cursor.phase
        && !forked.fork.running.is_empty()
    {
        // A stop overrides the failure of a child, whose Catch must not go on; the reverse never happens.
        if forked.ending.as_ref().is_some_and(|before| rank(before) >= rank(&ending)) {
            return None;
        }
        let forked = Forked { ending: Some(ending), ..forked.clone() };
        return Some(writer.finish(cursor.since, place, Phase::Forked(forked)));
    }
    Some(end(writer, cursor, ending))
}

/// Ends the strand, which has no live children.
pub(crate) fn end(mut writer: Writer<'_>, cursor: &Cursor<Payload>, ending: Ending) -> Step {
    let place = cursor.place.clone();
    let at = match &ending {
        Ending::Aborted { at, .. } | Ending::ChildFailed { at, .. } => at.clone(),
        Ending::Stopped(_) | Ending::TimedOut(_) | Ending::Broken(_) => writer.last().cloned(),
    };
    if let (Some(name), Some(item)) = (&place.iteration_of, &place.item) {
        writer.put_aside(at.clone(), Kind::MapIterationAborted { name: name.clone(), index: item.index });
    }
    if let Some(kind) = cursor.visit().and_then(|visit| aborted(visit.state_type)) {
        writer.put_aside(at, kind);
    }
    let is_root = writer.context().strand.is_root();
    let outcome = match ending {
        Ending::Stopped(failure) => {
            if is_root {
                writer.put(Kind::ExecutionAborted(failure.clone()));
            }
            Outcome::Aborted(failure)
        }
        Ending::TimedOut(failure) => {
            if is_root {
                writer.put(Kind::ExecutionTimedOut(failure.clone()));
            }
            Outcome::TimedOut(failure)
        }
        Ending::Broken(failure) | Ending::ChildFailed { failure, .. } => {
            if is_root {
                writer.put(Kind::ExecutionFailed(failure.clone()));
            }
            Outcome::Failed(failure)
        }
        Ending::Aborted { .. } => Outcome::Aborted(Failure::default()),
    };
    step::ended(writer, place, outcome)
}

/// Which ending overrides which.
fn rank(ending: &Ending) -> u8 {
    match ending {
        Ending::ChildFailed { .. } => 0,
        Ending::Aborted { .. } => 1,
        Ending::Stopped(_) | Ending::TimedOut(_) | Ending::Broken(_) => 2,
    }
}

/// The event that says that a state was given up, for the types that have one.
fn aborted(state_type: StateType) -> Option<Kind<Payload>> {
    match state_type {
        StateType::Task => Some(Kind::TaskStateAborted),
        StateType::Wait => Some(Kind::WaitStateAborted),
        StateType::Parallel => Some(Kind::ParallelStateAborted),
        StateType::Map => Some(Kind::MapStateAborted),
        StateType::Pass | StateType::Choice | StateType::Succeed | StateType::Fail => None,
    }
}
