//! JSON that passes through an execution: its text, and its value when somebody asks.

use crate::{Seq, StrandId, json};
use serde_json::Value;
use std::sync::{Arc, OnceLock};

/// A JSON text that many events and cursors share.
///
/// The text stays as it came in, as on AWS: a state that changes nothing passes the same bytes on. The value is
/// parsed when it is first asked for.
#[derive(Clone)]
pub struct Payload(Arc<Inner>);

struct Inner {
    text: Box<str>,
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
        Ok(Self(Arc::new(Inner { text, value: OnceLock::from(value), home: OnceLock::new() })))
    }

    /// A payload from text that a JSON parser has already gone over, such as a part of a stored record.
    ///
    /// Its value is built only when somebody asks.
    pub fn from_checked(text: impl Into<Box<str>>) -> Self {
        Self(Arc::new(Inner { text: text.into(), value: OnceLock::new(), home: OnceLock::new() }))
    }

    /// A payload from a value; its text is compact.
    pub fn from_value(value: Value) -> Self {
        let text = value.to_string().into_boxed_str();
        Self(Arc::new(Inner { text, value: OnceLock::from(value), home: OnceLock::new() }))
    }

    /// The empty object.
    pub fn empty() -> Self {
        Self::from_value(Value::Object(serde_json::Map::new()))
    }

    /// The JSON text.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The JSON value.
    pub fn value(&self) -> &Value {
        self.0.value.get_or_init(|| json::parse(&self.0.text).unwrap_or(Value::Null))
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
