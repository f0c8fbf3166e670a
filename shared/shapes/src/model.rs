//! A file of shapes, parsed.
//!
//! ```text
//! # lambda 2015-03-31
//! GetFunction -> GetFunctionResponse
//!
//! GetFunctionResponse:
//!     Configuration: FunctionConfiguration
//!     Tags: <string>
//!     Layers*: [Layer](1..5)
//! ```
//!
//! A star marks what must be there. `<x>` is an object of any keys, `[x]` an array; limits are of a number itself, else
//! of a length. A structure is named and may hold itself.

use std::collections::HashMap;

/// The shapes of a service's answers.
#[derive(Debug)]
pub(crate) struct Model {
    /// The structure that each operation answers with, by the operation's name.
    pub(crate) operations: HashMap<&'static str, usize>,
    /// The members of each structure.
    pub(crate) structures: Vec<Vec<Member>>,
}

/// A member of a structure.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) is_required: bool,
    pub(crate) shape: Shape,
}

/// What a value may be.
#[derive(Debug, PartialEq)]
pub(crate) enum Shape {
    /// Whatever it is.
    Any,
    Boolean,
    Timestamp,
    Text(Limits),
    Blob(Limits),
    Integer(Limits),
    Number(Limits),
    OneOf(Vec<&'static str>),
    List(Box<Shape>, Limits),
    Map(Box<Shape>, Limits),
    /// An index into the model's structures.
    Structure(usize),
}

/// The least and the most, where there are any.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Limits {
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
}

impl Model {
    /// Parses a file; none if it is damaged, which a test rules out.
    pub(crate) fn parse(text: &'static str) -> Option<Self> {
        let lines = || text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let heads = lines().filter_map(|line| line.strip_suffix(':').filter(|name| !name.starts_with(' ')));
        let indexes: HashMap<&'static str, usize> = heads.enumerate().map(|(index, name)| (name, index)).collect();
        let mut operations = HashMap::new();
        let mut structures: Vec<Vec<Member>> = Vec::with_capacity(indexes.len());
        for line in lines() {
            if let Some((operation, output)) = line.split_once(" -> ") {
                operations.insert(operation, *indexes.get(output)?);
            } else if let Some(member) = line.strip_prefix("    ") {
                structures.last_mut()?.push(Member::parse(member, &indexes)?);
            } else {
                structures.push(Vec::new());
            }
        }
        Some(Self { operations, structures })
    }
}

impl Member {
    fn parse(line: &'static str, indexes: &HashMap<&'static str, usize>) -> Option<Self> {
        let (name, shape) = line.split_once(": ")?;
        let (name, is_required) = name.strip_suffix('*').map_or((name, false), |name| (name, true));
        Some(Self { name, is_required, shape: Shape::parse(shape, indexes)? })
    }
}

impl Shape {
    fn parse(text: &'static str, indexes: &HashMap<&'static str, usize>) -> Option<Self> {
        if let Some(words) = text.strip_prefix("enum(") {
            return Some(Self::OneOf(words.strip_suffix(')')?.split('|').collect()));
        }
        // Only the limits of the shape itself come last.
        let (kind, limits) = match text.strip_suffix(')').and_then(|text| text.rsplit_once('(')) {
            Some((kind, limits)) => (kind, Limits::parse(limits)?),
            None => (text, Limits::default()),
        };
        let inner = |open, close| kind.strip_prefix(open).and_then(|kind: &'static str| kind.strip_suffix(close));
        if let Some(item) = inner('[', ']') {
            return Some(Self::List(Box::new(Self::parse(item, indexes)?), limits));
        }
        if let Some(value) = inner('<', '>') {
            return Some(Self::Map(Box::new(Self::parse(value, indexes)?), limits));
        }
        Some(match kind {
            "any" => Self::Any,
            "boolean" => Self::Boolean,
            "timestamp" => Self::Timestamp,
            "string" => Self::Text(limits),
            "blob" => Self::Blob(limits),
            "integer" => Self::Integer(limits),
            "number" => Self::Number(limits),
            name => Self::Structure(*indexes.get(name)?),
        })
    }
}

impl Limits {
    fn parse(text: &str) -> Option<Self> {
        let limit = |text: &str| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) };
        let (min, max) = text.split_once("..")?;
        Some(Self { min: limit(min)?, max: limit(max)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &'static str, expected: Option<&Shape>) {
        assert_eq!(Shape::parse(text, &HashMap::from([("Item", 3)])).as_ref(), expected, "{text}");
    }

    #[test]
    fn shapes_are_read_with_their_limits() {
        let limits = |min, max| Limits { min, max };
        check("any", Some(&Shape::Any));
        check("string(1..256)", Some(&Shape::Text(limits(Some(1.0), Some(256.0)))));
        check("integer(128..)", Some(&Shape::Integer(limits(Some(128.0), None))));
        check("enum(On|Off)", Some(&Shape::OneOf(vec!["On", "Off"])));
        check("[Item](..5)", Some(&Shape::List(Box::new(Shape::Structure(3)), limits(None, Some(5.0)))));
        let blobs = Shape::Map(Box::new(Shape::Blob(limits(Some(1.0), None))), Limits::default());
        check("[<blob(1..)>]", Some(&Shape::List(Box::new(blobs), Limits::default())));
        for damaged in ["", "Other", "string(1)", "[string", "enum(a", "string(a..b)"] {
            check(damaged, None);
        }
    }
}
