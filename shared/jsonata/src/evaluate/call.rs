//! Calls: of functions that are written, native, partial, or found in data.

use super::{Frame, Machine, Result};
use crate::ast::{Call, Expr, Kind, Lambda};
use crate::error::{Code, Error};
use crate::functions::{Arguments, next_match, regex_match};
use crate::signature::Signature;
use crate::value::{Closure, Function, Parameters, Value};
use std::rc::Rc;
use std::sync::LazyLock;

/// `f ~> g`
static CHAIN: LazyLock<Option<Expr>> =
    LazyLock::new(|| crate::parse::parse("function($f, $g) { function($x) { $g($f($x)) } }").ok());

static TRANSFORM: LazyLock<Option<Signature>> = LazyLock::new(|| Signature::parse("<(oa):o>").ok());

impl<'a> Machine<'a> {
    pub(super) fn call(
        &self,
        expr: &'a Expr,
        call: &'a Call,
        context: Option<Value<'a>>,
        input: &Value<'a>,
        frame: &Rc<Frame<'a>>,
    ) -> Result<'a> {
        let procedure = self.evaluate(&call.procedure, input, frame)?;
        let position = expr.position.unwrap_or(0);
        if let Some(name) = self.forgotten_dollar(&call.procedure, &procedure, frame) {
            return Err(Error::at(Code::T1005, position).with_token(name));
        }
        let mut arguments = Vec::with_capacity(call.arguments.len() + usize::from(context.is_some()));
        arguments.extend(context);
        for argument in &call.arguments {
            arguments.push(wrapped(self.evaluate(argument, input, frame)?));
        }
        let name = call.procedure.called_name();
        if let Value::Function(function) = &procedure {
            self.mark(function, name, position);
        }
        self.apply_named(call, &procedure, arguments, (name, position), input, frame)
    }

    fn apply_named(
        &self,
        call: &'a Call,
        procedure: &Value<'a>,
        arguments: Vec<Value<'a>>,
        (name, position): (Option<&str>, usize),
        input: &Value<'a>,
        frame: &Rc<Frame<'a>>,
    ) -> Result<'a> {
        let mut result = self.apply(procedure, arguments, input, frame);
        if let Err(error) = result {
            result = Err(named(error.complete(name, position), &call.procedure));
        }
        result
    }

    /// The function's name where someone wrote `sum(...)` for `$sum(...)`.
    pub(super) fn forgotten_dollar(&self, expr: &'a Expr, procedure: &Value<'a>, frame: &Frame<'a>) -> Option<&'a str> {
        let Kind::Path { steps, .. } = &expr.kind else { return None };
        let name = steps.first().and_then(Expr::called_name).filter(|_| procedure.is_undefined())?;
        let is_native =
            || crate::functions::Native::find(name).is_some_and(|native| native.within(self.dialect).is_some());
        let is_bound = match frame.lookup(name) {
            Some(value) => !matches!(value, Value::Undefined | Value::Null | Value::Bool(false)),
            None => is_native(),
        };
        is_bound.then_some(name)
    }

    /// Keeps under which name a function is called, for its failures.
    fn mark(&self, function: &Function<'a>, name: Option<&'a str>, position: usize) {
        let called = (name.unwrap_or_default(), position);
        match function {
            Function::Native(native) => {
                let mut natives = self.called.borrow_mut();
                match natives.iter_mut().find(|(known, _)| known == native) {
                    Some((_, latest)) => *latest = called,
                    None => natives.push((*native, called)),
                }
            }
            Function::Lambda(closure) => closure.called.set(Some(called)),
            Function::Transform(closure) => closure.called.set(Some(called)),
            Function::Partial(closure) => closure.called.set(Some(called)),
            Function::TailCall(_) | Function::Wrapped(_) | Function::Regex(..) | Function::Next { .. } => {}
        }
    }

    fn called(&self, function: &Function<'a>) -> Option<(&'a str, usize)> {
        match function {
            Function::Native(native) => {
                self.called.borrow().iter().find(|(known, _)| known == native).map(|(_, latest)| *latest)
            }
            Function::Lambda(closure) => closure.called.get(),
            Function::Transform(closure) => closure.called.get(),
            Function::Partial(closure) => closure.called.get(),
            Function::TailCall(_) | Function::Wrapped(_) | Function::Regex(..) | Function::Next { .. } => None,
        }
    }

    /// Calls a function. Calls in tail position are made here, one after the other.
    pub(crate) fn apply(
        &self,
        procedure: &Value<'a>,
        arguments: Vec<Value<'a>>,
        input: &Value<'a>,
        frame: &Rc<Frame<'a>>,
    ) -> Result<'a> {
        self.meter.enter_call()?;
        match procedure {
            Value::Function(function) => self.apply_with_tails(function, arguments, input, frame),
            _ => Err(Error::new(Code::T1006)),
        }
    }

    fn apply_with_tails(
        &self,
        function: &Function<'a>,
        arguments: Vec<Value<'a>>,
        input: &Value<'a>,
        frame: &Rc<Frame<'a>>,
    ) -> Result<'a> {
        let mut result = self.apply_once(function, arguments, input, frame);
        while let Ok(Value::Function(function)) = &result
            && let Function::TailCall(tail) = &**function
            && let Kind::Call(call) = &tail.code.kind
        {
            result = self.apply_tail(tail, call, input, frame);
        }
        self.meter.leave_call();
        result
    }

    /// Makes a call in tail position.
    fn apply_tail(
        &self,
        tail: &Closure<'a, &'a Expr>,
        call: &'a Call,
        input: &Value<'a>,
        frame: &Rc<Frame<'a>>,
    ) -> Result<'a> {
        self.meter.spend(1)?;
        let next = self.evaluate(&call.procedure, &tail.input, &tail.frame)?;
        let next = match &next {
            Value::Function(function) => Some(function),
            _ => None,
        };
        if let Some(function) = next {
            let name = match &call.procedure.kind {
                Kind::Variable { name, .. } => Some(name.as_str()),
                _ => self.called(function).map(|(name, _)| name),
            };
            self.mark(function, name, call.procedure.position.unwrap_or(0));
        }
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            arguments.push(self.evaluate(argument, &tail.input, &tail.frame)?);
        }
        match next {
            Some(function) => self.apply_once(function, arguments, input, frame),
            None => Err(Error::new(Code::T1006)),
        }
    }

    fn apply_once(
        &self,
        function: &Function<'a>,
        arguments: Vec<Value<'a>>,
        input: &Value<'a>,
        frame: &Rc<Frame<'a>>,
    ) -> Result<'a> {
        let mut result = match function {
            Function::Native(native) => {
                let checked = match native.signature() {
                    Some(signature) => signature.check(arguments, input, &self.meter),
                    None => Ok(arguments),
                };
                checked.and_then(|values| native.call(self, &Arguments { values, input, frame }))
            }
            Function::Lambda(closure) => self.apply_lambda(closure, arguments, input),
            Function::Transform(closure) => {
                let checked = match &*TRANSFORM {
                    Some(signature) => signature.check(arguments, input, &self.meter),
                    None => Ok(arguments),
                };
                checked
                    .and_then(|mut values| self.transform(closure, values.drain(..).next().unwrap_or(Value::Undefined)))
            }
            Function::Partial(closure) => self.apply_partial(closure, arguments, frame),
            Function::Wrapped(inner) => {
                self.meter.enter_call().and_then(|()| self.apply_with_tails(inner, arguments, &Value::Null, frame))
            }
            Function::Regex(regex, position) => regex_match(self, regex, *position, &arguments),
            Function::Next { regex, position, text, from } => next_match(self, regex, *position, text, *from),
            Function::TailCall(_) => Err(Error::new(Code::T1006)),
        };
        if let Err(error) = result {
            result = Err(error.in_function(self.called(function)));
        }
        result
    }

    fn apply_lambda(
        &self,
        closure: &Closure<'a, &'a Lambda>,
        arguments: Vec<Value<'a>>,
        input: &Value<'a>,
    ) -> Result<'a> {
        let arguments = match (&closure.code.signature, &closure.parameters) {
            (Some(signature), Parameters::All(_)) => signature.check(arguments, input, &self.meter)?,
            _ => arguments,
        };
        let frame = match &closure.parameters {
            Parameters::All(names) => Frame::of_call(&closure.frame, names, arguments)?,
            Parameters::Open(names) => {
                let frame = Frame::within(&closure.frame)?;
                let mut arguments = arguments.into_iter();
                for name in names {
                    frame.bind(name, arguments.next().unwrap_or(Value::Undefined))?;
                }
                frame
            }
            Parameters::Given(_) => Frame::within(&closure.frame)?,
        };
        self.evaluate(&closure.code.body, &closure.input, &frame)
    }

    /// `left ~> right`
    pub(super) fn apply_operator(
        &self,
        expr: &'a Expr,
        left: &'a Expr,
        right: &'a Expr,
        input: &Value<'a>,
        frame: &Rc<Frame<'a>>,
    ) -> Result<'a> {
        let argument = self.evaluate(left, input, frame)?;
        if let Kind::Call(call) = &right.kind {
            return self.call(right, call, Some(argument), input, frame);
        }
        let function = self.evaluate(right, input, frame)?;
        if !function.is_function() {
            let error = Error::at(Code::T2006, expr.position.unwrap_or(0));
            return Err(error.with_value_json(crate::value::in_error(&function, &self.meter)));
        }
        match &*CHAIN {
            Some(chain) if argument.is_function() => {
                let chain = self.evaluate(chain, &Value::Null, frame)?;
                self.apply(&chain, vec![argument, function], &Value::Null, frame)
            }
            _ => self.apply(&function, vec![argument], &Value::Null, frame),
        }
    }
}

/// The failure of a call, with what was called if nothing says so yet.
pub(super) fn named(error: Error, procedure: &Expr) -> Error {
    match (&procedure.kind, procedure.called_name()) {
        _ if error.token().is_some() => error,
        (_, Some(name)) => error.with_token(name),
        (Kind::Number(number), None) => error.with_token_json(crate::number::print(*number)),
        (Kind::Bool(bool), None) => error.with_token_json(bool.to_string()),
        (Kind::Null, None) => error.with_token_json("null".to_owned()),
        (_, None) => error,
    }
}

/// A function as argument: from now on, a function like any that a program of the host would pass.
fn wrapped(argument: Value<'_>) -> Value<'_> {
    match argument {
        Value::Function(function)
            if !matches!(*function, Function::Wrapped(_) | Function::Regex(..) | Function::Next { .. }) =>
        {
            Value::Function(Rc::new(Function::Wrapped(function)))
        }
        other => other,
    }
}
