//! Wrong answers, planted to see that the comparer finds them: an answer that matches, with one thing in it changed.
//!
//! Changed is what the recording says outright; where it says "any", or names a placeholder, nothing can be wrong.

use super::bindings::Bindings;
use super::compare::{Comparer, Mismatch, list_of_objects};
use serde_json::{Number, Value};

/// The most that is planted in one answer: long histories repeat themselves.
const MOST: usize = 400;

/// Plants wrong answers and gives their number, or what one of them was that the comparer took for right.
pub(crate) fn plant(
    comparer: &Comparer,
    bindings: &Bindings,
    path: &str,
    expected: &Value,
    actual: &Value,
) -> Result<usize, Mismatch> {
    let mut places = Vec::new();
    find(expected, actual, &mut Vec::new(), &mut places);
    let step = places.len().div_ceil(MOST).max(1);
    let mut planted = 0;
    for place in places.iter().step_by(step) {
        let mut wrong = actual.clone();
        let Some(what) = change(&mut wrong, place) else { continue };
        planted += 1;
        if comparer.clone().compare(bindings, path, expected, &wrong).is_ok() {
            let path = format!("{path}: a wrong answer was planted and not found: {what}");
            return Err(Mismatch { path, expected: "a difference".into(), actual: wrong.to_string() });
        }
    }
    Ok(planted)
}

/// A step into a value.
#[derive(Clone, Debug)]
enum Into {
    Field(String),
    Item(usize),
    /// The JSON that a text is.
    Text,
}

/// The places in the answer about which the expectation leaves no choice.
fn find(expected: &Value, actual: &Value, at: &mut Vec<Into>, places: &mut Vec<Vec<Into>>) {
    let mut within = |step: Into, expected: &Value, actual: &Value| {
        at.push(step);
        find(expected, actual, at, places);
        at.pop();
    };
    match (expected, actual) {
        (Value::Object(fields), Value::String(text))
            if fields.contains_key("$json") && !fields.contains_key("$text") =>
        {
            if let Ok(parsed) = serde_json::from_str(text) {
                within(Into::Text, &fields["$json"], &parsed);
            }
        }
        (Value::Object(fields), Value::Object(found)) if !fields.contains_key("$any") => {
            for (key, field) in fields {
                if let Some(there) = found.get(key) {
                    within(Into::Field(key.clone()), field, there);
                }
            }
        }
        (Value::Array(items), Value::String(text)) => {
            if let (Some(objects), Ok(parsed)) = (list_of_objects(items), serde_json::from_str(text)) {
                within(Into::Text, &objects, &parsed);
            }
        }
        (Value::Array(items), Value::Array(found)) => {
            for (index, (item, there)) in items.iter().zip(found).enumerate() {
                within(Into::Item(index), item, there);
            }
            places.push(at.clone());
        }
        // Of a text that begins with a brace the spaces were not recorded.
        (Value::String(text), Value::String(_)) if text.contains('⟦') || text.starts_with('{') => {}
        (Value::Object(fields), _) if !fields.contains_key("$text") => {}
        _ => places.push(at.clone()),
    }
}

/// Changes what is at the place; what it made of it.
fn change(value: &mut Value, place: &[Into]) -> Option<String> {
    let Some((step, rest)) = place.split_first() else {
        *value = other(value)?;
        return Some(value.to_string());
    };
    match step {
        Into::Field(name) => change(value.get_mut(name)?, rest),
        Into::Item(index) => change(value.get_mut(index)?, rest),
        Into::Text => {
            let mut parsed = serde_json::from_str(value.as_str()?).ok()?;
            let changed = change(&mut parsed, rest);
            *value = parsed.to_string().into();
            changed
        }
    }
}

/// Something else of the same kind, or for a whole number the same of another kind.
fn other(value: &Value) -> Option<Value> {
    Some(match value {
        Value::Null => Value::from("null"),
        Value::Bool(flag) => Value::Bool(!flag),
        Value::Number(number) if number.is_u64() => Value::Number(format!("{number}.0").parse::<Number>().ok()?),
        Value::Number(number) => Value::Number(format!("{number}1").parse::<Number>().ok()?),
        Value::String(text) => Value::from(format!("{text} ")),
        Value::Array(items) => match items.split_last() {
            Some((_, others)) => others.to_vec().into(),
            None => Value::Array(vec![Value::Null]),
        },
        Value::Object(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn everything_that_was_said_outright_is_changed_once() {
        let expected =
            json!({"a": 1, "t": {"$any": "timestamp"}, "arn": "⟦role1⟧", "s": {"$json": {"n": null, "l": [true]}}});
        let actual = json!({"a": 1, "t": 5, "arn": "x", "s": "{\"n\":null,\"l\":[true]}", "extra": 2});
        let mut places = Vec::new();
        find(&expected, &actual, &mut Vec::new(), &mut places);
        let wrong: Vec<_> = places
            .iter()
            .map(|place| {
                let mut wrong = actual.clone();
                change(&mut wrong, place);
                (wrong["a"].to_string(), wrong["s"].as_str().map(ToOwned::to_owned).unwrap_or_default())
            })
            .collect();
        let text = |a: &str, s: &str| (a.to_owned(), s.to_owned());
        assert_eq!(
            wrong,
            [
                text("1.0", r#"{"n":null,"l":[true]}"#),
                text("1", r#"{"n":"null","l":[true]}"#),
                text("1", r#"{"n":null,"l":[false]}"#),
                text("1", r#"{"n":null,"l":[]}"#),
            ]
        );
    }

    #[test]
    fn each_planted_answer_is_compared() {
        let place = model::arn::Place { partition: "aws".into(), region: "r".into(), account: "1".into() };
        let bindings = Bindings::new(&place, model::Timestamp::default());
        let answer = json!({"a": 1.5, "b": ["x"]});
        assert_eq!(plant(&Comparer::default(), &bindings, "s0", &answer, &answer), Ok(3));
    }
}
