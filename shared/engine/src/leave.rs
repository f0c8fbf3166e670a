//! Leaving a state that did its work: its output and the variables that it sets, then the next state or the end.
//!
//! Both are worked out from the variables as they were when the state was entered.

use crate::evaluate::{Came, Evaluation};
use crate::writer::Writer;
use crate::{Failed, Outcome, Phase, Place, Step, Visit, failure, step};
use language::Machine;
use language::machine::{Data, DataFlow, Map, Next, Parallel, Pass, PayloadTemplate, Task};
use model::history::{Kind, StateType};
use model::{Payload, Variables};

/// How a state that has a result is left.
#[derive(Clone, Copy)]
pub(crate) struct Exit<'m> {
    data: &'m Data<DataFlow>,
    assign: Option<&'m PayloadTemplate>,
    next: &'m Next,
}

impl<'m> From<&'m Pass> for Exit<'m> {
    fn from(Pass { data, assign, next, .. }: &'m Pass) -> Self {
        Self { data, assign: assign.as_ref(), next }
    }
}

impl<'m> From<&'m Task> for Exit<'m> {
    fn from(Task { data, assign, next, .. }: &'m Task) -> Self {
        Self { data, assign: assign.as_ref(), next }
    }
}

impl<'m> From<&'m Parallel> for Exit<'m> {
    fn from(Parallel { data, assign, next, .. }: &'m Parallel) -> Self {
        Self { data, assign: assign.as_ref(), next }
    }
}

impl<'m> From<&'m Map> for Exit<'m> {
    fn from(Map { data, assign, next, .. }: &'m Map) -> Self {
        Self { data, assign: assign.as_ref(), next }
    }
}

/// What a state leaves behind.
pub(crate) struct Leaving {
    /// What goes on.
    pub(crate) output: Payload,
    /// The variables that it sets.
    pub(crate) assigned: Variables<Payload>,
}

/// Leaves a state with its raw result.
pub(crate) fn with_result(
    machine: &Machine,
    writer: Writer<'_>,
    place: Place<Payload>,
    exit: Exit<'_>,
    visit: Visit<Payload>,
    result: &Payload,
) -> Step {
    let Exit { data, assign, next } = exit;
    // A Pass does no work.
    let came = if visit.state_type == StateType::Pass { Came::Input(result) } else { Came::Result(result) };
    let left = Evaluation::at(&writer, &place, &visit).leaving(data, assign, came);
    leave(machine, writer, place, next, visit, left)
}

/// Leaves a state with what it leaves behind, unless that failed.
pub(crate) fn leave(
    machine: &Machine,
    writer: Writer<'_>,
    place: Place<Payload>,
    next: &Next,
    visit: Visit<Payload>,
    left: Result<Leaving, Failed>,
) -> Step {
    match left {
        Ok(left) => with_output(writer, place, next, &visit, left),
        Err(failed) => failure::fail(machine, writer, place, visit, failed),
    }
}

/// Leaves a state with its output.
pub(crate) fn with_output(
    mut writer: Writer<'_>,
    mut place: Place<Payload>,
    next: &Next,
    visit: &Visit<Payload>,
    left: Leaving,
) -> Step {
    let Leaving { output, assigned } = left;
    place.variables.assign(&assigned);
    let (state_type, name) = (visit.state_type, visit.state.clone());
    writer.put(Kind::StateExited { state_type, name, output: output.clone(), assigned });
    match next {
        Next::State(state) => {
            let seq = writer.context().seq;
            writer.finish(seq, place, Phase::Ready { state: state.as_str().to_owned(), input: output })
        }
        Next::End => succeed(writer, place, output),
    }
}

/// Ends the strand well.
pub(crate) fn succeed(mut writer: Writer<'_>, place: Place<Payload>, output: Payload) -> Step {
    if writer.context().strand.is_root() {
        writer.put(Kind::ExecutionSucceeded { output: output.clone() });
    } else if let (Some(name), Some(item)) = (place.iteration_of.clone(), &place.item) {
        writer.put(Kind::MapIterationSucceeded { name, index: item.index });
    }
    step::ended(writer, place, Outcome::Succeeded { output })
}
