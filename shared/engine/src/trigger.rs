//! The facts that move a strand.

use crate::{Cursor, Ending, Outcome, Phase};
use model::history::{Event, Kind};
use model::{EventRef, Failure, Payload, Timestamp};

/// A fact that moves a strand. One that does not fit what the strand does leaves it as it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    /// The state named by a `Ready` cursor is entered (or a waiting retry's time has come: see `TimerFired`).
    Entered,
    /// A call was answered, or a callback or an activity's worker gave a result.
    TaskSucceeded(Payload),
    /// A call failed, or a callback or an activity's worker said so.
    TaskFailed(Failure),
    /// The call of a `.waitForTaskToken` task was answered; the token is still awaited.
    TaskSubmitted(Payload),
    /// The task took longer than `TimeoutSeconds`, or was silent for longer than `HeartbeatSeconds`.
    TaskTimedOut {
        /// Whether it was the heartbeat that was missed.
        heartbeat: bool,
    },
    /// A worker took the activity's task.
    ActivityStarted {
        /// As it calls itself.
        worker_name: Option<String>,
    },
    /// The time that a Wait or a retry waits for has come.
    TimerFired,
    /// Some of the children have ended, others have not or are yet to begin.
    ChildrenEnded(Vec<ChildEnd>),
    /// Every child begun has ended and no more will begin: all of their ends, by index.
    ChildrenDone(Vec<ChildEnd>),
    /// The strand must end: a stop, a time-out, a sibling's failure.
    Aborted(Ending),
}

/// How a child ended.
#[derive(Clone, Debug, PartialEq)]
pub struct ChildEnd {
    /// Its place among its siblings, from 0.
    pub index: u32,
    /// How.
    pub outcome: Outcome<Payload>,
    /// The event that its parent's fork follows when this child decides it.
    pub last: Option<EventRef>,
    /// The last event of its own line of control: the same, but for an iteration that succeeded.
    pub inner: Option<EventRef>,
    /// Whether it was in a Task at last.
    pub in_task: bool,
    /// History events that it added, its children's included.
    pub events: u64,
    /// When.
    pub time: Timestamp,
}

impl ChildEnd {
    /// How the child with this cursor ended, whose last step wrote these events and was over then; none if it has not
    /// ended.
    pub fn of(index: u32, cursor: &Cursor<Payload>, events: &[Event<Payload>], time: Timestamp) -> Option<Self> {
        let Phase::Ended(outcome) = &cursor.phase else { return None };
        // The event that says that an iteration succeeded follows its line of control without being part of it.
        let inner = match events.last() {
            Some(event) if matches!(event.kind, Kind::MapIterationSucceeded { .. }) => event.previous.clone(),
            _ => cursor.last.clone(),
        };
        let in_task = events.last().is_some_and(|event| is_of_task(&event.kind));
        Some(Self {
            index,
            outcome: outcome.clone(),
            last: cursor.last.clone(),
            inner,
            in_task,
            events: cursor.events.saturating_sub(cursor.place.events_before),
            time,
        })
    }

    /// The end of a child that its parent gave up before it had begun.
    pub fn before_it_began(index: u32, ending: &Ending, time: Timestamp) -> Self {
        Self { index, outcome: ending.before_the_beginning(), last: None, inner: None, in_task: false, events: 0, time }
    }

    /// Whether it succeeded.
    pub fn is_success(&self) -> bool {
        matches!(self.outcome, Outcome::Succeeded { .. })
    }

    /// Whether it failed by itself.
    pub(crate) fn has_failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed(_))
    }
}

/// Whether the event is one of a Task that was entered and not left.
fn is_of_task(kind: &Kind<Payload>) -> bool {
    let name = kind.type_name();
    name != "TaskStateExited" && ["Task", "LambdaFunction", "Activity"].iter().any(|family| name.starts_with(family))
}
