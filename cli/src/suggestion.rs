//! What the author of a definition may have meant, where a finding is about a name that does not exist.

use embedded::tasks::nearest;
use language::{Code, Diagnostic};
use serde_json::Value;

/// The fields of the States Language, and the operators of Choice rules.
const FIELDS: [&str; 92] = [
    "And",
    "BackoffRate",
    "BooleanEquals",
    "BooleanEqualsPath",
    "Branches",
    "Catch",
    "Cause",
    "CausePath",
    "Choices",
    "Comment",
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

/// `; did you mean "..."?`, or nothing.
pub(crate) fn for_finding(text: &str, diagnostic: &Diagnostic) -> String {
    let meant = match diagnostic.code {
        Code::MissingTransitionTarget => diagnostic
            .message
            .strip_prefix("Missing '")
            .and_then(|rest| rest.split_once("target: "))
            .and_then(|(_, name)| nearest(name, state_names(text).iter().map(String::as_str)).map(str::to_owned)),
        Code::SchemaValidationFailed => diagnostic
            .message
            .strip_prefix("Field '")
            .and_then(|rest| rest.split_once("' is not supported"))
            .and_then(|(name, _)| nearest(name, FIELDS).filter(|near| *near != name).map(str::to_owned)),
        Code::InvalidJsonDescription
        | Code::DuplicateStateName
        | Code::UnreachableState
        | Code::MissingEndState
        | Code::NotSupported
        | Code::InvalidResource
        | Code::NoDollar
        | Code::NoPath
        | Code::PassResultIsStatic => None,
    };
    meant.map(|name| format!("; did you mean {name:?}?")).unwrap_or_default()
}

/// The names of all states, in all scopes.
fn state_names(text: &str) -> Vec<String> {
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
        let found: Vec<String> =
            found.iter().map(|finding| for_finding(text, finding)).filter(|hint| !hint.is_empty()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_slip_in_a_name_or_a_field_is_seen() {
        check(
            r#"{"StartAt": "Pya", "States": {"Pay": {"Type": "Pass", "Next": "Shpi"}, "Ship": {"Type": "Succeed"}}}"#,
            &["; did you mean \"Pay\"?", "; did you mean \"Ship\"?"],
        );
        check(
            r#"{"StartAt": "Pay", "States": {"Pay": {"Type": "Pass", "ResultPth": "$.x", "End": true}}}"#,
            &["; did you mean \"ResultPath\"?"],
        );
    }
}
