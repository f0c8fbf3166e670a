//! Arrays and sequences. A sequence is an array that the language made by itself: it stands for its only element when
//! it has but one.

use super::{Tuples, Value};
use crate::error::Error;
use crate::meter::{Charge, ELEMENT, Meter};
use std::cell::Cell;
use std::rc::Rc;

/// What sets a sequence apart from an array of the input.
#[expect(clippy::struct_excessive_bools, reason = "each is a property of its own in the reference")]
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Flags {
    pub(crate) is_sequence: bool,
    /// Stays an array even with one element.
    pub(crate) keeps_singleton: bool,
    /// Written as `[...]` in a path, and not flattened into it.
    pub(crate) is_constructed: bool,
    /// Wraps the input document, when that is an array, so that it counts as one item.
    pub(crate) wraps_input: bool,
}

pub(crate) struct Array<'a> {
    body: Body<'a>,
    flags: Cell<Flags>,
    levels: usize,
    charge: Charge<'a>,
}

enum Body<'a> {
    List(Vec<Value<'a>>),
    /// Consecutive integers, not spelled out.
    Range {
        first: f64,
        len: usize,
    },
}

impl<'a> Array<'a> {
    pub(crate) fn new(meter: &Rc<Meter<'a>>) -> Result<Self, Error> {
        Ok(Self { body: Body::List(Vec::new()), flags: Cell::default(), levels: 1, charge: meter.charge(ELEMENT)? })
    }

    pub(crate) fn sequence(meter: &Rc<Meter<'a>>) -> Result<Self, Error> {
        let array = Self::new(meter)?;
        array.flags.set(Flags { is_sequence: true, ..Flags::default() });
        Ok(array)
    }

    /// The sequence of one value.
    pub(crate) fn singleton(value: Value<'a>, meter: &Rc<Meter<'a>>) -> Result<Self, Error> {
        let mut array = Self::sequence(meter)?;
        array.push(value)?;
        Ok(array)
    }

    /// The sequence of `len` integers from `first`.
    pub(crate) fn range(first: f64, len: usize, meter: &Rc<Meter<'a>>) -> Result<Self, Error> {
        let array = Self {
            body: Body::Range { first, len },
            flags: Cell::default(),
            levels: 1,
            charge: meter.charge(len.saturating_mul(ELEMENT))?,
        };
        array.set_flags(Flags { is_sequence: true, ..Flags::default() });
        Ok(array)
    }

    pub(crate) fn from_list(list: Vec<Value<'a>>, meter: &Rc<Meter<'a>>) -> Result<Self, Error> {
        let levels = list.iter().map(Value::levels).max().unwrap_or(0) + 1;
        if levels > 1 {
            meter.nest(levels)?;
        }
        let charge = meter.charge(ELEMENT * (list.len() + 1))?;
        Ok(Self { body: Body::List(list), flags: Cell::default(), levels, charge })
    }

    pub(crate) fn push(&mut self, value: Value<'a>) -> Result<(), Error> {
        let levels = value.levels() + 1;
        if levels > self.levels {
            self.charge.meter().nest(levels)?;
            self.levels = levels;
        }
        self.charge.meter().spend(1)?;
        self.charge.grow(ELEMENT)?;
        self.list()?.push(value);
        Ok(())
    }

    /// Adds a step's result: the elements of an array, unless it was written as one.
    pub(crate) fn add(&mut self, result: Value<'a>) -> Result<(), Error> {
        if result.is_array() && !result.flags().is_constructed { self.extend(&result) } else { self.push(result) }
    }

    /// Adds the elements of an array, or else the value itself.
    pub(crate) fn extend(&mut self, value: &Value<'a>) -> Result<(), Error> {
        match value.items() {
            Some(Items::Array(array)) if self.len() == 0 && matches!(array.body, Body::Range { .. }) => {
                if let Body::Range { first, len } = array.body {
                    self.charge.grow(len.saturating_mul(ELEMENT))?;
                    self.body = Body::Range { first, len };
                }
                Ok(())
            }
            Some(items) => {
                let meter = Rc::clone(self.charge.meter());
                meter.spend(items.len())?;
                meter.require(items.len().saturating_mul(ELEMENT))?;
                (0..items.len()).try_for_each(|index| self.push(items.get(index)))
            }
            None => self.push(value.clone()),
        }
    }

    /// The elements as a list, spelled out.
    fn list(&mut self) -> Result<&mut Vec<Value<'a>>, Error> {
        if let Body::Range { first, len } = self.body {
            self.charge.meter().spend(len)?;
            self.body = Body::List((0..len).map(|index| Value::Number(nth(first, index))).collect());
        }
        match &mut self.body {
            Body::List(list) => Ok(list),
            Body::Range { .. } => Err(Error::internal("a range was not spelled out")),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match &self.body {
            Body::List(list) => list.len(),
            Body::Range { len, .. } => *len,
        }
    }

    pub(crate) fn get(&self, index: usize) -> Value<'a> {
        match &self.body {
            Body::List(list) => list.get(index).cloned().unwrap_or(Value::Undefined),
            Body::Range { first, len } if index < *len => Value::Number(nth(*first, index)),
            Body::Range { .. } => Value::Undefined,
        }
    }

    pub(crate) fn flags(&self) -> Flags {
        self.flags.get()
    }

    pub(crate) fn set_flags(&self, flags: Flags) {
        self.flags.set(flags);
    }

    pub(crate) fn levels(&self) -> usize {
        self.levels
    }
}

impl<'a> From<Array<'a>> for Value<'a> {
    fn from(array: Array<'a>) -> Self {
        Self::Array(Rc::new(array))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a range has at most ten million elements")]
fn nth(first: f64, index: usize) -> f64 {
    first + index as f64
}

/// The elements of an array, wherever it comes from.
#[derive(Clone, Copy)]
pub(crate) enum Items<'v, 'a> {
    Json(&'a [serde_json::Value]),
    Array(&'v Array<'a>),
    Tuples(&'v Tuples<'a>),
    One(&'v Value<'a>),
}

impl<'a> Items<'_, 'a> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Json(items) => items.len(),
            Self::Array(array) => array.len(),
            Self::Tuples(tuples) => tuples.list.len(),
            Self::One(_) => 1,
        }
    }

    /// The element, or undefined.
    pub(crate) fn get(&self, index: usize) -> Value<'a> {
        match self {
            Self::Json(items) => items.get(index).map_or(Value::Undefined, Value::from_json),
            Self::Array(array) => array.get(index),
            Self::Tuples(tuples) => tuples.list.get(index).map_or(Value::Undefined, |tuple| tuple.value.clone()),
            Self::One(value) => (*value).clone(),
        }
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = Value<'a>> {
        (0..self.len()).map(|index| self.get(index))
    }
}
