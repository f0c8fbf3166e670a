//! What the author of a definition may have meant, where a finding is about a name that does not exist.

use embedded::tasks::nearest;
use language::{Code, Diagnostic};
use serde_json::Value;

/// The fields of the States Language, and the operators of Choice rules.
const FIELDS: [&str; 97] = [
    "And",
    "Arguments",
    "Assign",
    "BackoffRate",
    "BooleanEquals",
    "BooleanEqualsPath",
    "Branches",
    "Catch",
    "Cause",
    "CausePath",
    "Choices",
    "Comment",
    "Condition",
    "Default",
    "End",
    "Error",
    "ErrorEquals",
    "ErrorPath",
    "HeartbeatSeconds",
    "HeartbeatSecondsPath",
    "InputPath",
    "IntervalSeconds",
    "IsBoolean",
    "IsNull",
    "IsNumeric",
    "IsPresent",
    "IsString",
    "IsTimestamp",
    "ItemProcessor",
    "ItemSelector",
    "Items",
    "ItemsPath",
    "Iterator",
    "JitterStrategy",
    "MaxAttempts",
    "MaxConcurrency",
    "MaxConcurrencyPath",
    "MaxDelaySeconds",
    "Mode",
    "Next",
    "Not",
    "NumericEquals",
    "NumericEqualsPath",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "NumericGreaterThanEqualsPath",
    "NumericGreaterThanPath",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericLessThanEqualsPath",
    "NumericLessThanPath",
    "Or",
    "Output",
    "OutputPath",
    "Parameters",
    "ProcessorConfig",
    "QueryLanguage",
    "Resource",
    "Result",
    "ResultPath",
    "ResultSelector",
    "Retry",
    "Seconds",
    "SecondsPath",
    "StartAt",
    "States",
    "StringEquals",
    "StringEqualsPath",
    "StringGreaterThan",
    "StringGreaterThanEquals",
    "StringGreaterThanEqualsPath",
    "StringGreaterThanPath",
    "StringLessThan",
    "StringLessThanEquals",
    "StringLessThanEqualsPath",
    "StringLessThanPath",
    "StringMatches",
    "TimeoutSeconds",
    "TimeoutSecondsPath",
    "Timestamp",
    "TimestampEquals",
    "TimestampEqualsPath",
    "TimestampGreaterThan",
    "TimestampGreaterThanEquals",
    "TimestampGreaterThanEqualsPath",
    "TimestampGreaterThanPath",
    "TimestampLessThan",
    "TimestampLessThanEquals",
    "TimestampLessThanEqualsPath",
    "TimestampLessThanPath",
    "TimestampPath",
    "Type",
    "Variable",
    "Version",
    "Credentials",
    "ToleratedFailureCount",
    "ToleratedFailurePercentage",
];

/// `did you mean "..."?`, if the finding is about a name that is nearly another one.
pub(crate) fn for_finding(names: &[String], diagnostic: &Diagnostic) -> Option<String> {
    let meant = if diagnostic.code == Code::MissingTransitionTarget {
        let (_, name) = diagnostic.message.strip_prefix("Missing '")?.split_once("target: ")?;
        nearest(name, names.iter().map(String::as_str))?
    } else if diagnostic.code == Code::SchemaValidationFailed {
        let (name, _) = diagnostic.message.strip_prefix("Field '")?.split_once("' is not supported")?;
        nearest(name, FIELDS).filter(|near| *near != name)?
    } else {
        return None;
    };
    Some(format!("did you mean {meant:?}?"))
}

/// The names of all states, in all scopes.
pub(crate) fn state_names(text: &str) -> Vec<String> {
    let Ok(root) = serde_json::from_str::<Value>(text) else { return Vec::new() };
    let mut names = Vec::new();
    let mut open = vec![&root];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                names.extend(
                    fields
                        .get("States")
                        .and_then(Value::as_object)
                        .into_iter()
                        .flat_map(|states| states.keys().cloned()),
                );
                open.extend(fields.values());
            }
            Value::Array(items) => open.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found = language::parse(text).map_or_else(|found| found, |parsed| parsed.warnings);
        let names = state_names(text);
        let found: Vec<String> = found.iter().filter_map(|finding| for_finding(&names, finding)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_slip_in_a_name_or_a_field_is_seen() {
        check(
            r#"{"StartAt": "Pya", "States": {"Pay": {"Type": "Pass", "Next": "Shpi"}, "Ship": {"Type": "Succeed"}}}"#,
            &["did you mean \"Pay\"?", "did you mean \"Ship\"?"],
        );
        check(
            r#"{"StartAt": "Pay", "States": {"Pay": {"Type": "Pass", "ResultPth": "$.x", "End": true}}}"#,
            &["did you mean \"ResultPath\"?"],
        );
        check(
            r#"{"QueryLanguage": "JSONata", "StartAt": "Pay", "States": {"Pay": {"Type": "Pass", "Outptu": 1, "End": true}}}"#,
            &["did you mean \"Output\"?"],
        );
    }
}
