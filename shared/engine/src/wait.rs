//! The Wait state.

use crate::evaluate::Evaluation;
use crate::leave::Leaving;
use crate::task::plain;
use crate::writer::Writer;
use crate::{Phase, Place, Step, Visit, Waiting, failure, leave};
use expression::Expression;
use language::Machine;
use language::machine::{State, Wait, WaitUntil};
use model::{Failure, Payload, Timestamp, error_name};
use serde_json::Value;

/// The longest wait that AWS starts, in seconds: the recorded boundary lies between 24,855 and 24,856 days.
const LONGEST_SECONDS: u64 = 2_147_483_647;

/// Begins to wait.
pub(crate) fn begin(
    machine: &Machine,
    writer: Writer<'_>,
    place: Place<Payload>,
    wait: &Wait,
    visit: Visit<Payload>,
) -> Step {
    match until(&Evaluation::new(writer.context(), &place, &visit), wait, &visit, writer.context().now) {
        Ok(until) => {
            let seq = writer.context().seq;
            writer.finish(seq, place, Phase::Waiting(Waiting { visit, until, retry: false }))
        }
        Err(failed) => failure::fail(machine, writer, place, visit, failed),
    }
}

/// The time has come.
pub(crate) fn leave_wait(machine: &Machine, writer: Writer<'_>, place: Place<Payload>, visit: Visit<Payload>) -> Step {
    let Some(State::Wait(wait)) = machine.state(&visit.state) else {
        let cause = format!("The state '{}' is no Wait in the definition that this execution runs.", visit.state);
        return failure::end_failed(writer, place, Failure::new(error_name::RUNTIME, cause));
    };
    let evaluation = Evaluation::new(writer.context(), &place, &visit);
    let left = evaluation.path(&wait.data.input_path, &visit.input).and_then(|input| {
        let output = evaluation.output(&wait.data.output_path, &input)?;
        Ok(Leaving { output, assigned: evaluation.assign(wait.assign.as_ref(), &input)? })
    });
    match left {
        Ok(left) => leave::with_output(writer, place, &wait.next, &visit, left),
        Err(failed) => failure::fail(machine, writer, place, visit, failed),
    }
}

fn until(
    evaluation: &Evaluation<'_>,
    wait: &Wait,
    visit: &Visit<Payload>,
    now: Timestamp,
) -> Result<Timestamp, Failure> {
    let input = evaluation.input(&wait.data.input_path, &visit.input)?;
    let runtime = |text: String| evaluation.failure(error_name::RUNTIME, &text);
    let found = |field: &str, path: &Expression| {
        evaluation.look_up(path, &input).ok_or_else(|| {
            runtime(format!("The {field} parameter does not reference an input value: {}", path.source()))
        })
    };
    let until = match &wait.until {
        WaitUntil::Seconds(seconds) => now.plus_seconds(*seconds),
        WaitUntil::SecondsPath(path) => {
            let value = found("SecondsPath", path)?;
            let seconds = match &value {
                Value::Number(number) => number.as_i64(),
                _ => None,
            };
            let seconds = seconds.ok_or_else(|| {
                runtime(format!(
                    "The SecondsPath parameter cannot be parsed as a long value: {} == {}",
                    path.source(),
                    plain(&value)
                ))
            })?;
            // A negative number of seconds is a time that has come.
            now.plus_seconds(u64::try_from(seconds).unwrap_or(0))
        }
        WaitUntil::Timestamp(_, instant) => Timestamp::from(*instant),
        WaitUntil::TimestampPath(path) => {
            let value = found("TimestampPath", path)?;
            let instant = value.as_str().and_then(language::parse_timestamp);
            instant.map(Timestamp::from).ok_or_else(|| {
                runtime(format!(
                    "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time \
                     format string: {} == {}",
                    path.source(),
                    plain(&value)
                ))
            })?
        }
    };
    if until.since(now).as_secs() > LONGEST_SECONDS {
        return Err(runtime("Wait state delay is too long.".to_owned()));
    }
    Ok(until)
}
