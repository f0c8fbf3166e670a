//! Paths: each step maps the items that the one before gave.

use super::walk::Walked;
use super::{Frame, Machine, Result};
use crate::ast::{Expr, Kind, Stage};
use crate::error::Error;
use crate::value::{Array, Flags, Items, Tuples, Value};
use std::rc::Rc;

impl<'a> Machine<'a> {
    pub(super) fn path(
        &self,
        expr: &'a Expr,
        steps: &'a [Expr],
        keeps_singleton: bool,
        input: &Value<'a>,
        frame: &Rc<Frame<'a>>,
    ) -> Result<'a> {
        let starts_absolute = matches!(steps.first().map(|step| &step.kind), Some(Kind::Variable { .. }));
        let is_list = input.is_array() && !starts_absolute;
        let (walked, walked_items) = if is_list || keeps_singleton || expr.group.is_some() {
            (0, None)
        } else {
            match self.walk(steps, input, frame)? {
                Walked::All(value) => return Ok(value),
                Walked::To(index, items) => (index, items),
            }
        };
        let mut items = match walked_items {
            Some(items) => items,
            None if is_list => input.clone(),
            None => Array::singleton(input.clone(), &self.meter)?.into(),
        };
        let mut result = Value::Undefined;
        let mut tuples: Option<Rc<Tuples<'a>>> = None;
        let mut is_stream = false;
        for (index, step) in steps.iter().enumerate().skip(walked) {
            is_stream |= step.step.is_tuple;
            if index == 0 && step.step.is_constructed {
                result = self.evaluate(step, &items, frame)?;
            } else if is_stream {
                tuples = Some(self.tuple_step(step, &items, tuples.take(), frame)?);
            } else {
                result = self.step(step, &items, index + 1 == steps.len(), frame)?;
            }
            if !is_stream && result.items().is_none_or(|items| items.len() == 0) && !is_single(&result) {
                break;
            }
            if step.step.focus.is_none() {
                items = result.clone();
            }
        }
        if let Some(tuples) = &tuples {
            result = if expr.step.is_tuple && tuples.is_sorted {
                tuples.to_objects(&self.meter)?
            } else if expr.step.is_tuple {
                Value::Tuples(Rc::clone(tuples))
            } else {
                self.sequence(tuples.list.iter().map(|tuple| tuple.value.clone()).collect())?
            };
        }
        if keeps_singleton {
            result = self.keep_singleton(result)?;
        }
        match (&expr.group, tuples) {
            (Some(group), Some(tuples)) if tuples.is_sorted => {
                self.group(group, &tuples.to_objects(&self.meter)?, frame)
            }
            (Some(group), Some(tuples)) => self.group(group, &Value::Tuples(tuples), frame),
            (Some(group), None) => self.group(group, &result, frame),
            (None, _) => Ok(result),
        }
    }

    /// What is marked as an array stays one with a single element.
    fn keep_singleton(&self, result: Value<'a>) -> Result<'a> {
        let flags = result.flags();
        let result = if flags.is_constructed && !flags.is_sequence {
            Array::singleton(result, &self.meter)?.into()
        } else {
            result
        };
        if let Value::Array(array) = &result {
            array.set_flags(Flags { keeps_singleton: true, ..array.flags() });
        }
        Ok(result)
    }

    fn step(&self, step: &'a Expr, input: &Value<'a>, is_last: bool, frame: &Rc<Frame<'a>>) -> Result<'a> {
        if let Kind::Sort(terms) = &step.kind {
            let sorted = self.sort_by(step, terms, input, frame)?;
            return self.stages(&step.step.stages, sorted, frame);
        }
        // A constructed first step that gave a single value has no items to go on with, but those of a string are its
        // characters in JavaScript.
        if let Value::Text(text) = input {
            self.meter.require(text.len().saturating_mul(crate::meter::ELEMENT))?;
            let mut characters = Vec::with_capacity(text.len());
            for (at, character) in text.char_indices() {
                characters.push(Value::Text(text.slice(at, at + character.len_utf8(), &self.meter)?));
            }
            return self.step(step, &self.array(characters)?, is_last, frame);
        }
        let Some(items) = input.items() else { return Ok(Array::sequence(&self.meter)?.into()) };
        let mut sequence = Array::sequence(&self.meter)?;
        // The first result waits whether it is the only one: as an array, that would be the path's own.
        let mut first = None;
        let mut is_first = true;
        for index in 0..items.len() {
            let mut result = self.evaluate(step, &items.get(index), frame)?;
            if !step.step.stages.is_empty() {
                result = self.stages(&step.step.stages, result, frame)?;
            }
            if result.is_undefined() {
                continue;
            }
            if is_first && is_last && result.is_array() && !result.is_sequence() {
                first = Some(result);
            } else {
                if let Some(first) = first.take() {
                    sequence.add(first)?;
                }
                sequence.add(result)?;
            }
            is_first = false;
        }
        Ok(first.unwrap_or_else(|| sequence.into()))
    }

    /// Predicates behind an expression, or behind a step of a path without variables.
    pub(super) fn stages(&self, stages: &'a [Stage], mut result: Value<'a>, frame: &Rc<Frame<'a>>) -> Result<'a> {
        for stage in stages {
            if let Stage::Filter(predicate) = stage {
                result = self.filter(predicate, &result, frame)?;
            }
        }
        Ok(result)
    }

    /// The member of that name; of an array, those of all its elements.
    pub(crate) fn lookup(&self, input: &Value<'a>, name: &str) -> Result<'a> {
        self.meter.scan(name.len())?;
        if let Some(fields) = input.fields() {
            return Ok(fields.get(name));
        }
        match input.items() {
            Some(items) => {
                let mut found = Array::sequence(&self.meter)?;
                self.collect(items, name, &mut found, 0)?;
                Ok(found.into())
            }
            None => Ok(Value::Undefined),
        }
    }

    fn collect(
        &self,
        items: Items<'_, 'a>,
        name: &str,
        found: &mut Array<'a>,
        level: usize,
    ) -> std::result::Result<(), Error> {
        self.meter.nest(level)?;
        self.meter.spend(items.len())?;
        for item in items.iter() {
            if let Some(fields) = item.fields() {
                self.meter.scan(name.len())?;
                let value = fields.get(name);
                if !value.is_undefined() {
                    found.extend(&value)?;
                }
            } else if let Some(items) = item.items() {
                self.collect(items, name, found, level + 1)?;
            }
        }
        Ok(())
    }

    pub(super) fn wildcard(&self, input: &Value<'a>) -> Result<'a> {
        let input = match input {
            Value::Array(array) if array.flags().wraps_input => array.get(0),
            _ => input.clone(),
        };
        let values: Vec<Value<'a>> = match (input.fields(), input.items()) {
            (Some(fields), _) => fields.list().into_iter().map(|(_, value)| value).collect(),
            (None, Some(items)) => items.iter().collect(),
            (None, None) => Vec::new(),
        };
        self.meter.spend(values.len())?;
        let mut results = Array::sequence(&self.meter)?;
        for value in values {
            match value.items() {
                Some(items) => {
                    self.flatten(items, &mut results, 0)?;
                    // What arrays were added to is no sequence any more.
                    results.set_flags(Flags::default());
                }
                None => results.push(value)?,
            }
        }
        Ok(results.into())
    }

    fn flatten(&self, items: Items<'_, 'a>, flat: &mut Array<'a>, level: usize) -> std::result::Result<(), Error> {
        self.meter.nest(level)?;
        self.meter.spend(items.len())?;
        for item in items.iter() {
            match item.items() {
                Some(items) => self.flatten(items, flat, level + 1)?,
                None => flat.push(item)?,
            }
        }
        Ok(())
    }

    pub(super) fn descendants(&self, input: &Value<'a>) -> Result<'a> {
        if input.is_undefined() {
            return Ok(Value::Undefined);
        }
        let mut found = Array::sequence(&self.meter)?;
        self.descend(input, &mut found, 0)?;
        Ok(if found.len() == 1 { found.get(0) } else { found.into() })
    }

    fn descend(&self, value: &Value<'a>, found: &mut Array<'a>, level: usize) -> std::result::Result<(), Error> {
        self.meter.nest(level)?;
        self.meter.spend(1)?;
        if let Some(items) = value.items() {
            return items.iter().try_for_each(|item| self.descend(&item, found, level + 1));
        }
        found.push(value.clone())?;
        match value.fields() {
            Some(fields) => fields.list().iter().try_for_each(|(_, value)| self.descend(value, found, level + 1)),
            None => Ok(()),
        }
    }
}

/// Whether a constructed first step gave something that is no array; it does not end the path.
fn is_single(value: &Value<'_>) -> bool {
    !value.is_undefined() && !value.is_array()
}
