//! Going on after an end: where a strand stood when it ended without success, and what it does first when its execution
//! is redriven.
//!
//! | it ended | it goes on |
//! |---|---|
//! | before a state, or in a Fail | enters the state (again) |
//! | in a Task, Wait, Pass, Choice or Succeed | works on the state from its beginning, without entering it again |
//! | in a Parallel or Map that had begun children | forks anew: with those that had no success alone |
//!
//! Events after [`Kind::ExecutionRedriven`] follow what they followed the first time, as on AWS: a Task's are those of one
//! more attempt at the state that was entered. All retries are to be had again.

use crate::step::{retriers, type_of};
use crate::writer::Writer;
use crate::{Cursor, Fork, Forked, Origin, Phase, Place, Redriven, Scopes, Step, StepContext, Visit, Waiting, fork};
use language::Machine;
use model::history::{Event, Kind, StateType};
use model::{EventRef, Payload, Seq, StrandId, Timestamp};
use std::time::Duration;

/// The last record of a strand.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    /// The strand.
    pub strand: &'a StrandId,
    /// The record's number.
    pub seq: Seq,
    /// Its time.
    pub time: Timestamp,
    /// Its events.
    pub events: &'a [Event<Payload>],
    /// The strand's cursor after it.
    pub cursor: &'a Cursor<Payload>,
}

/// Where a strand stood when it ended without success.
#[derive(Clone, Debug, PartialEq)]
pub enum Left {
    /// Before its first state.
    Beginning,
    /// Before a state, or in one that has to be entered again.
    AtState {
        /// The state's name.
        state: String,
        /// Its raw input.
        input: Payload,
        /// The event before the one that says that it was, or is, entered.
        follows: Option<EventRef>,
    },
    /// In a state.
    InState {
        /// The visit.
        visit: Visit<Payload>,
        /// The event that says that it was entered; none: it lies before the strand's last record.
        entered: Option<EventRef>,
    },
    /// In a Parallel or Map whose children have begun.
    InFork {
        /// The fork as it was left.
        forked: Box<Forked<Payload>>,
        /// The event before those of what the fork's strand does next.
        follows: Option<EventRef>,
    },
}

/// What a strand does first that goes on after an end.
#[derive(Clone, Debug, PartialEq)]
pub enum Resume {
    /// It enters a state.
    Enter {
        /// The state's name.
        state: String,
        /// Its raw input.
        input: Payload,
        /// The event that the next one follows.
        follows: Option<EventRef>,
    },
    /// It works on a state from its beginning that was entered before.
    Again {
        /// The visit.
        visit: Visit<Payload>,
        /// The event that says that it was entered.
        follows: Option<EventRef>,
    },
    /// It forks with those children of a fork that had no success.
    Fork {
        /// The fork as it was left.
        forked: Box<Forked<Payload>>,
        /// The event that the next one follows.
        follows: Option<EventRef>,
        /// Where that fork was.
        origin: Origin,
        /// Those children below its `next` that had no success, in ascending order.
        again: Vec<u32>,
    },
}

/// A child that goes on for one that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Resumed {
    /// What it does first.
    pub resume: Resume,
    /// The variables that the other one had.
    pub variables: Scopes<Payload>,
}

/// Where the strand stood that ended with this record, after a record that left it with the cursor `before`.
pub fn left(machine: &Machine, before: Option<&Cursor<Payload>>, end: End<'_>) -> Left {
    if let Some(left) = entered_at_last(machine, end) {
        return left;
    }
    let Some(before) = before else { return Left::Beginning };
    let follows = before.last.clone();
    match &before.phase {
        Phase::Ready { state, input } => Left::AtState { state: state.clone(), input: input.clone(), follows },
        Phase::Forked(forked) => Left::InFork { forked: Box::new(forked.clone()), follows },
        Phase::Calling(call) => Left::InState { visit: call.visit.clone(), entered: None },
        Phase::Pending(pending) => Left::InState { visit: pending.visit.clone(), entered: None },
        Phase::Waiting(waiting) => Left::InState { visit: waiting.visit.clone(), entered: None },
        // Nothing follows an end but a redrive, which is no end.
        Phase::Ended(_) => Left::Beginning,
    }
}

/// The state that the strand's last record entered and did not leave.
fn entered_at_last(machine: &Machine, end: End<'_>) -> Option<Left> {
    let (index, event) = end
        .events
        .iter()
        .enumerate()
        .rev()
        .find(|(_, event)| matches!(event.kind, Kind::StateEntered { .. } | Kind::StateExited { .. }))?;
    let Kind::StateEntered { state_type, name, input } = &event.kind else { return None };
    let (state, input) = (name.clone(), input.clone());
    if *state_type == StateType::Fail {
        return Some(Left::AtState { state, input, follows: event.previous.clone() });
    }
    let found = machine.state(name)?;
    let (total, place) = (u64::try_from(end.events.len()).ok()?, u64::try_from(index).ok()?);
    let visit = Visit {
        state,
        state_type: type_of(found),
        input,
        entered: end.time + Duration::from_micros(place),
        entered_id: (end.cursor.events + place + 1).saturating_sub(total),
        attempts: vec![0; retriers(found)],
    };
    let entered = EventRef { strand: end.strand.clone(), seq: end.seq, index: u32::try_from(index).ok()? };
    Some(Left::InState { visit, entered: Some(entered) })
}

/// The root's record after its end, with which an execution runs again. It is the `count`th redrive.
///
/// `context.seq` is the record's number.
pub fn redrive(end: &Cursor<Payload>, resume: Resume, count: u32, context: &StepContext<'_>) -> Step {
    let mut writer = Writer::new(context, end);
    writer.put(Kind::ExecutionRedriven { redrive_count: count });
    let redriven = Redriven { count, at: context.now, seq: context.seq };
    let variables = end.place.variables.clone();
    let place = Place { redriven: Some(redriven), variables, ..Place::root() };
    self::resume(writer, place, resume)
}

/// The first thing that a child does which goes on.
pub(crate) fn resume_child(writer: Writer<'_>, place: Place<Payload>, resumed: Resumed) -> Step {
    let Resumed { resume, variables } = resumed;
    self::resume(writer, Place { variables, ..place }, resume)
}

/// The first thing that a strand does which goes on.
fn resume(mut writer: Writer<'_>, place: Place<Payload>, resume: Resume) -> Step {
    let context = writer.context();
    let seq = context.seq;
    match resume {
        Resume::Enter { state, input, follows } => {
            writer.continue_after(follows);
            writer.finish(seq, place, Phase::Ready { state, input })
        }
        // The time before a retry, which has passed: whoever takes the step can make the call that the state may make.
        Resume::Again { visit, follows } => {
            writer.continue_after(follows);
            let waiting = Waiting { visit: anew(visit), until: context.now, retry: true };
            writer.finish(seq, place, Phase::Waiting(waiting))
        }
        Resume::Fork { forked, follows, origin, again } => {
            let Forked { visit, fork, .. } = *forked;
            writer.continue_after(follows);
            let mut before = fork.before;
            before.insert(0, origin);
            let mut fork = Fork { seq, running: Vec::new(), fresh: Vec::new(), again, before, ..fork };
            fork::fill(&mut fork);
            writer.finish(seq, place, Phase::Forked(Forked { visit: anew(visit), fork, ending: None }))
        }
    }
}

/// The visit with all its retries to be had again.
fn anew(visit: Visit<Payload>) -> Visit<Payload> {
    Visit { attempts: vec![0; visit.attempts.len()], ..visit }
}
