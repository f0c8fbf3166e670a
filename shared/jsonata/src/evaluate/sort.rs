//! Order-by, and the merge sort behind it and behind `$sort`. It asks in the reference's order, so that even a comparison
//! that contradicts itself gives the reference's result.

use super::{Frame, Machine, Result};
use crate::ast::{Expr, Term};
use crate::error::{Code, Error};
use crate::value::{Tuple, Tuples, Value, compare_text, in_error};
use std::cmp::Ordering;
use std::rc::Rc;

impl<'a> Machine<'a> {
    pub(super) fn sort_by(
        &self,
        step: &'a Expr,
        terms: &'a [Term],
        input: &Value<'a>,
        frame: &Rc<Frame<'a>>,
    ) -> Result<'a> {
        let items = input.items_or_self();
        if items.len() <= 1 {
            return Ok(input.clone());
        }
        self.meter.require(items.len().saturating_mul(crate::meter::ELEMENT))?;
        let sorted = merge_sort(items.iter().collect(), &mut |left, right| {
            self.compare(step, terms, (left, frame), (right, frame))
        })?;
        self.array(sorted)
    }

    pub(super) fn sort_tuples(
        &self,
        step: &'a Expr,
        terms: &'a [Term],
        tuples: &Tuples<'a>,
        frame: &Rc<Frame<'a>>,
    ) -> std::result::Result<Tuples<'a>, Error> {
        let mut compare = |left: &Tuple<'a>, right: &Tuple<'a>| {
            let (left, left_frame) = self.tuple_context(tuples, left, frame)?;
            let (right, right_frame) = self.tuple_context(tuples, right, frame)?;
            self.compare(step, terms, (&left, &left_frame), (&right, &right_frame))
        };
        let mut sorted = Tuples::new(&self.meter)?;
        sorted.is_sorted = tuples.is_sorted || tuples.list.len() > 1;
        for tuple in merge_sort(tuples.list.clone(), &mut compare)? {
            sorted.push(tuple)?;
        }
        Ok(sorted)
    }

    /// Whether the left one belongs behind the right one.
    fn compare(
        &self,
        step: &'a Expr,
        terms: &'a [Term],
        (left, left_frame): (&Value<'a>, &Rc<Frame<'a>>),
        (right, right_frame): (&Value<'a>, &Rc<Frame<'a>>),
    ) -> std::result::Result<bool, Error> {
        for term in terms {
            let left = self.evaluate(&term.expression, left, left_frame)?;
            let right = self.evaluate(&term.expression, right, right_frame)?;
            let order = match (&left, &right) {
                (Value::Undefined, Value::Undefined) => continue,
                // What is missing comes last, in either direction.
                (Value::Undefined, _) => return Ok(true),
                (_, Value::Undefined) => return Ok(false),
                _ => self.order(&left, &right).map_err(|error| error.with_position(step.position.unwrap_or(0)))?,
            };
            match order {
                Ordering::Equal => {}
                Ordering::Less => return Ok(term.is_descending),
                Ordering::Greater => return Ok(!term.is_descending),
            }
        }
        Ok(false)
    }

    fn order(&self, left: &Value<'a>, right: &Value<'a>) -> std::result::Result<Ordering, Error> {
        match (left.as_text(), left.as_number(), right.as_text(), right.as_number()) {
            (Some(left), _, Some(right), _) => compare_text(left, right, &self.meter),
            // What is not comparable is neither equal nor less: it counts as greater.
            (_, Some(left), _, Some(right)) => Ok(left.partial_cmp(&right).unwrap_or(Ordering::Greater)),
            (None, None, _, _) => Err(Error::new(Code::T2008).with_value_json(in_error(left, &self.meter))),
            (_, _, None, None) => Err(Error::new(Code::T2008).with_value_json(in_error(right, &self.meter))),
            _ => Err(Error::new(Code::T2007)
                .with_value_json(in_error(left, &self.meter))
                .with_second_json(in_error(right, &self.meter))),
        }
    }
}

/// Sorts; `is_behind` tells whether the first of two belongs behind the second.
pub(crate) fn merge_sort<T: Clone>(
    list: Vec<T>,
    is_behind: &mut impl FnMut(&T, &T) -> std::result::Result<bool, Error>,
) -> std::result::Result<Vec<T>, Error> {
    // Halves of halves: no deeper than the bits of a length.
    if list.len() <= 1 {
        return Ok(list);
    }
    let mut left = list;
    let right = left.split_off(left.len() / 2);
    let left = merge_sort(left, is_behind)?;
    let right = merge_sort(right, is_behind)?;
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut next_left, mut next_right) = (0, 0);
    while next_left < left.len() && next_right < right.len() {
        if is_behind(&left[next_left], &right[next_right])? {
            merged.push(right[next_right].clone());
            next_right += 1;
        } else {
            merged.push(left[next_left].clone());
            next_left += 1;
        }
    }
    merged.extend_from_slice(&left[next_left..]);
    merged.extend_from_slice(&right[next_right..]);
    Ok(merged)
}
