//! Where a strand stands. A record holds the cursor after it; `P` is a payload in memory, a slot in the store.

use crate::Scopes;
use model::history::StateType;
use model::{EventRef, Failure, Seq, StrandId, Timestamp};
use serde::{Deserialize, Serialize};

/// Where a strand stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cursor<P> {
    /// The record at which the present wait began. Timers, joins and tokens name it.
    pub since: Seq,
    /// The event that the strand's next one follows; none before the first state of the root.
    pub last: Option<EventRef>,
    /// How many history events there are so far as this strand knows: exact while only one strand is live.
    pub events: u64,
    /// Which line of control this is.
    pub place: Place<P>,
    /// What it does.
    pub phase: Phase<P>,
}

/// Which line of control a strand is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place<P> {
    /// The Map whose iteration this strand is, by the state's name; none for the root and for branches.
    pub iteration_of: Option<String>,
    /// The item of the innermost Map around the strand: `$$.Map.Item`.
    pub item: Option<MapItem<P>>,
    /// What its cursor counted as `events` when the strand began.
    pub events_before: u64,
    /// The children of its fork, so that not each of them has to wake the parent when it ends. None for the root, and
    /// in records of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub siblings: Option<Siblings>,
    /// The last redrive of the execution before or with which the strand began; none if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redriven: Option<Redriven>,
    /// The variables that it can read.
    #[serde(default = "Scopes::none", skip_serializing_if = "Scopes::are_empty")]
    pub variables: Scopes<P>,
}

/// A redrive of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redriven {
    /// How many there were with it: `$$.Execution.RedriveCount`.
    pub count: u32,
    /// When: `$$.Execution.RedriveTime`. The machine's `TimeoutSeconds` count from it.
    pub at: Timestamp,
    /// The root's record that it is.
    pub seq: Seq,
}

/// The children of one fork, as each of them knows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Siblings {
    /// How many there are to be.
    pub total: u32,
    /// How many run at once.
    pub at_once: u32,
}

impl Siblings {
    /// After how many ends the parent has something to do: with the last one where all began at once; else when a
    /// quarter of those that may run have ended, so that three quarters always run.
    pub fn block(self) -> u32 {
        if self.total <= self.at_once { self.total.max(1) } else { (self.at_once / 4).max(1) }
    }
}

impl<P> Place<P> {
    /// The root's, and that of a strand that never began.
    pub const fn root() -> Self {
        let variables = Scopes::none();
        Self { iteration_of: None, item: None, events_before: 0, siblings: None, redriven: None, variables }
    }

    /// The root's record with which the execution began to run as it does now: the first one, or that of its last
    /// redrive. What names another one is from before, and must do nothing.
    pub fn opened(&self) -> Seq {
        self.redriven.map_or(0, |redriven| redriven.seq)
    }
}

/// `$$.Map.Item`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapItem<P> {
    /// From 0.
    pub index: u32,
    /// The item before `ItemSelector`.
    pub value: P,
}

/// What a strand does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Phase<P> {
    /// The state is about to be entered.
    Ready {
        /// The state's name.
        state: String,
        /// Its raw input.
        input: P,
    },
    /// A call was claimed and is being made by one worker.
    Calling(Call<P>),
    /// A task's answer comes from outside: a callback or an activity's worker.
    Pending(Pending<P>),
    /// A Wait state, or the time before a retry.
    Waiting(Waiting<P>),
    /// Children run.
    Forked(Forked<P>),
    /// The strand is over. Nothing follows, but on the root the record that redrives the execution.
    Ended(Outcome<P>),
}

/// One visit of a state, through all its retries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Visit<P> {
    /// The state's name.
    pub state: String,
    /// The state's type.
    pub state_type: StateType,
    /// Its raw input.
    pub input: P,
    /// When it was entered: `$$.State.EnteredTime`.
    pub entered: Timestamp,
    /// The number of its `...StateEntered` event, for causes.
    pub entered_id: u64,
    /// How often each retrier has retried, in the order of `Retry`.
    pub attempts: Vec<u64>,
}

/// A claimed call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call<P> {
    /// The visit.
    pub visit: Visit<P>,
    /// What is called, with the parameters as evaluated.
    pub request: TaskRequest<P>,
    /// Seconds that the task may take.
    pub timeout: Option<u64>,
    /// Seconds between heartbeats.
    pub heartbeat: Option<u64>,
    /// When the task began, as its time-outs count.
    pub started: Timestamp,
    /// Who makes the call.
    pub worker: String,
    /// When its worker is gone for certain.
    pub expires: Timestamp,
}

/// What a Task calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskRequest<P> {
    /// A function by its ARN.
    LambdaFunction {
        /// The function's ARN.
        arn: String,
        /// Its event.
        input: P,
    },
    /// `lambda:invoke`.
    LambdaInvoke {
        /// `FunctionName`, `Payload`, ...
        parameters: P,
        /// Whether the task then waits for its token.
        wait_for_token: bool,
    },
}

/// A task whose answer comes from outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pending<P> {
    /// The visit.
    pub visit: Visit<P>,
    /// What is awaited.
    pub awaits: Awaits<P>,
    /// Seconds that the task may take.
    pub timeout: Option<u64>,
    /// Seconds between heartbeats.
    pub heartbeat: Option<u64>,
    /// When the task began, as `TimeoutSeconds` counts.
    pub started: Timestamp,
    /// When its answer began to be awaited, as `HeartbeatSeconds` counts until the first heartbeat.
    pub awaited_from: Timestamp,
}

/// Who answers a pending task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Awaits<P> {
    /// Whoever has the token of a `.waitForTaskToken` call that was made.
    Callback(TaskRequest<P>),
    /// An activity's worker, once one asks for work.
    ActivityWorker {
        /// The activity's ARN.
        arn: String,
        /// The task's input.
        input: P,
    },
    /// The activity's worker that took it.
    ActivityResult {
        /// The activity's ARN.
        arn: String,
    },
}

/// A strand that a timer moves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waiting<P> {
    /// The visit.
    pub visit: Visit<P>,
    /// When it goes on.
    pub until: Timestamp,
    /// Whether it then retries the state; otherwise it leaves the Wait state.
    pub retry: bool,
}

/// A strand with children.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forked<P> {
    /// The visit of the Parallel or Map.
    pub visit: Visit<P>,
    /// The children.
    pub fork: Fork<P>,
    /// Set once the fork is being left before its time: every child still running is aborted.
    pub ending: Option<Ending>,
}

/// What a parent is told when children of it have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Nothing: there is no news.
    Nothing,
    /// [`crate::Trigger::ChildrenEnded`] with those that have.
    News,
    /// [`crate::Trigger::ChildrenDone`] with those that have: the fork is given up, and none of them runs any more.
    GivenUp,
    /// [`crate::Trigger::ChildrenDone`] with all there were: each succeeded.
    Done,
}

impl<P> Forked<P> {
    /// What the parent is told when so many of the children that run have ended, one of them without success or none.
    pub fn join(&self, ended: usize, has_failed: bool) -> Join {
        let running = self.fork.running.len();
        let gives_up = self.ending.is_some() || has_failed;
        match (ended, gives_up) {
            (0, _) if running > 0 => Join::Nothing,
            (ended, true) if ended >= running => Join::GivenUp,
            (ended, false) if ended >= running && self.fork.has_begun_all() => Join::Done,
            _ => Join::News,
        }
    }
}

/// The children of one fork, as their parent knows them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fork<P> {
    /// The record that forked; part of the children's ids.
    pub seq: Seq,
    /// How many children there are to be.
    pub total: u32,
    /// Children begun so far are those below this index, but for those in `again`.
    pub next: u32,
    /// How many at once.
    pub limit: u32,
    /// Children begun and not seen to have ended, in ascending order.
    pub running: Vec<u32>,
    /// Those of `running` that this very record begins.
    pub fresh: Vec<u32>,
    /// What the children get: the branches' common input, or the array of items.
    pub input: P,
    /// What the effective input was, for `ItemSelector`; none for Parallel.
    pub effective_input: Option<P>,
    /// The event that the next child's first one follows.
    pub follows: Option<EventRef>,
    /// Children below `next` that had no success in the forks `before` and have not begun again, in ascending order. Few:
    /// a fork gives up with its first failure, and only those that ran then are among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub again: Vec<u32>,
    /// The forks that this one goes on with after a redrive, the last one first: children that succeeded there are not
    /// begun again, and those that did not go on from where they were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Origin>,
}

/// A fork that another one goes on with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Its strand.
    pub strand: StrandId,
    /// The record that forked.
    pub fork: Seq,
}

/// Why a fork is left before all its children succeeded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// A child failed; Retry and Catch decide.
    ChildFailed {
        /// The child's failure.
        failure: Failure,
        /// The event that failed it.
        at: Option<EventRef>,
        /// The earliest time of what follows that event.
        #[serde(default)]
        after: Timestamp,
    },
    /// The fork's own strand is being aborted by its parent's failure.
    Aborted {
        /// The event that failed the parent's fork.
        at: Option<EventRef>,
        /// The earliest time of what follows that event.
        #[serde(default)]
        after: Timestamp,
    },
    /// StopExecution.
    Stopped(Failure),
    /// The execution took too long.
    TimedOut(Failure),
    /// The next step cannot be worked out at all: an unreadable record, a panic.
    Broken(Failure),
}

/// How a strand ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome<P> {
    /// With an output.
    Succeeded {
        /// It.
        output: P,
    },
    /// With a failure.
    Failed(Failure),
    /// Stopped (root) or given up because of a sibling (child).
    Aborted(Failure),
    /// The execution took too long.
    TimedOut(Failure),
}

impl<P> Visit<P> {
    /// How often the state has been retried: `$$.State.RetryCount`.
    pub fn retry_count(&self) -> u64 {
        self.attempts.iter().sum()
    }
}

impl<P> Cursor<P> {
    /// Whether the strand is over.
    pub fn is_terminal(&self) -> bool {
        matches!(self.phase, Phase::Ended(_))
    }

    /// The visit of the state it is in; none between states and at the end.
    pub fn visit(&self) -> Option<&Visit<P>> {
        match &self.phase {
            Phase::Ready { .. } | Phase::Ended(_) => None,
            Phase::Calling(call) => Some(&call.visit),
            Phase::Pending(pending) => Some(&pending.visit),
            Phase::Waiting(waiting) => Some(&waiting.visit),
            Phase::Forked(forked) => Some(&forked.visit),
        }
    }

    /// The same cursor with each payload replaced; the first failure ends it.
    pub fn try_map<Q, E>(self, f: &mut impl FnMut(P) -> Result<Q, E>) -> Result<Cursor<Q>, E> {
        let Self { since, last, events, place, phase } = self;
        let item = place.item.map(|item| Ok(MapItem { index: item.index, value: f(item.value)? })).transpose()?;
        let phase = match phase {
            Phase::Ready { state, input } => Phase::Ready { state, input: f(input)? },
            Phase::Calling(call) => Phase::Calling(Call {
                visit: call.visit.try_map(f)?,
                request: call.request.try_map(f)?,
                timeout: call.timeout,
                heartbeat: call.heartbeat,
                started: call.started,
                worker: call.worker,
                expires: call.expires,
            }),
            Phase::Pending(pending) => Phase::Pending(Pending {
                visit: pending.visit.try_map(f)?,
                awaits: match pending.awaits {
                    Awaits::Callback(request) => Awaits::Callback(request.try_map(f)?),
                    Awaits::ActivityWorker { arn, input } => Awaits::ActivityWorker { arn, input: f(input)? },
                    Awaits::ActivityResult { arn } => Awaits::ActivityResult { arn },
                },
                timeout: pending.timeout,
                heartbeat: pending.heartbeat,
                started: pending.started,
                awaited_from: pending.awaited_from,
            }),
            Phase::Waiting(waiting) => {
                Phase::Waiting(Waiting { visit: waiting.visit.try_map(f)?, until: waiting.until, retry: waiting.retry })
            }
            Phase::Forked(forked) => Phase::Forked(Forked {
                visit: forked.visit.try_map(f)?,
                fork: forked.fork.try_map(f)?,
                ending: forked.ending,
            }),
            Phase::Ended(outcome) => Phase::Ended(match outcome {
                Outcome::Succeeded { output } => Outcome::Succeeded { output: f(output)? },
                Outcome::Failed(failure) => Outcome::Failed(failure),
                Outcome::Aborted(failure) => Outcome::Aborted(failure),
                Outcome::TimedOut(failure) => Outcome::TimedOut(failure),
            }),
        };
        let place = Place {
            iteration_of: place.iteration_of,
            item,
            events_before: place.events_before,
            siblings: place.siblings,
            redriven: place.redriven,
            variables: place.variables.try_map(f)?,
        };
        Ok(Cursor { since, last, events, place, phase })
    }
}

impl<P> Visit<P> {
    fn try_map<Q, E>(self, f: &mut impl FnMut(P) -> Result<Q, E>) -> Result<Visit<Q>, E> {
        let Self { state, state_type, input, entered, entered_id, attempts } = self;
        Ok(Visit { state, state_type, input: f(input)?, entered, entered_id, attempts })
    }
}

impl<P> TaskRequest<P> {
    fn try_map<Q, E>(self, f: &mut impl FnMut(P) -> Result<Q, E>) -> Result<TaskRequest<Q>, E> {
        Ok(match self {
            Self::LambdaFunction { arn, input } => TaskRequest::LambdaFunction { arn, input: f(input)? },
            Self::LambdaInvoke { parameters, wait_for_token } => {
                TaskRequest::LambdaInvoke { parameters: f(parameters)?, wait_for_token }
            }
        })
    }
}

impl<P> Fork<P> {
    /// Whether no more children are to begin.
    pub fn has_begun_all(&self) -> bool {
        self.again.is_empty() && self.next >= self.total
    }

    fn try_map<Q, E>(self, f: &mut impl FnMut(P) -> Result<Q, E>) -> Result<Fork<Q>, E> {
        let Self { seq, total, next, limit, running, fresh, input, effective_input, follows, again, before } = self;
        Ok(Fork {
            seq,
            total,
            next,
            limit,
            running,
            fresh,
            input: f(input)?,
            effective_input: effective_input.map(&mut *f).transpose()?,
            follows,
            again,
            before,
        })
    }
}
