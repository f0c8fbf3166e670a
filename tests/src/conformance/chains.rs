//! What holds of every history, recorded or not: ids count up, time does not run backwards, and each event follows an
//! earlier one so that who leaves a state entered it.

use super::compare::Mismatch;
use super::events::{kind, previous};
use serde_json::Value;

/// Checks the whole history of an execution, oldest event first.
pub(crate) fn check(path: &str, events: &[Value]) -> Result<(), Mismatch> {
    let wrong = |index: usize, expected: String| Mismatch {
        path: format!("{path}.events[{index}] (as every history is)"),
        expected,
        actual: events[index].to_string(),
    };
    for (index, event) in events.iter().enumerate() {
        let id = index as u64 + 1;
        if event.get("id").and_then(Value::as_u64) != Some(id) {
            return Err(wrong(index, format!("id {id}")));
        }
        if previous(event).is_none_or(|previous| previous >= id) {
            return Err(wrong(index, "an earlier event before it".to_owned()));
        }
        if index > 0
            && event.get("timestamp").and_then(Value::as_f64)
                < events[index - 1].get("timestamp").and_then(Value::as_f64)
        {
            return Err(wrong(index, "a time not before the last event's".to_owned()));
        }
        if let Some(name) = kind(event).ends_with("StateExited").then(|| name(event)).flatten()
            && !leads_to_entry(events, event, name)
        {
            return Err(wrong(index, format!("that '{name}' was entered before, on the same line of control")));
        }
    }
    Ok(())
}

/// Whether the events before an exit lead to the entry of the same state: past states that were entered and left in
/// between, and past those that were given up.
fn leads_to_entry(events: &[Value], exit: &Value, left: &str) -> bool {
    let mut open = vec![left];
    let mut gave_up = false;
    let mut at = before(events, exit);
    while let Some(event) = at {
        gave_up |= is_failure(kind(event));
        if kind(event).ends_with("StateExited") {
            open.extend(name(event));
        } else if kind(event).ends_with("StateEntered") {
            if open.last().copied() == name(event) {
                open.pop();
            } else if !gave_up {
                return false;
            }
            if open.is_empty() {
                return true;
            }
        }
        at = before(events, event);
    }
    false
}

fn before<'e>(events: &'e [Value], event: &Value) -> Option<&'e Value> {
    let index = previous(event)?.checked_sub(1)?;
    events.get(usize::try_from(index).ok()?)
}

/// Whether the type says that a state did not do its work, so that it may never be left.
fn is_failure(kind: &str) -> bool {
    kind == "FailStateEntered" || ["Failed", "TimedOut", "Aborted"].iter().any(|end| kind.ends_with(end))
}

/// The name in the event's details.
fn name(event: &Value) -> Option<&str> {
    let details = event.as_object()?.values().find(|details| details.get("name").is_some())?;
    details.get("name")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn wrong(rows: &[(u64, &str, &str, u64, u64)]) -> Option<String> {
        let event = |(id, kind, name, previous, time): &(u64, &str, &str, u64, u64)| json!({ "id": id, "type": kind, "previousEventId": previous, "timestamp": time, "details": { "name": name } });
        let events: Vec<Value> = rows.iter().map(event).collect();
        check("s0", &events).err().map(|mismatch| mismatch.expected)
    }

    #[test]
    fn ids_count_up_and_time_goes_on() {
        assert_eq!(wrong(&[(1, "ExecutionStarted", "", 0, 5), (2, "PassStateEntered", "A", 0, 5)]), None);
        assert!(wrong(&[(1, "ExecutionStarted", "", 0, 5), (3, "PassStateEntered", "A", 0, 5)]).is_some());
        assert!(wrong(&[(1, "ExecutionStarted", "", 0, 5), (2, "PassStateEntered", "A", 2, 5)]).is_some());
        assert!(wrong(&[(1, "ExecutionStarted", "", 0, 5), (2, "PassStateEntered", "A", 0, 4)]).is_some());
    }

    #[test]
    fn who_leaves_a_state_entered_it() {
        let map = |inner_previous, outer_previous| {
            wrong(&[
                (1, "MapStateEntered", "M", 0, 1),
                (2, "MapStateStarted", "", 1, 1),
                (3, "PassStateEntered", "A", 2, 1),
                (4, "PassStateEntered", "B", 2, 1),
                (5, "PassStateExited", "A", inner_previous, 1),
                (6, "MapStateExited", "M", outer_previous, 1),
            ])
        };
        assert_eq!(map(3, 5), None);
        assert!(map(4, 5).is_some());
        assert!(map(3, 4).is_some());
    }

    #[test]
    fn a_state_that_was_given_up_is_passed_over() {
        let caught = |failure: &str| {
            wrong(&[
                (1, "ParallelStateEntered", "P", 0, 1),
                (2, "TaskStateEntered", "T", 1, 1),
                (3, failure, "", 2, 1),
                (4, "ParallelStateExited", "P", 3, 1),
            ])
        };
        assert_eq!(caught("TaskFailed"), None);
        assert!(caught("TaskScheduled").is_some());
    }
}
