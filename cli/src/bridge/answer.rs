//! What a function's answer to a batch means.

use serde_json::Value;
use std::collections::BTreeSet;

/// Why an answer means that the whole batch failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("the answer is not JSON: {0}")]
    NotJson(#[source] serde_json::Error),
    #[error("the answer is neither an object nor null")]
    NotAnObject,
    #[error("batchItemFailures is not a list")]
    NotAList,
    #[error("an entry of batchItemFailures has no itemIdentifier that is text")]
    NoIdentifier,
    #[error("itemIdentifier {0:?} is no message of this batch")]
    Unknown(String),
}

/// Reads which messages must come again. All others are done with.
///
/// Nothing, `null`, an object without `batchItemFailures` and an empty list say that all are done. What names a message
/// that is not in the batch, or names none, fails the whole batch.
///
/// Source: Lambda developer guide, "Handling errors for an SQS event source in Lambda", "Success and failure
/// conditions".
pub(crate) fn failed_messages(answer: &[u8], batch: &BTreeSet<&str>) -> Result<BTreeSet<String>, Malformed> {
    if answer.trim_ascii().is_empty() {
        return Ok(BTreeSet::new());
    }
    let fields = match serde_json::from_slice(answer).map_err(Malformed::NotJson)? {
        Value::Null => return Ok(BTreeSet::new()),
        Value::Object(fields) => fields,
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => return Err(Malformed::NotAnObject),
    };
    let entries = match fields.get("batchItemFailures") {
        None | Some(Value::Null) => return Ok(BTreeSet::new()),
        Some(Value::Array(entries)) => entries,
        Some(_) => return Err(Malformed::NotAList),
    };
    let identifier = |entry: &Value| {
        let found = entry.get("itemIdentifier").and_then(Value::as_str).ok_or(Malformed::NoIdentifier)?;
        if batch.contains(found) { Ok(found.to_owned()) } else { Err(Malformed::Unknown(found.to_owned())) }
    };
    entries.iter().map(identifier).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(answer: &str, expected: Result<&[&str], &str>) {
        let batch = BTreeSet::from(["a", "b", "c"]);
        let found = failed_messages(answer.as_bytes(), &batch).map_err(|error| error.to_string());
        let expected = expected.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect());
        assert_eq!(found, expected.map_err(str::to_owned), "{answer}");
    }

    #[test]
    fn an_answer_that_names_nothing_means_that_all_is_done() {
        for answer in ["", " \n", "null", "{}", r#"{"batchItemFailures":null}"#, r#"{"batchItemFailures":[]}"#] {
            check(answer, Ok(&[]));
        }
    }

    #[test]
    fn messages_that_are_named_come_again() {
        check(r#"{"batchItemFailures":[{"itemIdentifier":"c"},{"itemIdentifier":"a"}]}"#, Ok(&["a", "c"]));
        check(r#"{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"b"}]}"#, Ok(&["b"]));
    }

    #[test]
    fn what_cannot_be_understood_fails_the_whole_batch() {
        check("\"done\"", Err("the answer is neither an object nor null"));
        check("[]", Err("the answer is neither an object nor null"));
        check(r#"{"batchItemFailures":{}}"#, Err("batchItemFailures is not a list"));
        let none = "an entry of batchItemFailures has no itemIdentifier that is text";
        check(r#"{"batchItemFailures":[{"itemIdentifier":"a"},{"id":"b"}]}"#, Err(none));
        check(r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#, Err(none));
        check(r#"{"batchItemFailures":["a"]}"#, Err(none));
        let unknown = |id: &str| format!("itemIdentifier {id:?} is no message of this batch");
        check(r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#, Err(&unknown("")));
        check(r#"{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"z"}]}"#, Err(&unknown("z")));
        let failed = failed_messages(b"{", &BTreeSet::new());
        assert!(matches!(failed, Err(Malformed::NotJson(_))), "{failed:?}");
    }
}
