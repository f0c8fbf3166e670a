//! Retry and Catch.

use super::data::MAX_SECONDS;
use super::fields::Fields;
use super::report::Place;
use crate::diagnostic::Code;
use crate::machine::{Catcher, ErrorMatch, JitterStrategy, Retrier, StateName};

/// The longest `MaxDelaySeconds`: 366 days.
const MAX_DELAY_SECONDS: u64 = 31_622_400;

/// The names that begin with `States.`; further ones say which HTTP status came back.
const RESERVED: [&str; 17] = [
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
        self.entries("Catch").iter().filter_map(|(entry, is_last)| catcher(entry, *is_last)).collect()
    }

    /// The objects of an array, each with whether it is the last one.
    fn entries(&self, name: &'a str) -> Vec<(Fields<'a>, bool)> {
        let items = self.array(name).unwrap_or_default();
        let count = items.len();
        let entries = items.into_iter().enumerate().filter_map(|(index, (place, item))| {
            Fields::of(item, place, self.report).map(|fields| (fields, index + 1 == count))
        });
        entries.collect()
    }

    fn error_equals(&self, is_last: bool) -> Vec<ErrorMatch> {
        const NAME: &str = "ErrorEquals";
        let Some(items) = self.filled_array(NAME) else {
            return Vec::new();
        };
        let count = items.len();
        let mut matches = Vec::with_capacity(count);
        for (place, item) in items {
            let Some(name) = item.as_str() else {
                self.report.schema(&place, "Expected value of type [STRING]");
                continue;
            };
            self.check_error_name(&place, name);
            matches.push(match name {
                "States.ALL" => ErrorMatch::All,
                "States.TaskFailed" => ErrorMatch::TaskFailed,
                _ => ErrorMatch::Name(name.to_owned()),
            });
        }
        if matches.contains(&ErrorMatch::All) {
            if count > 1 {
                self.schema(NAME, "'States.ALL' must appear alone");
            }
            if !is_last {
                self.schema(NAME, "'States.ALL' must be in the last entry");
            }
        }
        matches
    }

    fn check_error_name(&self, place: &Place, name: &str) {
        let is_reserved = name.starts_with("States.");
        if is_reserved && !RESERVED.contains(&name) && !name.starts_with("States.Http.StatusCode.") {
            self.report.warning(
                Code::SchemaValidationFailed,
                place,
                format!("Step Functions has no error named '{name}'; nothing will match"),
            );
        }
    }
}

fn retrier(entry: &Fields<'_>, is_last: bool) -> Option<Retrier> {
    entry.require(&["ErrorEquals"]);
    let error_equals = entry.error_equals(is_last);
    let interval_seconds = entry.integer("IntervalSeconds", &(1..=MAX_SECONDS)).unwrap_or(1);
    let max_attempts = entry.integer("MaxAttempts", &(0..=MAX_SECONDS)).unwrap_or(3);
    let backoff_rate = entry.number("BackoffRate", 1.0).unwrap_or(2.0);
    let max_delay_seconds = entry.integer("MaxDelaySeconds", &(1..=MAX_DELAY_SECONDS));
    if max_delay_seconds.is_some_and(|delay| delay <= interval_seconds) {
        let message = format!("Value must be greater than 'IntervalSeconds', which is {interval_seconds}");
        entry.schema("MaxDelaySeconds", message);
    }
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

fn catcher(entry: &Fields<'_>, is_last: bool) -> Option<Catcher> {
    entry.require(&["ErrorEquals", "Next"]);
    let error_equals = entry.error_equals(is_last);
    let next = entry.string("Next").map(StateName::from);
    let result_path = entry.result_path();
    entry.refuse_assign();
    entry.refuse_jsonata(&["Output"]);
    entry.finish();
    Some(Catcher { error_equals, result_path, next: next? })
}

impl<'a> Fields<'a> {
    /// Variables come later.
    pub(super) fn refuse_assign(&self) {
        if self.has("Assign") {
            self.report.not_supported(&self.at("Assign"), "Assign (variables)");
        }
    }

    /// Fields that only JSONata has, in a state that speaks JSONPath.
    pub(super) fn refuse_jsonata(&self, names: &[&'a str]) {
        for name in names.iter().filter(|name| self.has(name)) {
            let message = format!(
                "The QueryLanguage is set to 'JSONPath', but field '{name}' is only supported for the 'JSONata' QueryLanguage"
            );
            self.report.error(Code::SchemaValidationFailed, &self.place, message);
        }
    }
}
