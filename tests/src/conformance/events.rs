//! Histories whose order was not recorded exactly.
//!
//! With live branches the order of events between them, their ids and what they follow are one possible
//! interleaving. What must hold is that the same events occur.

use super::bindings::Bindings;
use super::compare::{Comparer, Mismatch};
use serde_json::{Map, Value};

/// How a recorded history is to be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Event by event.
    Exact,
    /// The same events, in whatever order.
    Interleaved,
    /// The recorder sorted some events and lost so many.
    Sorted {
        /// How many.
        lost: usize,
    },
}

impl Comparer {
    /// Compares an answer of GetExecutionHistory.
    pub fn compare_history(
        &mut self,
        bindings: &Bindings,
        path: &str,
        expected: &Value,
        actual: &Value,
        order: Order,
    ) -> Result<(), Mismatch> {
        let (Some(Value::Array(wanted)), Some(Value::Array(found))) = (expected.get("events"), actual.get("events"))
        else {
            return self.compare(bindings, path, expected, actual);
        };
        match order {
            Order::Exact => {
                same_types(path, wanted, found)?;
                self.compare(bindings, path, expected, actual)
            }
            Order::Interleaved => self.same_events(bindings, path, wanted, found, 0),
            Order::Sorted { lost } => self.same_events(bindings, path, wanted, found, lost),
        }
    }

    /// Each recorded event occurs, and there are as many as there were.
    fn same_events(
        &mut self,
        bindings: &Bindings,
        path: &str,
        wanted: &[Value],
        found: &[Value],
        lost: usize,
    ) -> Result<(), Mismatch> {
        let mut left: Vec<Value> = found.iter().map(without_place).collect();
        for event in wanted.iter().map(without_place) {
            let name = |event: &Value| event.get("type").cloned();
            let mut first_difference = None;
            let mut taken = None;
            for (index, candidate) in left.iter().enumerate().filter(|(_, there)| name(there) == name(&event)) {
                let mut attempt = self.clone();
                match attempt.compare(bindings, path, &event, candidate) {
                    Ok(()) => {
                        *self = attempt;
                        taken = Some(index);
                        break;
                    }
                    Err(difference) => first_difference = first_difference.or(Some(difference)),
                }
            }
            match (taken, first_difference) {
                (Some(index), _) => drop(left.remove(index)),
                (None, Some(difference)) => {
                    let path = format!("{} (an event of type {})", difference.path, text(&event));
                    return Err(Mismatch { path, ..difference });
                }
                (None, None) => {
                    return Err(Mismatch {
                        path: format!("{path}.events"),
                        expected: bindings.fill_value(&event).to_string(),
                        actual: format!("(no such event left) {}", types(found)),
                    });
                }
            }
        }
        if left.len() == lost {
            return Ok(());
        }
        let path = format!("{path}.events.length()");
        Err(Mismatch { path, expected: (wanted.len() + lost).to_string(), actual: found.len().to_string() })
    }
}

fn text(event: &Value) -> &str {
    event.get("type").and_then(Value::as_str).unwrap_or("?")
}

fn types(events: &[Value]) -> String {
    events.iter().map(text).collect::<Vec<_>>().join(" ")
}

/// What happened, before what exactly: the first thing to look at when histories differ.
fn same_types(path: &str, wanted: &[Value], found: &[Value]) -> Result<(), Mismatch> {
    let (expected, actual) = (types(wanted), types(found));
    if expected == actual {
        return Ok(());
    }
    // Where both fail, the causes say more than the lists.
    let ending =
        |events: &[Value]| events.last().filter(|last| text(last) == "ExecutionFailed").map(ToString::to_string);
    let with_ending = |types: String, ending: Option<String>| match ending {
        Some(ending) => format!("{types}\n                {ending}"),
        None => types,
    };
    Err(Mismatch {
        path: format!("{path}.events.types"),
        expected: with_ending(expected, ending(wanted)),
        actual: with_ending(actual, ending(found)),
    })
}

fn without_place(event: &Value) -> Value {
    match event {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(key, _)| *key != "id" && *key != "previousEventId");
            kept.map(|(key, field)| (key.clone(), field.clone())).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}
