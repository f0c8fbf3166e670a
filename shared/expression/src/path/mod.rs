//! JSONPath as Jayway JsonPath 3 evaluates it.
//!
//! `parse` reads a path into steps, `evaluate` walks them over a borrowed document, `filter` decides `[?(...)]`,
//! `functions` has `length()` and its kin, `reference` the paths that need none of that. `java` prints values as Java does
//! in exception texts. The judge is the golden file of Jayway's own answers; where its code is plainly broken the place
//! says so.

use std::borrow::Cow;

use serde_json::Value;

mod brackets;
mod cursor;
mod error;
mod evaluate;
mod filter;
mod functions;
pub(crate) mod java;
mod operand;
mod parse;
mod parse_filter;
mod parse_function;
mod permissive;
mod reference;
mod text;

pub use error::Error;
pub use reference::ReferencePath;
pub(crate) use reference::{Beyond, ReferenceStep};

use filter::Filter;

/// A parsed JSONPath.
#[derive(Debug, Clone)]
pub struct JsonPath {
    /// As written, with the first `$` of a context path.
    text: Box<str>,
    /// Length of what comes before the path proper: 1 for a context path.
    prefix: u8,
    kind: Kind,
}

/// A path by what it takes to evaluate it.
#[derive(Debug, Clone)]
enum Kind {
    Reference(ReferencePath),
    General(Box<Compiled>),
}

/// The steps of a path.
#[derive(Debug, Clone)]
struct Compiled {
    /// `$`, or `@` inside a filter.
    root: char,
    steps: Vec<Step>,
    /// Index of the first step that may lead to several places; the number of steps when there is none.
    indefinite_from: usize,
    /// Single names and indexes only.
    plain: bool,
}

#[derive(Debug, Clone)]
enum Step {
    /// `.name`, `['name']`, `['one','two']`; the quote is what error texts show.
    Names(Vec<String>, char),
    /// `[0]`, `[-1]`, `[0,2]`.
    Indexes(Vec<i32>),
    /// `[1:]`, `[:2]`, `[1:2]`.
    Slice(Option<i32>, Option<i32>),
    /// `*`, `[*]`.
    Wildcard,
    /// `..`
    Scan,
    /// `[?(...)]`
    Filter(Box<Filter>),
    /// `.length()`, `.concat("a", $.b)`.
    Function(String, Vec<Parameter>),
}

/// An argument of a path function.
#[derive(Debug, Clone)]
enum Parameter {
    /// JSON; `None` when it is not well formed, which Jayway notices when it evaluates.
    Json(Option<Value>),
    Path(Compiled),
}

impl PartialEq for JsonPath {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.prefix == other.prefix
    }
}

impl JsonPath {
    /// Reads a path that starts with `$`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::parse_after(0, text)
    }

    /// Reads a path into the context object, which starts with `$$`.
    pub(crate) fn parse_context(text: &str) -> Result<Self, Error> {
        Self::parse_after(1, text)
    }

    fn parse_after(prefix: u8, text: &str) -> Result<Self, Error> {
        let compiled = parse::compile(text.get(usize::from(prefix)..).unwrap_or_default())?;
        let kind = match ReferencePath::of(&compiled) {
            Some(reference) => Kind::Reference(reference),
            None => Kind::General(Box::new(compiled)),
        };
        Ok(Self { text: text.into(), prefix, kind })
    }

    /// The path as it was written, with one `$`.
    pub fn source(&self) -> &str {
        self.text.get(usize::from(self.prefix)..).unwrap_or_default()
    }

    /// The path as it was written, with both `$` of a context path.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it names exactly one place: then a miss is an error, else an empty list.
    pub fn is_definite(&self) -> bool {
        match &self.kind {
            Kind::Reference(_) => true,
            Kind::General(path) => path.is_definite(),
        }
    }

    /// Whether it is a reference path: single names and non-negative indexes only.
    pub fn is_reference(&self) -> bool {
        self.as_reference().is_some()
    }

    /// The path as a reference path, if it is one.
    pub fn as_reference(&self) -> Option<&ReferencePath> {
        match &self.kind {
            Kind::Reference(path) => Some(path),
            Kind::General(_) => None,
        }
    }

    /// Whether it ends in an index, and the array in `root` has no such item.
    pub(crate) fn is_beyond_array(&self, root: &Value) -> bool {
        match &self.kind {
            Kind::Reference(path) => match path.steps().split_last() {
                Some((last @ ReferenceStep::Index(_), before)) => {
                    let place = before.iter().try_fold(root, |place, step| step.of(place));
                    place.is_some_and(|array| array.is_array() && last.of(array).is_none())
                }
                _ => false,
            },
            Kind::General(path) => match path.steps.split_last() {
                Some((Step::Indexes(_), before)) if path.plain => {
                    walk(before, root).is_some_and(Value::is_array) && path.walk(root).is_none()
                }
                _ => false,
            },
        }
    }

    /// What the path finds in `root`: a value when it is definite, else a list, which may be empty.
    pub fn evaluate<'v>(&self, root: &'v Value) -> Result<Cow<'v, Value>, Error> {
        match &self.kind {
            Kind::Reference(path) => path.find(root).map(Cow::Borrowed),
            Kind::General(path) => match path.walk(root) {
                Some(found) => Ok(Cow::Borrowed(found)),
                None => evaluate::evaluate(path, root),
            },
        }
    }
}

impl Compiled {
    fn new(root: char, steps: Vec<Step>) -> Self {
        let last = steps.len().saturating_sub(1);
        let is_definite = |(index, step): (usize, &Step)| match step {
            Step::Names(names, _) => names.len() == 1 || index == last,
            Step::Indexes(indexes) => indexes.len() == 1,
            Step::Function(..) => true,
            Step::Slice(..) | Step::Wildcard | Step::Scan | Step::Filter(_) => false,
        };
        let indefinite_from = steps.iter().enumerate().position(|step| !is_definite(step)).unwrap_or(steps.len());
        let plain = steps.iter().all(|step| match step {
            Step::Names(names, _) => names.len() == 1,
            Step::Indexes(indexes) => indexes.len() == 1,
            Step::Slice(..) | Step::Wildcard | Step::Scan | Step::Filter(_) | Step::Function(..) => false,
        });
        Self { root, steps, indefinite_from, plain }
    }

    fn is_definite(&self) -> bool {
        self.indefinite_from == self.steps.len()
    }

    /// The fast way: the value at a plain path, without any allocation; `None` when it is not plain or finds nothing.
    fn walk<'v>(&self, root: &'v Value) -> Option<&'v Value> {
        if self.plain { walk(&self.steps, root) } else { None }
    }
}

/// The value to which single names and indexes lead.
fn walk<'v>(steps: &[Step], root: &'v Value) -> Option<&'v Value> {
    let mut place = root;
    for step in steps {
        place = match (step, place) {
            (Step::Names(names, _), Value::Object(members)) => members.get(names.first()?.as_str())?,
            (Step::Indexes(indexes), Value::Array(items)) => items.get(position(*indexes.first()?, items.len())?)?,
            _ => return None,
        };
    }
    Some(place)
}

/// Where `index` is in an array of `length` items; a negative one counts from the end.
fn position(index: i32, length: usize) -> Option<usize> {
    if index < 0 {
        length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?)
    } else {
        usize::try_from(index).ok()
    }
}
