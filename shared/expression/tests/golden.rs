//! Every path of the golden file, against what Jayway JsonPath itself answered.

mod recorded;

use ratchet_expression::JsonPath;
use serde_json::Value;
use std::io::Write;

#[test]
fn every_golden_path_answers_as_jayway_does() {
    let Some(golden) = recorded::load("GOLDEN_DIR", "golden", "jsonpath.json") else {
        return;
    };
    let cases = golden["cases"].as_array().expect("a list of cases");
    let mut wrong = Vec::new();
    for case in cases {
        let path = case["path"].as_str().expect("a path");
        let parsed = JsonPath::parse(path);
        let definite = parsed.as_ref().map_or(Value::Null, |parsed| Value::Bool(parsed.is_definite()));
        let found = parsed.and_then(|parsed| parsed.evaluate(&case["document"]).map(std::borrow::Cow::into_owned));
        let expected = match case.get("result") {
            Some(result) => Ok(result.clone()),
            None => Err(case["error"]["err"].as_str().expect("an error text").split_once(": ").expect("a class").1),
        };
        let same = match (&found, &expected) {
            (Ok(found), Ok(expected)) => found == expected,
            (Err(found), Err(expected)) => found.to_string() == *expected,
            _ => false,
        };
        if !same || definite != case["definite"] {
            wrong
                .push(format!("{path}\n  expected {} {expected:?}\n  found    {definite} {found:?}", case["definite"]));
        }
    }
    // Past the test runner, which keeps what a passing test prints.
    let _ = writeln!(std::io::stderr(), "golden paths: {} of {} agree", cases.len() - wrong.len(), cases.len());
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(!cases.is_empty());
}
