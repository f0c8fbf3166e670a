//! Where states lead: every target must be in the same scope, every state must be led to, something must end.
//!
//! This pass looks at the raw definition, so that a state with some other error still leads where it says.

use super::report::{Place, Report};
use crate::diagnostic::Code;
use indexmap::IndexMap;
use serde_json::Value;
use std::collections::HashSet;

/// The scopes of a definition, outer before inner.
pub(super) fn scopes(definition: &Value) -> Vec<Scope<'_>> {
    let mut scopes = Vec::new();
    collect(definition, &Place::default(), None, &mut scopes);
    scopes
}

/// Checks all scopes of a definition.
pub(super) fn check(scopes: &[Scope<'_>], report: &Report) {
    // The scope of a state that came alone is none: it leads to states that are elsewhere.
    let lone = if report.is_of_machine() { 0 } else { scopes.len().min(1) };
    let scopes = scopes.get(lone..).unwrap_or_default();
    for scope in scopes {
        scope.report_missing_targets(report);
    }
    // AWS asks for an end of the outermost scope only, and does not look for unreachable states without one.
    if report.is_of_machine() && scopes.first().is_some_and(Scope::never_ends) {
        report
            .placeless(Code::MissingEndState, "Workflow has no terminal state")
            .focus(&Place::default().field("States"))
            .help("Give one state \"End\": true, or add one of type Succeed or Fail");
        return;
    }
    for scope in scopes {
        scope.report_unreachable(report);
    }
}

/// One `States` with its `StartAt`.
pub(super) struct Scope<'a> {
    place: Place,
    /// The scope around it, by its place among all scopes, which is before this one's.
    pub(super) around: Option<usize>,
    pub(super) start_at: Option<&'a str>,
    /// In the order of the definition, values that are no objects too.
    pub(super) states: IndexMap<&'a str, &'a Value>,
}

/// A name that a state leads to, and where it says so.
struct Transition<'a> {
    place: Place,
    target: &'a str,
}

/// The names that a state leads to, in no order that matters.
pub(super) fn targets(state: &Value) -> impl Iterator<Item = &str> {
    let own = ["Next", "Default"].into_iter().filter_map(|field| state.get(field));
    let entries = ["Choices", "Catch"].into_iter().flat_map(|list| array(state, list));
    own.chain(entries.filter_map(|entry| entry.get("Next"))).filter_map(Value::as_str)
}

/// The depth of the recursion is that of the JSON, which is bounded.
fn collect<'a>(value: &'a Value, place: &Place, around: Option<usize>, scopes: &mut Vec<Scope<'a>>) {
    let Some(Value::Object(states)) = value.get("States") else {
        return;
    };
    let here = Some(scopes.len());
    scopes.push(Scope {
        around,
        start_at: value.get("StartAt").and_then(Value::as_str),
        states: states.iter().map(|(name, state)| (name.as_str(), state)).collect(),
        place: place.clone(),
    });
    for (name, state) in states {
        let place = place.field("States").field(name);
        for (index, branch) in array(state, "Branches").enumerate() {
            collect(branch, &place.field("Branches").item(index), here, scopes);
        }
        for processor in ["ItemProcessor", "Iterator"] {
            if let Some(value) = state.get(processor) {
                collect(value, &place.field(processor), here, scopes);
            }
        }
    }
}

impl<'a> Scope<'a> {
    pub(super) fn place_of(&self, name: &str) -> Place {
        self.place.field("States").field(name)
    }

    fn transitions(&self, name: &str, state: &'a Value) -> Vec<Transition<'a>> {
        let place = self.place_of(name);
        let mut transitions = Vec::new();
        for field in ["Next", "Default"] {
            if let Some(target) = state.get(field).and_then(Value::as_str) {
                transitions.push(Transition { place: place.field(field), target });
            }
        }
        for list in ["Choices", "Catch"] {
            for (index, entry) in array(state, list).enumerate() {
                if let Some(target) = entry.get("Next").and_then(Value::as_str) {
                    transitions.push(Transition { place: place.field(list).item(index).field("Next"), target });
                }
            }
        }
        transitions
    }

    /// AWS says `Next` whatever the field is called.
    fn report_missing_targets(&self, report: &Report) {
        let start = self.start_at.map(|target| Transition { place: self.place.field("StartAt"), target });
        // Places are made for those alone that need them.
        let lost = self.states.iter().filter(|(_, state)| targets(state).any(|name| !self.states.contains_key(name)));
        let transitions = lost.flat_map(|(name, state)| self.transitions(name, state));
        for Transition { place, target } in start.into_iter().chain(transitions) {
            if !self.states.contains_key(target) {
                report.error(Code::MissingTransitionTarget, &place, format!("Missing 'Next' target: {target}"));
            }
        }
    }

    fn ends(state: &Value) -> bool {
        let by_type = state.get("Type").and_then(Value::as_str).is_some_and(|name| matches!(name, "Succeed" | "Fail"));
        by_type || state.get("End").and_then(Value::as_bool) == Some(true)
    }

    /// Whether some state says neither that it ends nor where it leads: that is reported already, and what else
    /// could be said of the scope's graph would be guesses.
    fn is_unfinished(&self) -> bool {
        self.start_at.is_none()
            || self.states.values().any(|state| !Self::ends(state) && targets(state).next().is_none())
    }

    fn never_ends(&self) -> bool {
        !self.is_unfinished() && !self.states.values().any(|state| Self::ends(state))
    }

    fn report_unreachable(&self, report: &Report) {
        if self.is_unfinished() {
            return;
        }
        let mut reached = HashSet::new();
        let mut next: Vec<&str> = self.start_at.into_iter().collect();
        while let Some(name) = next.pop() {
            if reached.insert(name) {
                next.extend(self.states.get(name).into_iter().flat_map(|state| targets(state)));
            }
        }
        for name in self.states.keys().filter(|name| !reached.contains(*name)) {
            let message = format!("State \"{name}\" is not reachable.");
            report.error(Code::UnreachableState, &self.place_of(name), message);
        }
    }
}

pub(super) fn array<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}
