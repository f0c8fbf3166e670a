//! Histories, compared as strictly as their recording allows.
//!
//! With live branches the order of events between them and their ids are one possible interleaving: what must hold is
//! in `branches`. What holds of every history, whatever was recorded, is in `chains`.

use super::bindings::Bindings;
use super::chains;
use super::compare::{Comparer, Mismatch};
use serde_json::{Map, Value};

/// How a recorded history is to be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Event by event.
    Exact,
    /// Branch by branch: each event follows what it followed, in whatever order the branches took turns.
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
        if wanted.first().and_then(|first| first.get("id")).and_then(Value::as_u64) == Some(1) {
            chains::check(path, found)?;
        }
        match order {
            Order::Exact => {
                same_types(path, wanted, found)?;
                self.compare(bindings, path, expected, actual)
            }
            Order::Interleaved => self.same_branches(bindings, path, wanted, found),
            Order::Sorted { lost } => self.same_events(bindings, path, wanted, found, lost),
        }
    }

    /// Each recorded event occurs, with its place where that was recorded, and there are as many as there were.
    fn same_events(
        &mut self,
        bindings: &Bindings,
        path: &str,
        wanted: &[Value],
        found: &[Value],
        lost: usize,
    ) -> Result<(), Mismatch> {
        let mut left: Vec<&Value> = found.iter().collect();
        // Those with a place first: they can be no other events.
        let (placed, unplaced): (Vec<_>, Vec<_>) = wanted.iter().partition(|event| has_place(event));
        for event in placed.into_iter().chain(unplaced) {
            let mut first_difference = None;
            let mut taken = None;
            let same_type = |there: &Value| kind(there) == kind(event);
            for (index, candidate) in left.iter().enumerate().filter(|(_, there)| same_type(there)) {
                let mut attempt = self.clone();
                match attempt.compare(bindings, path, event, candidate) {
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
                (None, Some(difference)) => return Err(about(event, difference)),
                (None, None) => {
                    return Err(Mismatch {
                        path: format!("{path}.events"),
                        expected: bindings.fill_value(event).to_string(),
                        actual: format!("(no such event left) {}", types(found)),
                    });
                }
            }
        }
        same_number(path, wanted.len() + lost, found.len())
    }
}

/// The difference, with what kind of event it is about.
pub(crate) fn about(event: &Value, difference: Mismatch) -> Mismatch {
    let path = format!("{} (an event of type {})", difference.path, kind(event));
    Mismatch { path, ..difference }
}

pub(crate) fn same_number(path: &str, wanted: usize, found: usize) -> Result<(), Mismatch> {
    if wanted == found {
        return Ok(());
    }
    let path = format!("{path}.events.length()");
    Err(Mismatch { path, expected: wanted.to_string(), actual: found.to_string() })
}

/// The event's type.
pub(crate) fn kind(event: &Value) -> &str {
    event.get("type").and_then(Value::as_str).unwrap_or("?")
}

/// The number of the event that this one follows, 0 if it follows none.
pub(crate) fn previous(event: &Value) -> Option<u64> {
    event.get("previousEventId")?.as_u64()
}

/// Whether the recorder kept where the event is.
fn has_place(event: &Value) -> bool {
    event.get("id").is_some_and(Value::is_number)
}

/// The event without where it is.
pub(crate) fn without_place(event: &Value) -> Value {
    match event {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(key, _)| *key != "id" && *key != "previousEventId");
            kept.map(|(key, field)| (key.clone(), field.clone())).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

pub(crate) fn types(events: &[Value]) -> String {
    events.iter().map(kind).collect::<Vec<_>>().join(" ")
}

/// What happened, before what exactly: the first thing to look at when histories differ.
pub(crate) fn same_types(path: &str, wanted: &[Value], found: &[Value]) -> Result<(), Mismatch> {
    let (expected, actual) = (types(wanted), types(found));
    if expected == actual {
        return Ok(());
    }
    // Where both fail, the causes say more than the lists.
    let ending =
        |events: &[Value]| events.last().filter(|last| kind(last) == "ExecutionFailed").map(ToString::to_string);
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
