//! ValidateStateMachineDefinition: what CreateStateMachine would say, as data.

use super::create_state_machine::TYPES;
use crate::members::{Member, Request};
use crate::refusal::Refusal;
use language::{Diagnostic, MachineType, Severity};
use serde::Serialize;

/// How many findings an answer has at most.
const MAX_RESULTS: u32 = 100;

const MEMBERS: &[Member] = &[
    Member::definition().required(),
    Member::one_of("type", TYPES),
    Member::one_of("severity", &["ERROR", "WARNING"]),
    Member::integer("maxResults", 0, MAX_RESULTS as i64),
];

#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Answer {
    result: &'static str,
    diagnostics: Vec<Item>,
    truncated: bool,
}

#[derive(Debug, PartialEq, Serialize)]
struct Item {
    severity: &'static str,
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
}

impl From<Diagnostic> for Item {
    fn from(diagnostic: Diagnostic) -> Self {
        Self {
            severity: diagnostic.severity.as_str(),
            code: diagnostic.code.as_str(),
            location: diagnostic.location(),
            // Errors have AWS's words and no more.
            message: match (diagnostic.severity, diagnostic.help) {
                (Severity::Warning, Some(help)) => format!("{}. {help}", diagnostic.message),
                (Severity::Error | Severity::Warning, _) => diagnostic.message,
            },
        }
    }
}

pub(crate) fn run(request: Request) -> Result<Answer, Refusal> {
    let input = request.check(MEMBERS)?;
    let machine_type = input.text("type").and_then(MachineType::from_name).unwrap_or_default();
    let (result, findings) = match language::parse_as(input.required("definition"), machine_type) {
        Ok(parsed) => ("OK", parsed.warnings),
        Err(findings) => ("FAIL", findings),
    };
    let with_warnings = input.text("severity") == Some("WARNING");
    let wanted = |finding: &Diagnostic| with_warnings || finding.severity == Severity::Error;
    let mut diagnostics: Vec<Item> = findings.into_iter().filter(wanted).map(Item::from).collect();
    let limit = usize::try_from(input.page_size().min(MAX_RESULTS)).unwrap_or(usize::MAX);
    let truncated = diagnostics.len() > limit;
    diagnostics.truncate(limit);
    Ok(Answer { result, diagnostics, truncated })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::members::Terms;
    use crate::wire::Dialect;
    use serde_json::{Value, json};

    fn check(body: Value, expected: &Value) -> Result<(), Box<dyn std::error::Error>> {
        let Value::Object(body) = body else { return Err("no object".into()) };
        let terms = Terms { max_payload_bytes: None, room: None, dialect: Dialect::AwsJson };
        let answer = run(Request::new(body, terms)).map_err(|refusal| refusal.message)?;
        assert_eq!(&serde_json::to_value(answer)?, expected);
        Ok(())
    }

    #[test]
    fn a_definition_that_may_run_has_no_errors() -> Result<(), Box<dyn std::error::Error>> {
        let definition = r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}"#;
        check(json!({"definition": definition}), &json!({"result": "OK", "diagnostics": [], "truncated": false}))
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() -> Result<(), Box<dyn std::error::Error>> {
        let place = "[Source: (String)\"not a definition\"; line: 1, column: 4]";
        let wanted = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
        let message = format!("Unrecognized token 'not': was expecting {wanted}\n at {place}");
        let diagnostic =
            json!({"severity": "ERROR", "code": "INVALID_JSON_DESCRIPTION", "message": message, "location": place});
        let expected = json!({"result": "FAIL", "diagnostics": [diagnostic], "truncated": false});
        check(json!({"definition": "not a definition", "type": "STANDARD"}), &expected)
    }

    /// A machine with an error and two warnings, the first finding a warning.
    const MIXED: &str = r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "$.x", "Parameters": {"a": "$.b"}, "ResultPath": "x", "End": true}}}"#;

    fn severities(body: Value) -> Result<(Vec<String>, bool), Box<dyn std::error::Error>> {
        let Value::Object(body) = body else { return Err("no object".into()) };
        let terms = Terms { max_payload_bytes: None, room: None, dialect: Dialect::AwsJson };
        let answer = run(Request::new(body, terms)).map_err(|refusal| refusal.message)?;
        assert_eq!(answer.result, "FAIL");
        Ok((answer.diagnostics.iter().map(|item| item.severity.to_owned()).collect(), answer.truncated))
    }

    #[test]
    fn warnings_come_if_they_are_asked_for_and_no_more_than_wanted() -> Result<(), Box<dyn std::error::Error>> {
        let errors = severities(json!({"definition": MIXED}))?;
        assert_eq!(errors, (vec!["ERROR".to_owned()], false));
        let all = severities(json!({"definition": MIXED, "severity": "WARNING", "maxResults": 0}))?;
        assert_eq!((all.0.len(), all.1), (3, false));
        let first = severities(json!({"definition": MIXED, "severity": "WARNING", "maxResults": 1}))?;
        assert_eq!((first.0.len(), first.1), (1, true));
        Ok(())
    }

    #[test]
    fn more_than_a_hundred_findings_cannot_be_asked_for() {
        let body = json!({"definition": "{}", "maxResults": 101});
        let message = severities(body).err().map(|refusal| refusal.to_string()).unwrap_or_default();
        assert!(message.contains("Value '101' at 'maxResults' failed to satisfy constraint"), "{message}");
        assert!(message.contains("Member must have value less than or equal to 100"), "{message}");
    }

    #[test]
    fn a_definition_is_judged_as_a_machine_of_its_type() -> Result<(), Box<dyn std::error::Error>> {
        let activity = "arn:aws:states:us-east-1:123456789012:activity:a";
        let state = json!({"Type": "Task", "Resource": activity, "End": true});
        let definition = json!({"StartAt": "A", "States": {"A": state}}).to_string();
        let fine = json!({"result": "OK", "diagnostics": [], "truncated": false});
        check(json!({"definition": definition, "type": "STANDARD"}), &fine)?;
        let message = "Express state machine does not support Activity ARN";
        let diagnostic = json!({"severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED", "message": message, "location": "/States/A/Resource"});
        let refused = json!({"result": "FAIL", "diagnostics": [diagnostic], "truncated": false});
        check(json!({"definition": definition, "type": "EXPRESS"}), &refused)
    }
}
