//! Compares what the histories say with what those who were called, and those who answered, know.

use crate::callee::{self, Call};
use crate::history::Event;
use crate::people::Given;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// A kill: before it the process lived, after it the process was dead. Seconds since the epoch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kill {
    pub(crate) before: f64,
    pub(crate) after: f64,
}

/// How an attempt of a task ended, as its history says.
struct Attempt {
    key: String,
    scheduled: Event,
    last: Event,
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    attempts: usize,
    calls: usize,
    unknown: usize,
    timed_out: usize,
    answers: usize,
    late_answers: usize,
}

impl std::fmt::Display for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { attempts, calls, unknown, timed_out, answers, late_answers } = self;
        write!(
            f,
            "{attempts} attempts, {calls} calls, {unknown} with unknown outcome, {timed_out} timed out; {answers} \
             answers to tokens, {late_answers} of them too late"
        )
    }
}

/// Checks all histories at once: everything that is wrong.
pub(crate) fn check(
    histories: &BTreeMap<String, Vec<Event>>,
    calls: &[Call],
    given: &[Given],
    kills: &[Kill],
) -> (Counted, Vec<String>) {
    let mut problems = Vec::new();
    let attempts: Vec<Attempt> = histories.values().flat_map(|events| attempts(events, &mut problems)).collect();
    let mut by_key: HashMap<&str, Vec<&Call>> = HashMap::new();
    for call in calls {
        by_key.entry(&call.key).or_default().push(call);
    }
    let mut scheduled: HashMap<&str, usize> = HashMap::new();
    for attempt in &attempts {
        *scheduled.entry(&attempt.key).or_default() += 1;
    }
    for (key, times) in &scheduled {
        if *times > 1 {
            problems.push(format!("scheduled {times} times: {key}"));
        }
    }
    for (key, calls) in &by_key {
        if calls.len() > 1 {
            problems.push(format!("called {} times without a Retry between: {key}", calls.len()));
        }
        if !scheduled.contains_key(key) {
            problems.push(format!("called, but no history says so: {key}"));
        }
    }
    let mut counted =
        Counted { attempts: attempts.len(), calls: calls.len(), answers: given.len(), ..Counted::default() };
    let mut marks: HashMap<u64, &str> = HashMap::new();
    for attempt in &attempts {
        let call = by_key.get(attempt.key.as_str()).and_then(|calls| calls.first()).copied();
        if let Err(problem) = judge(attempt, call, kills, &mut counted, &mut marks, &mut problems) {
            problems.push(format!("event {} {}: {problem}: {}", attempt.last.id, attempt.last.kind, attempt.key));
        }
    }
    for answer in given {
        let counts = marks.get(&answer.mark).copied();
        match (&answer.refused, counts) {
            (None, Some(key)) if key == answer.about => {}
            (Some(error), None) if error == "TaskTimedOut" => counted.late_answers += 1,
            (refused, counts) => problems.push(format!(
                "answer {} to {} was {}, but the history has it for {counts:?}",
                answer.mark,
                answer.about,
                refused.as_deref().unwrap_or("taken")
            )),
        }
    }
    (counted, problems)
}

/// One attempt against the callee's log.
fn judge<'a>(
    attempt: &'a Attempt,
    call: Option<&Call>,
    kills: &[Kill],
    counted: &mut Counted,
    marks: &mut HashMap<u64, &'a str>,
    problems: &mut Vec<String>,
) -> Result<(), String> {
    let last = &attempt.last;
    let by_activity = last.kind.starts_with("Activity");
    match last.task().unwrap_or_default() {
        "Succeeded" => {
            let output: Value = serde_json::from_str(last.text("output")).map_err(|error| error.to_string())?;
            if let Some(mark) = output["mark"].as_u64() {
                if let Some(other) = marks.insert(mark, &attempt.key) {
                    problems.push(format!("answer {mark} counts for {other} and for {}", attempt.key));
                }
                return Ok(());
            }
            let serial = output.get("Payload").unwrap_or(&output)["serial"].as_u64();
            match call {
                Some(call) if Some(call.serial) == serial && call.error.is_none() => Ok(()),
                call => Err(format!("the answer is call {serial:?}'s, and the callee knows {call:?}")),
            }
        }
        "Failed" | "SubmitFailed" => match (last.text("error"), call) {
            ("Lambda.Unknown", _) if !by_activity => {
                counted.unknown += 1;
                let explained = kills
                    .iter()
                    .any(|kill| attempt.scheduled.time <= kill.after + 0.002 && last.time >= kill.before - 0.002);
                if explained { Ok(()) } else { Err("no kill explains that its outcome is unknown".to_owned()) }
            }
            (error, Some(call)) if call.error == Some(error) => Ok(()),
            (error, call) => Err(format!("{error} ({}), and the callee knows {call:?}", last.text("cause"))),
        },
        "TimedOut" if by_activity => {
            counted.timed_out += 1;
            Ok(())
        }
        // Its fork was given up, or its execution was stopped.
        "Scheduled" | "Started" | "Submitted" => Ok(()),
        _ => Err("unexpected".to_owned()),
    }
}

/// Every attempt of every task in the history, in order.
fn attempts(events: &[Event], problems: &mut Vec<String>) -> Vec<Attempt> {
    let mut lines: Vec<(u64, u64, Attempt)> = Vec::new();
    for event in events {
        let Some(step) = event.task() else { continue };
        if step == "Scheduled" {
            let payload = payload(event);
            let before = lines.iter().find(|(last, _, _)| *last == event.previous).map(|(_, retry, _)| *retry + 1);
            let retry = before.unwrap_or(0);
            let key = callee::key(&payload);
            if payload["retry"].as_u64() != Some(retry) {
                problems.push(format!("event {}: attempt {retry} was told to be another: {key}", event.id));
            }
            lines.push((event.id, retry, Attempt { key, scheduled: event.clone(), last: event.clone() }));
        } else if let Some((last, _, attempt)) = lines.iter_mut().find(|(last, _, _)| *last == event.previous) {
            *last = event.id;
            attempt.last = event.clone();
        }
    }
    lines.into_iter().map(|(_, _, attempt)| attempt).collect()
}

/// What the callee was sent, or would have been.
fn payload(scheduled: &Event) -> Value {
    let text = if scheduled.kind == "TaskScheduled" { scheduled.text("parameters") } else { scheduled.text("input") };
    let mut value: Value = serde_json::from_str(text).unwrap_or_default();
    match value.get_mut("Payload") {
        Some(payload) => payload.take(),
        None => value,
    }
}
