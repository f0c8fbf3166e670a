//! JSON that passes through an execution: its text, and its value when somebody asks.

use crate::{Seq, StrandId, json};
use serde_json::Value;
use std::sync::{Arc, OnceLock};

/// A JSON text that many events and cursors share.
///
/// The text stays as it came in, as on AWS: a state that changes nothing passes the same bytes on. What was not given, the
/// text or the value, is worked out when it is first asked for: what only lies between two steps of evaluation is never
/// written, and what is passed on is never read.
#[derive(Clone)]
pub struct Payload(Arc<Inner>);

/// At least one of text and value is there from the start.
#[derive(Default)]
struct Inner {
    text: OnceLock<Box<str>>,
    value: OnceLock<Value>,
    home: OnceLock<Home>,
}

/// Where a payload lies in the journal: payloads are stored once, and later records point there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Home {
    /// The strand of the record that holds it.
    pub strand: StrandId,
    /// That record.
    pub seq: Seq,
    /// Its place among the record's payloads.
    pub slot: u32,
}

impl Payload {
    /// A payload from text that must be JSON.
    pub fn from_text(text: impl Into<Box<str>>) -> Result<Self, serde_json::Error> {
        let text = text.into();
        let value = json::parse(&text)?;
        Ok(Self(Arc::new(Inner { text: text.into(), value: value.into(), ..Inner::default() })))
    }

    /// A payload from text that a JSON parser has already gone over, such as a part of a stored record.
    pub fn from_checked(text: impl Into<Box<str>>) -> Self {
        Self(Arc::new(Inner { text: text.into().into(), ..Inner::default() }))
    }

    /// A payload from a value; its text is compact.
    pub fn from_value(value: Value) -> Self {
        Self(Arc::new(Inner { value: value.into(), ..Inner::default() }))
    }

    /// The empty object.
    pub fn empty() -> Self {
        Self::from_value(Value::Object(serde_json::Map::new()))
    }

    /// The JSON text.
    pub fn text(&self) -> &str {
        self.0.text.get_or_init(|| json::to_text(self.value()).into_boxed_str())
    }

    /// The JSON value.
    pub fn value(&self) -> &Value {
        let parse = || self.0.text.get().and_then(|text| json::parse(text).ok());
        self.0.value.get_or_init(|| parse().unwrap_or_default())
    }

    /// Where it lies in the journal, once that is known.
    pub fn home(&self) -> Option<&Home> {
        self.0.home.get()
    }

    /// Notes where it lies. The first note stays.
    pub fn settle_at(&self, home: Home) {
        let _ = self.0.home.set(home);
    }

    /// Whether both are one and the same payload in memory.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || self.text() == other.text()
    }
}

impl Eq for Payload {}

impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_keeps_its_spaces_and_numbers_their_digits() -> Result<(), serde_json::Error> {
        let payload = Payload::from_text("[1.0,  12345678901234567890123]")?;
        assert_eq!(payload.text(), "[1.0,  12345678901234567890123]");
        assert_eq!(payload.value().to_string(), "[1.0,12345678901234567890123]");
        Ok(())
    }

    #[test]
    fn what_is_not_json_is_no_payload() {
        assert!(Payload::from_text("{").is_err());
    }
}
