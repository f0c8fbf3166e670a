//! The execution told in lines, for logs and pipes: one for each state that ends, fails an attempt or waits.

use super::style::{cut, time};
use super::tree::{Change, MAX_CHILDREN_SHOWN, Status, Step};
use model::{Failure, Timestamp};
use serde_json::Value;

/// The line for a change; none if it is not worth one. `path` is where its strand is.
pub(crate) fn line(change: &Change, path: &str, started: Timestamp, now: Timestamp) -> Option<String> {
    let text = match change {
        Change::Started => return None,
        Change::Token(name, _) => format!("{name} waits for its task token to be answered"),
        Change::Left(step) | Change::Stopped(step) => match &step.status {
            Status::Caught => format!("{} failed and was caught: {}", step.name, trouble(step)),
            Status::Failed => format!("{} failed: {}", step.name, trouble(step)),
            Status::Aborted => format!("{} aborted", step.name),
            Status::Running
            | Status::Waiting(_)
            | Status::Retrying(_)
            | Status::Callback
            | Status::Worker(_)
            | Status::Succeeded => done(step, now),
        },
        Change::Paused(step) => match &step.status {
            Status::Waiting(until) => format!("{} waits for {}", step.name, time(until.since(now))),
            Status::Retrying(until) => format!(
                "{} failed attempt {}: {}; again in {}",
                step.name,
                step.retries,
                trouble(step),
                time(until.since(now))
            ),
            Status::Worker(arn) => format!("{} waits for a worker of {arn}", step.name),
            Status::Running
            | Status::Callback
            | Status::Succeeded
            | Status::Caught
            | Status::Failed
            | Status::Aborted => return None,
        },
        Change::Forked(step, total) => format!("{} starts {total} {}", step.name, children(step)),
        Change::Progress(name, done, total) => format!("{name}: {done} of {total} done"),
    };
    let path = if path.is_empty() { String::new() } else { format!("{path} ") };
    Some(format!("{:>9}  {path}{text}", time(now.since(started))))
}

/// Whether a change in such a place is one of too many to tell: a child of a large fork that does well.
pub(crate) fn is_too_much(change: &Change, siblings: u32) -> bool {
    match change {
        Change::Left(step) | Change::Stopped(step) => {
            siblings > MAX_CHILDREN_SHOWN && matches!(step.status, Status::Succeeded | Status::Aborted)
        }
        Change::Forked(..) | Change::Paused(_) => siblings > MAX_CHILDREN_SHOWN,
        Change::Started | Change::Progress(..) | Change::Token(..) => false,
    }
}

fn done(step: &Step, now: Timestamp) -> String {
    let mut text = format!("{} done", step.name);
    let spent = step.left.unwrap_or(now).since(step.entered);
    if spent.as_millis() > 0 {
        text.extend([" in ", &time(spent)]);
    }
    if step.retries > 0 {
        text.extend([", ", &(step.retries + 1).to_string(), " attempts"]);
    }
    text
}

fn children(step: &Step) -> &'static str {
    if step.state_type == model::history::StateType::Map { "iterations" } else { "branches" }
}

fn trouble(step: &Step) -> String {
    let Failure { error, cause } = step.trouble.clone().unwrap_or_default();
    let cause = cause.map(|cause| readable(&cause).lines().next().map(|line| cut(line, 160)).unwrap_or_default());
    match (error, cause.filter(|cause| !cause.is_empty())) {
        (Some(error), Some(cause)) => format!("{error}: {cause}"),
        (Some(error), None) => error,
        (None, Some(cause)) => cause,
        (None, None) => "an error".into(),
    }
}

/// A failed function's payload as people read it: its message, and where it happened.
pub(crate) fn readable(cause: &str) -> String {
    let Ok(value) = serde_json::from_str::<Value>(cause) else { return cause.to_owned() };
    let Some(message) = value.get("errorMessage").and_then(Value::as_str) else { return cause.to_owned() };
    let mut text = message.to_owned();
    for line in value.get("stackTrace").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        text.push('\n');
        text.push_str(line.trim_end());
    }
    text
}
