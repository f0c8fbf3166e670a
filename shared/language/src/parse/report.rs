//! Findings as they are made, and the place that is being looked at.

use crate::diagnostic::{Code, Diagnostic, Severity};
use std::cell::RefCell;

/// A JSON pointer under construction; empty for the definition itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place(String);

impl Place {
    /// A field of an object.
    pub(super) fn field(&self, name: &str) -> Self {
        Self(format!("{}/{}", self.0, name.replace('~', "~0").replace('/', "~1")))
    }

    /// An item of an array.
    pub(super) fn item(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }

    /// A place given by a pointer relative to this one.
    pub(super) fn below(&self, pointer: &str) -> Self {
        Self(format!("{}{pointer}", self.0))
    }

    fn pointer(&self) -> String {
        if self.0.is_empty() { "/".to_owned() } else { self.0.clone() }
    }
}

/// Every finding so far, in the order made.
#[derive(Debug, Default)]
pub(super) struct Report {
    findings: RefCell<Vec<Diagnostic>>,
}

impl Report {
    /// The definition is refused.
    pub(super) fn error(&self, code: Code, place: &Place, message: impl Into<String>) {
        self.add(Severity::Error, code, place.pointer(), message.into());
    }

    /// A field is missing, unknown, of the wrong type or out of range.
    pub(super) fn schema(&self, place: &Place, message: impl Into<String>) {
        self.error(Code::SchemaValidationFailed, place, message);
    }

    /// A part of the language that this version does not run: `feature` is its name.
    pub(super) fn not_supported(&self, place: &Place, feature: &str) {
        self.error(Code::NotSupported, place, format!("{feature} is not supported yet"));
    }

    /// The definition is accepted; its author should look.
    pub(super) fn warning(&self, code: Code, place: &Place, message: impl Into<String>) {
        self.add(Severity::Warning, code, place.pointer(), message.into());
    }

    /// A finding about the whole, which has no place.
    pub(super) fn placeless(&self, code: Code, message: &str) {
        self.add(Severity::Error, code, String::new(), message.to_owned());
    }

    fn add(&self, severity: Severity, code: Code, pointer: String, message: String) {
        self.findings.borrow_mut().push(Diagnostic { severity, code, message, pointer });
    }

    pub(super) fn into_findings(self) -> Vec<Diagnostic> {
        self.findings.into_inner()
    }
}
