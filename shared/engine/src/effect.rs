//! What a cursor asks the world to do: a function of the cursor alone, safe to repeat.

use crate::{Awaits, Cursor, Ending, Outcome, Phase, Redriven};
use model::{Failure, Payload, Seq, Timestamp};

/// An order that may be carried out any number of times.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask for the next step of this strand.
    Wake,
    /// Wake the strand at that time, for what it waits for since that record.
    StartTimer {
        /// The record at which the wait began.
        since: Seq,
        /// When.
        at: Timestamp,
    },
    /// Begin the child, if it has not begun.
    StartChild {
        /// The record that forked it.
        fork: Seq,
        /// Its index.
        index: u32,
        /// Whether this very record begins it; otherwise it has begun unless something was lost.
        fresh: bool,
    },
    /// Make the child end, if it has not ended.
    AbortChild {
        /// The record that forked it.
        fork: Seq,
        /// Its index.
        index: u32,
        /// Why.
        ending: Ending,
    },
    /// Put the task where the activity's workers look for it.
    OfferActivity {
        /// The activity's ARN.
        arn: String,
        /// The record that names the task.
        since: Seq,
    },
    /// Tell the parent that this child has ended.
    TellParent,
    /// Write the end of the execution where its status is read.
    CloseExecution,
    /// Write where the status is read that the execution runs again. Before anything else: what a stop or a time-out left
    /// there is for the time before.
    ReopenExecution(Redriven),
    /// Nobody runs who would wake the strand whose fork this is: have it look at how its children ended.
    Join {
        /// The record that forked.
        fork: Seq,
    },
}

/// What this cursor asks for, whatever was asked for before. `is_root` tells the two kinds of end apart.
///
/// A call is not among them: only the worker whose claim was acknowledged makes it.
pub fn effects(cursor: &Cursor<Payload>, is_root: bool) -> Vec<Effect> {
    // As long as the strand does what the redrive had it do first: it is left only by what comes after this.
    let redriven = cursor.place.redriven.filter(|redriven| is_root && redriven.seq == cursor.since);
    let reopened = redriven.map(Effect::ReopenExecution);
    reopened.into_iter().chain(of_phase(cursor, is_root)).collect()
}

fn of_phase(cursor: &Cursor<Payload>, is_root: bool) -> Vec<Effect> {
    match &cursor.phase {
        Phase::Ready { .. } => vec![Effect::Wake],
        // The worker that claimed enforces the time-out; if it is gone, its message comes back.
        Phase::Calling(_) => Vec::new(),
        Phase::Pending(pending) => match &pending.awaits {
            // The clocks of an activity's task start when a worker takes it.
            Awaits::ActivityWorker { arn, .. } => {
                vec![Effect::OfferActivity { arn: arn.clone(), since: cursor.since }]
            }
            Awaits::Callback(_) | Awaits::ActivityResult { .. } => pending
                .next_deadline(None)
                .map(|(at, _)| Effect::StartTimer { since: cursor.since, at })
                .into_iter()
                .collect(),
        },
        Phase::Waiting(waiting) => vec![Effect::StartTimer { since: cursor.since, at: waiting.until }],
        Phase::Forked(forked) => {
            let fork = &forked.fork;
            match &forked.ending {
                None if fork.running.is_empty() => vec![Effect::Join { fork: fork.seq }],
                None => fork
                    .running
                    .iter()
                    .map(|&index| Effect::StartChild { fork: fork.seq, index, fresh: fork.fresh.contains(&index) })
                    .collect(),
                Some(ending) => fork
                    .running
                    .iter()
                    .map(|&index| Effect::AbortChild { fork: fork.seq, index, ending: ending.for_children() })
                    .collect(),
            }
        }
        Phase::Ended(_) if is_root => vec![Effect::CloseExecution],
        Phase::Ended(_) => vec![Effect::TellParent],
    }
}

impl Ending {
    /// What a child is told when its parent's fork ends like this.
    #[must_use]
    pub fn for_children(&self) -> Self {
        match self {
            Self::ChildFailed { at, after, .. } | Self::Aborted { at, after } => {
                Self::Aborted { at: at.clone(), after: *after }
            }
            Self::Stopped(_) | Self::TimedOut(_) | Self::Broken(_) => self.clone(),
        }
    }

    /// How a child ends that must end so and had not begun.
    pub fn before_the_beginning(&self) -> Outcome<Payload> {
        Outcome::Aborted(match self {
            Self::Stopped(failure) | Self::TimedOut(failure) | Self::Broken(failure) => failure.clone(),
            Self::Aborted { .. } | Self::ChildFailed { .. } => Failure::default(),
        })
    }
}

impl<P> crate::Call<P> {
    /// When a task that waits for its token times out whose call nobody will answer any more, and whether it is the
    /// heartbeat that is missed then; none where no clock is set, or nothing but the call itself could answer.
    pub fn unanswered_deadline(&self) -> Option<(Timestamp, bool)> {
        self.unanswered_deadline_after(None)
    }

    /// The same, where whoever holds the token sent its last heartbeat then.
    pub fn unanswered_deadline_after(&self, last_beat: Option<Timestamp>) -> Option<(Timestamp, bool)> {
        match self.request {
            crate::TaskRequest::LambdaInvoke { wait_for_token: true, .. } => {}
            crate::TaskRequest::LambdaInvoke { .. } | crate::TaskRequest::LambdaFunction { .. } => return None,
        }
        let timeout = self.timeout.map(|seconds| (self.started.plus_seconds(seconds), false));
        let silent_since = last_beat.unwrap_or(self.started).max(self.started);
        let heartbeat = self.heartbeat.map(|seconds| (silent_since.plus_seconds(seconds), true));
        [timeout, heartbeat].into_iter().flatten().min()
    }
}

impl<P> crate::Pending<P> {
    /// When the task times out unless something comes before, and whether it is the heartbeat that is missed then.
    ///
    /// `last_beat` is the time of the last heartbeat, if one came.
    pub fn next_deadline(&self, last_beat: Option<Timestamp>) -> Option<(Timestamp, bool)> {
        let timeout = self.timeout.map(|seconds| (self.started.plus_seconds(seconds), false));
        let silent_since = last_beat.unwrap_or(self.awaited_from).max(self.awaited_from);
        let heartbeat = self.heartbeat.map(|seconds| (silent_since.plus_seconds(seconds), true));
        [timeout, heartbeat].into_iter().flatten().min()
    }
}
