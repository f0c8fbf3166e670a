//! Tasks that wait for somebody: whether anybody can answer, and what happens if nobody does.

use super::State;
use crate::diagnostic::Code;
use crate::parse::patterns::is_activity;
use crate::references::RESERVED;
use expression::Query;
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
    if waits_for_token {
        check_token(state);
    }
}

/// What a task sends.
struct Sent {
    field: &'static str,
    /// How one would pass the token on.
    example: &'static str,
    may_hold_token: fn(&str) -> bool,
}

/// In either language.
const SENT: [Sent; 2] = [
    Sent { field: "Parameters", example: "\"token.$\": \"$$.Task.Token\"", may_hold_token: path_may_hold_token },
    Sent {
        field: "Arguments",
        example: "\"token\": \"{% $states.context.Task.Token %}\"",
        may_hold_token: query_may_hold_token,
    },
];

fn check_token(state: &State<'_>) {
    for Sent { field, example, may_hold_token } in SENT {
        if state.get(field).is_some_and(|sent| !any_text(sent, may_hold_token)) {
            let message = "Nobody can answer this task: its token is not among what it sends";
            state
                .report
                .warning(Code::TokenNotPassed, &state.at(field), message)
                .help(format!("Pass it on, such as with {example}"));
        }
    }
}

/// Whether this holds of some text in a value. The recursion is bounded: JSON is read to a limited depth.
fn any_text(value: &Value, holds: fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => holds(text),
        Value::Array(items) => items.iter().any(|item| any_text(item, holds)),
        Value::Object(members) => members.values().any(|member| any_text(member, holds)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn path_may_hold_token(text: &str) -> bool {
    text.contains("$$") && (text.contains("Task") || !text.contains("$$."))
}

/// Whether an expression takes the token, or the context object whole.
fn query_may_hold_token(text: &str) -> bool {
    let Some(Ok(query)) = Query::source_in(text).map(Query::parse) else {
        return false;
    };
    let (references, source) = (query.references(), query.source());
    let takes_another = source.contains("$states.context.") && !["Task", "*"].iter().any(|part| source.contains(part));
    references.uses_whole(RESERVED) || references.uses_member(RESERVED, "context") && !takes_another
}
