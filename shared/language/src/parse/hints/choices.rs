//! Rules of a Choice that never decide.

use super::State;
use crate::diagnostic::Code;
use crate::parse::transitions::array;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// What of a rule is no condition.
const BESIDES: [&str; 4] = ["Next", "Assign", "Output", "Comment"];

pub(super) fn check(state: &State<'_>) {
    let mut asked = HashMap::new();
    for (index, rule) in array(state.value, "Choices").enumerate() {
        let Some(condition) = condition(rule) else {
            continue;
        };
        let first = *asked.entry(condition).or_insert(index);
        if first < index {
            let message = format!("This rule never decides: Choices[{first}] asks the same and comes first");
            state
                .report
                .warning(Code::UnreachableRule, &state.at("Choices").item(index), message)
                .help("Correct what it compares, or remove it");
        }
    }
}

/// The condition as text, whatever the order of its fields.
fn condition(rule: &Value) -> Option<String> {
    let fields = rule.as_object()?.iter().filter(|(name, _)| !BESIDES.contains(&name.as_str()));
    let fields: BTreeMap<&String, &Value> = fields.collect();
    serde_json::to_string(&fields).ok()
}
