//! A request's body: before its members were checked, and after.

use super::{Member, types, violations::Violations};
use crate::refusal::Refusal;
use crate::room::Room;
use crate::wire::{Dialect, Instant};
use model::Timestamp;
use model::limits::DEFAULT_PAGE_SIZE;
use serde_json::{Map, Value};

/// What a request may hold, and what its answer must be like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// The largest payload, in bytes of UTF-8; none: any.
    pub(crate) max_payload_bytes: Option<usize>,
    /// How much the answer may hold; none: anything.
    pub(crate) room: Option<Room>,
    /// How the answer is written.
    pub(crate) dialect: Dialect,
}

/// A request whose members nobody has looked at.
#[derive(Debug)]
pub(crate) struct Request {
    body: Map<String, Value>,
    terms: Terms,
}

impl Request {
    /// A request with this body.
    pub(crate) fn new(body: Map<String, Value>, terms: Terms) -> Self {
        Self { body, terms }
    }

    /// The input, if its members are as they must be.
    pub(crate) fn check(self, members: &[Member]) -> Result<Input, Refusal> {
        types::check(members, &self.body)?;
        let mut violations = Violations::new(self.terms.max_payload_bytes);
        violations.look_at(members, &self.body, "");
        violations.refusal()?;
        Ok(Input { body: self.body, terms: self.terms })
    }
}

/// The input of an operation: every member has its type and keeps its constraints.
#[derive(Debug)]
pub(crate) struct Input {
    body: Map<String, Value>,
    terms: Terms,
}

impl Input {
    /// How the answer is written.
    pub(crate) fn dialect(&self) -> Dialect {
        self.terms.dialect
    }

    /// How much the answer may hold; none: anything.
    pub(crate) fn room(&self) -> Option<Room> {
        self.terms.room
    }

    /// An instant, as the answer writes it.
    pub(crate) fn instant(&self, at: Timestamp) -> Instant {
        Instant(at, self.terms.dialect)
    }

    /// Whether the caller gave it.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.body.get(name).is_some_and(|value| !value.is_null())
    }

    /// A string.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name).and_then(Value::as_str)
    }

    /// A string that the check required.
    pub(crate) fn required(&self, name: &str) -> &str {
        self.text(name).unwrap_or_default()
    }

    /// A string, taken out.
    pub(crate) fn take_text(&mut self, name: &str) -> Option<String> {
        match self.body.get_mut(name).map(Value::take) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// A boolean; false if absent.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.optional_flag(name).unwrap_or(false)
    }

    /// A boolean.
    pub(crate) fn optional_flag(&self, name: &str) -> Option<bool> {
        self.body.get(name).and_then(Value::as_bool)
    }

    /// A structure.
    pub(crate) fn structure(&self, name: &str) -> Option<&Map<String, Value>> {
        self.body.get(name).and_then(Value::as_object)
    }

    /// A list; empty if absent.
    pub(crate) fn list(&self, name: &str) -> &[Value] {
        self.body.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The size of a page: 0 is the default.
    pub(crate) fn page_size(&self) -> u32 {
        let given = self.body.get("maxResults").and_then(Value::as_i64).and_then(|size| u32::try_from(size).ok());
        given.filter(|size| *size > 0).unwrap_or(DEFAULT_PAGE_SIZE)
    }

    /// Whether encrypted data is to be left out.
    pub(crate) fn is_metadata_only(&self) -> bool {
        self.text("includedData") == Some("METADATA_ONLY")
    }
}
