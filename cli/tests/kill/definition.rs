//! What a history is compared with: the states of a machine, at every depth, and where each may lead.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A state.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) kind: String,
    /// Where it may go on.
    pub(crate) next: BTreeSet<String>,
    /// Whether it may end its line of control.
    pub(crate) ends: bool,
    /// Where its branches, or its iterations, start.
    pub(crate) starts: Vec<String>,
    /// How many seconds it waits at least.
    pub(crate) seconds: Option<f64>,
}

/// A machine. The names of its states are unique at all depths.
#[derive(Debug, Default)]
pub(crate) struct Definition {
    pub(crate) start: String,
    pub(crate) states: BTreeMap<String, State>,
}

impl Definition {
    pub(crate) fn read(definition: &Value) -> Self {
        let mut read = Self { start: text(&definition["StartAt"]), states: BTreeMap::new() };
        let mut open = vec![definition];
        while let Some(part) = open.pop() {
            for (name, state) in part["States"].as_object().into_iter().flatten() {
                let inner: Vec<&Value> = state["Branches"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .chain(state.get("ItemProcessor"))
                    .chain(state.get("Iterator"))
                    .collect();
                let targets = |list: &Value| -> Vec<String> {
                    list.as_array().into_iter().flatten().map(|rule| text(&rule["Next"])).collect()
                };
                let mut next: BTreeSet<String> = targets(&state["Choices"]).into_iter().collect();
                next.extend(targets(&state["Catch"]));
                next.extend([&state["Next"], &state["Default"]].into_iter().filter(|at| at.is_string()).map(text));
                let kind = text(&state["Type"]);
                let own = State {
                    ends: state["End"] == Value::Bool(true) || kind == "Succeed" || kind == "Fail",
                    starts: inner.iter().map(|part| text(&part["StartAt"])).collect(),
                    seconds: state["Seconds"].as_f64(),
                    kind,
                    next,
                };
                read.states.insert(name.clone(), own);
                open.extend(inner);
            }
        }
        read
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
