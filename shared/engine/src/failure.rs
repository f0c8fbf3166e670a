//! Failures: Retry, then Catch, then the end of the strand.

use crate::evaluate::{Came, Clause, Evaluation};
use crate::leave::Leaving;
use crate::writer::Writer;
use crate::{Failed, Outcome, Phase, Place, Step, Visit, Waiting, leave, step};
use expression::Random;
use language::Machine;
use language::machine::{Catcher, CaughtOutput, ErrorMatch, JitterStrategy, Next, Retrier, State};
use model::history::Kind;
use model::{Failure, Payload, Timestamp, error_name};
use serde_json::{Value, json};
use std::time::Duration;

/// A state failed. What it called has said so before; of what it evaluates and what it forks, the history is told here.
pub(crate) fn fail(
    machine: &Machine,
    mut writer: Writer<'_>,
    place: Place<Payload>,
    mut visit: Visit<Payload>,
    failed: impl Into<Failed>,
) -> Step {
    let failed = failed.into();
    let failure = &failed.failure;
    failed.note(&mut writer, &visit.state);
    let (retry, catch) = handlers(machine, &visit.state);
    writer.context().note(|inspection| inspection.failure = Some(failure.clone()));
    if let Some(until) = retry_at(&writer, &mut visit, retry, failure) {
        let seq = writer.context().seq;
        return writer.finish(seq, place, Phase::Waiting(Waiting { visit, until, retry: true }));
    }
    let before = writer.last().cloned();
    failed.note_fork(&mut writer, &visit);
    let catcher = catch.iter().position(|catcher| matches_any(&catcher.error_equals, failure));
    writer.context().note(|inspection| inspection.catcher = catcher);
    let Some(index) = catcher else {
        return end_failed(writer, place, failed.failure);
    };
    let catcher = &catch[index];
    match caught(&Evaluation::at(&writer, &place, &visit), index, catcher, failure) {
        Ok(left) => leave::with_output(writer, place, &Next::State(catcher.next.clone()), &visit, left),
        Err(failed) => {
            // Seen on AWS: a fork that said that it failed says it again, after the catcher's failure and as if for the
            // first time.
            if failed.is_evaluation() {
                writer.continue_after(before);
            }
            failed.note(&mut writer, &visit.state);
            failed.note_fork(&mut writer, &visit);
            end_failed(writer, place, failed.failure)
        }
    }
}

/// What a Catcher hands on.
fn caught(evaluation: &Evaluation<'_>, index: usize, catcher: &Catcher, failure: &Failure) -> Result<Leaving, Failed> {
    let error_output = Payload::from_value(error_output(failure));
    let (clause, came) = (Clause::Catcher(index), Came::Error(&error_output));
    let output = match &catcher.output {
        // Seen on AWS: OutputPath is for the state's result, not for what a Catcher hands on.
        CaughtOutput::ResultPath(path) => evaluation.combine(path, error_output.clone())?,
        CaughtOutput::Query(output) => evaluation.queried_or(clause, "Output", output.as_ref(), came)?,
    };
    evaluation.left(clause, output, catcher.assign.as_ref(), came)
}

/// Ends the strand with a failure. What else is noted of a child that fails is for its parent to say (`give_up`).
pub(crate) fn end_failed(mut writer: Writer<'_>, place: Place<Payload>, failure: Failure) -> Step {
    if writer.context().strand.is_root() {
        writer.put(Kind::ExecutionFailed(failure.clone()));
    }
    step::ended(writer, place, Outcome::Failed(failure))
}

fn handlers<'m>(machine: &'m Machine, state: &str) -> (&'m [Retrier], &'m [Catcher]) {
    match machine.state(state) {
        Some(State::Task(task)) => (&task.retry, &task.catch),
        Some(State::Parallel(parallel)) => (&parallel.retry, &parallel.catch),
        Some(State::Map(map)) => (&map.retry, &map.catch),
        Some(State::Pass(_) | State::Choice(_) | State::Wait(_) | State::Succeed(_) | State::Fail(_)) | None => {
            (&[], &[])
        }
    }
}

/// Which retrier is for the failure: only the first one that names the error has a say.
pub(crate) fn retrier_of(retry: &[Retrier], failure: &Failure) -> Option<usize> {
    retry.iter().position(|retrier| matches_any(&retrier.error_equals, failure))
}

/// When the state is tried again, if it is; counts the attempt.
fn retry_at(
    writer: &Writer<'_>,
    visit: &mut Visit<Payload>,
    retry: &[Retrier],
    failure: &Failure,
) -> Option<Timestamp> {
    let index = retrier_of(retry, failure)?;
    let retrier = &retry[index];
    writer.context().note(|inspection| inspection.retrier = Some(index));
    let attempts = visit.attempts.get_mut(index)?;
    if *attempts >= retrier.max_attempts {
        return None;
    }
    let delay = backoff(retrier, *attempts, writer.context().seed);
    writer.context().note(|inspection| inspection.backoff = Some(delay));
    *attempts += 1;
    Some(writer.context().now + delay)
}

/// The time before a retry, of which there were `attempts` before.
fn backoff(retrier: &Retrier, attempts: u64, seed: u64) -> Duration {
    /// Beyond this the product is capped anyway; it keeps the power finite.
    const LONGEST_SECONDS: f64 = 3.2e9;
    #[expect(clippy::cast_precision_loss, reason = "seconds below 2^53")]
    let (interval, cap) =
        (retrier.interval_seconds as f64, retrier.max_delay_seconds.map_or(LONGEST_SECONDS, |seconds| seconds as f64));
    let exponent = i32::try_from(attempts).unwrap_or(i32::MAX);
    let delay = (interval * retrier.backoff_rate.powi(exponent)).min(cap);
    let delay = match retrier.jitter_strategy {
        JitterStrategy::None => delay,
        #[expect(clippy::cast_precision_loss, reason = "53 random bits make the fraction")]
        JitterStrategy::Full => delay * ((Random::seeded(seed).next_u64() >> 11) as f64 / (1_u64 << 53) as f64),
    };
    Duration::try_from_secs_f64(delay).unwrap_or(Duration::MAX)
}

fn matches_any(error_equals: &[ErrorMatch], failure: &Failure) -> bool {
    let error = failure.error.as_deref().unwrap_or_default();
    // States.Runtime always fails the execution.
    if error == error_name::RUNTIME {
        return false;
    }
    let is_timeout = error == error_name::TIMEOUT || error == error_name::HEARTBEAT_TIMEOUT;
    error_equals.iter().any(|wanted| match wanted {
        ErrorMatch::All => true,
        ErrorMatch::TaskFailed => !is_timeout,
        ErrorMatch::Name(name) => name == error || (is_timeout && name == error_name::TIMEOUT),
    })
}

/// What a Catcher puts into the data.
fn error_output(failure: &Failure) -> Value {
    // Recorded for States.Timeout; a missed heartbeat is one too.
    let is_timeout = [error_name::TIMEOUT, error_name::HEARTBEAT_TIMEOUT].map(Some).contains(&failure.error.as_deref());
    let cause = match &failure.cause {
        Some(cause) => json!(cause),
        // Seen on AWS: a time-out has no cause in the history, but an empty one here.
        None if is_timeout => json!(""),
        None => Value::Null,
    };
    json!({ "Error": failure.error, "Cause": cause })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retrier(interval_seconds: u64, backoff_rate: f64, max_delay_seconds: Option<u64>) -> Retrier {
        Retrier {
            error_equals: vec![ErrorMatch::All],
            interval_seconds,
            max_attempts: 99_999_999,
            backoff_rate,
            max_delay_seconds,
            jitter_strategy: JitterStrategy::None,
        }
    }

    #[test]
    fn backoff_grows_by_its_rate_up_to_its_cap() {
        let retrier = retrier(3, 1.5, Some(10));
        let delays: Vec<f64> = (0..5).map(|attempt| backoff(&retrier, attempt, 0).as_secs_f64()).collect();
        assert_eq!(delays, [3.0, 4.5, 6.75, 10.0, 10.0]);
    }

    #[test]
    fn backoff_is_finite_however_often_it_grew() {
        assert!(backoff(&retrier(99_999_999, 1e300, None), u64::MAX, 0) <= Duration::from_secs(3_200_000_000));
    }

    #[test]
    fn full_jitter_stays_below_the_interval() {
        let mut retrier = retrier(2, 2.0, None);
        retrier.jitter_strategy = JitterStrategy::Full;
        for seed in 0..1_000 {
            assert!(backoff(&retrier, 2, seed) < Duration::from_secs(8));
        }
    }

    #[test]
    fn a_time_out_that_is_caught_has_an_empty_cause() {
        for error in ["States.Timeout", "States.HeartbeatTimeout"] {
            assert_eq!(error_output(&Failure::named(error)), json!({ "Error": error, "Cause": "" }));
        }
        assert_eq!(error_output(&Failure::named("Custom")), json!({ "Error": "Custom", "Cause": null }));
    }

    #[test]
    fn task_failed_is_any_error_but_a_time_out() {
        let matches = |error: &str, wanted| matches_any(&[wanted], &Failure::named(error));
        assert!(matches("Custom", ErrorMatch::TaskFailed));
        assert!(!matches("States.Timeout", ErrorMatch::TaskFailed));
        assert!(matches("States.HeartbeatTimeout", ErrorMatch::Name("States.Timeout".into())));
        assert!(!matches("States.Runtime", ErrorMatch::All));
    }
}
