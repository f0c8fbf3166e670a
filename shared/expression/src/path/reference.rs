//! Reference paths: single names and indexes, which name one place and no more.
//!
//! Nearly every path of a definition is one. They are walked step by step, without the machinery that filters, `..` and
//! functions need; what they find wrong is worded as Jayway does it.

use serde_json::Value;

use super::{Compiled, Error, Step, java};

/// A path of single names and indexes from 0 on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferencePath {
    steps: Box<[ReferenceStep]>,
}

/// One step of a reference path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReferenceStep {
    /// A name, and the quote that error texts show.
    Name(Box<str>, char),
    /// An index.
    Index(usize),
}

/// Where a path leads, seen from some place.
pub(crate) enum Beyond<'p> {
    /// To the place or into it, by these steps.
    Inside(&'p [ReferenceStep]),
    /// To something around the place.
    Above,
    /// Somewhere else.
    Elsewhere,
}

impl ReferencePath {
    /// The same path, if it is one of single names and indexes.
    pub(super) fn of(path: &Compiled) -> Option<Self> {
        let step = |step: &Step| match step {
            Step::Names(names, quote) => match names.as_slice() {
                [name] => Some(ReferenceStep::Name(name.as_str().into(), *quote)),
                _ => None,
            },
            Step::Indexes(indexes) => match indexes.as_slice() {
                [index] => usize::try_from(*index).ok().map(ReferenceStep::Index),
                _ => None,
            },
            Step::Slice(..) | Step::Wildcard | Step::Scan | Step::Filter(_) | Step::Function(..) => None,
        };
        (path.root == '$').then_some(())?;
        path.steps.iter().map(step).collect::<Option<_>>().map(|steps| Self { steps })
    }

    /// Its steps.
    pub(crate) fn steps(&self) -> &[ReferenceStep] {
        &self.steps
    }

    /// The value at the path.
    pub fn find<'v>(&self, root: &'v Value) -> Result<&'v Value, Error> {
        let mut place = root;
        for (index, step) in self.steps.iter().enumerate() {
            place = step.of(place).ok_or_else(|| self.miss(index, place))?;
        }
        Ok(place)
    }

    /// The first step that leads nowhere, by its name or index alone.
    pub(crate) fn first_step_beyond(&self, root: &Value) -> Option<String> {
        let mut place = root;
        for step in &self.steps {
            match (step.of(place), step) {
                (Some(next), _) => place = next,
                (None, ReferenceStep::Name(name, _)) => return Some(name.to_string()),
                (None, ReferenceStep::Index(index)) => return Some(index.to_string()),
            }
        }
        None
    }

    /// Where it leads, seen from the place that these names lead to.
    pub(crate) fn beyond(&self, names: &[&str]) -> Beyond<'_> {
        let is_named = |(step, name): (&ReferenceStep, &&str)| match step {
            ReferenceStep::Name(own, _) => **own == **name,
            ReferenceStep::Index(_) => false,
        };
        match self.steps.split_at_checked(names.len()) {
            _ if !self.steps.iter().zip(names).all(is_named) => Beyond::Elsewhere,
            Some((_, rest)) => Beyond::Inside(rest),
            None => Beyond::Above,
        }
    }

    /// Why the step at `index` leads nowhere from `place`.
    #[cold]
    fn miss(&self, index: usize, place: &Value) -> Error {
        let path = || self.place(index);
        match (&self.steps[index], place) {
            (ReferenceStep::Name(name, _), Value::Object(_)) if index + 1 < self.steps.len() => {
                Error::MissingProperty { path: format!("{}['{name}']", path()) }
            }
            (ReferenceStep::Name(..), Value::Object(_)) | (ReferenceStep::Index(_), Value::Array(_)) => {
                Error::NoResults { path: format!("${}", self.text_from(0)) }
            }
            (name @ ReferenceStep::Name(..), _) => {
                Error::NotAnObject { property: name.text(), path: path(), class: java::class_of(place) }
            }
            (ReferenceStep::Index(_), Value::Null) => Error::NullArray { path: path() },
            (ReferenceStep::Index(_), _) => {
                Error::NotAnArray { step: self.text_from(index), found: java::to_string(place) }
            }
        }
    }

    fn text_from(&self, index: usize) -> String {
        self.steps.iter().skip(index).map(ReferenceStep::text).collect()
    }

    /// Where the steps before `index` lead.
    fn place(&self, index: usize) -> String {
        let text = |step: &ReferenceStep| match step {
            ReferenceStep::Name(name, _) => format!("['{name}']"),
            ReferenceStep::Index(index) => format!("[{index}]"),
        };
        let steps = self.steps.iter().take(index).map(text);
        std::iter::once("$".to_owned()).chain(steps).collect()
    }
}

impl ReferenceStep {
    /// What it leads to from `place`.
    pub(crate) fn of<'v>(&self, place: &'v Value) -> Option<&'v Value> {
        match (self, place) {
            (Self::Name(name, _), Value::Object(members)) => members.get(&**name),
            (Self::Index(index), Value::Array(items)) => items.get(*index),
            (Self::Name(..) | Self::Index(_), _) => None,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Name(name, quote) => format!("[{quote}{name}{quote}]"),
            Self::Index(index) => format!("[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::path::{evaluate, parse};

    /// Paths whose steps often exist in [`document`].
    fn path() -> impl Strategy<Value = String> {
        let step = prop::sample::select(vec![".a", ".b", "['a']", "[\"b\"]", "['a b']", "[0]", "[1]", "[7]"]);
        prop::collection::vec(step, 0..5).prop_map(|steps| format!("${}", steps.concat()))
    }

    fn document() -> impl Strategy<Value = Value> {
        let leaf = prop::sample::select(vec![json!(null), json!(true), json!(1.5), json!("x")]);
        leaf.prop_recursive(4, 24, 3, |inner| {
            let members = prop::collection::btree_map("a|b|a b", inner.clone(), 0..3);
            prop_oneof![
                prop::collection::vec(inner, 0..3).prop_map(Value::Array),
                members.prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_finds_and_says_what_the_general_machine_does(path in path(), document in document()) {
            let compiled = parse::compile(&path).unwrap();
            let reference = ReferencePath::of(&compiled).unwrap();
            let general = evaluate::evaluate(&compiled, &document).map(std::borrow::Cow::into_owned);
            prop_assert_eq!(reference.find(&document).cloned(), general);
        }
    }
}
