//! Predicates: by position, or by a condition.

use super::{Frame, Machine, Result};
use crate::ast::{Expr, Kind};
use crate::error::Error;
use crate::functions::{is_numeric, is_true};
use crate::value::{Array, Tuples, Value};
use std::rc::Rc;

impl<'a> Machine<'a> {
    pub(super) fn filter(&self, predicate: &'a Expr, input: &Value<'a>, frame: &Rc<Frame<'a>>) -> Result<'a> {
        if let Value::Tuples(tuples) = input {
            return Ok(Value::Tuples(Rc::new(self.filter_tuples(predicate, tuples, frame)?)));
        }
        let items = input.items_or_self();
        let mut results = Array::sequence(&self.meter)?;
        if let Kind::Number(position) = predicate.kind {
            let item = place(position, items.len()).map_or(Value::Undefined, |index| items.get(index));
            if item.is_array() {
                return Ok(item);
            }
            if !item.is_undefined() {
                results.push(item)?;
            }
            return Ok(results.into());
        }
        for index in 0..items.len() {
            let item = items.get(index);
            let verdict = self.evaluate(predicate, &item, frame)?;
            for _ in 0..self.selections(&verdict, index, items.len())? {
                results.push(item.clone())?;
            }
        }
        Ok(results.into())
    }

    pub(super) fn filter_tuples(
        &self,
        predicate: &'a Expr,
        tuples: &Tuples<'a>,
        frame: &Rc<Frame<'a>>,
    ) -> std::result::Result<Tuples<'a>, Error> {
        let mut results = Tuples::new(&self.meter)?;
        results.is_sorted = tuples.is_sorted;
        let len = tuples.list.len();
        if let Kind::Number(position) = predicate.kind {
            if let Some(tuple) = place(position, len).and_then(|index| tuples.list.get(index)) {
                results.push(tuple.clone())?;
            }
            return Ok(results);
        }
        for (index, tuple) in tuples.list.iter().enumerate() {
            let (context, inner) = self.tuple_context(tuples, tuple, frame)?;
            let verdict = self.evaluate(predicate, &context, &inner)?;
            for _ in 0..self.selections(&verdict, index, len)? {
                results.push(tuple.clone())?;
            }
        }
        Ok(results)
    }

    /// How often the item at `index` is taken: once for each number that names its place, or once if the verdict counts
    /// as true.
    fn selections(&self, verdict: &Value<'a>, index: usize, len: usize) -> std::result::Result<usize, Error> {
        if is_numeric(verdict)? {
            let position = verdict.as_number().unwrap_or(f64::NAN);
            return Ok(usize::from(place(position, len) == Some(index)));
        }
        if let Some(numbers) = verdict.items() {
            self.meter.spend(numbers.len())?;
            let mut count = 0;
            let mut are_numbers = true;
            for number in numbers.iter() {
                // All are looked at: one that is infinite is an error behind what is no number, too.
                are_numbers &= is_numeric(&number)?;
                let position = number.as_number().unwrap_or(f64::NAN);
                count += usize::from(place(position, len) == Some(index));
            }
            if are_numbers {
                return Ok(count);
            }
        }
        Ok(usize::from(is_true(verdict, &self.meter)?))
    }
}

/// The index that a position means: rounded down, and counted from the end if negative.
pub(super) fn place(position: f64, len: usize) -> Option<usize> {
    let position = position.floor();
    #[expect(clippy::cast_precision_loss, reason = "no array is that long")]
    let index = if position < 0.0 { position + len as f64 } else { position };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be an index")]
    #[expect(clippy::cast_precision_loss, reason = "no array is that long")]
    (index >= 0.0 && index < len as f64).then_some(index as usize)
}
