//! Whether an answer is what AWS answered.

use super::bindings::{Bindings, Piece};
use regex::Regex;
use serde_json::{Number, Value};
use std::collections::{BTreeSet, HashMap};
use std::fmt;

/// A difference between an answer and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Where: the step, then the path in its answer.
    pub path: String,
    /// What AWS answered.
    pub expected: String,
    /// What was answered.
    pub actual: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n      expected: {}\n      actual:   {}", self.path, self.expected, self.actual)
    }
}

/// Compares answers, and remembers what must be the same throughout a case.
#[derive(Clone, Debug, Default)]
pub struct Comparer {
    captured: HashMap<String, String>,
    /// Members of answers that no expectation names.
    pub extra: BTreeSet<String>,
    /// Texts that were compared byte for byte.
    pub texts: usize,
}

/// The member of an answer that says how long an execution took.
const BILLED_DURATION: &str = "billedDurationInMilliseconds";

/// Members whose recordings tell everything: what of them is absent was absent on AWS.
const WHOLE: [&str; 2] = ["evaluationFailedEventDetails", "inspectionData"];

/// Whether members that nobody expected are wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extra {
    Reported,
    Wrong,
}

impl Comparer {
    /// Compares an answer with what is expected of it.
    pub fn compare(
        &mut self,
        bindings: &Bindings,
        path: &str,
        expected: &Value,
        actual: &Value,
    ) -> Result<(), Mismatch> {
        self.value(bindings, path, expected, actual, Extra::Reported)
    }

    fn value(
        &mut self,
        bindings: &Bindings,
        path: &str,
        expected: &Value,
        actual: &Value,
        extra: Extra,
    ) -> Result<(), Mismatch> {
        match (expected, actual) {
            (Value::Object(fields), _) if fields.contains_key("$any") => nature(path, &fields["$any"], actual, extra),
            (Value::Object(fields), Value::String(text)) if fields.contains_key("$json") => {
                if let Some(Value::String(exact)) = fields.get("$text") {
                    self.texts += 1;
                    self.text(bindings, path, exact, text, Extra::Wrong)?;
                }
                let Ok(parsed) = serde_json::from_str(text) else {
                    return Err(mismatch(path, &bindings.fill_value(&fields["$json"]), actual));
                };
                self.value(bindings, path, &fields["$json"], &parsed, Extra::Wrong)
            }
            (Value::Object(fields), _) if fields.contains_key("$text") => {
                self.value(bindings, path, &fields["$text"], actual, extra)
            }
            // The recorder stored a text that began with a brace as what it says, within data as well.
            (Value::Object(_), Value::String(text)) if text.starts_with('{') => match serde_json::from_str(text) {
                Ok(parsed) => self.value(bindings, path, expected, &parsed, extra),
                Err(_) => Err(mismatch(path, &bindings.fill_value(expected), actual)),
            },
            // It did so with a text that was a list of objects, and then with each of them.
            (Value::Array(items), Value::String(text)) if text.starts_with('[') => {
                match (list_of_objects(items), serde_json::from_str(text)) {
                    (Some(objects), Ok(parsed)) => self.value(bindings, path, &objects, &parsed, Extra::Wrong),
                    _ => Err(mismatch(path, &bindings.fill_value(expected), actual)),
                }
            }
            (Value::Object(fields), Value::Object(found)) => {
                for (key, field) in fields {
                    let key = bindings.fill(key);
                    let inner = format!("{path}.{key}");
                    match found.get(&key) {
                        Some(there) if key == BILLED_DURATION => billed_duration(&inner, field, there)?,
                        Some(there) => {
                            let extra = if WHOLE.contains(&key.as_str()) { Extra::Wrong } else { extra };
                            self.value(bindings, &inner, field, there, extra)?;
                        }
                        None => return Err(absent(inner, &bindings.fill_value(field))),
                    }
                }
                for (key, field) in found {
                    if !fields.keys().any(|expected| bindings.fill(expected) == *key) {
                        // Recordings older than redrive lack it in the context object.
                        let is_newer = key == "RedriveCount";
                        match extra {
                            Extra::Wrong if !is_newer => {
                                return Err(Mismatch {
                                    path: format!("{path}.{key}"),
                                    expected: "(absent)".into(),
                                    actual: field.to_string(),
                                });
                            }
                            Extra::Wrong | Extra::Reported => {
                                self.extra.insert(key.clone());
                            }
                        }
                    }
                }
                Ok(())
            }
            (Value::Array(items), Value::Array(found)) => {
                for (index, (item, there)) in items.iter().zip(found).enumerate() {
                    self.value(bindings, &format!("{path}[{index}]"), item, there, extra)?;
                }
                if items.len() == found.len() {
                    return Ok(());
                }
                let path = format!("{path}.length()");
                Err(Mismatch { path, expected: items.len().to_string(), actual: found.len().to_string() })
            }
            (Value::String(pattern), Value::String(text)) => self.text(bindings, path, pattern, text, extra),
            (Value::Number(number), Value::Number(found)) if same_number(number, found) => Ok(()),
            (Value::Null, Value::Null) => Ok(()),
            (Value::Bool(one), Value::Bool(other)) if one == other => Ok(()),
            _ => Err(mismatch(path, &bindings.fill_value(expected), actual)),
        }
    }

    fn text(
        &mut self,
        bindings: &Bindings,
        path: &str,
        pattern: &str,
        text: &str,
        extra: Extra,
    ) -> Result<(), Mismatch> {
        let pieces = bindings.pieces(pattern);
        let wrong = || Mismatch { path: path.into(), expected: bindings.fill(pattern), actual: text.into() };
        match pieces.as_slice() {
            [] if text.is_empty() => return Ok(()),
            [Piece::Text(exact)] if exact == text => return Ok(()),
            _ => {}
        }
        // The recorder wrote some texts that begin with a brace anew, with other spaces; none within data.
        if extra == Extra::Reported
            && let Some((wanted, found)) = both_objects(pattern, text)
        {
            return self.value(bindings, path, &wanted, &found, Extra::Wrong);
        }
        if let [] | [Piece::Text(_)] = pieces.as_slice() {
            return Err(wrong());
        }
        let mut source = String::from("(?s)^");
        let mut names = Vec::new();
        for piece in &pieces {
            match piece {
                Piece::Text(exact) => source.push_str(&regex::escape(exact)),
                Piece::Any => source.push_str(".*?"),
                Piece::Captured(name) => {
                    if let Some(bound) = self.captured.get(*name) {
                        source.push_str(&regex::escape(bound));
                    } else {
                        names.push(*name);
                        source.push_str("(.*?)");
                    }
                }
            }
        }
        source.push('$');
        let matched = Regex::new(&source).ok();
        let matched = matched.as_ref().and_then(|regex| regex.captures(text)).ok_or_else(wrong)?;
        for (index, name) in names.into_iter().enumerate() {
            let found = matched.get(index + 1).map_or("", |group| group.as_str());
            let bound = self.captured.entry(name.to_owned()).or_insert_with(|| found.to_owned());
            if bound != found {
                return Err(wrong());
            }
        }
        Ok(())
    }
}

/// Whether a time is one that is billed, and no longer than it took on AWS, where every call of a function takes its time,
/// which no recording says.
fn billed_duration(path: &str, expected: &Value, actual: &Value) -> Result<(), Mismatch> {
    let right = match (expected.as_u64(), actual.as_u64()) {
        (Some(most), Some(billed)) => billed > 0 && billed.is_multiple_of(100) && billed <= most,
        _ => false,
    };
    if right { Ok(()) } else { Err(mismatch(path, expected, actual)) }
}

/// What both texts say, if both are JSON objects.
fn both_objects(pattern: &str, text: &str) -> Option<(Value, Value)> {
    let parse = |text: &str| text.starts_with('{').then(|| serde_json::from_str(text).ok())?;
    Some((parse(pattern)?, parse(text)?))
}

/// What a text was of which the recorder made a list, and values of its items.
pub(super) fn list_of_objects(items: &[Value]) -> Option<Value> {
    items.iter().map(|item| item.get("$json").cloned()).collect::<Option<Vec<Value>>>().map(Value::from)
}

/// Whether the value is of the named nature. Of names that say nothing about JSON, presence is enough.
fn nature(path: &str, name: &Value, actual: &Value, extra: Extra) -> Result<(), Mismatch> {
    let name = name.as_str().unwrap_or_default();
    let right = match name {
        "number" => actual.is_number(),
        // A date within data is one of text.
        "timestamp" => actual.is_number() || extra == Extra::Wrong && actual.is_string(),
        "integer" => actual.as_i64().is_some(),
        "iso8601" => actual.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
        "uuid" => actual.as_str().is_some_and(is_uuid),
        _ => true,
    };
    if right { Ok(()) } else { Err(mismatch(path, &format!("any {name}").into(), actual)) }
}

/// Whether the text is a UUID, as AWS writes them.
fn is_uuid(text: &str) -> bool {
    let hexadecimal = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let lengths: Vec<_> = text.split('-').map(|part| (part.len(), hexadecimal(part))).collect();
    lengths == [8, 4, 4, 4, 12].map(|length| (length, true))
}

/// Equal in value and in kind: `1` is not `1.0`, `1.50` is `1.5`.
fn same_number(one: &Number, other: &Number) -> bool {
    let (one, other) = (one.to_string(), other.to_string());
    let is_float = |text: &str| text.contains(['.', 'e', 'E']);
    one == other
        || is_float(&one) == is_float(&other)
            && matches!((one.parse::<f64>(), other.parse::<f64>()), (Ok(one), Ok(other)) if one.total_cmp(&other).is_eq())
            && is_float(&one)
}

fn mismatch(path: &str, expected: &Value, actual: &Value) -> Mismatch {
    Mismatch { path: path.into(), expected: expected.to_string(), actual: actual.to_string() }
}

fn absent(path: String, expected: &Value) -> Mismatch {
    Mismatch { path, expected: expected.to_string(), actual: "(absent)".into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn compare(expected: &Value, actual: &Value) -> Result<Comparer, Mismatch> {
        let place = model::arn::Place { partition: "aws".into(), region: "r".into(), account: "1".into() };
        let mut comparer = Comparer::default();
        let bindings = Bindings::new(&place, model::Timestamp::default());
        comparer.compare(&bindings, "s0", expected, actual).map(|()| comparer)
    }

    #[test]
    fn members_that_nobody_expected_are_wrong_only_within_json_text() {
        let with_extra = compare(&json!({"a": 1}), &json!({"a": 1, "b": 2}));
        assert!(with_extra.is_ok_and(|comparer| comparer.extra.contains("b")));
        assert!(compare(&json!({"$json": {"a": 1}}), &json!("{\"a\":1,\"b\":2}")).is_err());
        assert!(compare(&json!({"$json": {"a": 1}}), &json!(" { \"a\" : 1 } ")).is_ok());
    }

    #[test]
    fn what_was_recorded_whole_has_nothing_besides() {
        for member in WHOLE {
            let answer = |details: Value| json!({member: details, "id": 3});
            let recorded = answer(json!({"error": "E", "cause": "why", "state": "S"}));
            assert!(compare(&recorded, &recorded).is_ok());
            for other in [
                json!({"error": "E", "cause": "why", "state": "S", "location": "Items"}),
                json!({"error": "E", "cause": "why.", "state": "S"}),
                json!({"error": "E", "cause": "why"}),
            ] {
                assert!(compare(&recorded, &answer(other.clone())).is_err(), "{member}: {other}");
            }
        }
    }

    #[test]
    fn numbers_agree_in_value_and_in_kind() -> Result<(), serde_json::Error> {
        let number = |text: &str| serde_json::from_str::<Value>(text);
        assert!(compare(&number("1.50")?, &number("1.5")?).is_ok());
        assert!(compare(&number("1")?, &number("1.0")?).is_err());
        assert!(compare(&number("12345678901234567890123")?, &number("12345678901234567890124")?).is_err());
        Ok(())
    }

    #[test]
    fn a_capture_is_the_same_everywhere() {
        let expected = json!(["x-⟦cap:id⟧", "⟦cap:id⟧-y", "⟦any:z⟧!"]);
        assert!(compare(&expected, &json!(["x-7", "7-y", "anything!"])).is_ok());
        assert!(compare(&expected, &json!(["x-7", "8-y", "anything!"])).is_err());
    }

    #[test]
    fn a_text_that_was_kept_is_compared_byte_for_byte() {
        let expected = json!({"$json": [{"b": 1, "a": 1.0}], "$text": "[{\"b\":1,\"a\":1.0}]"});
        let equal = compare(&expected, &json!("[{\"b\":1,\"a\":1.0}]"));
        assert!(equal.is_ok_and(|comparer| comparer.texts == 1));
        for other in
            ["[ {\"b\":1,\"a\":1.0}]", "[{\"a\":1.0,\"b\":1}]", "[{\"b\":1,\"a\":1}]", "[{\"b\":1,\"a\":1.00}]"]
        {
            assert!(compare(&expected, &json!(other)).is_err(), "{other}");
        }
    }

    #[test]
    fn a_billed_duration_is_one_and_not_above_awss() {
        let billed = |millis: u64| compare(&json!({BILLED_DURATION: 300}), &json!({BILLED_DURATION: millis})).is_ok();
        assert_eq!([100, 300, 0, 250, 400].map(billed), [true, true, false, false, false]);
    }

    #[test]
    fn any_must_be_there_and_of_its_nature() {
        assert!(compare(&json!({"t": {"$any": "timestamp"}}), &json!({"t": 1.5})).is_ok());
        assert!(compare(&json!({"t": {"$any": "timestamp"}}), &json!({"t": "1.5"})).is_err());
        assert!(compare(&json!({"t": {"$any": "timestamp"}}), &json!({})).is_err());
    }
}
