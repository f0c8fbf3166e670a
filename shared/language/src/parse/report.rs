//! Findings as they are made, and the place that is being looked at.

use super::Purpose;
use crate::diagnostic::{Code, Diagnostic, Severity};
use serde_json::Value;
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
    step: Step,
}

/// What a place adds to its parent. Most places are never shown, so that it is as it was given.
#[derive(Debug)]
enum Step {
    Field(String),
    Item(usize),
}

impl Place {
    /// A field of an object.
    pub(super) fn field(&self, name: &str) -> Self {
        self.with(Step::Field(name.to_owned()))
    }

    /// An item of an array.
    pub(super) fn item(&self, index: usize) -> Self {
        self.with(Step::Item(index))
    }

    /// The place in a value that stands here, by a pointer relative to it.
    pub(super) fn below(&self, value: &Value, pointer: &str) -> Self {
        let mut place = (self.clone(), Some(value));
        for token in pointer.split('/').skip(1) {
            let name = token.replace("~1", "/").replace("~0", "~");
            place = match (place.1, name.parse()) {
                (Some(Value::Array(items)), Ok(index)) => (place.0.item(index), items.get(index)),
                (within, _) => (place.0.field(&name), within.and_then(|within| within.get(&name))),
            };
        }
        place.0
    }

    fn with(&self, step: Step) -> Self {
        Self(Some(Rc::new(Segment { parent: self.clone(), step })))
    }

    /// The pointer, and which of its tokens are items.
    fn pointer(&self) -> (String, Vec<usize>) {
        let mut steps = Vec::new();
        let mut place = self;
        while let Some(segment) = &place.0 {
            steps.push(&segment.step);
            place = &segment.parent;
        }
        let mut pointer = String::new();
        let mut items = Vec::new();
        for (index, step) in steps.into_iter().rev().enumerate() {
            pointer.push('/');
            match step {
                Step::Field(name) => pointer.push_str(&name.replace('~', "~0").replace('/', "~1")),
                Step::Item(item) => {
                    pointer.push_str(&item.to_string());
                    items.push(index);
                }
            }
        }
        if pointer.is_empty() { ("/".to_owned(), items) } else { (pointer, items) }
    }
}

/// Every finding so far, in the order made.
#[derive(Debug)]
pub(super) struct Report {
    purpose: Purpose,
    findings: RefCell<Vec<Diagnostic>>,
    error_bytes: Cell<usize>,
    warning_bytes: Cell<usize>,
}

impl Report {
    pub(super) fn new(purpose: Purpose) -> Self {
        Self { purpose, findings: RefCell::default(), error_bytes: Cell::default(), warning_bytes: Cell::default() }
    }

    /// Whether the outermost scope is a whole one.
    pub(super) fn is_of_machine(&self) -> bool {
        self.purpose != Purpose::TestLoneState
    }

    /// The definition is refused.
    pub(super) fn error(&self, code: Code, place: &Place, message: impl Into<String>) -> Finding<'_> {
        self.error_in(code, || place.clone(), message)
    }

    /// The same, for a place that is made only if it is shown.
    pub(super) fn error_in(
        &self,
        code: Code,
        place: impl FnOnce() -> Place,
        message: impl Into<String>,
    ) -> Finding<'_> {
        self.add(Severity::Error, code, || place().pointer(), message.into())
    }

    /// A field is missing, unknown, of the wrong type or out of range.
    pub(super) fn schema(&self, place: &Place, message: impl Into<String>) -> Finding<'_> {
        self.error(Code::SchemaValidationFailed, place, message)
    }

    /// A part of the language that this version reads and does not run: whoever runs the machine refuses it.
    pub(super) fn not_run(&self, place: &Place, message: impl Into<String>) {
        match self.purpose {
            Purpose::Run => {
                self.error(Code::NotSupported, place, message);
            }
            Purpose::Test | Purpose::TestLoneState => {}
        }
    }

    /// A part of the language that this version cannot even read: `feature` is its name.
    pub(super) fn not_supported(&self, place: &Place, feature: &str) {
        self.error(Code::NotSupported, place, format!("{feature} is not supported yet"));
    }

    /// The definition is accepted; its author should look.
    pub(super) fn warning(&self, code: Code, place: &Place, message: impl Into<String>) -> Finding<'_> {
        self.warning_in(code, || place.clone(), message)
    }

    /// The same, for a place that is made only if it is shown.
    pub(super) fn warning_in(
        &self,
        code: Code,
        place: impl FnOnce() -> Place,
        message: impl Into<String>,
    ) -> Finding<'_> {
        self.add(Severity::Warning, code, || place().pointer(), message.into())
    }

    /// Whether nothing refuses the definition so far.
    pub(super) fn is_fine(&self) -> bool {
        self.error_bytes.get() == 0
    }

    /// A finding about the whole, which has no place.
    pub(super) fn placeless(&self, code: Code, message: &str) -> Finding<'_> {
        self.add(Severity::Error, code, Default::default, message.to_owned())
    }

    /// Errors do not crowd out warnings, nor warnings errors: without its errors a definition would be accepted.
    fn add(
        &self,
        severity: Severity,
        code: Code,
        pointer: impl FnOnce() -> (String, Vec<usize>),
        message: String,
    ) -> Finding<'_> {
        let bytes = match severity {
            Severity::Error => &self.error_bytes,
            Severity::Warning => &self.warning_bytes,
        };
        if bytes.get() > MAX_BYTES {
            return Finding { report: self, bytes, index: None };
        }
        let (pointer, items) = pointer();
        bytes.set(bytes.get() + pointer.len() + message.len());
        let mut findings = self.findings.borrow_mut();
        findings.push(Diagnostic { severity, code, message, pointer, items, focus: None, help: None });
        Finding { report: self, bytes, index: Some(findings.len() - 1) }
    }

    pub(super) fn into_findings(self) -> Vec<Diagnostic> {
        self.findings.into_inner()
    }
}

/// A finding that was just made, for those who know more about it than AWS says.
pub(super) struct Finding<'r> {
    report: &'r Report,
    bytes: &'r Cell<usize>,
    /// Which one; none if there are too many already.
    index: Option<usize>,
}

impl Finding<'_> {
    /// Why it is wrong, or what to do.
    pub(super) fn help(self, help: impl Into<String>) -> Self {
        let help = help.into();
        self.change(help.len(), |finding| finding.help = Some(help));
        self
    }

    /// A narrower place than the one that AWS names.
    pub(super) fn focus(self, place: &Place) -> Self {
        if self.index.is_some() {
            let (pointer, _) = place.pointer();
            self.change(pointer.len(), |finding| finding.focus = Some(pointer));
        }
        self
    }

    fn change(&self, bytes: usize, change: impl FnOnce(&mut Diagnostic)) {
        let mut findings = self.report.findings.borrow_mut();
        if let Some(finding) = self.index.and_then(|index| findings.get_mut(index)) {
            self.bytes.set(self.bytes.get() + bytes);
            change(finding);
        }
    }
}
