//! Walks the steps of a path over a borrowed document.
//!
//! Recursion goes one call deeper per step, never per level of the document: `..` keeps its own stack.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use serde_json::{Map, Value};

use regex::Regex;

use super::operand::Pattern;
use super::{Compiled, Error, Step, functions, java, position};
use crate::json::{MAX_BYTES, weigh};

/// Most values that one evaluation may visit: `$..*..*..*` would take all day otherwise.
const MAX_WORK: u64 = 5_000_000;

/// A `$` path inside a filter, and what it found.
type Known<'p> = (&'p Compiled, Result<Rc<Value>, Error>);

/// A pattern of a filter, which outlives the evaluation, and what is tried on texts.
type Tried = (*const Pattern, Result<Rc<Regex>, Error>);

/// One evaluation of one path.
pub(super) struct Run<'p, 'v> {
    pub(super) root: &'v Value,
    work: Cell<u64>,
    /// Bytes of memory that all copies of values have taken.
    copied: Cell<usize>,
    /// The patterns tried so far.
    patterns: RefCell<Vec<Tried>>,
    /// What the `$` paths inside filters found: the same for every item.
    found: RefCell<Vec<Known<'p>>>,
}

/// What `path` finds in `root`.
pub(super) fn evaluate<'v>(path: &Compiled, root: &'v Value) -> Result<Cow<'v, Value>, Error> {
    let run =
        Run { root, work: Cell::new(0), copied: Cell::new(0), patterns: RefCell::default(), found: RefCell::default() };
    run.value(path, root, false)
}

impl<'p> Run<'p, '_> {
    /// What `path` finds from `item`. In a `strict` run, as the existence checks of filters are, a missing property is an
    /// error even where the path is not definite.
    pub(super) fn value<'m>(&self, path: &'p Compiled, item: &'m Value, strict: bool) -> Result<Cow<'m, Value>, Error> {
        if let Some(found) = path.walk(item) {
            self.spend(1)?;
            return Ok(Cow::Borrowed(found));
        }
        let mut found = Vec::new();
        self.visit(path, 0, item, strict, &mut found)?;
        self.collect(path, found)
    }

    /// What a `$` path inside a filter finds.
    pub(super) fn root_value(&self, path: &'p Compiled) -> Result<Rc<Value>, Error> {
        let known =
            self.found.borrow().iter().find(|(known, _)| std::ptr::eq(*known, path)).map(|(_, found)| found.clone());
        if let Some(found) = known {
            return found;
        }
        let found = self.value(path, self.root, false).and_then(|found| self.copy(found)).map(Rc::new);
        self.found.borrow_mut().push((path, found.clone()));
        found
    }

    /// All that `path` finds from `item`, and all members of that.
    pub(super) fn members<'m>(&self, path: &'p Compiled, item: &'m Value) -> Result<Vec<Cow<'m, Value>>, Error> {
        let mut found = Vec::new();
        self.visit(path, 0, item, false, &mut found)?;
        let mut members = Vec::new();
        for value in found {
            match value {
                Cow::Borrowed(Value::Array(items)) => {
                    members.extend(items.iter().map(Cow::Borrowed));
                }
                Cow::Borrowed(Value::Object(fields)) => {
                    members.extend(fields.values().map(Cow::Borrowed));
                }
                Cow::Owned(Value::Array(items)) => {
                    members.extend(items.into_iter().map(Cow::Owned));
                }
                Cow::Owned(Value::Object(fields)) => {
                    members.extend(fields.into_iter().map(|(_, field)| Cow::Owned(field)));
                }
                Cow::Borrowed(_) | Cow::Owned(_) => {}
            }
        }
        Ok(members)
    }

    /// The regular expression of a pattern.
    ///
    /// A definition may hold tens of thousands of patterns, each of which takes up to a quarter of a megabyte once it is
    /// ready: one that is not being tried is kept as its text.
    pub(super) fn regex(&self, pattern: &Pattern) -> Result<Rc<Regex>, Error> {
        let known = self.patterns.borrow().iter().find(|(known, _)| std::ptr::eq(*known, pattern)).cloned();
        if let Some((_, regex)) = known {
            return regex;
        }
        let regex = pattern.regex().map(Rc::new).map_err(|error| Error::Failed(error.to_string()));
        self.patterns.borrow_mut().push((pattern, regex.clone()));
        regex
    }

    /// The value of a definite path is the last thing found; that of another one is the list.
    pub(super) fn collect<'m>(&self, path: &Compiled, mut found: Vec<Cow<'m, Value>>) -> Result<Cow<'m, Value>, Error> {
        if path.is_definite() {
            return found.pop().ok_or_else(|| Error::NoResults { path: path.text() });
        }
        let list = found.into_iter().map(|value| self.copy(value)).collect::<Result<_, _>>()?;
        Ok(Cow::Owned(Value::Array(list)))
    }

    /// The value as one's own. What is borrowed may be found any number of times: `$.a[0,0,0,0]`.
    fn copy(&self, value: Cow<'_, Value>) -> Result<Value, Error> {
        if let Cow::Borrowed(value) = &value {
            self.spend_bytes(value)?;
        }
        Ok(value.into_owned())
    }

    /// Counts a copy of a value, and gives up beyond the limit.
    pub(super) fn spend_bytes(&self, value: &Value) -> Result<(), Error> {
        let bytes = weigh(value, usize::MAX).unwrap_or(usize::MAX);
        let total = self.copied.get().saturating_add(bytes);
        self.copied.set(total);
        if total > MAX_BYTES { Err(Error::TooMuchData { limit: MAX_BYTES }) } else { Ok(()) }
    }

    /// Counts work, and gives up beyond the limit.
    pub(super) fn spend(&self, work: usize) -> Result<(), Error> {
        let total = self.work.get().saturating_add(u64::try_from(work).unwrap_or(u64::MAX));
        self.work.set(total);
        if total > MAX_WORK { Err(Error::TooMuchWork { limit: MAX_WORK }) } else { Ok(()) }
    }

    fn visit<'m>(
        &self,
        path: &'p Compiled,
        index: usize,
        model: &'m Value,
        strict: bool,
        found: &mut Vec<Cow<'m, Value>>,
    ) -> Result<(), Error> {
        self.spend(1)?;
        let Some(step) = path.steps.get(index) else {
            found.push(Cow::Borrowed(model));
            return Ok(());
        };
        let is_last = index + 1 == path.steps.len();
        // Only a path that is definite so far complains about what it meets.
        let definite = index <= path.indefinite_from;
        match step {
            Step::Names(names, _) => {
                let Value::Object(members) = model else {
                    if !definite {
                        return Ok(());
                    }
                    let (property, path) = (step.text(), path.place(index));
                    return Err(Error::NotAnObject { property, path, class: java::class_of(model) });
                };
                if names.len() > 1 && is_last {
                    found.push(Cow::Owned(self.pick(members, names, strict, || path.place(index))?));
                    return Ok(());
                }
                for name in names {
                    match members.get(name.as_str()) {
                        Some(member) => self.visit(path, index + 1, member, strict, found)?,
                        None if is_last && strict => {
                            return Err(Error::NoResults { path: path.text() });
                        }
                        None if is_last => {}
                        None if strict || (definite && names.len() == 1) => {
                            return Err(Error::MissingProperty { path: format!("{}['{name}']", path.place(index)) });
                        }
                        None => {}
                    }
                }
                Ok(())
            }
            Step::Indexes(indexes) => {
                let Some(items) = array(path, index, model, definite)? else {
                    return Ok(());
                };
                for wanted in indexes {
                    if let Some(item) = position(*wanted, items.len()).and_then(|position| items.get(position)) {
                        self.visit_item(path, index + 1, item, strict, found)?;
                    }
                }
                Ok(())
            }
            Step::Slice(from, to) => {
                let Some(items) = array(path, index, model, definite)? else {
                    return Ok(());
                };
                for item in slice(items, *from, *to) {
                    self.visit_item(path, index + 1, item, strict, found)?;
                }
                Ok(())
            }
            Step::Wildcard => match model {
                Value::Object(members) => {
                    members.values().try_for_each(|member| self.visit(path, index + 1, member, strict, found))
                }
                Value::Array(items) => {
                    items.iter().try_for_each(|item| match self.visit_item(path, index + 1, item, strict, found) {
                        Err(error) if error.is_path_not_found() && !strict => Ok(()),
                        other => other,
                    })
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
            },
            Step::Filter(filter) => match model {
                Value::Object(_) => {
                    if filter.accepts(self, model)? {
                        self.visit(path, index + 1, model, strict, found)?;
                    }
                    Ok(())
                }
                Value::Array(items) => {
                    for item in items {
                        self.spend(1)?;
                        if filter.accepts(self, item)? {
                            self.visit_item(path, index + 1, item, strict, found)?;
                        }
                    }
                    Ok(())
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) if definite => {
                    Err(Error::Primitive { step: path.text_from(index), found: java::to_string(model) })
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
            },
            Step::Scan => self.scan(path, index + 1, model, strict, found),
            Step::Function(name, parameters) => {
                let result = functions::call(self, name, parameters, model)?;
                self.spend_bytes(&result)?;
                if is_last {
                    found.push(Cow::Owned(result));
                    return Ok(());
                }
                let mut beyond = Vec::new();
                self.visit(path, index + 1, &result, strict, &mut beyond)?;
                let beyond = beyond.into_iter().map(|value| self.copy(value)).collect::<Result<Vec<_>, _>>()?;
                found.push(Cow::Owned(result));
                found.extend(beyond.into_iter().map(Cow::Owned));
                Ok(())
            }
        }
    }

    /// `['one','two']` at the end of a path makes an object of those that are there.
    fn pick(
        &self,
        members: &Map<String, Value>,
        names: &[String],
        strict: bool,
        place: impl Fn() -> String,
    ) -> Result<Value, Error> {
        let mut picked = Map::new();
        for name in names {
            match members.get(name.as_str()) {
                Some(member) => {
                    self.spend_bytes(member)?;
                    picked.insert(name.clone(), member.clone());
                }
                None if strict => {
                    let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
                    return Err(Error::MissingProperty { path: format!("{}[{}]", place(), names.join(", ")) });
                }
                None => {}
            }
        }
        Ok(Value::Object(picked))
    }

    /// An item of an array. Java's IndexOutOfBoundsException, even of a function further on, means a miss there.
    fn visit_item<'m>(
        &self,
        path: &'p Compiled,
        index: usize,
        item: &'m Value,
        strict: bool,
        found: &mut Vec<Cow<'m, Value>>,
    ) -> Result<(), Error> {
        match self.visit(path, index, item, strict, found) {
            Err(Error::OutOfBounds { .. }) => Ok(()),
            other => other,
        }
    }

    /// `..`: the step at `index` is tried on every object and array below `model`, itself first.
    ///
    /// Jayway 3.0 treats the items of an array differently once it has seen another array; here every array is like the first.
    fn scan<'m>(
        &self,
        path: &'p Compiled,
        index: usize,
        model: &'m Value,
        strict: bool,
        found: &mut Vec<Cow<'m, Value>>,
    ) -> Result<(), Error> {
        let Some(step) = path.steps.get(index) else {
            return Err(Error::Failed("Current path token is a leaf".to_owned()));
        };
        let is_last = index + 1 == path.steps.len();
        let mut pending = vec![model];
        while let Some(value) = pending.pop() {
            self.spend(1)?;
            let tried = match (step, value) {
                (Step::Names(names, _), Value::Object(members)) => {
                    (names.len() > 1 && !is_last) || names.iter().all(|name| members.contains_key(name.as_str()))
                }
                (Step::Indexes(_) | Step::Slice(..) | Step::Wildcard, Value::Array(_))
                | (Step::Wildcard, Value::Object(_)) => true,
                (Step::Filter(filter), Value::Object(_) | Value::Array(_)) => filter.accepts(self, value)?,
                _ => false,
            };
            if tried {
                self.visit(path, index, value, strict, found)?;
            }
            match value {
                Value::Array(items) => pending.extend(items.iter().rev()),
                Value::Object(members) => pending.extend(members.values().rev()),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
        Ok(())
    }
}

fn array<'m>(path: &Compiled, index: usize, model: &'m Value, definite: bool) -> Result<Option<&'m [Value]>, Error> {
    match model {
        Value::Array(items) => Ok(Some(items)),
        _ if !definite => Ok(None),
        Value::Null => Err(Error::NullArray { path: path.place(index) }),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            Err(Error::NotAnArray { step: path.text_from(index), found: java::to_string(model) })
        }
    }
}

/// The items of a slice. With both bounds, Jayway reads a negative start item by item: `[-2:1]` wraps around.
fn slice(items: &[Value], from: Option<i32>, to: Option<i32>) -> impl Iterator<Item = &Value> {
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let from_end = |bound: i32| {
        if bound < 0 { length + i64::from(bound) } else { i64::from(bound) }
    };
    let (from, to) = match (from, to) {
        (Some(from), None) => (from_end(from).max(0), length),
        (Some(from), Some(to)) => (i64::from(from).max(-length), i64::from(to).min(length)),
        (None, to) => (0, to.map_or(length, from_end).min(length)),
    };
    (from..to).filter_map(move |index| {
        let index = if index < 0 { length + index } else { index };
        items.get(usize::try_from(index).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::path::parse;

    /// The work of one evaluation.
    fn work(path: &str, document: &Value) -> u64 {
        let path = parse::compile(path).unwrap();
        let run = Run {
            root: document,
            work: Cell::new(0),
            copied: Cell::new(0),
            patterns: RefCell::default(),
            found: RefCell::default(),
        };
        run.value(&path, document, false).unwrap();
        run.work.get()
    }

    #[test]
    fn what_a_comparison_reads_again_for_each_item_is_counted_each_time() {
        let number = |digits: usize| serde_json::from_str::<Value>(&"9".repeat(digits)).unwrap();
        let document = |bytes: usize| json!({ "n": [1, 2, 3], "big": number(bytes), "list": [format!("$.{}", "a".repeat(bytes))] });
        let (long, short) = (document(16_000), document(1));
        for path in
            ["$.n[?(@ < $.big)]", "$.n[?(@ in $.list)]", "$.n[?($.list contains @)]", "$.n[?($.list anyof [1])]"]
        {
            let more = work(path, &long) - work(path, &short);
            assert!((2_990..20_000).contains(&more), "{path}: {more}");
        }
    }

    #[test]
    fn work_grows_as_the_document_does() {
        let wide = |items: usize| json!({ "a": vec![json!({ "b": [1, { "c": "x" }] }); items] });
        for path in ["$..c", "$.a[*].b[1].c", "$..*", "$.a[?(@.b[0] == 1)].b", "$.a[?(@..c)]", "$..[?(@.c =~ /x*/)]"] {
            let (half, whole) = (work(path, &wide(500)), work(path, &wide(1_000)));
            assert!(whole <= half * 2 + 100, "{path}: {half}, {whole}");
        }
    }
}
