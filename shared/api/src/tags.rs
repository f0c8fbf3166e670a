//! Tags, as lists of `{"key", "value"}`.

use crate::members::{Member, Shape, Text};
use crate::refusal::Refusal;
use serde_json::{Value, json};

/// How many tags a resource may have.
///
/// Source: Step Functions quotas, "Maximum number of tags per resource".
const MAX_TAGS: usize = 50;

const TAG: Shape = Shape::Structure(&[Member::text("key", 1, 128).required(), Member::text("value", 0, 256)]);
const TAG_KEY: Shape = Shape::Text(Text::of(1, 128));

/// `tags`.
pub(crate) const TAGS: Member = Member::list("tags", &TAG);

/// `tagKeys`.
pub(crate) const TAG_KEYS: Member = Member::list("tagKeys", &TAG_KEY);

/// The tags of a resource after these were put on it: a key that is there gets the new value.
pub(crate) fn put_on(there: &Value, given: &[Value], resource: &str) -> Result<Value, Refusal> {
    let mut tags = there.as_array().cloned().unwrap_or_default();
    for tag in given {
        let text = |name| tag.get(name).and_then(Value::as_str).unwrap_or_default();
        let tag = json!({"key": text("key"), "value": text("value")});
        match tags.iter_mut().find(|old| old.get("key") == tag.get("key")) {
            Some(old) => *old = tag,
            None => tags.push(tag),
        }
        // Each tag is looked for among those before it, of which a caller may send any number.
        if tags.len() > MAX_TAGS {
            let message = format!("Too many tags: a resource has at most {MAX_TAGS}");
            return Err(Refusal::new("TooManyTags", message).with("resourceName", resource));
        }
    }
    Ok(tags.into())
}

/// The tags of a resource without those that have these keys.
pub(crate) fn taken_off(there: &Value, keys: &[Value]) -> Value {
    let tags = there.as_array().into_iter().flatten();
    tags.filter(|tag| tag.get("key").is_none_or(|key| !keys.contains(key))).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_be_absent_and_a_key_has_one_value() {
        let given = [json!({"key": "a"}), json!({"key": "b", "value": "1"}), json!({"key": "b", "value": "2"})];
        let tags = json!([{"key": "a", "value": ""}, {"key": "b", "value": "2"}]);
        assert_eq!(put_on(&Value::Null, &given, "x"), Ok(tags));
    }

    #[test]
    fn keys_that_are_not_there_take_nothing_off() {
        let there = json!([{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]);
        assert_eq!(taken_off(&there, &[json!("c"), json!("a")]), json!([{"key": "b", "value": "2"}]));
        assert_eq!(taken_off(&there, &[]), there);
    }

    #[test]
    fn there_are_fifty_at_most() {
        let given: Vec<Value> = (0..51).map(|number| json!({"key": number.to_string(), "value": ""})).collect();
        assert!(put_on(&json!([]), &given[..50], "x").is_ok());
        let refused = put_on(&json!([]), &given, "x").err().map(|refusal| (refusal.code, refusal.extra));
        assert_eq!(refused, Some(("TooManyTags", Some(("resourceName", "x".to_owned())))));
    }
}
