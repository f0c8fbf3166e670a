//! The facts that move a strand.

use crate::{Ending, Outcome};
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
    /// History events that it added, its children's included.
    pub events: u64,
    /// When.
    pub time: Timestamp,
}
