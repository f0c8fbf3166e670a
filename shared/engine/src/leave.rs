//! Leaving a state that did its work: `ResultSelector`, `ResultPath`, `OutputPath`, then the next state or the end.

use crate::evaluate::Evaluation;
use crate::writer::Writer;
use crate::{Outcome, Phase, Place, Step, Visit, failure, step};
use language::Machine;
use language::machine::{DataFlow, Next};
use model::Payload;
use model::history::Kind;

/// Leaves a state with its raw result.
pub(crate) fn with_result(
    machine: &Machine,
    writer: Writer<'_>,
    place: Place<Payload>,
    data: &DataFlow,
    next: &Next,
    visit: Visit<Payload>,
    result: &Payload,
) -> Step {
    let evaluation = Evaluation::new(writer.context(), &place, &visit);
    let output = evaluation
        .template(data.result_selector.as_ref(), result)
        .and_then(|selected| evaluation.combine(&data.result_path, selected))
        .and_then(|combined| evaluation.path(&data.output_path, &combined));
    match output {
        Ok(output) => with_output(writer, place, next, &visit, output),
        Err(failed) => failure::fail(machine, writer, place, visit, failed),
    }
}

/// Leaves a state with its output.
pub(crate) fn with_output(
    mut writer: Writer<'_>,
    place: Place<Payload>,
    next: &Next,
    visit: &Visit<Payload>,
    output: Payload,
) -> Step {
    let (state_type, name) = (visit.state_type, visit.state.clone());
    writer.put(Kind::StateExited { state_type, name, output: output.clone() });
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
