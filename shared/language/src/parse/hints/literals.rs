//! Paths that certainly find nothing: what a Pass puts in place of its input is followed to whoever reads it.

use crate::diagnostic::Code;
use crate::parse::report::{Place, Report};
use crate::parse::transitions::{Scope, array, targets};
use expression::JsonPath;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;

/// Fields that hold a path of the state's effective input.
const PATHS: [&str; 8] = [
    "ItemsPath",
    "SecondsPath",
    "TimestampPath",
    "TimeoutSecondsPath",
    "HeartbeatSecondsPath",
    "MaxConcurrencyPath",
    "ErrorPath",
    "CausePath",
];

/// Fields that hold a template over the state's effective input.
const TEMPLATES: [&str; 2] = ["Parameters", "ItemSelector"];

pub(super) fn check(scope: &Scope<'_>, report: &Report) {
    let mut ways_in: HashMap<&str, usize> = HashMap::new();
    for target in scope.states.values().flat_map(|state| targets(state)).chain(scope.start_at) {
        *ways_in.entry(target).or_default() += 1;
    }
    for (name, state) in &scope.states {
        if let Some(result) = fixed_output(state) {
            Follower { scope, report, ways_in: &ways_in, source: name, result }.follow();
        }
    }
}

/// The whole output of a Pass that has a fixed one.
fn fixed_output(state: &Value) -> Option<&Value> {
    let is_pass = state.get("Type").is_some_and(|name| name == "Pass");
    let is_whole = |name: &str| state.get(name).is_none_or(|path| path == "$");
    state.get("Result").filter(|_| is_pass && is_whole("ResultPath") && is_whole("OutputPath"))
}

/// Follows one fixed result.
struct Follower<'a, 's> {
    scope: &'s Scope<'a>,
    report: &'s Report,
    ways_in: &'s HashMap<&'a str, usize>,
    /// The Pass that it comes from.
    source: &'a str,
    result: &'a Value,
}

impl Follower<'_, '_> {
    /// A state that is entered in one way only has this input and no other.
    fn follow(&self) {
        let mut open = vec![self.source];
        while let Some(name) = open.pop() {
            for target in self.scope.states.get(name).into_iter().flat_map(|state| targets(state)) {
                if self.ways_in.get(target) != Some(&1) || target == self.source {
                    continue;
                }
                let Some(state) = self.scope.states.get(target) else {
                    continue;
                };
                self.read(state, &self.scope.place_of(target));
                if passes_input_on(state) {
                    open.push(target);
                }
            }
        }
    }

    /// Checks the paths of a state whose input is the result.
    fn read(&self, state: &Value, place: &Place) {
        let input = match state.get("InputPath") {
            None => Cow::Borrowed(self.result),
            Some(Value::String(path)) => match self.find(path, self.result, &place.field("InputPath")) {
                Some(found) => found,
                None => return,
            },
            Some(_) => return,
        };
        for name in PATHS {
            if let Some(path) = state.get(name).and_then(Value::as_str) {
                self.find(path, &input, &place.field(name));
            }
        }
        for name in TEMPLATES {
            if let Some(template) = state.get(name) {
                self.read_template(template, &input, &place.field(name));
            }
        }
        // The first rule is always asked, and a comparison of what is absent fails the execution.
        if let Some(first) = array(state, "Choices").next().and_then(Value::as_object) {
            let compares = !first.keys().any(|name| name.starts_with("Is"));
            if let Some(path) = first.get("Variable").and_then(Value::as_str).filter(|_| compares) {
                self.find(path, &input, &place.field("Choices").item(0).field("Variable"));
            }
        }
    }

    /// The recursion is bounded: JSON is read to a limited depth.
    fn read_template(&self, template: &Value, input: &Value, place: &Place) {
        match template {
            Value::Object(members) => {
                for (name, member) in members {
                    let place = place.field(name);
                    match member {
                        Value::String(path) if name.ends_with(".$") => {
                            self.find(path, input, &place);
                        }
                        _ => self.read_template(member, input, &place),
                    }
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.read_template(item, input, &place.item(index));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// What a path finds; if it certainly finds nothing, that is reported. Nothing where it may find something else.
    fn find<'v>(&self, path: &str, input: &'v Value, place: &Place) -> Option<Cow<'v, Value>> {
        let is_of_input = path == "$" || path.starts_with("$.") || path.starts_with("$[");
        let parsed = JsonPath::parse(path).ok().filter(|parsed| is_of_input && parsed.is_definite())?;
        match parsed.evaluate(input) {
            Ok(found) => Some(found),
            Err(error) => {
                if error.is_missing() {
                    let source = self.source;
                    let message = format!(
                        "The execution fails here: '{path}' is not in the 'Result' of '{source}', which is all that the state gets"
                    );
                    self.report
                        .warning(Code::ImpossiblePath, place, message)
                        .help(format!("Correct the path; or keep the input of '{source}' by giving it a 'ResultPath'"));
                }
                None
            }
        }
    }
}

/// Whether what a state gets is what the next ones get.
fn passes_input_on(state: &Value) -> bool {
    const CHANGES: [&str; 6] = ["Output", "Result", "Parameters", "ResultPath", "InputPath", "OutputPath"];
    let is_still = CHANGES.iter().all(|name| state.get(name).is_none())
        && array(state, "Choices").all(|rule| rule.get("Output").is_none());
    is_still && matches!(state.get("Type").and_then(Value::as_str), Some("Pass" | "Wait" | "Choice"))
}
