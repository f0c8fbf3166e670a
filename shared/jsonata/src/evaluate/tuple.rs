//! Steps that work on tuple streams: for `@`, `#` and `%`.

use super::{Frame, Machine};
use crate::ast::{Expr, Kind, Stage};
use crate::error::Error;
use crate::value::{Tuple, Tuples, Value};
use std::rc::Rc;

type Stream<'a> = Result<Rc<Tuples<'a>>, Error>;

impl<'a> Machine<'a> {
    pub(super) fn tuple_step(
        &self,
        step: &'a Expr,
        input: &Value<'a>,
        tuples: Option<Rc<Tuples<'a>>>,
        frame: &Rc<Frame<'a>>,
    ) -> Stream<'a> {
        if let Kind::Sort(terms) = &step.kind {
            let sorted = match tuples {
                Some(tuples) => Rc::new(self.sort_tuples(step, terms, &tuples, frame)?),
                None => {
                    let sorted = self.sort_by(step, terms, input, frame)?;
                    let mut stream = Tuples::new(&self.meter)?;
                    for (position, item) in sorted.items_or_self().iter().enumerate() {
                        let mut tuple = Tuple::new(item);
                        if let Some(name) = &step.step.index {
                            tuple.bind(name, number(position));
                        }
                        stream.push(tuple)?;
                    }
                    Rc::new(stream)
                }
            };
            return self.tuple_stages(&step.step.stages, sorted, frame);
        }
        let tuples = match tuples {
            Some(tuples) => tuples,
            None => {
                let mut stream = Tuples::new(&self.meter)?;
                input.items_or_self().iter().try_for_each(|item| stream.push(Tuple::new(item)))?;
                Rc::new(stream)
            }
        };
        let mut stream = Tuples::new(&self.meter)?;
        for tuple in &tuples.list {
            let inner = Frame::of_tuple(frame, tuple)?;
            let result = self.evaluate(step, &tuple.value, &inner)?;
            match &result {
                Value::Undefined => {}
                Value::Tuples(results) => {
                    for result in &results.list {
                        let mut merged = tuple.clone();
                        merged.value = result.value.clone();
                        result.bound.iter().for_each(|(name, value)| merged.bind(name, value.clone()));
                        stream.push(merged)?;
                    }
                }
                _ => {
                    for (position, item) in result.items_or_self().iter().enumerate() {
                        stream.push(bound(step, tuple, item, position))?;
                    }
                }
            }
        }
        self.tuple_stages(&step.step.stages, Rc::new(stream), frame)
    }

    /// The context and the variables in which what follows a tuple stream is evaluated, for one tuple.
    pub(super) fn tuple_context(
        &self,
        tuples: &Tuples<'a>,
        tuple: &Tuple<'a>,
        frame: &Rc<Frame<'a>>,
    ) -> Result<(Value<'a>, Rc<Frame<'a>>), Error> {
        if tuples.is_sorted {
            return Ok((tuple.to_object(&self.meter)?, Rc::clone(frame)));
        }
        Ok((tuple.value.clone(), Frame::of_tuple(frame, tuple)?))
    }

    fn tuple_stages(&self, stages: &'a [Stage], mut tuples: Rc<Tuples<'a>>, frame: &Rc<Frame<'a>>) -> Stream<'a> {
        for stage in stages {
            match stage {
                Stage::Filter(predicate) => tuples = Rc::new(self.filter_tuples(predicate, &tuples, frame)?),
                Stage::Index(name) => {
                    let mut numbered = Tuples::new(&self.meter)?;
                    numbered.is_sorted = tuples.is_sorted;
                    for (position, tuple) in tuples.list.iter().enumerate() {
                        let mut tuple = tuple.clone();
                        tuple.bind(name, number(position));
                        numbered.push(tuple)?;
                    }
                    tuples = Rc::new(numbered);
                }
            }
        }
        Ok(tuples)
    }
}

/// The tuple that a step makes of one of its results.
fn bound<'a>(step: &'a Expr, tuple: &Tuple<'a>, item: Value<'a>, position: usize) -> Tuple<'a> {
    let mut result = tuple.clone();
    match &step.step.focus {
        // `@$` gives no name: it changes nothing.
        Some(name) if !name.is_empty() => result.bind(name, item),
        _ => result.value = item,
    }
    if let Some(name) = &step.step.index {
        result.bind(name, number(position));
    }
    if let Some(slot) = &step.step.ancestor {
        result.bind(slot.label(), tuple.value.clone());
    }
    result
}

#[expect(clippy::cast_precision_loss, reason = "no array is that long")]
fn number<'a>(position: usize) -> Value<'a> {
    Value::Number(position as f64)
}
