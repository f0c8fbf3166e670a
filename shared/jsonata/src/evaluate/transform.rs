//! The transform operator: a copy, changed in place where a pattern matches.

use super::{Machine, Result};
use crate::ast::{Expr, Kind};
use crate::error::{Code, Error};
use crate::functions::Native;
use crate::value::{Array, Closure, Function, Object, ROUNDED, Text, Value, in_error, to_precision};
use std::rc::Rc;

impl<'a> Machine<'a> {
    pub(super) fn transform(&self, closure: &Closure<'a, &'a Expr>, value: Value<'a>) -> Result<'a> {
        let expr = closure.code;
        let Kind::Transform { pattern, update, delete } = &expr.kind else { return Ok(Value::Undefined) };
        if value.is_undefined() {
            return Ok(Value::Undefined);
        }
        let frame = &closure.frame;
        let clone = match frame.lookup("clone") {
            Some(value) => value,
            None => Native::find("clone")
                .map_or(Value::Undefined, |native| Value::Function(Rc::new(Function::Native(native)))),
        };
        if !clone.is_function() {
            return Err(Error::at(Code::T2013, expr.position.unwrap_or(0)));
        }
        let copy = self.apply(&clone, vec![value], &Value::Null, frame)?;
        // A clone of the user's own may give what others hold; only a copy of ours may be changed.
        let copy = self.deep_copy(&copy, 0)?;
        let matches = self.evaluate(pattern, &copy, frame)?;
        if matches.is_undefined() {
            return Ok(copy);
        }
        for found in matches.items_or_self().iter() {
            self.meter.spend(1)?;
            if matches!(&found, Value::Function(function) if !function.is_object()) {
                return Err(Error::at(Code::D1010, expr.position.unwrap_or(0)));
            }
            self.update(update, &found, closure)?;
            if let Some(delete) = delete {
                self.delete(delete, &found, closure)?;
            }
        }
        // Members that were added may nest deeper than the copy knows.
        self.deep_copy(&copy, 0)
    }

    fn update(
        &self,
        update: &'a Expr,
        found: &Value<'a>,
        closure: &Closure<'a, &'a Expr>,
    ) -> std::result::Result<(), Error> {
        let members = self.evaluate(update, found, &closure.frame)?;
        if members.is_undefined() {
            return Ok(());
        }
        let Some(fields) = members.fields() else {
            let error = Error::new(Code::T2011).with_value_json(in_error(&members, &self.meter));
            return Err(match update.position {
                Some(position) => error.with_position(position),
                None => error,
            });
        };
        for (name, value) in fields.list() {
            match found {
                // A copy, so that no object comes to hold itself.
                Value::Object(object) => object.insert(name, self.deep_copy(&value, 0)?)?,
                // An array has members besides its elements in JavaScript, but nobody sees them.
                Value::Array(_) | Value::JsonArray(_) | Value::Tuples(_) | Value::Function(_) => {}
                // Of the document, not of the copy: nothing changes the caller's values.
                Value::JsonObject(_) => {}
                _ => return Err(Error::internal(format!("Cannot create property '{}'", &*name))),
            }
        }
        Ok(())
    }

    fn delete(
        &self,
        delete: &'a Expr,
        found: &Value<'a>,
        closure: &Closure<'a, &'a Expr>,
    ) -> std::result::Result<(), Error> {
        let names = self.evaluate(delete, found, &closure.frame)?;
        if names.is_undefined() {
            return Ok(());
        }
        if names.items_or_self().iter().any(|name| name.as_text().is_none()) {
            let error = Error::new(Code::T2012).with_value_json(in_error(&names, &self.meter));
            return Err(match delete.position {
                Some(position) => error.with_position(position),
                None => error,
            });
        }
        if let Value::Object(object) = found {
            for name in names.items_or_self().iter() {
                object.remove(name.as_text().unwrap_or_default())?;
            }
        }
        Ok(())
    }

    /// A copy that shares no object or array with anything.
    fn deep_copy(&self, value: &Value<'a>, level: usize) -> Result<'a> {
        self.meter.nest(level)?;
        self.meter.spend(1)?;
        if let Some(fields) = value.fields() {
            let object = Object::new(&self.meter)?;
            for (name, value) in fields.list() {
                object.insert(name, self.deep_copy(&value, level + 1)?)?;
            }
            return Ok(object.into());
        }
        let Some(items) = value.items() else { return Ok(value.clone()) };
        let mut array = Array::new(&self.meter)?;
        for item in items.iter() {
            array.push(self.deep_copy(&item, level + 1)?)?;
        }
        array.set_flags(value.flags());
        Ok(array.into())
    }

    /// The value as a round trip through its text leaves it: numbers of 15 digits, functions gone.
    pub(crate) fn clone_by_text(&self, value: &Value<'a>, level: usize) -> Result<'a> {
        self.meter.nest(level)?;
        self.meter.spend(1)?;
        if let Some(number) = value.as_number() {
            return match number {
                number if number.is_infinite() => Err(Error::new(Code::D1001).with_value_json(Some("null".to_owned()))),
                number if number.is_nan() => Ok(Value::Null),
                number => {
                    self.meter.spend(if number.fract() == 0.0 { 0 } else { ROUNDED })?;
                    Ok(Value::Number(to_precision(number)))
                }
            };
        }
        if value.is_function() {
            return Ok(Value::Text(Text::Borrowed("")));
        }
        if let Some(fields) = value.fields() {
            let object = Object::new(&self.meter)?;
            for (name, value) in fields.list() {
                if !value.is_undefined() {
                    object.insert(name, self.clone_by_text(&value, level + 1)?)?;
                }
            }
            return Ok(object.into());
        }
        let Some(items) = value.items() else {
            return Ok(if value.is_undefined() { Value::Null } else { value.clone() });
        };
        if let Value::Array(array) = value
            && array.flags().wraps_input
        {
            return self.clone_by_text(&array.get(0), level);
        }
        let mut array = Array::new(&self.meter)?;
        for item in items.iter() {
            array.push(self.clone_by_text(&item, level + 1)?)?;
        }
        Ok(array.into())
    }
}
