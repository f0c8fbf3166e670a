//! Objects. Only the transform operator changes one after it was made, and then only a copy of its own.

use super::members::{MAX_LISTED, Members};
use super::{Text, Value};
use crate::error::Error;
use crate::meter::{Charge, MEMBER, Meter};
use crate::options::Variable;
use serde_json::Map;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

pub(crate) struct Object<'a> {
    fields: RefCell<Members<'a>>,
    levels: Cell<usize>,
    charge: Charge<'a>,
}

impl<'a> Object<'a> {
    pub(crate) fn new(meter: &Rc<Meter<'a>>) -> Result<Self, Error> {
        Ok(Self { fields: RefCell::default(), levels: Cell::new(1), charge: meter.charge(MEMBER)? })
    }

    pub(crate) fn with_capacity(members: usize, meter: &Rc<Meter<'a>>) -> Result<Self, Error> {
        let mut object = Self::new(meter)?;
        object.fields = RefCell::new(Members::with_capacity(members));
        Ok(object)
    }

    pub(crate) fn insert(&self, name: Text<'a>, value: Value<'a>) -> Result<(), Error> {
        let levels = value.levels() + 1;
        if levels > self.levels.get() {
            self.charge.meter().nest(levels)?;
            self.levels.set(levels);
        }
        self.charge.meter().spend(1)?;
        self.charge.meter().scan(name.len())?;
        self.charge.grow(MEMBER)?;
        let replaced = self.fields.borrow_mut().insert(name, value);
        drop(replaced);
        Ok(())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.borrow().get(name).is_some()
    }

    pub(crate) fn remove(&self, name: &str) -> Result<(), Error> {
        // All members behind it move up.
        let len = self.fields.borrow().len();
        self.charge.meter().spend(len)?;
        let removed = self.fields.borrow_mut().remove(name);
        drop(removed);
        Ok(())
    }

    fn each(&self, mut visit: impl FnMut(&Text<'a>, &Value<'a>)) {
        let _: Result<(), std::convert::Infallible> = self.try_each(|name, value| {
            visit(name, value);
            Ok(())
        });
    }

    /// Goes through all members, in order, until one fails. The object must not change meanwhile.
    pub(crate) fn try_each<E>(&self, visit: impl FnMut(&Text<'a>, &Value<'a>) -> Result<(), E>) -> Result<(), E> {
        self.fields.borrow().try_each(visit)
    }

    pub(crate) fn levels(&self) -> usize {
        self.levels.get()
    }
}

impl<'a> From<Object<'a>> for Value<'a> {
    fn from(object: Object<'a>) -> Self {
        Self::Object(Rc::new(object))
    }
}

/// The members of an object, wherever it comes from.
#[derive(Clone, Copy)]
pub(crate) enum Fields<'v, 'a> {
    Json(&'a Map<String, serde_json::Value>),
    Given(&'a [(&'a str, Variable<'a>)]),
    Object(&'v Object<'a>),
}

impl<'a> Fields<'_, 'a> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Json(fields) => fields.len(),
            Self::Given(members) => members.len(),
            Self::Object(object) => object.fields.borrow().len(),
        }
    }

    /// The member's value, or undefined.
    pub(crate) fn get(&self, name: &str) -> Value<'a> {
        match self {
            Self::Json(fields) => find_member(fields, name).map_or(Value::Undefined, Value::from_json),
            Self::Given(members) => {
                let member = members.iter().find(|(known, _)| *known == name);
                member.map_or(Value::Undefined, |(_, value)| Value::from_variable(value))
            }
            Self::Object(object) => object.fields.borrow().get(name).cloned().unwrap_or(Value::Undefined),
        }
    }

    /// Names and values, as they are now: callers may change the object while they go through them.
    pub(crate) fn list(&self) -> Vec<(Text<'a>, Value<'a>)> {
        match self {
            Self::Json(fields) => {
                fields.iter().map(|(name, value)| (Text::Borrowed(name), Value::from_json(value))).collect()
            }
            Self::Given(members) => {
                members.iter().map(|(name, value)| (Text::Borrowed(name), Value::from_variable(value))).collect()
            }
            Self::Object(object) => {
                let mut list = Vec::with_capacity(self.len());
                object.each(|name, value| list.push((name.clone(), value.clone())));
                list
            }
        }
    }
}

/// The member of that name. Few are found faster one by one than by their hash.
pub(crate) fn find_member<'a>(fields: &'a Map<String, serde_json::Value>, name: &str) -> Option<&'a serde_json::Value> {
    if fields.len() > MAX_LISTED {
        return fields.get(name);
    }
    fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
}
