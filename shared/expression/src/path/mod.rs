//! JSONPath as Jayway JsonPath 3 evaluates it.
//!
//! `parse` reads a path into steps, `evaluate` walks them over a borrowed document, `filter` decides `[?(...)]`,
//! `functions` has `length()` and its kin, `java` prints values as Java does in exception texts. The judge is the golden
//! file of Jayway's own answers; where its code is plainly broken the place says so.

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
mod text;

pub use error::Error;

use filter::Filter;

/// A parsed JSONPath.
#[derive(Debug, Clone)]
pub struct JsonPath {
    /// As written, with the first `$` of a context path.
    text: String,
    /// Length of what comes before the path proper: 1 for a context path.
    prefix: usize,
    compiled: Compiled,
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

/// One step of a reference path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReferenceStep {
    Name(String),
    Index(usize),
}

impl PartialEq for JsonPath {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.prefix == other.prefix
    }
}

impl JsonPath {
    /// Reads a path that starts with `$`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Ok(Self { text: text.to_owned(), prefix: 0, compiled: parse::compile(text)? })
    }

    /// Reads a path into the context object, which starts with `$$`.
    pub(crate) fn parse_context(text: &str) -> Result<Self, Error> {
        let compiled = parse::compile(text.get(1..).unwrap_or_default())?;
        Ok(Self { text: text.to_owned(), prefix: 1, compiled })
    }

    /// The path as it was written, with one `$`.
    pub fn source(&self) -> &str {
        self.text.get(self.prefix..).unwrap_or_default()
    }

    /// The path as it was written, with both `$` of a context path.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it names exactly one place: then a miss is an error, else an empty list.
    pub fn is_definite(&self) -> bool {
        self.compiled.is_definite()
    }

    /// Whether it is a reference path: single names and non-negative indexes only.
    pub fn is_reference(&self) -> bool {
        self.reference_steps().is_some()
    }

    /// Its steps when it is a reference path.
    pub(crate) fn reference_steps(&self) -> Option<Vec<ReferenceStep>> {
        let steps = self.compiled.steps.iter().map(|step| match step {
            Step::Names(names, _) => match names.as_slice() {
                [name] => Some(ReferenceStep::Name(name.clone())),
                _ => None,
            },
            Step::Indexes(indexes) => match indexes.as_slice() {
                [index] => usize::try_from(*index).ok().map(ReferenceStep::Index),
                _ => None,
            },
            Step::Slice(..) | Step::Wildcard | Step::Scan | Step::Filter(_) | Step::Function(..) => None,
        });
        (self.compiled.root == '$').then_some(())?;
        steps.collect()
    }

    /// What the path finds in `root`: a value when it is definite, else a list, which may be empty.
    pub fn evaluate<'v>(&self, root: &'v Value) -> Result<Cow<'v, Value>, Error> {
        if let Some(found) = self.compiled.walk(root) {
            return Ok(Cow::Borrowed(found));
        }
        evaluate::evaluate(&self.compiled, root)
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
        if !self.plain {
            return None;
        }
        let mut place = root;
        for step in &self.steps {
            place = match (step, place) {
                (Step::Names(names, _), Value::Object(members)) => members.get(names.first()?.as_str())?,
                (Step::Indexes(indexes), Value::Array(items)) => {
                    items.get(position(*indexes.first()?, items.len())?)?
                }
                _ => return None,
            };
        }
        Some(place)
    }
}

/// Where `index` is in an array of `length` items; a negative one counts from the end.
fn position(index: i32, length: usize) -> Option<usize> {
    if index < 0 {
        length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?)
    } else {
        usize::try_from(index).ok()
    }
}
