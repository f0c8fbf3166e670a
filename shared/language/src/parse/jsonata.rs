//! States that speak JSONata: whether they have the right fields. What their expressions say is not read yet.

use super::Language;
use super::fields::Fields;
use super::fork::{self, PROCESSORS};
use super::report::{Place, Report};
use super::scope::Scopes;
use super::state::next;
use super::wait::TIMES;
use crate::machine::Resource;
use model::limits::MAX_SECONDS;
use serde_json::Value;
use std::ops::RangeInclusive;

/// The fields of each type that only JSONPath has.
const JSONPATH_ONLY: [(&str, &[&str]); 8] = [
    ("Pass", &["InputPath", "OutputPath", "Result", "ResultPath", "Parameters"]),
    (
        "Task",
        &[
            "InputPath",
            "OutputPath",
            "Parameters",
            "ResultSelector",
            "ResultPath",
            "TimeoutSecondsPath",
            "HeartbeatSecondsPath",
        ],
    ),
    ("Wait", &["InputPath", "OutputPath", "SecondsPath", "TimestampPath"]),
    ("Choice", &["InputPath", "OutputPath"]),
    ("Succeed", &["InputPath", "OutputPath"]),
    ("Fail", &["ErrorPath", "CausePath"]),
    ("Parallel", &["InputPath", "OutputPath", "Parameters", "ResultSelector", "ResultPath"]),
    (
        "Map",
        &[
            "InputPath",
            "OutputPath",
            "Parameters",
            "ResultSelector",
            "ResultPath",
            "ItemsPath",
            "MaxConcurrencyPath",
            "ToleratedFailureCountPath",
            "ToleratedFailurePercentagePath",
        ],
    ),
];

/// Checks a state, and reads the states inside of it into `scopes`: they may speak JSONPath.
pub(super) fn check(scopes: &mut Scopes<'_>, fields: &Fields<'_>, state_type: Option<&str>) {
    let Some(state_type) = state_type else {
        fork::processor(scopes, fields);
        fork::branches(scopes, fields);
        return;
    };
    let jsonpath = JSONPATH_ONLY.iter().find(|(name, _)| *name == state_type).map_or(&[][..], |(_, names)| names);
    fields.refuse_other_language(Language::Jsonata, jsonpath);
    match state_type {
        "Task" => task(scopes, fields),
        "Choice" => choice(fields),
        "Wait" => wait(fields),
        "Fail" => fields.expressions(&["Error", "Cause"]),
        "Parallel" => {
            fields.require(&["Branches"]);
            fork::branches(scopes, fields);
            fields.expressions(&["Arguments"]);
        }
        "Map" => map(scopes, fields),
        _ => {}
    }
    if matches!(state_type, "Task" | "Parallel" | "Map") {
        fields.retry();
        fields.catch(Language::Jsonata);
    }
    if !matches!(state_type, "Succeed" | "Fail") {
        fields.expressions(&["Assign"]);
    }
    if state_type != "Fail" {
        fields.expressions(&["Output"]);
    }
    if !matches!(state_type, "Choice" | "Succeed" | "Fail") {
        next(fields);
    }
    fields.finish();
}

fn task(scopes: &Scopes<'_>, fields: &Fields<'_>) {
    fields.require(&["Resource"]);
    fields.check_pattern(scopes.machine_type);
    if let Some(Resource::Service(integration)) = fields.resource() {
        fields.check_parameters(&integration, Language::Jsonata);
    }
    fields.expressions(&["Arguments"]);
    for name in ["TimeoutSeconds", "HeartbeatSeconds"] {
        fields.number_or_expression(name, &(1..=MAX_SECONDS));
    }
}

fn wait(fields: &Fields<'_>) {
    fields.exactly_one(&TIMES);
    fields.number_or_expression("Seconds", &(0..=MAX_SECONDS));
    if !fields.is_expression("Timestamp") {
        fields.timestamp("Timestamp");
    }
}

fn map(scopes: &mut Scopes<'_>, fields: &Fields<'_>) {
    fields.exactly_one(&PROCESSORS);
    fork::processor(scopes, fields);
    fields.expressions(&["Items", "ItemSelector", "ItemReader", "ItemBatcher", "ResultWriter", "Label"]);
    fields.number_or_expression("MaxConcurrency", &(0..=u64::MAX));
    fields.number_or_expression("ToleratedFailureCount", &(0..=u64::MAX));
    if !fields.is_expression("ToleratedFailurePercentage") {
        fields.number("ToleratedFailurePercentage", &(0.0..=100.0));
    }
}

fn choice(fields: &Fields<'_>) {
    fields.require(&["Choices"]);
    fields.string("Default");
    for (place, item) in fields.filled_array("Choices").unwrap_or_default() {
        let Some(rule) = Fields::of(item, place, fields.report) else {
            continue;
        };
        rule.require(&["Next"]);
        rule.string("Next");
        rule.refuse_other_language(Language::Jsonata, &["Variable", "And", "Or", "Not"]);
        if !["Variable", "And", "Or", "Not"].iter().any(|name| rule.has(name)) {
            rule.require(&["Condition"]);
            rule.expressions(&["Condition", "Output", "Assign"]);
            rule.finish();
        }
    }
}

impl<'a> Fields<'a> {
    /// Fields that only the other language has.
    pub(super) fn refuse_other_language(&self, spoken: Language, names: &[&'a str]) {
        let (spoken, other) = match spoken {
            Language::JsonPath => ("JSONPath", "JSONata"),
            Language::Jsonata => ("JSONata", "JSONPath"),
        };
        for name in names.iter().filter(|name| self.has(name)) {
            let message = format!(
                "The QueryLanguage is set to '{spoken}', but field '{name}' is only supported for the '{other}' QueryLanguage"
            );
            self.report.schema(&self.place, message).focus(&self.at(name));
        }
    }

    /// Fields that may hold expressions, anywhere in them.
    fn expressions(&self, names: &[&'a str]) {
        for name in names {
            if let Some(value) = self.get(name) {
                delimiters(value, &self.at(name), self.report);
            }
        }
    }

    fn is_expression(&self, name: &'a str) -> bool {
        self.get(name).and_then(Value::as_str).is_some_and(|text| text.starts_with("{%") && text.ends_with("%}"))
    }

    fn number_or_expression(&self, name: &'a str, range: &RangeInclusive<u64>) {
        if !self.is_expression(name) {
            self.integer(name, range);
        }
    }
}

/// Reports the strings that begin as expressions and do not end as such. The recursion is bounded: JSON is read to a
/// limited depth.
fn delimiters(value: &Value, place: &Place, report: &Report) {
    match value {
        Value::String(text) if text.starts_with("{%") != text.ends_with("%}") => {
            report.schema(place, "JSONata string must start with {% and end with %}");
        }
        Value::Object(members) => {
            for (name, member) in members {
                delimiters(member, &place.field(name), report);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                delimiters(item, &place.item(index), report);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
