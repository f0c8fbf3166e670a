//! Paths as most are: a variable, then names, and single values on the way. They need no sequences.

use super::filter::place;
use super::{Frame, Machine};
use crate::ast::{Expr, Kind, Stage};
use crate::error::Error;
use crate::value::{Array, Value, find_member};
use serde_json::Map;
use std::rc::Rc;

/// How far a path was walked without sequences.
pub(super) enum Walked<'a> {
    All(Value<'a>),
    /// To the step of that index, and the items that it is to map; none if no step was taken.
    To(usize, Option<Value<'a>>),
}

impl<'a> Machine<'a> {
    /// Takes steps as long as they are plain and their values single.
    pub(super) fn walk(
        &self,
        steps: &'a [Expr],
        input: &Value<'a>,
        frame: &Rc<Frame<'a>>,
    ) -> Result<Walked<'a>, Error> {
        let mut value = match steps.first().filter(|step| is_plain(step)).map(|step| (step, &step.kind)) {
            Some((step, Kind::Variable { name, native })) => {
                self.meter.spend(frame.reach())?;
                picked(step, self.variable(name, *native, input, frame)?)
            }
            Some((step, Kind::Name(name))) => picked(step, member(input, name)),
            _ => return Ok(Walked::To(0, None)),
        };
        self.meter.visit()?;
        self.count(&steps[..1])?;
        let mut index = 1;
        while let Some(step) = steps.get(index) {
            let (taken, next) = match (&value, &step.kind) {
                (Value::Undefined, _) => break,
                // Order-by gives a single item back as it came: it must come as a sequence.
                (Value::JsonArray(_), Kind::Sort(_)) => return Ok(Walked::To(0, None)),
                // Its elements are the items of the next step.
                (Value::JsonArray(_), _) => return Ok(Walked::To(index, Some(value))),
                // What was made here may have flags that the general way minds.
                (Value::Array(_) | Value::Tuples(_), _) => return Ok(Walked::To(0, None)),
                (Value::JsonObject(fields), Kind::Name(_)) if is_plain(step) => descend_names(fields, &steps[index..]),
                (_, Kind::Name(name)) if is_plain(step) => (1, picked(step, member(&value, name))),
                _ => return Ok(Walked::To(index, Some(Array::singleton(value, &self.meter)?.into()))),
            };
            self.count(&steps[index..index + taken])?;
            value = next;
            index += taken;
        }
        match value {
            Value::Array(_) | Value::Tuples(_) => Ok(Walked::To(0, None)),
            _ => Ok(Walked::All(value)),
        }
    }

    /// Counts the work of looking up the names of these steps.
    fn count(&self, steps: &[Expr]) -> Result<(), Error> {
        self.meter.spend(steps.len())?;
        steps.iter().try_for_each(|step| match &step.kind {
            Kind::Name(name) | Kind::Variable { name, .. } => self.meter.scan(name.len()),
            _ => Ok(()),
        })
    }
}

/// Whether a step is nothing but what its kind says, and perhaps a position.
fn is_plain(step: &Expr) -> bool {
    !step.keeps_array
        && !step.step.is_tuple
        && (step.step.stages.is_empty() || position(step).is_some())
        && step.predicates.is_empty()
        && step.group.is_none()
}

/// The position that a step picks, where that is all that follows it.
fn position(step: &Expr) -> Option<f64> {
    match step.step.stages.as_slice() {
        [Stage::Filter(predicate)] => match predicate.kind {
            Kind::Number(position) => Some(position),
            _ => None,
        },
        _ => None,
    }
}

/// What a plain step makes of its value. What was made here is left as it is: nobody goes on with it.
fn picked<'a>(step: &Expr, value: Value<'a>) -> Value<'a> {
    match (position(step), &value) {
        (None, _) | (_, Value::Array(_) | Value::Tuples(_)) => value,
        (Some(position), _) => {
            let items = value.items_or_self();
            place(position, items.len()).map_or(Value::Undefined, |index| items.get(index))
        }
    }
}

/// Goes from object to object as far as steps are plain names. How many were taken, and where they led to.
fn descend_names<'a>(fields: &'a Map<String, serde_json::Value>, steps: &'a [Expr]) -> (usize, Value<'a>) {
    let mut fields = fields;
    for (index, step) in steps.iter().enumerate() {
        let Kind::Name(name) = &step.kind else { return (index, Value::JsonObject(fields)) };
        match find_member(fields, name) {
            _ if !is_plain(step) => return (index, Value::JsonObject(fields)),
            Some(serde_json::Value::Object(inner)) if step.step.stages.is_empty() => fields = inner,
            found => return (index + 1, picked(step, found.map_or(Value::Undefined, Value::from_json))),
        }
    }
    (steps.len(), Value::JsonObject(fields))
}

/// The member of a single value.
fn member<'a>(value: &Value<'a>, name: &str) -> Value<'a> {
    value.fields().map_or(Value::Undefined, |fields| fields.get(name))
}
