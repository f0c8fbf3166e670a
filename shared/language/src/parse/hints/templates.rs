//! An expression in a place that takes it for text.

use crate::diagnostic::Code;
use crate::parse::fields::Fields;
use crate::parse::report::Place;
use serde_json::Value;

impl<'a> Fields<'a> {
    /// Expressions in a template under names that do not end in `.$`.
    pub(in crate::parse) fn hint_no_dollar(&self, name: &'a str) {
        if let Some(value) = self.get(name) {
            self.hint_fields(value, &self.at(name));
        }
    }

    /// The depth of the recursion is that of the JSON, which is bounded.
    fn hint_fields(&self, value: &Value, place: &Place) {
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    let place = place.field(key);
                    if !key.ends_with(".$") && member.as_str().is_some_and(looks_like_expression) {
                        let message = format!("The value is taken as it is; name the field '{key}.$' to evaluate it");
                        self.report.warning(Code::NoDollar, &place, message);
                    }
                    self.hint_fields(member, &place);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.hint_fields(item, &place.item(index));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// Expressions in the `Result` of a Pass.
    pub(in crate::parse) fn hint_static_result(&self) {
        if self.get("Result").is_some_and(holds_expression) {
            let message = "'Result' is taken as it is; 'Parameters' evaluates paths and intrinsic functions";
            self.report.warning(Code::PassResultIsStatic, &self.at("Result"), message);
        }
    }

    /// An expression in a text that has a sister field for one.
    pub(in crate::parse) fn hint_no_path(&self, name: &'a str) {
        if self.get(name).and_then(Value::as_str).is_some_and(looks_like_expression) {
            let message = format!("The value is taken as it is; name the field '{name}Path' to evaluate it");
            self.report.warning(Code::NoPath, &self.at(name), message);
        }
    }
}

fn holds_expression(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(key, member)| key.ends_with(".$") || holds_expression(member)),
        Value::Array(items) => items.iter().any(holds_expression),
        Value::String(text) => looks_like_expression(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether a text can hardly be meant as text.
fn looks_like_expression(text: &str) -> bool {
    ["$.", "$$.", "$["].iter().any(|start| text.starts_with(start))
        || matches!(text, "$" | "$$")
        || text.strip_prefix("States.").is_some_and(|call| call.contains('(') && call.ends_with(')'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_no_paths() {
        for expression in ["$", "$$", "$.a", "$$.Execution.Id", "$[0]", "States.Format('{}', $.a)"] {
            assert!(looks_like_expression(expression), "{expression}");
        }
        for text in ["", "$5", "$x", "States.ALL", "a $.b"] {
            assert!(!looks_like_expression(text), "{text}");
        }
    }
}
