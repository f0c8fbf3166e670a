//! The transitions. What each state type does is in its own file.
//!
//! | cursor | trigger | file |
//! |---|---|---|
//! | `Ready` | `Entered` | here; `task`, `choice`, `wait`, `fork` |
//! | `Calling` | `TaskSucceeded`, `TaskFailed`, `TaskSubmitted`, `TaskTimedOut` | `task` |
//! | `Pending` | the same, and `ActivityStarted` | `task` |
//! | `Waiting` | `TimerFired` | `wait`; a retry enters its state again |
//! | `Forked` | `ChildrenEnded`, `ChildrenDone` | `fork` |
//! | any but `Ended` | `Aborted` | `abort` |
//!
//! Any other pair leaves the strand as it is: the trigger came too late.

use crate::evaluate::{Came, Evaluation};
use crate::writer::Writer;
use crate::{Cursor, ExecutionFacts, Failed, Hop, Outcome, Phase, Place, StepContext, Trigger, Visit};
use crate::{abort, choice, failure, fork, leave, task, wait};
use language::Machine;
use language::machine::{Data, Fail, FailText, InputOutput, Next, Pass, Resource, State};
use model::history::{Event, Kind, StateType};
use model::{Failure, Payload, Qualifier};

/// What a step adds to the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// History events, in order.
    pub events: Vec<Event<Payload>>,
    /// Where the strand stands after it.
    pub cursor: Cursor<Payload>,
}

/// What the driver does after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The next step can be worked out at once, with [`Trigger::Entered`].
    Proceed,
    /// A call was claimed: once the claim is acknowledged, whoever claimed makes it.
    Call,
    /// Something outside moves the strand on: a timer, children, an answer.
    Rest,
    /// The strand is over.
    End,
}

impl Step {
    /// What the driver does after this step.
    pub fn then(&self) -> Then {
        match self.cursor.phase {
            Phase::Ready { .. } => Then::Proceed,
            Phase::Calling(_) => Then::Call,
            Phase::Pending(_) | Phase::Waiting(_) | Phase::Forked(_) => Then::Rest,
            Phase::Ended(_) => Then::End,
        }
    }
}

/// Record 0 of an execution: it has started, by this version and alias if any, and its first state is about to be entered.
pub fn start(machine: &Machine, execution: &ExecutionFacts, qualifier: Option<&Qualifier>) -> Step {
    let alias = qualifier.and_then(|qualifier| qualifier.alias.as_deref());
    let started = Kind::ExecutionStarted {
        input: execution.input.clone(),
        role_arn: execution.role_arn.clone(),
        version_arn: qualifier.map(|qualifier| execution.machine.version(qualifier.version).to_string()),
        alias_arn: alias.map(|alias| execution.machine.alias(alias).to_string()),
    };
    let phase = Phase::Ready { state: machine.start_at.as_str().to_owned(), input: execution.input.clone() };
    let place = Place::root();
    Step {
        events: vec![Event { previous: None, kind: started }],
        // The first state's `previousEventId` is 0, as on AWS.
        cursor: Cursor { since: 0, last: None, events: 1, place, phase },
    }
}

/// Whether the next step of this cursor claims a call, which only a worker that can make it may do.
pub fn makes_call(machine: &Machine, cursor: &Cursor<Payload>) -> bool {
    let state = match &cursor.phase {
        Phase::Ready { state, .. } => state,
        Phase::Waiting(waiting) if waiting.retry => &waiting.visit.state,
        Phase::Waiting(_) | Phase::Calling(_) | Phase::Pending(_) | Phase::Forked(_) | Phase::Ended(_) => return false,
    };
    match machine.state(state) {
        Some(State::Task(task)) => match task.resource {
            Resource::LambdaFunction(_) | Resource::Service(_) => true,
            Resource::Activity(_) => false,
        },
        _ => false,
    }
}

/// The next step of one strand; none if the trigger does not fit what the strand does.
///
/// Total: a workflow that fails is an ordinary outcome.
pub fn step(machine: &Machine, cursor: &Cursor<Payload>, trigger: Trigger, context: &StepContext<'_>) -> Option<Step> {
    let writer = Writer::new(context, cursor);
    let place = cursor.place.clone();
    match (&cursor.phase, trigger) {
        (Phase::Ended(_), _) => None,
        (_, Trigger::Aborted(ending)) => abort::abort(writer, cursor, ending),
        (Phase::Ready { state, input }, Trigger::Entered) => Some(enter(machine, writer, place, state, input)),
        (Phase::Waiting(waiting), Trigger::TimerFired) => Some(if waiting.retry {
            again(machine, writer, place, waiting.visit.clone())
        } else {
            wait::leave_wait(machine, writer, place, waiting.visit.clone())
        }),
        (Phase::Calling(call), trigger) => task::answered(machine, writer, cursor, call.clone(), trigger),
        (Phase::Pending(pending), trigger) => task::pending(machine, writer, cursor, pending.clone(), trigger),
        (Phase::Forked(forked), Trigger::ChildrenEnded(ends)) => {
            Some(fork::children_ended(machine, writer, cursor, forked.clone(), ends))
        }
        (Phase::Forked(forked), Trigger::ChildrenDone(ends)) => {
            Some(fork::children_done(machine, writer, cursor, forked.clone(), &ends))
        }
        (Phase::Ready { .. } | Phase::Waiting(_) | Phase::Forked(_), _) => None,
    }
}

fn enter(machine: &Machine, mut writer: Writer<'_>, place: Place<Payload>, name: &str, input: &Payload) -> Step {
    let Some(state) = machine.state(name) else {
        return unknown_state(writer, place, name);
    };
    let visit = visit(&mut writer, state, name, input);
    run(machine, writer, place, state, visit)
}

/// A state's first moment.
pub(crate) fn visit(writer: &mut Writer<'_>, state: &State, name: &str, input: &Payload) -> Visit<Payload> {
    let visit = Visit {
        state: name.to_owned(),
        state_type: type_of(state),
        input: input.clone(),
        entered: writer.context().now,
        entered_id: writer.next_id(),
        attempts: vec![0; retriers(state)],
    };
    writer.put(Kind::StateEntered { state_type: visit.state_type, name: name.to_owned(), input: input.clone() });
    visit
}

/// Another attempt at a state that was entered before.
fn again(machine: &Machine, writer: Writer<'_>, place: Place<Payload>, visit: Visit<Payload>) -> Step {
    match machine.state(&visit.state) {
        Some(state) => run(machine, writer, place, state, visit),
        None => unknown_state(writer, place, &visit.state),
    }
}

/// What a state does first.
pub(crate) fn run(
    machine: &Machine,
    writer: Writer<'_>,
    place: Place<Payload>,
    state: &State,
    visit: Visit<Payload>,
) -> Step {
    match state {
        State::Pass(pass) => run_pass(machine, writer, place, pass, visit),
        State::Task(task) => task::claim(machine, writer, place, task, visit),
        State::Choice(choice) => choice::run(machine, writer, place, choice, visit),
        State::Wait(wait) => wait::begin(machine, writer, place, wait, visit),
        State::Succeed(succeed) => run_succeed(machine, writer, place, &succeed.data, visit),
        State::Fail(fail) => run_fail(machine, writer, place, fail, visit),
        State::Parallel(parallel) => fork::begin_parallel(machine, writer, place, parallel, visit),
        State::Map(map) => fork::begin_map(machine, writer, place, map, visit),
    }
}

fn run_pass(machine: &Machine, writer: Writer<'_>, place: Place<Payload>, pass: &Pass, visit: Visit<Payload>) -> Step {
    let evaluation = Evaluation::at(&writer, &place, &visit);
    let result = match &pass.result {
        Some(result) => {
            Ok(Payload::from_value(result.clone())).inspect(|result| evaluation.reached(Hop::Result, result))
        }
        None => evaluation.input(&pass.data).and_then(|input| evaluation.arguments(&pass.data, &input)),
    };
    match result {
        Ok(result) => leave::with_result(machine, writer, place, pass.into(), visit, &result),
        Err(failed) => failure::fail(machine, writer, place, visit, failed),
    }
}

fn run_succeed(
    machine: &Machine,
    writer: Writer<'_>,
    place: Place<Payload>,
    data: &Data<InputOutput>,
    visit: Visit<Payload>,
) -> Step {
    let evaluation = Evaluation::at(&writer, &place, &visit);
    let input = evaluation.input(data);
    let left = input.and_then(|input| evaluation.leaving(data, None, Came::Input(&input)));
    leave::leave(machine, writer, place, &Next::End, visit, left)
}

fn run_fail(machine: &Machine, writer: Writer<'_>, place: Place<Payload>, fail: &Fail, visit: Visit<Payload>) -> Step {
    let evaluation = Evaluation::at(&writer, &place, &visit);
    if let Data::JsonPath(()) = fail.data {
        evaluation.reached(Hop::InputPath, &visit.input);
    }
    let text = |field: &str, path_field: &str, text: &FailText| match text {
        FailText::Absent => Ok(None),
        FailText::Fixed(text) => Ok(Some(text.clone())),
        FailText::Path(expression) => Ok(Some(evaluation.text_at(path_field, expression)?)),
        FailText::Query(query) => evaluation.text(field, query).map(Some),
    };
    let stated = text("Error", "ErrorPath", &fail.error)
        .and_then(|error| Ok(Failure { error, cause: text("Cause", "CausePath", &fail.cause)? }.clipped()));
    failure::fail(machine, writer, place, visit, stated.map_or_else(|failed| failed, Failed::from))
}

/// A stored cursor names a state that its machine does not have: the revision is not the one it ran.
fn unknown_state(writer: Writer<'_>, place: Place<Payload>, name: &str) -> Step {
    let cause = format!("The state '{name}' is not in the definition that this execution runs.");
    failure::end_failed(writer, place, Failure::new(model::error_name::RUNTIME, cause))
}

pub(crate) fn retriers(state: &State) -> usize {
    match state {
        State::Task(task) => task.retry.len(),
        State::Parallel(parallel) => parallel.retry.len(),
        State::Map(map) => map.retry.len(),
        State::Pass(_) | State::Choice(_) | State::Wait(_) | State::Succeed(_) | State::Fail(_) => 0,
    }
}

pub(crate) fn type_of(state: &State) -> StateType {
    match state {
        State::Pass(_) => StateType::Pass,
        State::Task(_) => StateType::Task,
        State::Choice(_) => StateType::Choice,
        State::Wait(_) => StateType::Wait,
        State::Succeed(_) => StateType::Succeed,
        State::Fail(_) => StateType::Fail,
        State::Parallel(_) => StateType::Parallel,
        State::Map(_) => StateType::Map,
    }
}

/// The end of a strand, whichever way.
pub(crate) fn ended(writer: Writer<'_>, place: Place<Payload>, outcome: Outcome<Payload>) -> Step {
    let seq = writer.context().seq;
    writer.finish(seq, place, Phase::Ended(outcome))
}
