//! ValidateStateMachineDefinition: what CreateStateMachine would say, as data.

use super::create_state_machine::TYPES;
use crate::members::{Member, Request};
use crate::refusal::Refusal;
use language::{Diagnostic, Severity};
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
            severity: match diagnostic.severity {
                Severity::Error => "ERROR",
                Severity::Warning => "WARNING",
            },
            code: diagnostic.code.as_str(),
            location: diagnostic.location(),
            message: diagnostic.message,
        }
    }
}

pub(crate) fn run(request: Request) -> Result<Answer, Refusal> {
    let input = request.check(MEMBERS)?;
    let (result, findings) = match language::parse(input.required("definition")) {
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
}
