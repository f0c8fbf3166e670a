//! Variables: frames within frames.

use crate::error::Error;
use crate::meter::{Charge, Meter, Remains};
use crate::options::Variable;
use crate::value::{Tuple, Value};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Units of memory of a frame, and of a variable in it.
const FRAME: usize = 64;
const VARIABLE: usize = 32;

/// Names that are compared in the time of one other step.
const NAMES_A_STEP: usize = 32;

pub(crate) struct Frame<'a> {
    parameters: &'a [String],
    bound: RefCell<Bound<'a>>,
    outer: Outer<'a>,
    charge: Charge<'a>,
    /// Names that a search for one passes behind this frame, as they were when it was made.
    behind: usize,
    /// Whether a function refers to it, so that it may refer to itself.
    pub(super) is_captured: Cell<bool>,
}

/// What a frame's names are bound to.
#[derive(Default)]
struct Bound<'a> {
    /// One for each parameter.
    arguments: Box<[Value<'a>]>,
    variables: Vec<(&'a str, Value<'a>)>,
}

enum Outer<'a> {
    Frame(Rc<Frame<'a>>),
    Caller(&'a Caller<'a>),
}

/// What an expression finds without binding it: the document as `$$`, and the caller's variables.
pub(crate) struct Caller<'a> {
    pub(crate) document: Option<&'a serde_json::Value>,
    pub(crate) variables: &'a [(&'a str, Variable<'a>)],
}

impl<'a> Caller<'a> {
    pub(crate) const NOBODY: Self = Self { document: None, variables: &[] };

    fn lookup(&self, name: &str) -> Option<Value<'a>> {
        if name == "$" {
            return Some(self.document.map_or(Value::Undefined, Value::from_json));
        }
        self.variables.iter().find(|(known, _)| *known == name).map(|(_, variable)| Value::from_variable(variable))
    }
}

impl<'a> Frame<'a> {
    /// The frame in which an expression is evaluated.
    pub(crate) fn root(meter: &Rc<Meter<'a>>, caller: &'a Caller<'a>) -> Result<Rc<Self>, Error> {
        Ok(Rc::new(Self::new(Outer::Caller(caller), meter.charge(0)?)))
    }

    pub(super) fn within(parent: &Rc<Self>) -> Result<Rc<Self>, Error> {
        let charge = parent.meter().charge(FRAME)?;
        Ok(Rc::new(Self::new(Outer::Frame(Rc::clone(parent)), charge)))
    }

    /// The frame of a function's body. Arguments for which there is no parameter are dropped; parameters without an
    /// argument are undefined.
    pub(super) fn of_call(
        parent: &Rc<Self>,
        parameters: &'a [String],
        mut arguments: Vec<Value<'a>>,
    ) -> Result<Rc<Self>, Error> {
        arguments.resize(parameters.len(), Value::Undefined);
        let charge = parent.meter().charge(FRAME + VARIABLE * parameters.len())?;
        let mut frame = Self::new(Outer::Frame(Rc::clone(parent)), charge);
        frame.parameters = parameters;
        frame.bound.get_mut().arguments = arguments.into();
        Ok(Rc::new(frame))
    }

    fn new(outer: Outer<'a>, charge: Charge<'a>) -> Self {
        let behind = match &outer {
            Outer::Frame(frame) => frame.names() + 1,
            Outer::Caller(caller) => caller.variables.len(),
        };
        Self { parameters: &[], bound: RefCell::default(), outer, charge, behind, is_captured: Cell::new(false) }
    }

    /// A frame with a tuple's variables.
    pub(super) fn of_tuple(parent: &Rc<Self>, tuple: &Tuple<'a>) -> Result<Rc<Self>, Error> {
        let frame = Self::within(parent)?;
        for (name, value) in &tuple.bound {
            frame.bind(name, value.clone())?;
        }
        Ok(frame)
    }

    /// Names that a search for one passes, and frames.
    fn names(&self) -> usize {
        self.behind + self.parameters.len() + self.bound.borrow().variables.len()
    }

    /// Steps beyond the first that a search for a name may take.
    pub(super) fn reach(&self) -> usize {
        self.names() / NAMES_A_STEP
    }

    pub(crate) fn bind(&self, name: &'a str, value: Value<'a>) -> Result<(), Error> {
        self.meter().spend(self.reach())?;
        let mut bound = self.bound.borrow_mut();
        let replaced = match bound.get_mut(self.parameters, name) {
            Some(old) => Some(std::mem::replace(old, value)),
            None => {
                if matches!(self.outer, Outer::Frame(_)) {
                    self.charge.grow(VARIABLE)?;
                }
                bound.variables.push((name, value));
                None
            }
        };
        drop(bound);
        drop(replaced);
        Ok(())
    }

    /// The variable's value; none if nothing was bound to the name.
    pub(crate) fn lookup(&self, name: &str) -> Option<Value<'a>> {
        self.look(name, |found| Some(found?.clone()))
    }

    /// Looks at the variable's value where it lies.
    pub(super) fn look<T>(&self, name: &str, at: impl FnOnce(Option<&Value<'a>>) -> T) -> T {
        let mut frame = self;
        loop {
            if let Some(value) = frame.bound.borrow().get(frame.parameters, name) {
                return at(Some(value));
            }
            frame = match &frame.outer {
                Outer::Frame(outer) => outer,
                Outer::Caller(caller) => return at(caller.lookup(name).as_ref()),
            };
        }
    }

    pub(crate) fn meter(&self) -> &Rc<Meter<'a>> {
        self.charge.meter()
    }

    /// Forgets the variables, so that no function keeps alive the frame that holds it.
    pub(crate) fn clear(&self) {
        let bound = std::mem::take(&mut *self.bound.borrow_mut());
        drop(bound);
    }
}

impl<'a> Bound<'a> {
    fn get(&self, parameters: &[String], name: &str) -> Option<&Value<'a>> {
        // Of two parameters with one name, the last one counts.
        let argument = parameters.iter().zip(&self.arguments).rev().find(|(known, _)| *known == name);
        match argument {
            Some((_, value)) => Some(value),
            None => self.variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value),
        }
    }

    fn get_mut(&mut self, parameters: &[String], name: &str) -> Option<&mut Value<'a>> {
        let argument = parameters.iter().zip(&mut self.arguments).rev().find(|(known, _)| *known == name);
        match argument {
            Some((_, value)) => Some(value),
            None => self.variables.iter_mut().find(|(known, _)| *known == name).map(|(_, value)| value),
        }
    }
}

impl Drop for Frame<'_> {
    fn drop(&mut self) {
        let bound = self.bound.get_mut();
        let variables = bound.variables.iter_mut().map(|(_, value)| value);
        let values: Vec<_> = bound
            .arguments
            .iter_mut()
            .chain(variables)
            .filter(|value| matches!(value, Value::Function(_) | Value::Array(_) | Value::Object(_) | Value::Tuples(_)))
            .map(|value| std::mem::replace(value, Value::Undefined))
            .collect();
        let frame = match &mut self.outer {
            Outer::Frame(frame) if Rc::strong_count(frame) == 1 => {
                match std::mem::replace(&mut self.outer, Outer::Caller(&Caller::NOBODY)) {
                    Outer::Frame(frame) => Some(frame),
                    Outer::Caller(_) => None,
                }
            }
            Outer::Frame(_) | Outer::Caller(_) => None,
        };
        if frame.is_some() || !values.is_empty() {
            self.meter().bury(Remains { frame, values });
        }
    }
}
