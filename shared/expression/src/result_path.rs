//! ResultPath: where in its input a state puts its result.

use serde_json::{Map, Value};

use crate::Error;
use crate::json::{MAX_DEPTH, is_deeper_than, json_text};
use crate::path::{self, JsonPath, ReferencePath, ReferenceStep};

/// A reference path that is written to.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultPath {
    source: Box<str>,
    path: ReferencePath,
}

impl ResultPath {
    /// Reads a reference path: `$`, or names and indexes only.
    pub fn parse(text: &str) -> Result<Self, path::Error> {
        let path = JsonPath::parse(text)?;
        match path.as_reference() {
            // Each step is a level of what `insert` builds, which must stay readable.
            Some(path) if path.steps().len() > MAX_DEPTH => {
                Err(path::Error::TooLarge { limit: MAX_DEPTH, of: "steps" })
            }
            Some(path) => Ok(Self { source: text.into(), path: path.clone() }),
            None => Err(path::Error::not_a_reference(text)),
        }
    }

    /// The text it was read from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Puts `result` into `input` at this path.
    ///
    /// Missing objects are created. An array's index must exist, and what is on the way must be an object or array.
    pub fn insert(&self, mut input: Value, result: Value) -> Result<Value, Error> {
        if self.path.steps().is_empty() {
            return Ok(result);
        }
        if is_deeper_than(&result, MAX_DEPTH.saturating_sub(self.path.steps().len())) {
            return Err(Error::TooDeep { limit: MAX_DEPTH });
        }
        if self.fits(&input) {
            self.write(&mut input, result);
            Ok(input)
        } else {
            Err(Error::ResultPath { path: self.source().to_owned(), input: json_text(&input) })
        }
    }

    fn fits(&self, input: &Value) -> bool {
        let mut place = Some(input);
        for step in self.path.steps() {
            place = match (step, place) {
                (ReferenceStep::Name(name, _), Some(Value::Object(members))) => members.get(&**name),
                (ReferenceStep::Name(..), None) => None,
                (ReferenceStep::Index(index), Some(Value::Array(items))) if *index < items.len() => items.get(*index),
                (ReferenceStep::Name(..) | ReferenceStep::Index(_), _) => return false,
            };
        }
        true
    }

    fn write(&self, input: &mut Value, result: Value) {
        let mut place = input;
        for step in self.path.steps() {
            place = match (step, place) {
                (ReferenceStep::Name(name, _), Value::Object(members)) => {
                    members.entry(&**name).or_insert_with(|| Value::Object(Map::new()))
                }
                (ReferenceStep::Index(index), Value::Array(items)) if *index < items.len() => &mut items[*index],
                // `fits` has seen the whole way.
                (ReferenceStep::Name(..) | ReferenceStep::Index(_), _) => return,
            };
        }
        *place = result;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(path: &str, input: Value, expected: Result<Value, &str>) {
        let found = ResultPath::parse(path).unwrap().insert(input, json!("r"));
        assert_eq!(found.map_err(|error| error.to_string()), expected.map_err(str::to_owned), "{path}");
    }

    #[test]
    fn missing_objects_are_created() {
        check("$", json!(1), Ok(json!("r")));
        check("$.a", json!({}), Ok(json!({ "a": "r" })));
        check("$.a.b", json!({ "c": 1 }), Ok(json!({ "c": 1, "a": { "b": "r" } })));
        check("$.a['b c']", json!({ "a": { "x": 1 } }), Ok(json!({ "a": { "x": 1, "b c": "r" } })));
        check("$[1].x", json!([{}, {}]), Ok(json!([{}, { "x": "r" }])));
    }

    #[test]
    fn a_scalar_or_a_missing_index_on_the_way_is_a_match_failure() {
        check("$.a", json!("x"), Err("Unable to apply ReferencePath $.a to input \"x\""));
        check("$.a", json!(null), Err("Unable to apply ReferencePath $.a to input null"));
        check("$.a.b", json!({ "a": 1 }), Err("Unable to apply ReferencePath $.a.b to input {\"a\":1}"));
        check("$.a[0]", json!({}), Err("Unable to apply ReferencePath $.a[0] to input {}"));
        check("$.a[1]", json!({ "a": [1] }), Err("Unable to apply ReferencePath $.a[1] to input {\"a\":[1]}"));
    }

    #[test]
    fn a_path_makes_no_more_levels_than_can_be_read_back() {
        let path = |steps: usize| format!("${}", ".a".repeat(steps));
        let built = ResultPath::parse(&path(MAX_DEPTH)).unwrap().insert(json!({}), json!(1)).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&built.to_string()).unwrap(), built);
        let refused = ResultPath::parse(&path(MAX_DEPTH + 1)).unwrap_err();
        assert_eq!(refused.to_string(), "the path has more than 100 steps");
    }

    #[test]
    fn only_reference_paths_are_accepted() {
        for text in ["$.a[*]", "$..a", "$.a[0,1]", "$.a[1:]", "$.a[-1]", "$.a[?(@.b)]", "$['a','b']", "$.a.length()"] {
            assert!(ResultPath::parse(text).is_err(), "{text}");
        }
    }
}
