//! Tasks that wait for somebody: whether anybody can answer, and what happens if nobody does.

use super::State;
use crate::diagnostic::Code;
use crate::parse::patterns::is_activity;
use serde_json::Value;

const HEARTBEATS: [&str; 2] = ["HeartbeatSeconds", "HeartbeatSecondsPath"];
const TIMEOUTS: [&str; 2] = ["TimeoutSeconds", "TimeoutSecondsPath"];

pub(super) fn check(state: &State<'_>) {
    let Some(resource) = state.text("Resource") else {
        return;
    };
    let waits_for_token = resource.ends_with(".waitForTaskToken");
    let heartbeat = HEARTBEATS.into_iter().find(|name| state.has(name));
    if !waits_for_token && !is_activity(resource) {
        if let Some(name) = heartbeat {
            state
                .report
                .warning(
                    Code::HeartbeatWithoutToken,
                    &state.at(name),
                    "Nobody can send a heartbeat for this task: only activities and .waitForTaskToken tasks have them",
                )
                .help("Limit its time with 'TimeoutSeconds'");
        }
        return;
    }
    if heartbeat.is_none() && !TIMEOUTS.iter().any(|name| state.has(name)) {
        state
            .report
            .warning(
                Code::CallbackWithoutTimeout,
                &state.at("Resource"),
                "If no answer comes, this task waits until its execution ends, which is after a year",
            )
            .help("Add 'TimeoutSeconds', or 'HeartbeatSeconds' if whoever works on it sends heartbeats");
    }
    if waits_for_token && state.get("Parameters").is_some_and(|parameters| !passes_token(parameters)) {
        state
            .report
            .warning(
                Code::TokenNotPassed,
                &state.at("Parameters"),
                "Nobody can answer this task: its token is not among what it sends",
            )
            .help("Pass it on, such as with \"token.$\": \"$$.Task.Token\"");
    }
}

/// Whether something in the parameters may hold the token. The recursion is bounded: JSON is read to a limited depth.
fn passes_token(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("$$") && (text.contains("Task") || !text.contains("$$.")),
        Value::Array(items) => items.iter().any(passes_token),
        Value::Object(members) => members.values().any(passes_token),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
