//! Partial application: a call with `?` for some arguments gives a function of those.

use super::call::named;
use super::{Frame, Machine, Result};
use crate::ast::{Expr, Lambda};
use crate::error::{Code, Error};
use crate::functions::{Arguments, Native};
use crate::options::Dialect;
use crate::value::{Closure, Function, Parameters, Value};
use std::rc::Rc;

impl<'a> Machine<'a> {
    pub(super) fn apply_partial(
        &self,
        closure: &Closure<'a, (Native, Vec<Option<usize>>)>,
        arguments: Vec<Value<'a>>,
        frame: &Rc<Frame<'a>>,
    ) -> Result<'a> {
        let (native, given) = &closure.code;
        let mut open = arguments.into_iter();
        let values = match &closure.parameters {
            Parameters::Given(values) => values.as_slice(),
            Parameters::All(_) | Parameters::Open(_) => &[],
        };
        let arguments: Vec<Value<'a>> = given
            .iter()
            .map(|place| match place {
                Some(index) => values.get(*index).cloned(),
                None => open.next(),
            })
            .map(|value| value.unwrap_or(Value::Undefined))
            .collect();
        let values = match native.signature() {
            Some(signature) => signature.check_in_place(arguments, &self.meter)?,
            None => arguments,
        };
        native.call(self, &Arguments { values, input: &Value::Undefined, frame })
    }

    pub(super) fn partial(
        &self,
        expr: &'a Expr,
        procedure: &'a Expr,
        arguments: &'a [Option<Expr>],
        input: &Value<'a>,
        frame: &Rc<Frame<'a>>,
    ) -> Result<'a> {
        let mut given = Vec::with_capacity(arguments.len());
        for argument in arguments {
            given.push(argument.as_ref().map(|argument| self.evaluate(argument, input, frame)).transpose()?);
        }
        let found = self.evaluate(procedure, input, frame)?;
        let position = expr.position.unwrap_or(0);
        if let Some(name) = self.forgotten_dollar(procedure, &found, frame) {
            return Err(Error::at(Code::T1007, position).with_token(name));
        }
        let not_callable = || named(Error::at(Code::T1008, position), procedure);
        let Value::Function(function) = &found else { return Err(not_callable()) };
        let function = match &**function {
            Function::Wrapped(inner) => inner,
            _ => function,
        };
        match &**function {
            Function::Lambda(closure) => self.partial_lambda(closure, given),
            Function::Native(native) if native.has_default() && self.dialect == Dialect::Reference => {
                // The reference reads the parameters from the source of its function, and stumbles over the default.
                Err(Error::at(Code::S0208, 26).with_token("=").with_value_json(Some("2".to_owned())))
            }
            Function::Native(native) => {
                let places = vec![None; native.parameters().max(given.len())];
                Ok(self.partial_native(*native, &places, Vec::new(), given, frame))
            }
            Function::Partial(closure) => {
                let (native, places) = &closure.code;
                let values = match &closure.parameters {
                    Parameters::Given(values) => values.clone(),
                    Parameters::All(_) | Parameters::Open(_) => Vec::new(),
                };
                Ok(self.partial_native(*native, places, values, given, frame))
            }
            _ => Err(not_callable()),
        }
    }

    /// A function of the parameters that are still open; those for which nothing was said are undefined.
    fn partial_lambda(&self, closure: &Closure<'a, &'a Lambda>, given: Vec<Option<Value<'a>>>) -> Result<'a> {
        let frame = Frame::within(&closure.frame)?;
        let mut given = given.into_iter();
        let mut open = Vec::new();
        for name in closure.parameters.names() {
            match given.next() {
                Some(None) => open.push(name),
                Some(Some(value)) => frame.bind(name, value)?,
                None => frame.bind(name, Value::Undefined)?,
            }
        }
        let closure = self.closure(closure.code, &closure.input, &frame, Parameters::Open(open));
        Ok(Value::Function(Rc::new(Function::Lambda(closure))))
    }

    fn partial_native(
        &self,
        native: Native,
        places: &[Option<usize>],
        mut values: Vec<Value<'a>>,
        given: Vec<Option<Value<'a>>>,
        frame: &Rc<Frame<'a>>,
    ) -> Value<'a> {
        let mut given = given.into_iter();
        let places = places
            .iter()
            .map(|place| match place {
                Some(place) => Some(*place),
                None => match given.next() {
                    Some(None) => None,
                    Some(Some(value)) => {
                        values.push(value);
                        Some(values.len() - 1)
                    }
                    None => {
                        values.push(Value::Undefined);
                        Some(values.len() - 1)
                    }
                },
            })
            .collect();
        let closure = self.closure((native, places), &Value::Undefined, frame, Parameters::Given(values));
        Value::Function(Rc::new(Function::Partial(closure)))
    }
}
