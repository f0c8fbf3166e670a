//! Tuple streams: what flows through a path whose steps bind variables.

use super::{Array, Object, Text, Value};
use crate::error::Error;
use crate::meter::{Charge, ELEMENT, Meter};
use std::rc::Rc;

pub(crate) struct Tuples<'a> {
    pub(crate) list: Vec<Tuple<'a>>,
    /// Sorting leaves a mere array, in the reference: what comes next sees the tuples as objects.
    pub(crate) is_sorted: bool,
    charge: Charge<'a>,
}

/// A value with the variables that earlier steps bound beside it.
#[derive(Clone)]
pub(crate) struct Tuple<'a> {
    pub(crate) value: Value<'a>,
    pub(crate) bound: Vec<(&'a str, Value<'a>)>,
}

impl<'a> Tuple<'a> {
    pub(crate) fn new(value: Value<'a>) -> Self {
        Self { value, bound: Vec::new() }
    }

    pub(crate) fn bind(&mut self, name: &'a str, value: Value<'a>) {
        match self.bound.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.bound.push((name, value)),
        }
    }
}

impl<'a> Tuple<'a> {
    /// The tuple as the object that it is in the reference.
    pub(crate) fn to_object(&self, meter: &Rc<Meter<'a>>) -> Result<Value<'a>, Error> {
        let object = Object::new(meter)?;
        object.insert(Text::Borrowed("@"), self.value.clone())?;
        for (name, value) in &self.bound {
            object.insert(Text::Borrowed(name), value.clone())?;
        }
        Ok(object.into())
    }
}

impl<'a> Tuples<'a> {
    pub(crate) fn new(meter: &Rc<Meter<'a>>) -> Result<Self, Error> {
        Ok(Self { list: Vec::new(), is_sorted: false, charge: meter.charge(ELEMENT)? })
    }

    pub(crate) fn push(&mut self, tuple: Tuple<'a>) -> Result<(), Error> {
        self.charge.meter().spend(1 + tuple.bound.len())?;
        self.charge.grow(ELEMENT * (2 + tuple.bound.len()))?;
        self.list.push(tuple);
        Ok(())
    }

    /// The tuples as an array of objects.
    pub(crate) fn to_objects(&self, meter: &Rc<Meter<'a>>) -> Result<Value<'a>, Error> {
        let mut objects = Array::new(meter)?;
        for tuple in &self.list {
            objects.push(tuple.to_object(meter)?)?;
        }
        Ok(objects.into())
    }
}
