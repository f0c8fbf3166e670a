//! Rules of a Choice that never decide.

use super::State;
use crate::diagnostic::Code;
use crate::parse::transitions::array;
use expression::Query;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// What of a rule is no condition.
const BESIDES: [&str; 4] = ["Next", "Assign", "Output", "Comment"];

pub(super) fn check(state: &State<'_>) {
    let mut asked = HashMap::new();
    let mut always = None;
    for (index, rule) in array(state.value, "Choices").enumerate() {
        let reason = match (always, constant(rule)) {
            (Some(first), _) => Some(format!("Choices[{first}] always holds and comes first")),
            (None, Some(false)) => Some("its condition is false".to_owned()),
            (None, Some(true)) => {
                always = Some(index);
                None
            }
            (None, None) => condition(rule).and_then(|condition| {
                let first = *asked.entry(condition).or_insert(index);
                (first < index).then(|| format!("Choices[{first}] asks the same and comes first"))
            }),
        };
        if let Some(reason) = reason {
            let message = format!("This rule never decides: {reason}");
            state
                .report
                .warning(Code::UnreachableRule, &state.at("Choices").item(index), message)
                .help("Correct what it compares, or remove it");
        }
    }
}

/// What a rule of JSONata always says, if it is written there.
fn constant(rule: &Value) -> Option<bool> {
    match rule.get("Condition")? {
        Value::Bool(constant) => Some(*constant),
        Value::String(text) => Query::source_in(text)?.parse().ok(),
        _ => None,
    }
}

/// The condition as text, whatever the order of its fields; none if it may change its mind.
fn condition(rule: &Value) -> Option<String> {
    if rule.get("Condition").is_some_and(draws_lots) {
        return None;
    }
    let fields = rule.as_object()?.iter().filter(|(name, _)| !BESIDES.contains(&name.as_str()));
    let fields: BTreeMap<&String, &Value> = fields.collect();
    serde_json::to_string(&fields).ok()
}

/// Whether a condition of JSONata may say something else when it is asked again.
pub(super) fn draws_lots(condition: &Value) -> bool {
    const FUNCTIONS: [&str; 5] = ["$random", "$uuid", "$shuffle", "$now", "$millis"];
    condition.as_str().is_some_and(|text| FUNCTIONS.iter().any(|function| text.contains(function)))
}
