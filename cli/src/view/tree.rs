//! An execution as a tree of states, built from its records as they are put.
//!
//! A strand is a line of steps; a step that forked has strands below it. What has ended well in a large fork is
//! counted and forgotten, so that the model of a Map of 100,000 items stays small. How it looks is `layout`'s affair.

use engine::{Awaits, Ending, Outcome, Phase, TaskRequest};
use model::history::{Event, Kind, StateType};
use model::{Failure, Payload, Seq, StrandId, Timestamp};
use orchestrator::Record;
use std::collections::{BTreeMap, HashMap};

/// Steps of one strand that are kept; a loop may make many more.
const MAX_STEPS: usize = 60;
/// Forks with more children than this forget those that have succeeded.
pub(crate) const MAX_CHILDREN_SHOWN: u32 = 12;

/// An execution as a tree of states.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    strands: HashMap<StrandId, Strand>,
    forks: HashMap<(StrandId, Seq), Children>,
    /// When it started.
    pub(crate) started: Option<Timestamp>,
    /// How it ended.
    pub(crate) ended: Option<(Timestamp, Outcome<Payload>)>,
    /// States entered so far, in all strands.
    pub(crate) transitions: u64,
}

/// One line of control.
#[derive(Debug, Default)]
pub(crate) struct Strand {
    pub(crate) steps: Vec<Step>,
    /// How many older steps were forgotten.
    pub(crate) forgotten: u64,
    pub(crate) ended: bool,
}

/// One visit of a state.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) state_type: StateType,
    pub(crate) entered: Timestamp,
    pub(crate) left: Option<Timestamp>,
    pub(crate) status: Status,
    /// Attempts after the first.
    pub(crate) retries: u64,
    /// What went wrong last.
    pub(crate) trouble: Option<Failure>,
    /// The record that forked last, and how many children there are to be.
    pub(crate) fork: Option<(Seq, u32)>,
}

/// How a visit stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Status {
    Running,
    /// In a Wait state.
    Waiting(Timestamp),
    /// Before the next attempt.
    Retrying(Timestamp),
    /// For the answer to its task token.
    Callback,
    /// For a worker of this activity, by ARN.
    Worker(String),
    Succeeded,
    /// It failed, and a Catcher took over.
    Caught,
    Failed,
    Aborted,
}

/// The children of one fork.
#[derive(Clone, Debug, Default)]
pub(crate) struct Children {
    /// Those that are kept, by index.
    pub(crate) kept: BTreeMap<u32, StrandId>,
    pub(crate) begun: u32,
    pub(crate) succeeded: u32,
    pub(crate) failed: u32,
    pub(crate) aborted: u32,
}

/// Something to tell, for those who read lines.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// The execution began.
    Started,
    /// A state was left.
    Left(Step),
    /// An attempt failed, or a wait began.
    Paused(Step),
    /// A Parallel or a Map began its children.
    Forked(Step, u32),
    /// Another tenth of a large fork has ended: how many of how many.
    Progress(String, u32, u32),
    /// A `.waitForTaskToken` call waits for its answer: the request.
    Token(String, Payload),
    /// The state did not get to its end.
    Stopped(Step),
}

impl Tree {
    /// Takes a record in. Returns what is worth a line, each with the strand it belongs to.
    pub(crate) fn apply(&mut self, record: &Record) -> Vec<Change> {
        let strand = &record.key.strand;
        let mut changes = Vec::new();
        if self.started.is_none_or(|started| record.time < started) {
            self.started = Some(record.time);
        }
        self.begin(strand);
        for event in &record.events {
            self.take_event(strand, record.time, event, &mut changes);
        }
        self.take_phase(record, &mut changes);
        changes
    }

    /// The strand, once it has begun.
    pub(crate) fn strand(&self, strand: &StrandId) -> Option<&Strand> {
        self.strands.get(strand)
    }

    /// The children of a fork.
    pub(crate) fn children(&self, strand: &StrandId, fork: Seq) -> Option<&Children> {
        self.forks.get(&(strand.clone(), fork))
    }

    /// Where a strand is, for people: `Fulfil/1`, `PackItems/#17`; empty for the root.
    pub(crate) fn path(&self, strand: &StrandId) -> String {
        let mut parts = Vec::new();
        let mut strand = strand.clone();
        while let Some((parent, fork, index)) = strand.parent() {
            let step = self
                .strand(&parent)
                .and_then(|found| found.steps.iter().rev().find(|step| step.fork.is_some_and(|(at, _)| at == fork)));
            let name = step.map_or("?", |step| step.name.as_str());
            parts.push(format!("{name}[{index}]"));
            strand = parent;
        }
        parts.reverse();
        parts.join("/")
    }

    /// The step that made the execution fail: of those that failed and were not caught, the deepest with its failure.
    ///
    /// Branches may fail at the same time; only one of their failures is the execution's.
    pub(crate) fn culprit(&self) -> Option<(String, &Step)> {
        let cause = match &self.ended {
            Some((_, Outcome::Failed(failure))) => Some(failure),
            _ => None,
        };
        let failed = |id: &StrandId| {
            let step = self.strands.get(id)?.steps.last()?;
            (step.status == Status::Failed).then_some(step)
        };
        let rank = |id: &&StrandId| {
            let is_cause = failed(id).is_some_and(|step| step.trouble.as_ref() == cause);
            (is_cause, id.as_str().matches('/').count())
        };
        let deepest = self.strands.keys().filter(|id| failed(id).is_some()).max_by_key(rank)?;
        Some((self.path(deepest), failed(deepest)?))
    }

    fn begin(&mut self, strand: &StrandId) {
        if self.strands.contains_key(strand) {
            return;
        }
        self.strands.insert(strand.clone(), Strand::default());
        if let Some((parent, fork, index)) = strand.parent() {
            let children = self.forks.entry((parent, fork)).or_default();
            children.begun += 1;
            children.kept.insert(index, strand.clone());
        }
    }

    fn take_event(&mut self, strand: &StrandId, time: Timestamp, event: &Event<Payload>, changes: &mut Vec<Change>) {
        let Some(line) = self.strands.get_mut(strand) else { return };
        match &event.kind {
            Kind::ExecutionStarted { .. } => changes.push(Change::Started),
            Kind::ExecutionRedriven { .. } => {
                self.ended = None;
                line.ended = false;
                if let Some(step) = line.steps.last_mut() {
                    (step.left, step.status, step.trouble) = (None, Status::Running, None);
                }
            }
            Kind::StateEntered { state_type, name, .. } => {
                self.transitions += 1;
                if line.steps.len() == MAX_STEPS {
                    line.steps.remove(0);
                    line.forgotten += 1;
                }
                line.steps.push(Step {
                    name: name.clone(),
                    state_type: *state_type,
                    entered: time,
                    left: None,
                    status: Status::Running,
                    retries: 0,
                    trouble: None,
                    fork: None,
                });
            }
            Kind::StateExited { .. } => {
                let Some(step) = line.steps.last_mut() else { return };
                step.left = Some(time);
                step.status = if step.status == Status::Failed { Status::Caught } else { Status::Succeeded };
                changes.push(Change::Left(step.clone()));
            }
            Kind::EvaluationFailed { failure, .. }
            | Kind::TaskFailed { failure, .. }
            | Kind::TaskSubmitFailed { failure, .. }
            | Kind::TaskTimedOut { failure, .. }
            | Kind::LambdaFunctionFailed(failure)
            | Kind::LambdaFunctionTimedOut(failure)
            | Kind::ActivityFailed(failure)
            | Kind::ActivityTimedOut(failure) => line.fail(Some(failure)),
            Kind::ParallelStateFailed | Kind::MapStateFailed => line.fail(None),
            Kind::TaskSucceeded { .. }
            | Kind::LambdaFunctionSucceeded { .. }
            | Kind::ActivitySucceeded { .. }
            | Kind::ParallelStateSucceeded
            | Kind::MapStateSucceeded => line.set(Status::Running),
            Kind::TaskStateAborted | Kind::WaitStateAborted | Kind::ParallelStateAborted | Kind::MapStateAborted => {
                line.set(Status::Aborted);
            }
            Kind::ExecutionSucceeded { .. }
            | Kind::ExecutionFailed(_)
            | Kind::ExecutionAborted(_)
            | Kind::ExecutionTimedOut(_)
            | Kind::TaskScheduled { .. }
            | Kind::TaskStarted(_)
            | Kind::TaskSubmitted { .. }
            | Kind::LambdaFunctionScheduled { .. }
            | Kind::LambdaFunctionStarted
            | Kind::ActivityScheduled { .. }
            | Kind::ActivityStarted { .. }
            | Kind::ParallelStateStarted
            | Kind::MapStateStarted { .. }
            | Kind::MapIterationStarted { .. }
            | Kind::MapIterationSucceeded { .. }
            | Kind::MapIterationFailed { .. }
            | Kind::MapIterationAborted { .. } => {}
        }
    }

    fn take_phase(&mut self, record: &Record, changes: &mut Vec<Change>) {
        let strand = &record.key.strand;
        let retries = record.cursor.visit().map(engine::Visit::retry_count);
        let Some(line) = self.strands.get_mut(strand) else { return };
        if let (Some(step), Some(retries)) = (line.steps.last_mut(), retries) {
            step.retries = retries;
        }
        match &record.cursor.phase {
            Phase::Ready { .. } => {}
            Phase::Calling(_) => line.set(Status::Running),
            Phase::Pending(pending) => match &pending.awaits {
                Awaits::Callback(request) => {
                    line.set(Status::Callback);
                    if let (Some(step), TaskRequest::LambdaInvoke { parameters, .. }) = (line.steps.last(), request) {
                        changes.push(Change::Token(step.name.clone(), parameters.clone()));
                    }
                }
                Awaits::ActivityWorker { arn, .. } => {
                    line.set(Status::Worker(arn.clone()));
                    changes.extend(line.steps.last().cloned().map(Change::Paused));
                }
                Awaits::ActivityResult { .. } => line.set(Status::Running),
            },
            Phase::Waiting(waiting) => {
                line.set(if waiting.retry { Status::Retrying(waiting.until) } else { Status::Waiting(waiting.until) });
                changes.extend(line.steps.last().cloned().map(Change::Paused));
            }
            Phase::Forked(forked) => {
                let Some(step) = line.steps.last_mut() else { return };
                let is_new = step.fork.is_none_or(|(seq, _)| seq != forked.fork.seq);
                step.fork = Some((forked.fork.seq, forked.fork.total));
                if let Some(Ending::ChildFailed { failure, .. }) = &forked.ending {
                    step.trouble = Some(failure.clone());
                } else if is_new {
                    step.status = Status::Running;
                    changes.push(Change::Forked(step.clone(), forked.fork.total));
                }
            }
            Phase::Ended(outcome) => self.end(strand, record.time, outcome, changes),
        }
    }

    fn end(&mut self, strand: &StrandId, time: Timestamp, outcome: &Outcome<Payload>, changes: &mut Vec<Change>) {
        if let Some(line) = self.strands.get_mut(strand) {
            line.ended = true;
            if let Some(step) = line.steps.last_mut().filter(|step| step.left.is_none()) {
                step.left = Some(time);
                match outcome {
                    Outcome::Succeeded { .. } => step.status = Status::Succeeded,
                    Outcome::Failed(failure) => {
                        step.status = Status::Failed;
                        step.trouble.get_or_insert_with(|| failure.clone());
                    }
                    Outcome::Aborted(_) | Outcome::TimedOut(_) => step.status = Status::Aborted,
                }
                changes.push(Change::Stopped(step.clone()));
            }
        }
        match strand.parent() {
            None => self.ended = Some((time, outcome.clone())),
            Some((parent, fork, index)) => self.count(parent, fork, index, outcome, changes),
        }
    }

    fn count(
        &mut self,
        parent: StrandId,
        fork: Seq,
        index: u32,
        outcome: &Outcome<Payload>,
        changes: &mut Vec<Change>,
    ) {
        let step =
            self.strands.get(&parent).and_then(|line| line.steps.last()).and_then(|step| {
                step.fork.filter(|(seq, _)| *seq == fork).map(|(_, total)| (step.name.clone(), total))
            });
        let children = self.forks.entry((parent, fork)).or_default();
        match outcome {
            Outcome::Succeeded { .. } => children.succeeded += 1,
            Outcome::Failed(_) => children.failed += 1,
            Outcome::Aborted(_) | Outcome::TimedOut(_) => children.aborted += 1,
        }
        let Some((name, total)) = step.filter(|(_, total)| *total > MAX_CHILDREN_SHOWN) else { return };
        let done = children.succeeded + children.failed + children.aborted;
        if u64::from(done) * 10 / u64::from(total) > u64::from(done - 1) * 10 / u64::from(total) {
            changes.push(Change::Progress(name, done, total));
        }
        if !matches!(outcome, Outcome::Failed(_))
            && let Some(child) = children.kept.remove(&index)
        {
            self.forget(child);
        }
    }

    /// Forgets the strand and all below it.
    fn forget(&mut self, strand: StrandId) {
        let mut gone = vec![strand];
        while let Some(strand) = gone.pop() {
            let Some(line) = self.strands.remove(&strand) else { continue };
            for step in line.steps {
                if let Some((fork, _)) = step.fork {
                    let below = self.forks.remove(&(strand.clone(), fork)).unwrap_or_default();
                    gone.extend(below.kept.into_values());
                }
            }
        }
    }
}

impl Strand {
    fn set(&mut self, status: Status) {
        if let Some(step) = self.steps.last_mut() {
            step.status = status;
        }
    }

    fn fail(&mut self, failure: Option<&Failure>) {
        if let Some(step) = self.steps.last_mut() {
            step.status = Status::Failed;
            if let Some(failure) = failure {
                step.trouble = Some(failure.clone());
            }
        }
    }
}
