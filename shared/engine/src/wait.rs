//! The Wait state.

use crate::evaluate::{Came, Evaluation};
use crate::task::plain;
use crate::writer::Writer;
use crate::{Failed, Phase, Place, Step, Visit, Waiting, failure, leave};
use expression::{Expression, Query};
use language::Machine;
use language::machine::{State, Wait, WaitUntil};
use model::limits::MAX_SECONDS;
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
    match until(&Evaluation::at(&writer, &place, &visit), wait, writer.context().now) {
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
    let evaluation = Evaluation::at(&writer, &place, &visit);
    let input = evaluation.effective_input(&wait.data);
    let left = input.and_then(|input| evaluation.leaving(&wait.data, wait.assign.as_ref(), Came::Input(&input)));
    leave::leave(machine, writer, place, &wait.next, visit, left)
}

fn until(evaluation: &Evaluation<'_>, wait: &Wait, now: Timestamp) -> Result<Timestamp, Failed> {
    let input = evaluation.input(&wait.data)?;
    let until = match &wait.until {
        WaitUntil::Seconds(seconds) => now.plus_seconds(*seconds),
        WaitUntil::SecondsPath(path) => now.plus_seconds(seconds_at(evaluation, path, &input)?),
        WaitUntil::SecondsQuery(query) => now.plus_seconds(evaluation.whole_number("Seconds", query, MAX_SECONDS)?),
        WaitUntil::Timestamp(_, instant) => Timestamp::from(*instant),
        WaitUntil::TimestampPath(path) => timestamp_at(evaluation, path, &input)?,
        WaitUntil::TimestampQuery(query) => timestamp_of(evaluation, query)?,
    };
    if until.since(now).as_secs() > LONGEST_SECONDS {
        return Err(evaluation.failure(error_name::RUNTIME, "Wait state delay is too long.").into());
    }
    Ok(until)
}

/// `SecondsPath`.
fn seconds_at(evaluation: &Evaluation<'_>, path: &Expression, input: &Payload) -> Result<u64, Failure> {
    let value = found(evaluation, "SecondsPath", path, input)?;
    let seconds = match &value {
        Value::Number(number) => number.as_i64(),
        _ => None,
    };
    let seconds = seconds.ok_or_else(|| {
        let text = format!(
            "The SecondsPath parameter cannot be parsed as a long value: {} == {}",
            path.source(),
            plain(&value)
        );
        evaluation.failure(error_name::RUNTIME, &text)
    })?;
    // A negative number of seconds is a time that has come.
    Ok(u64::try_from(seconds).unwrap_or(0))
}

/// `TimestampPath`.
fn timestamp_at(evaluation: &Evaluation<'_>, path: &Expression, input: &Payload) -> Result<Timestamp, Failure> {
    let value = found(evaluation, "TimestampPath", path, input)?;
    let instant = value.as_str().and_then(language::parse_timestamp);
    instant.map(Timestamp::from).ok_or_else(|| {
        let text = format!(
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: \
             {} == {}",
            path.source(),
            plain(&value)
        );
        evaluation.failure(error_name::RUNTIME, &text)
    })
}

/// `Timestamp` in JSONata.
fn timestamp_of(evaluation: &Evaluation<'_>, query: &Query) -> Result<Timestamp, Failed> {
    const FIELD: &str = "Timestamp";
    let text = evaluation.text(FIELD, query)?;
    language::parse_timestamp(&text).map(Timestamp::from).ok_or_else(|| {
        let what = format!(
            "The {FIELD} field cannot be parsed as an ISO-8601 extended offset date-time format string: {text}"
        );
        // Recorded: of all evaluations only this one follows the event that says that the state was entered.
        evaluation.evaluation_failed(Some(FIELD), &what).after_entering()
    })
}

fn found(evaluation: &Evaluation<'_>, field: &str, path: &Expression, input: &Payload) -> Result<Value, Failure> {
    evaluation.look_up(path, input).ok_or_else(|| {
        let text = format!("The {field} parameter does not reference an input value: {}", path.source());
        evaluation.failure(error_name::RUNTIME, &text)
    })
}
