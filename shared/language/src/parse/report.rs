//! Findings as they are made, and the place that is being looked at.

use crate::diagnostic::{Code, Diagnostic, Severity};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Most bytes that the errors of one definition hold, and its warnings: each repeats names of the definition, which may
/// be as long as the definition.
const MAX_BYTES: usize = 1 << 20;

/// A JSON pointer under construction; empty for the definition itself.
///
/// Places share what they begin with: a definition has many, and they may be long.
#[derive(Clone, Debug, Default)]
pub(super) struct Place(Option<Rc<Segment>>);

#[derive(Debug)]
struct Segment {
    parent: Place,
    /// As the pointer has it, with its slash.
    text: String,
}

impl Place {
    /// A field of an object.
    pub(super) fn field(&self, name: &str) -> Self {
        self.below(&format!("/{}", name.replace('~', "~0").replace('/', "~1")))
    }

    /// An item of an array.
    pub(super) fn item(&self, index: usize) -> Self {
        self.below(&format!("/{index}"))
    }

    /// A place given by a pointer relative to this one.
    pub(super) fn below(&self, pointer: &str) -> Self {
        Self(Some(Rc::new(Segment { parent: self.clone(), text: pointer.to_owned() })))
    }

    fn pointer(&self) -> String {
        let mut texts = Vec::new();
        let mut place = self;
        while let Some(segment) = &place.0 {
            texts.push(segment.text.as_str());
            place = &segment.parent;
        }
        texts.reverse();
        let pointer = texts.concat();
        if pointer.is_empty() { "/".to_owned() } else { pointer }
    }
}

/// Every finding so far, in the order made.
#[derive(Debug, Default)]
pub(super) struct Report {
    findings: RefCell<Vec<Diagnostic>>,
    error_bytes: Cell<usize>,
    warning_bytes: Cell<usize>,
}

impl Report {
    /// The definition is refused.
    pub(super) fn error(&self, code: Code, place: &Place, message: impl Into<String>) {
        self.add(Severity::Error, code, || place.pointer(), message.into());
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
        self.add(Severity::Warning, code, || place.pointer(), message.into());
    }

    /// A finding about the whole, which has no place.
    pub(super) fn placeless(&self, code: Code, message: &str) {
        self.add(Severity::Error, code, String::new, message.to_owned());
    }

    /// Errors do not crowd out warnings, nor warnings errors: without its errors a definition would be accepted.
    fn add(&self, severity: Severity, code: Code, pointer: impl FnOnce() -> String, message: String) {
        let bytes = match severity {
            Severity::Error => &self.error_bytes,
            Severity::Warning => &self.warning_bytes,
        };
        if bytes.get() > MAX_BYTES {
            return;
        }
        let pointer = pointer();
        bytes.set(bytes.get() + pointer.len() + message.len());
        self.findings.borrow_mut().push(Diagnostic { severity, code, message, pointer });
    }

    pub(super) fn into_findings(self) -> Vec<Diagnostic> {
        self.findings.into_inner()
    }
}
