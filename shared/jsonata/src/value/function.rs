//! Functions as values.

use super::{Text, Value};
use crate::ast::{Expr, Lambda};
use crate::evaluate::Frame;
use crate::functions::Native;
use crate::meter::{Meter, Remains};
use crate::regex::Regex;
use std::cell::Cell;
use std::rc::Rc;

pub(crate) enum Function<'a> {
    Native(Native),
    Lambda(Closure<'a, &'a Lambda>),
    /// A call in tail position, to be made by the caller's loop.
    TailCall(Closure<'a, &'a Expr>),
    /// `|pattern|update,delete|`
    Transform(Closure<'a, &'a Expr>),
    /// A native function with some arguments given; the others are `None`.
    Partial(Closure<'a, (Native, Vec<Option<usize>>)>),
    /// A function that was passed as an argument.
    Wrapped(Rc<Function<'a>>),
    Regex(&'a Regex, usize),
    /// What finds the next match of a regular expression.
    Next {
        regex: &'a Regex,
        position: usize,
        text: Text<'a>,
        from: usize,
    },
}

/// Code, and the place where it was met.
pub(crate) struct Closure<'a, C> {
    pub(crate) code: C,
    pub(crate) input: Value<'a>,
    pub(crate) frame: Rc<Frame<'a>>,
    pub(crate) parameters: Parameters<'a>,
    /// Name and position of the latest call by name; failures within carry them.
    pub(crate) called: Cell<Option<(&'a str, usize)>>,
}

#[derive(Clone)]
pub(crate) enum Parameters<'a> {
    All(&'a [String]),
    /// Those that a partial application left open.
    Open(Vec<&'a str>),
    /// Values given to a partial native; it has no names for them.
    Given(Vec<Value<'a>>),
}

impl<'a> Parameters<'a> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::All(names) => names.len(),
            Self::Open(names) => names.len(),
            Self::Given(_) => 0,
        }
    }

    pub(crate) fn names(&self) -> Vec<&'a str> {
        match self {
            Self::All(names) => names.iter().map(String::as_str).collect(),
            Self::Open(names) => names.clone(),
            Self::Given(_) => Vec::new(),
        }
    }
}

impl<'a, C> Closure<'a, C> {
    pub(crate) fn new(code: C, input: Value<'a>, frame: Rc<Frame<'a>>) -> Self {
        Self { code, input, frame, parameters: Parameters::All(&[]), called: Cell::new(None) }
    }

    fn meter(&self) -> Rc<Meter<'a>> {
        Rc::clone(self.frame.meter())
    }
}

impl<C> Drop for Closure<'_, C> {
    fn drop(&mut self) {
        let mut values = match std::mem::replace(&mut self.parameters, Parameters::All(&[])) {
            Parameters::Given(values) => values,
            Parameters::All(_) | Parameters::Open(_) => Vec::new(),
        };
        if matches!(self.input, Value::Array(_) | Value::Object(_) | Value::Tuples(_) | Value::Function(_)) {
            values.push(std::mem::replace(&mut self.input, Value::Undefined));
        }
        if !values.is_empty() {
            self.meter().bury(Remains { frame: None, values });
        }
    }
}

impl Function<'_> {
    /// Number of parameters, by which higher-order functions decide what to pass.
    pub(crate) fn arity(&self) -> usize {
        match self {
            Self::Native(native) => native.arity(),
            Self::Lambda(closure) => closure.parameters.len(),
            Self::TailCall(_) => 0,
            Self::Transform(_) => 1,
            Self::Partial(closure) => closure.code.1.iter().filter(|given| given.is_none()).count(),
            Self::Wrapped(function) => function.arity(),
            Self::Regex(..) => 2,
            Self::Next { .. } => 0,
        }
    }

    /// Whether JavaScript's `typeof` says `object`, which some rules of the language depend on.
    pub(crate) fn is_object(&self) -> bool {
        matches!(self, Self::Native(_) | Self::Lambda(_) | Self::TailCall(_) | Self::Transform(_) | Self::Partial(_))
    }
}
