//! What counts as the same answer.

use ratchet_jsonata::{Error, Outcome};
use serde_json::Value;

/// Whether there is an answer to compare with: none where the reference ends in an exception of JavaScript's own, which
/// has no code, where it shows a function as JavaScript has it, and where it was made to give up.
pub(crate) fn is_comparable(wanted: &Value) -> bool {
    let is_exception = wanted.get("error").is_some_and(|error| !error["code"].is_string());
    let text = wanted.to_string();
    let shows_function = text.contains("_jsonata_") || text.contains("async function");
    !is_exception && !shows_function && wanted.get("gaveUp").is_none()
}

/// What differs, if anything does.
pub(crate) fn difference(found: &Result<Outcome, Error>, wanted: &Value) -> Option<String> {
    if let Some(error) = wanted.get("error") {
        let Err(found) = found else { return Some(format!("wanted {error}, got {found:?}")) };
        let code = error["code"].as_str().unwrap_or_default();
        let is_same = found.code().is_some_and(|found| found.name() == code)
            && found.message() == error["message"].as_str().unwrap_or_default()
            && found.position().map(|position| position as u64) == error["position"].as_u64()
            && found.token().map(str::to_owned) == error.get("token").map(ToString::to_string);
        return (!is_same).then(|| format!("wanted {error}, got {found:?} token {:?}", found.token()));
    }
    let is_same = match found {
        Ok(Outcome::Undefined) => wanted.get("undefined").is_some(),
        Ok(Outcome::Function) => wanted.get("function").is_some(),
        Ok(Outcome::Json(found)) => wanted.get("result").is_some_and(|wanted| is_equal(found, wanted)),
        Err(_) => false,
    };
    (!is_same).then(|| format!("wanted {wanted}, got {found:?}"))
}

/// Numbers by value, members of objects in the same order.
fn is_equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| left.0 == right.0 && is_equal(left.1, right.1))
        }
        (left, right) => left == right,
    }
}

/// Whether several parts are evaluated at once in the reference, where the failure that takes fewer turns of JavaScript's
/// event loop wins. Here the first one does.
pub(crate) fn is_race(expr: &str) -> bool {
    expr.contains("'l': ") || expr.contains('{') || expr.contains('[') && expr.contains(',')
}
