//! What the placeholders of a case stand for while it runs.

use serde_json::{Map, Value};
use simulation::python;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// What the placeholders of a case stand for.
#[derive(Clone, Debug)]
pub struct Bindings {
    partition: String,
    region: String,
    account: String,
    now: jiff::Timestamp,
    answers: HashMap<String, Value>,
}

/// A piece of a text with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text as it is.
    Text(Cow<'a, str>),
    /// Any text.
    Any,
    /// Any text, but the same wherever the name occurs.
    Captured(&'a str),
}

impl Bindings {
    /// The bindings at the start of a case.
    pub fn new(place: &model::arn::Place, now: model::Timestamp) -> Self {
        Self {
            partition: place.partition.to_string(),
            region: place.region.to_string(),
            account: place.account.to_string(),
            now: jiff::Timestamp::from_microsecond(now.as_micros()).unwrap_or_default(),
            answers: HashMap::new(),
        }
    }

    /// Notes the answer to a step.
    pub fn answer(&mut self, step: &str, answer: Value) {
        self.answers.insert(step.to_owned(), answer);
    }

    /// Changes a member of earlier answers that has this value; whether there was one.
    pub fn replace_answer(&mut self, member: &str, before: &str, after: &str) -> bool {
        let mut changed = false;
        for answer in self.answers.values_mut() {
            if answer.get(member).is_some_and(|value| value == before) {
                answer[member] = after.into();
                changed = true;
            }
        }
        changed
    }

    /// The text, taken apart at its wildcards, everything else put in.
    pub fn pieces<'a>(&self, text: &'a str) -> Vec<Piece<'a>> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('⟦') {
            let Some((name, after)) = after.split_once('⟧') else { break };
            push_text(&mut pieces, before.into());
            if let Some(captured) = name.strip_prefix("cap:") {
                pieces.push(Piece::Captured(captured));
            } else if name.starts_with("any:") {
                pieces.push(Piece::Any);
            } else {
                push_text(&mut pieces, self.resolve(name).map_or_else(|| format!("⟦{name}⟧").into(), Cow::Owned));
            }
            rest = after;
        }
        push_text(&mut pieces, rest.into());
        pieces
    }

    /// The text with everything put in that is known.
    pub fn fill(&self, text: &str) -> String {
        self.pieces(text)
            .into_iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.into_owned(),
                Piece::Any => "⟦any⟧".to_owned(),
                Piece::Captured(name) => format!("⟦cap:{name}⟧"),
            })
            .collect()
    }

    /// The value with everything put in that is known, in keys as well.
    pub fn fill_value(&self, value: &Value) -> Value {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
            Value::String(text) => self.fill(text).into(),
            Value::Array(items) => items.iter().map(|item| self.fill_value(item)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(key, field)| (self.fill(key), self.fill_value(field))).collect::<Map<_, _>>().into()
            }
        }
    }

    /// A parameter as it is sent.
    pub fn parameter(&self, value: &Value, definitions: &BTreeMap<String, Value>) -> Value {
        match value {
            Value::Object(fields) if fields.contains_key("$text") => match &fields["$text"] {
                Value::String(text) => self.fill(text).into(),
                other => other.clone(),
            },
            Value::Object(fields) if fields.contains_key("$json") => {
                // The recorded tests were written in Python: its spaces came back from AWS.
                python::dumps(&self.fill_value(&fields["$json"])).into()
            }
            Value::Object(fields) if fields.contains_key("$definition") => {
                let definition = fields["$definition"].as_str().and_then(|name| definitions.get(name));
                definition.map_or(Value::Null, |definition| self.fill_value(definition).to_string().into())
            }
            Value::Object(fields) => {
                let sent = |(key, field): (&String, &Value)| (self.fill(key), self.parameter(field, definitions));
                fields.iter().map(sent).collect::<Map<_, _>>().into()
            }
            Value::Array(items) => items.iter().map(|item| self.parameter(item, definitions)).collect(),
            Value::String(text) => self.fill(text).into(),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn resolve(&self, name: &str) -> Option<String> {
        match name {
            "account" => return Some(self.account.clone()),
            "region" => return Some(self.region.clone()),
            "partition" => return Some(self.partition.clone()),
            "account2" => return Some("210987654321".to_owned()),
            "now" => return Some(date_time(self.now)),
            _ => {}
        }
        if let Some(number) = name.strip_prefix("uid") {
            return Some(format!("u{number:0>7}"));
        }
        if let Some(number) = name.strip_prefix("role") {
            return Some(format!("arn:{}:iam::{}:role/role-{number}", self.partition, self.account));
        }
        if let Some(days) = name.strip_prefix("now+").and_then(|days| days.strip_suffix('d')) {
            let hours: i64 = days.parse::<i64>().ok()?.checked_mul(24)?;
            return Some(date_time(self.now.checked_add(jiff::SignedDuration::from_hours(hours)).ok()?));
        }
        let (path, part) = match name.rsplit_once(':') {
            Some((path, part)) => (path, Some(part)),
            None => (name, None),
        };
        let step = path.split(['.', '[']).next().unwrap_or_default();
        let found = look_up(self.answers.get(step)?, &path[step.len()..])?;
        let text = match &*found {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match part {
            None => Some(text),
            Some("last") => text.rsplit(':').next().map(ToOwned::to_owned),
            Some("last2") => text.rsplit(':').nth(1).map(ToOwned::to_owned),
            Some(_) => None,
        }
    }
}

fn push_text<'a>(pieces: &mut Vec<Piece<'a>>, text: Cow<'a, str>) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(Piece::Text(before)) => before.to_mut().push_str(&text),
        Some(Piece::Any | Piece::Captured(_)) | None => pieces.push(Piece::Text(text)),
    }
}

fn date_time(instant: jiff::Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// The part of an answer at a path such as `.a.b[0]`; `[-1]` is the last item. A path may go on into a text that is
/// JSON.
pub fn look_up<'a>(value: &'a Value, path: &str) -> Option<Cow<'a, Value>> {
    let mut found = Cow::Borrowed(value);
    for name in path.split(['.', '[']).map(|name| name.trim_end_matches(']')).filter(|name| !name.is_empty()) {
        if let Value::String(text) = &*found {
            found = Cow::Owned(serde_json::from_str(text).ok()?);
        }
        found = match found {
            Cow::Borrowed(value) => Cow::Borrowed(child(value, name)?),
            Cow::Owned(value) => Cow::Owned(child(&value, name)?.clone()),
        };
    }
    Some(found)
}

fn child<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) => fields.get(name),
        Value::Array(items) => match name.strip_prefix('-') {
            Some(from_end) => items.get(items.len().checked_sub(from_end.parse().ok()?)?),
            None => items.get(name.parse::<usize>().ok()?),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn bindings() -> Bindings {
        let place = model::arn::Place { partition: "aws".into(), region: "eu-west-1".into(), account: "1".into() };
        let mut bindings = Bindings::new(&place, model::Timestamp::from_micros(1_767_225_600_000_001));
        bindings.answer("s3", json!({"executionArn": "arn:x:m:one", "list": [{"a": "{\"b\":[7]}"}]}));
        bindings
    }

    #[test]
    fn what_is_known_is_put_in() {
        let check = |text: &str, filled: &str| assert_eq!(bindings().fill(text), filled, "{text}");
        check("f_⟦uid1⟧", "f_u0000001");
        check("⟦s3.executionArn⟧", "arn:x:m:one");
        check("⟦s3.executionArn:last⟧/⟦s3.executionArn:last2⟧", "one/m");
        check("⟦s3.list[0].a.b[0]⟧", "7");
        check("⟦now⟧Z", "2026-01-01T00:00:00Z");
        check("⟦now+2d⟧Z", "2026-01-03T00:00:00Z");
        check("⟦region⟧⟦nobody⟧", "eu-west-1⟦nobody⟧");
    }

    #[test]
    fn wildcards_stay_apart() {
        let pieces = bindings().pieces("a⟦account⟧:⟦cap:x⟧⟦any:y⟧");
        assert_eq!(pieces, [Piece::Text("a1:".into()), Piece::Captured("x"), Piece::Any]);
    }

    #[test]
    fn a_parameter_is_sent_as_text_where_it_says_so() {
        let definitions = BTreeMap::from([("d0".to_owned(), json!({"StartAt": "⟦uid2⟧"}))]);
        let value = json!({"definition": {"$definition": "d0"}, "input": {"$json": {"b": 1, "a": "⟦uid1⟧"}}, "n": 3});
        let sent =
            json!({"definition": "{\"StartAt\":\"u0000002\"}", "input": "{\"b\": 1, \"a\": \"u0000001\"}", "n": 3});
        assert_eq!(bindings().parameter(&value, &definitions), sent);
    }
}
