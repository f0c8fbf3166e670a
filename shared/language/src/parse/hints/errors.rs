//! Retriers and catchers that nothing reaches, and retriers that contradict themselves.

use super::State;
use crate::diagnostic::Code;
use crate::parse::report::Place;
use crate::parse::transitions::array;
use serde_json::Value;
use std::collections::HashSet;

pub(super) fn check(state: &State<'_>) {
    unreachable(state, "Retry", Code::UnreachableRetrier, "retrier");
    unreachable(state, "Catch", Code::UnreachableCatcher, "catcher");
    for (index, retrier) in array(state.value, "Retry").enumerate() {
        check_retrier(state, retrier, &state.at("Retry").item(index));
    }
}

/// The first entry that names an error takes it, even if it does not try again.
fn unreachable(state: &State<'_>, list: &str, code: Code, what: &str) {
    let is_task = state.text("Type") == Some("Task");
    let mut taken = HashSet::new();
    for (index, entry) in array(state.value, list).enumerate() {
        let names: Vec<&str> = array(entry, "ErrorEquals").filter_map(Value::as_str).collect();
        // `States.TaskFailed` takes whatever a task calls its own errors.
        let takes_custom = is_task && taken.contains("States.TaskFailed");
        let is_taken = |name: &&str| taken.contains(name) || takes_custom && !name.starts_with("States.");
        if !names.is_empty() && names.iter().all(is_taken) {
            let message = format!("No error reaches this {what}: earlier ones take all that it names");
            state
                .report
                .warning(code, &state.at(list).item(index).field("ErrorEquals"), message)
                .help(format!("Move it before the {what}s that take its errors, or remove it"));
        }
        taken.extend(names);
    }
}

fn check_retrier(state: &State<'_>, retrier: &Value, place: &Place) {
    let number = |name: &str| retrier.get(name).and_then(Value::as_u64);
    if number("MaxAttempts") == Some(0) {
        let timing = ["IntervalSeconds", "BackoffRate", "MaxDelaySeconds", "JitterStrategy"];
        if let Some(name) = timing.iter().find(|name| retrier.get(**name).is_some()) {
            let message = format!("'MaxAttempts' is 0, so that nothing is tried again and '{name}' means nothing");
            let help = "Give 'MaxAttempts' a number, or leave the other fields out";
            state.report.warning(Code::RetryNever, &place.field("MaxAttempts"), message).help(help);
        }
        return;
    }
    let interval = number("IntervalSeconds").unwrap_or(1);
    if let Some(most) = number("MaxDelaySeconds").filter(|most| *most < interval) {
        let message = format!("Every retry waits {most} s: the interval of {interval} s never fits");
        state
            .report
            .warning(Code::RetryDelayCapped, &place.field("MaxDelaySeconds"), message)
            .help("'MaxDelaySeconds' is the most that 'IntervalSeconds' grows to");
    }
}
