//! Variables of a workflow with their values, as they are kept: what a scope holds, and what one `Assign` set.
//!
//! A short value would cost more to point to than to write again, and a scope may have many of them: so they share one
//! payload, an object of them all. Longer ones are payloads of their own, each stored once however long it stays. Where
//! scopes lie in each other and who reads what is the engine's business.

use crate::Payload;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Values whose text is shorter share one payload: the journal writes those again rather than point to them.
const SHORTEST_ALONE_BYTES: usize = 512;

/// Variables by name. `P` is a [`Payload`] in memory, a slot in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variables<P> {
    /// The short values: one object. None where there are no such.
    #[serde(skip_serializing_if = "Option::is_none")]
    short: Option<P>,
    /// The others, each by itself.
    #[serde(default = "BTreeMap::new", skip_serializing_if = "BTreeMap::is_empty")]
    long: BTreeMap<String, P>,
}

impl<P> Variables<P> {
    /// No variables.
    pub const fn none() -> Self {
        Self { short: None, long: BTreeMap::new() }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.short.is_none() && self.long.is_empty()
    }

    /// The same variables with each payload replaced; the first failure ends it.
    pub fn try_map<Q, E>(self, f: &mut impl FnMut(P) -> Result<Q, E>) -> Result<Variables<Q>, E> {
        let short = self.short.map(&mut *f).transpose()?;
        let long = self.long.into_iter().map(|(name, value)| Ok((name, f(value)?))).collect::<Result<_, E>>()?;
        Ok(Variables { short, long })
    }
}

impl<P> Default for Variables<P> {
    fn default() -> Self {
        Self::none()
    }
}

impl Variables<Payload> {
    /// These values.
    pub fn from_values(values: Map<String, Value>) -> Self {
        let (mut short, mut long) = (Map::new(), BTreeMap::new());
        for (name, value) in values {
            let payload = Payload::from_value(value);
            if payload.text().len() < SHORTEST_ALONE_BYTES {
                short.insert(name, payload.value().clone());
            } else {
                long.insert(name, payload);
            }
        }
        Self { short: object(short), long }
    }

    /// The value of a variable; none if there is none of that name.
    pub fn value(&self, name: &str) -> Option<&Value> {
        match self.long.get(name) {
            Some(payload) => Some(payload.value()),
            None => self.short_values()?.get(name),
        }
    }

    /// Sets those of `others`, whose payloads are taken over as they are.
    pub fn assign(&mut self, others: &Self) {
        let none = Map::new();
        let (olds, news) = (self.short_values().unwrap_or(&none), others.short_values().unwrap_or(&none));
        let stays = |name: &String| !news.contains_key(name) && !others.long.contains_key(name);
        let kept = olds.keys().filter(|name| stays(name)).count();
        let short = if kept == olds.len() && news.is_empty() {
            self.short.clone()
        } else if kept == 0 {
            others.short.clone()
        } else {
            let kept = olds.iter().filter(|(name, _)| stays(name));
            object(kept.chain(news).map(|(name, value)| (name.clone(), value.clone())).collect())
        };
        self.long.retain(|name, _| !news.contains_key(name));
        self.short = short;
        self.long.extend(others.long.iter().map(|(name, value)| (name.clone(), value.clone())));
    }

    /// Each name with its value's JSON text, in alphabetical order.
    pub fn texts(&self) -> BTreeMap<&str, String> {
        let short = self.short_values().into_iter().flatten().map(|(name, value)| (name.as_str(), value.to_string()));
        short.chain(self.long.iter().map(|(name, value)| (name.as_str(), value.text().to_owned()))).collect()
    }

    /// All names, in alphabetical order.
    pub fn names(&self) -> BTreeSet<&str> {
        let short = self.short_values().into_iter().flat_map(Map::keys);
        short.chain(self.long.keys()).map(String::as_str).collect()
    }

    /// The bytes of all values as JSON text, and of the names of the short ones.
    pub fn bytes(&self) -> usize {
        self.short.iter().chain(self.long.values()).map(|payload| payload.text().len()).sum()
    }

    /// The longest value that has a payload of its own: its name and its bytes.
    pub fn longest(&self) -> Option<(&str, usize)> {
        let sizes = self.long.iter().map(|(name, value)| (name.as_str(), value.text().len()));
        sizes.max_by_key(|(_, bytes)| *bytes)
    }

    fn short_values(&self) -> Option<&Map<String, Value>> {
        self.short.as_ref().and_then(|short| short.value().as_object())
    }
}

fn object(values: Map<String, Value>) -> Option<Payload> {
    (!values.is_empty()).then(|| Payload::from_value(Value::Object(values)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn variables(values: &Value) -> Variables<Payload> {
        Variables::from_values(values.as_object().cloned().unwrap_or_default())
    }

    fn long(letter: &str) -> String {
        letter.repeat(600)
    }

    fn check(before: &Value, assigned: &Value, after: &Value) {
        let mut scope = variables(before);
        scope.assign(&variables(assigned));
        let found: Map<String, Value> = scope
            .names()
            .into_iter()
            .map(|name| (name.to_owned(), scope.value(name).cloned().unwrap_or_default()))
            .collect();
        assert_eq!(Value::Object(found), *after);
    }

    #[test]
    fn an_assignment_replaces_a_value_whatever_the_lengths_of_both() {
        let (a, b) = (long("a"), long("b"));
        check(&json!({}), &json!({"x": 1}), &json!({"x": 1}));
        check(&json!({"x": 1, "y": 2}), &json!({"x": 3}), &json!({"x": 3, "y": 2}));
        check(&json!({"x": 1, "y": 2}), &json!({"x": a}), &json!({"x": a, "y": 2}));
        check(&json!({"x": a, "y": b}), &json!({"x": 1}), &json!({"x": 1, "y": b}));
        check(&json!({"x": 1}), &json!({"x": a}), &json!({"x": a}));
        check(&json!({"x": 1, "y": 1}), &json!({"y": 2, "x": a}), &json!({"x": a, "y": 2}));
        check(&json!({"x": a}), &json!({}), &json!({"x": a}));
    }

    #[test]
    fn what_was_assigned_is_taken_over_as_it_is() {
        let assigned = variables(&json!({"n": 2, "text": long("t")}));
        let mut scope = variables(&json!({"n": 1, "other": long("o")}));
        let other = scope.long["other"].clone();
        scope.assign(&assigned);
        assert!(scope.long["text"].is_same(&assigned.long["text"]));
        assert!(scope.long["other"].is_same(&other));
        assert!(scope.short.as_ref().zip(assigned.short.as_ref()).is_some_and(|(one, two)| one.is_same(two)));
    }

    #[test]
    fn texts_are_compact_and_numbers_keep_their_digits() -> Result<(), serde_json::Error> {
        let values: Map<String, Value> = serde_json::from_str(r#"{"b": [1.0,  2], "a": 12345678901234567890123}"#)?;
        let variables = Variables::from_values(values);
        let texts: Vec<(&str, String)> = variables.texts().into_iter().collect();
        assert_eq!(texts, [("a", "12345678901234567890123".to_owned()), ("b", "[1.0,2]".to_owned())]);
        Ok(())
    }

    #[test]
    fn a_payload_that_is_no_object_holds_no_variables() {
        let forged = Variables { short: Some(Payload::from_checked("[1]")), long: BTreeMap::new() };
        assert_eq!(forged.value("x"), None);
        assert!(forged.names().is_empty());
    }
}
