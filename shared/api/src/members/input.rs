//! A request's body: before its members were checked, and after.

use super::{Member, types, violations::Violations};
use crate::refusal::Refusal;
use model::limits::DEFAULT_PAGE_SIZE;
use serde_json::{Map, Value};

/// A request whose members nobody has looked at.
#[derive(Debug)]
pub(crate) struct Request {
    body: Map<String, Value>,
    max_payload_bytes: usize,
}

impl Request {
    /// A request with this body.
    pub(crate) fn new(body: Map<String, Value>, max_payload_bytes: usize) -> Self {
        Self { body, max_payload_bytes }
    }

    /// The input, if its members are as they must be.
    pub(crate) fn check(self, members: &[Member]) -> Result<Input, Refusal> {
        types::check(members, &self.body)?;
        let mut violations = Violations::new(self.max_payload_bytes);
        violations.look_at(members, &self.body, "");
        violations.refusal()?;
        Ok(Input { body: self.body })
    }
}

/// The input of an operation: every member has its type and keeps its constraints.
#[derive(Debug)]
pub(crate) struct Input {
    body: Map<String, Value>,
}

impl Input {
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
