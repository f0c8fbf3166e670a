//! Retry and Catch.

use super::fields::Fields;
use super::language::Language;
use super::queries::Outcome;
use super::report::Place;
use crate::diagnostic::Code;
use crate::machine::{Catcher, CaughtOutput, ErrorMatch, JitterStrategy, Retrier, StateName};
use model::limits::MAX_SECONDS;

/// The longest `MaxDelaySeconds`: 366 days.
const MAX_DELAY_SECONDS: u64 = 31_622_400;

/// The names that begin with `States.`; further ones say which HTTP status came back.
const RESERVED: [&str; 18] = [
    "States.ALL",
    "States.BranchFailed",
    "States.DataLimitExceeded",
    "States.ExceedToleratedFailureThreshold",
    "States.HeartbeatTimeout",
    "States.Http.Socket",
    "States.IntrinsicFailure",
    "States.ItemReaderFailed",
    "States.NoChoiceMatched",
    "States.ParameterPathFailure",
    "States.Permissions",
    "States.QueryEvaluationError",
    "States.ReferencePathConflict",
    "States.ResultPathMatchFailure",
    "States.ResultWriterFailed",
    "States.Runtime",
    "States.TaskFailed",
    "States.Timeout",
];

impl<'a> Fields<'a> {
    /// `Retry`.
    pub(super) fn retry(&self) -> Vec<Retrier> {
        self.entries("Retry").iter().filter_map(|(entry, is_last)| retrier(entry, *is_last)).collect()
    }

    /// `Catch`.
    pub(super) fn catch(&self) -> Vec<Catcher> {
        self.entries("Catch").into_iter().filter_map(|(entry, is_last)| catcher(entry, is_last)).collect()
    }

    /// The objects of an array, each with whether it is the last one.
    fn entries(&self, name: &'a str) -> Vec<(Fields<'a>, bool)> {
        let items = self.array(name).unwrap_or_default();
        let count = items.len();
        let entries = items
            .into_iter()
            .enumerate()
            .filter_map(|(index, (place, item))| self.part(item, place).map(|fields| (fields, index + 1 == count)));
        entries.collect()
    }

    fn error_equals(&self, is_last: bool) -> Vec<ErrorMatch> {
        let Some(items) = self.filled_array("ErrorEquals") else {
            return Vec::new();
        };
        let is_alone = items.len() == 1;
        let mut matches = Vec::with_capacity(items.len());
        for (place, item) in items {
            let Some(name) = item.as_str() else {
                self.report.schema(&place, "Expected value of type String");
                continue;
            };
            self.check_error_name(&place, name);
            matches.push(match name {
                "States.ALL" => {
                    if !is_alone || !is_last {
                        self.report.schema(&place, "States.ALL must appear alone and at end of list");
                    }
                    ErrorMatch::All
                }
                "States.TaskFailed" => ErrorMatch::TaskFailed,
                _ => ErrorMatch::Name(name.to_owned()),
            });
        }
        matches
    }

    fn check_error_name(&self, place: &Place, name: &str) {
        let is_reserved = name.starts_with("States.");
        if is_reserved && !RESERVED.contains(&name) && !name.starts_with("States.Http.StatusCode.") {
            let message = format!("Step Functions has no error named '{name}'; nothing will match");
            self.report.warning(Code::UnknownErrorName, place, message);
        }
    }
}

/// AWS takes an `IntervalSeconds` of 0, whatever its documentation says.
///
/// Seen: ValidateStateMachineDefinition in ap-northeast-1 in September 2026.
fn retrier(entry: &Fields<'_>, is_last: bool) -> Option<Retrier> {
    entry.require(&["ErrorEquals"]);
    let error_equals = entry.error_equals(is_last);
    let interval_seconds = entry.integer("IntervalSeconds", &(0..=MAX_SECONDS)).unwrap_or(1);
    let max_attempts = entry.integer("MaxAttempts", &(0..=MAX_SECONDS)).unwrap_or(3);
    let backoff_rate = entry.number("BackoffRate", &(1.0..=f64::MAX)).unwrap_or(2.0);
    let max_delay_seconds = entry.integer("MaxDelaySeconds", &(1..=MAX_DELAY_SECONDS));
    let jitter_strategy = match entry.word("JitterStrategy", &["NONE", "FULL"]) {
        Some("FULL") => JitterStrategy::Full,
        _ => JitterStrategy::None,
    };
    entry.finish();
    let filled = !error_equals.is_empty();
    filled.then_some(Retrier {
        error_equals,
        interval_seconds,
        max_attempts,
        backoff_rate,
        max_delay_seconds,
        jitter_strategy,
    })
}

fn catcher(mut entry: Fields<'_>, is_last: bool) -> Option<Catcher> {
    entry.outcome = Outcome::Error;
    entry.require(&["ErrorEquals", "Next"]);
    let error_equals = entry.error_equals(is_last);
    let next = entry.string("Next").map(StateName::from);
    entry.refuse_other_language("Catch");
    let output = match entry.language {
        Language::JsonPath => CaughtOutput::ResultPath(entry.result_path()),
        Language::Jsonata => CaughtOutput::Query(entry.output()),
    };
    let assign = entry.assign();
    entry.finish();
    Some(Catcher { error_equals, output, assign, next: next? })
}
