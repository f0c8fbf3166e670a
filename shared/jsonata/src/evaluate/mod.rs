//! The evaluator: one function for each kind of expression, in the order of evaluation of the reference.

mod arena;
mod call;
mod construct;
mod filter;
mod frame;
mod operator;
mod partial;
mod path;
mod sort;
mod transform;
mod tuple;
mod walk;

pub(crate) use arena::Arena;
pub(crate) use frame::{Caller, Frame};
pub(crate) use sort::merge_sort;

use crate::ast::{Expr, Kind};
use crate::error::Error;
use crate::functions::Native;
use crate::meter::Meter;
use crate::options::{Dialect, Random, Sources};
use crate::value::{Array, Closure, Flags, Function, Parameters, Text, Value};
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

pub(crate) type Result<'a> = std::result::Result<Value<'a>, Error>;

/// One evaluation.
pub(crate) struct Machine<'a> {
    pub(crate) meter: Rc<Meter<'a>>,
    pub(crate) dialect: Dialect,
    pub(crate) now: i64,
    random: RefCell<Option<&'a mut dyn Random>>,
    /// What was parsed meanwhile.
    pub(crate) arena: &'a Arena,
    /// Frames that functions refer to.
    captured: RefCell<Vec<Weak<Frame<'a>>>>,
    /// How many captured frames make it worth to forget those that are gone.
    sweep_at: Cell<usize>,
    /// Name and position of the latest call by name, of each native function that was called.
    called: RefCell<Vec<(Native, (&'a str, usize))>>,
}

/// Fewest captured frames to sweep.
const SWEEP: usize = 1024;

impl<'a> Machine<'a> {
    pub(crate) fn new(meter: Rc<Meter<'a>>, dialect: Dialect, sources: Sources<'a>, arena: &'a Arena) -> Self {
        Self {
            meter,
            dialect,
            now: sources.now,
            random: RefCell::new(sources.random),
            arena,
            captured: RefCell::default(),
            sweep_at: Cell::new(SWEEP),
            called: RefCell::default(),
        }
    }

    /// The document as context: an array counts as one item.
    pub(crate) fn context(&self, input: Value<'a>) -> Result<'a> {
        if !input.is_array() || input.is_sequence() {
            return Ok(input);
        }
        let array = Array::singleton(input, &self.meter)?;
        array.set_flags(Flags { wraps_input: true, ..array.flags() });
        Ok(array.into())
    }

    pub(crate) fn random(&self) -> std::result::Result<u64, Error> {
        match &mut *self.random.borrow_mut() {
            Some(random) => Ok(random.next_u64()),
            None => Err(Error::internal("No source of randomness was given")),
        }
    }

    /// Frees what refers to itself.
    pub(crate) fn finish(&self) {
        for frame in self.captured.take() {
            if let Some(frame) = frame.upgrade() {
                frame.clear();
            }
        }
    }

    pub(crate) fn text(&self, text: String) -> Result<'a> {
        Ok(Value::Text(Text::new(text, &self.meter)?))
    }

    pub(crate) fn array(&self, list: Vec<Value<'a>>) -> Result<'a> {
        Ok(Array::from_list(list, &self.meter)?.into())
    }

    pub(crate) fn sequence(&self, list: Vec<Value<'a>>) -> Result<'a> {
        let array = Array::from_list(list, &self.meter)?;
        array.set_flags(Flags { is_sequence: true, ..Flags::default() });
        Ok(array.into())
    }

    /// A function that refers to the frame.
    pub(crate) fn closure<C>(
        &self,
        code: C,
        input: &Value<'a>,
        frame: &Rc<Frame<'a>>,
        parameters: Parameters<'a>,
    ) -> Closure<'a, C> {
        if !frame.is_captured.replace(true) {
            let mut captured = self.captured.borrow_mut();
            captured.push(Rc::downgrade(frame));
            if captured.len() >= self.sweep_at.get() {
                captured.retain(|frame| frame.strong_count() > 0);
                self.sweep_at.set(SWEEP.max(captured.len() * 2));
            }
        }
        let mut closure = Closure::new(code, input.clone(), Rc::clone(frame));
        closure.parameters = parameters;
        closure
    }

    pub(crate) fn evaluate(&self, expr: &'a Expr, input: &Value<'a>, frame: &Rc<Frame<'a>>) -> Result<'a> {
        self.meter.enter()?;
        self.entered(expr, input, frame)
    }

    /// The result stays where it is made: this is the most frequent of all moves.
    fn entered(&self, expr: &'a Expr, input: &Value<'a>, frame: &Rc<Frame<'a>>) -> Result<'a> {
        let mut result = if expr.predicates.is_empty() && expr.group.is_none() {
            self.kind(expr, input, frame)
        } else {
            self.with_suffixes(expr, input, frame)
        };
        self.meter.leave();
        match &result {
            Ok(Value::Array(array)) if array.flags().is_sequence => {
                result = Ok(collapse(array, expr.keeps_array));
            }
            Ok(digits @ Value::Digits(_)) => self.meter.spend(digits.weight())?,
            _ => {}
        }
        result
    }

    /// With the predicates and the grouping that follow the expression.
    fn with_suffixes(&self, expr: &'a Expr, input: &Value<'a>, frame: &Rc<Frame<'a>>) -> Result<'a> {
        let result = self.kind(expr, input, frame)?;
        let result = self.stages(&expr.predicates, result, frame)?;
        match &expr.group {
            // A path groups by itself.
            Some(group) if !matches!(expr.kind, Kind::Path { .. }) => self.group(group, &result, frame),
            _ => Ok(result),
        }
    }

    fn kind(&self, expr: &'a Expr, input: &Value<'a>, frame: &Rc<Frame<'a>>) -> Result<'a> {
        match &expr.kind {
            Kind::Path { steps, keeps_singleton } => self.path(expr, steps, *keeps_singleton, input, frame),
            Kind::Name(name) => self.lookup(input, name),
            Kind::Text(text) => Ok(Value::borrowed(text)),
            Kind::Number(number) => Ok(Value::Number(*number)),
            Kind::Bool(bool) => Ok(Value::Bool(*bool)),
            Kind::Null => Ok(Value::Null),
            Kind::Regex(regex) => Ok(Value::Function(Rc::new(Function::Regex(regex, expr.position.unwrap_or(0))))),
            Kind::Wildcard => self.wildcard(input),
            Kind::Descendants => self.descendants(input),
            Kind::Parent(slot) => Ok(frame.lookup(slot.label()).unwrap_or(Value::Undefined)),
            Kind::Variable { name, native } => {
                self.meter.scan(name.len())?;
                self.meter.spend(frame.reach())?;
                self.variable(name, *native, input, frame)
            }
            Kind::Binary { operator, left, right } => self.binary(expr, *operator, (left, right), input, frame),
            Kind::Negate(operand) => self.negate(expr, operand, input, frame),
            Kind::Array(items) => self.construct_array(items, expr.step.is_constructed, input, frame),
            Kind::Object(group) => self.group(group, input, frame),
            Kind::Call(call) => self.call(expr, call, None, input, frame),
            Kind::Partial { procedure, arguments } => self.partial(expr, procedure, arguments, input, frame),
            Kind::Lambda(lambda) => {
                let closure = self.closure(lambda, input, frame, Parameters::All(&lambda.parameters));
                Ok(Value::Function(Rc::new(Function::Lambda(closure))))
            }
            Kind::TailCall(call) => {
                let closure = self.closure(&**call, input, frame, Parameters::All(&[]));
                Ok(Value::Function(Rc::new(Function::TailCall(closure))))
            }
            Kind::Condition { condition, then, otherwise } => {
                let condition = self.evaluate(condition, input, frame);
                let Ok(condition) = &condition else { return condition };
                match otherwise {
                    _ if crate::functions::is_true(condition, &self.meter)? => self.evaluate(then, input, frame),
                    Some(otherwise) => self.evaluate(otherwise, input, frame),
                    None => Ok(Value::Undefined),
                }
            }
            Kind::Block { expressions, is_scope: true } => self.block(expressions, input, &Frame::within(frame)?),
            Kind::Block { expressions, is_scope: false } => self.block(expressions, input, frame),
            Kind::Bind { name, value } => {
                let value = self.evaluate(value, input, frame)?;
                frame.bind(name, value.clone())?;
                Ok(value)
            }
            Kind::Apply { left, right } => self.apply_operator(expr, left, right, input, frame),
            Kind::Transform { .. } => {
                let closure = self.closure(expr, input, frame, Parameters::All(&[]));
                Ok(Value::Function(Rc::new(Function::Transform(closure))))
            }
            Kind::Sort(_) => Err(Error::internal("order-by outside of a path")),
        }
    }

    fn block(&self, expressions: &'a [Expr], input: &Value<'a>, frame: &Rc<Frame<'a>>) -> Result<'a> {
        let Some((last, others)) = expressions.split_last() else { return Ok(Value::Undefined) };
        for expr in others {
            self.evaluate(expr, input, frame)?;
        }
        self.evaluate(last, input, frame)
    }

    fn variable(&self, name: &str, native: Option<Native>, input: &Value<'a>, frame: &Frame<'a>) -> Result<'a> {
        if name.is_empty() {
            return Ok(match input {
                Value::Array(array) if array.flags().wraps_input => array.get(0),
                _ => input.clone(),
            });
        }
        frame.look(name, |value| match value {
            Some(value) => Ok(value.clone()),
            None => match native.and_then(|native| native.within(self.dialect)) {
                Some(native) => Ok(Value::Function(Rc::new(Function::Native(native)))),
                None => Ok(Value::Undefined),
            },
        })
    }
}

/// A sequence as it shows to the outside: nothing, its only element, or itself.
fn collapse<'a>(array: &Rc<Array<'a>>, keeps_array: bool) -> Value<'a> {
    let mut flags = array.flags();
    if keeps_array && !flags.keeps_singleton {
        flags.keeps_singleton = true;
        array.set_flags(flags);
    }
    match array.len() {
        0 => Value::Undefined,
        1 if !flags.keeps_singleton => array.get(0),
        _ => Value::Array(Rc::clone(array)),
    }
}
