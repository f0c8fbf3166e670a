//! Operators between two values.

use super::{Frame, Machine, Result};
use crate::ast::Expr;
use crate::error::{Code, Error};
use crate::functions::{is_numeric, is_true, to_text};
use crate::lexer::Symbol;
use crate::value::{Array, Value, compare_text, in_error, is_deep_equal, is_same};
use std::cmp::Ordering;
use std::rc::Rc;

/// Most elements of a range.
const MAX_RANGE: f64 = 1e7;

impl<'a> Machine<'a> {
    pub(super) fn binary(
        &self,
        expr: &'a Expr,
        operator: Symbol,
        (left, right): (&'a Expr, &'a Expr),
        input: &Value<'a>,
        frame: &Rc<Frame<'a>>,
    ) -> Result<'a> {
        let left = self.evaluate(left, input, frame);
        let Ok(left) = &left else { return left };
        if matches!(operator, Symbol::And | Symbol::Or) {
            let is_left = is_true(left, &self.meter).map_err(|error| in_place(error, expr, operator))?;
            if is_left == (operator == Symbol::Or) {
                return Ok(Value::Bool(is_left));
            }
            let right = self.evaluate(right, input, frame).and_then(|right| is_true(&right, &self.meter));
            return right.map(Value::Bool).map_err(|error| in_place(error, expr, operator));
        }
        let right = self.evaluate(right, input, frame);
        let Ok(right) = &right else { return right };
        self.operate_in_place(expr, operator, left, right)
    }

    fn operate_in_place(&self, expr: &Expr, operator: Symbol, left: &Value<'a>, right: &Value<'a>) -> Result<'a> {
        let mut result = self.operate(operator, left, right);
        if let Err(error) = result {
            result = Err(in_place(error, expr, operator));
        }
        result
    }

    fn operate(&self, operator: Symbol, left: &Value<'a>, right: &Value<'a>) -> Result<'a> {
        match operator {
            Symbol::Plus => self.arithmetic(left, right, |left, right| left + right),
            Symbol::Minus => self.arithmetic(left, right, |left, right| left - right),
            Symbol::Star => self.arithmetic(left, right, |left, right| left * right),
            Symbol::Slash => self.arithmetic(left, right, |left, right| left / right),
            Symbol::Percent => self.arithmetic(left, right, |left, right| left % right),
            Symbol::Equal => Ok(Value::Bool(self.equal(left, right)?.unwrap_or(false))),
            Symbol::NotEqual => Ok(Value::Bool(self.equal(left, right)?.is_some_and(|is_equal| !is_equal))),
            Symbol::Less => self.compare_values(left, right, |order| order == Ordering::Less),
            Symbol::AtMost => self.compare_values(left, right, |order| order != Ordering::Greater),
            Symbol::Greater => self.compare_values(left, right, |order| order == Ordering::Greater),
            Symbol::AtLeast => self.compare_values(left, right, |order| order != Ordering::Less),
            Symbol::Ampersand => self.concatenate(left, right),
            Symbol::Range => self.range(left, right),
            Symbol::In => Ok(Value::Bool(!left.is_undefined() && self.contains(right, left)?)),
            other => Err(Error::new(Code::S0204).with_token(other.text())),
        }
    }

    fn contains(&self, whole: &Value<'a>, part: &Value<'a>) -> std::result::Result<bool, Error> {
        for item in whole.items_or_self().iter() {
            self.meter.spend(1)?;
            if is_same(&item, part, &self.meter)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn arithmetic(&self, left: &Value<'a>, right: &Value<'a>, compute: impl Fn(f64, f64) -> f64) -> Result<'a> {
        let left = self.operand(left, Code::T2001)?;
        let right = self.operand(right, Code::T2002)?;
        match (left, right) {
            (Some(left), Some(right)) => Ok(Value::Number(compute(left, right))),
            _ => Ok(Value::Undefined),
        }
    }

    /// The number; none if there is nothing.
    fn operand(&self, operand: &Value<'a>, code: Code) -> std::result::Result<Option<f64>, Error> {
        match operand.as_number() {
            Some(number) if number.is_finite() => Ok(Some(number)),
            _ if operand.is_undefined() => Ok(None),
            // An infinite number has an error of its own.
            _ => {
                is_numeric(operand).and_then(|_| Err(Error::new(code).with_value_json(in_error(operand, &self.meter))))
            }
        }
    }

    /// Nothing if either is undefined: then they are neither equal nor different.
    fn equal(&self, left: &Value<'a>, right: &Value<'a>) -> std::result::Result<Option<bool>, Error> {
        if left.is_undefined() || right.is_undefined() {
            return Ok(None);
        }
        is_deep_equal(left, right, &self.meter).map(Some)
    }

    fn compare_values(&self, left: &Value<'a>, right: &Value<'a>, fits: impl Fn(Ordering) -> bool) -> Result<'a> {
        if let (Some(left), Some(right)) = (left.as_number(), right.as_number()) {
            return Ok(Value::Bool(left.partial_cmp(&right).is_some_and(fits)));
        }
        let is_plain = |value: &Value<'a>| value.as_text().is_some() || value.as_number().is_some();
        for operand in [left, right] {
            if !operand.is_undefined() && !is_plain(operand) {
                let shown = if is_plain(left) { right } else { left };
                return Err(Error::new(Code::T2010).with_value_json(in_error(shown, &self.meter)));
            }
        }
        if left.is_undefined() || right.is_undefined() {
            return Ok(Value::Undefined);
        }
        match (left.as_text(), right.as_text()) {
            (Some(left), Some(right)) => Ok(Value::Bool(fits(compare_text(left, right, &self.meter)?))),
            _ => Err(Error::new(Code::T2009)
                .with_value_json(in_error(left, &self.meter))
                .with_second_json(in_error(right, &self.meter))),
        }
    }

    fn concatenate(&self, left: &Value<'a>, right: &Value<'a>) -> Result<'a> {
        let (left, right) = (to_text(self, left)?, to_text(self, right)?);
        self.meter.require(left.len() + right.len())?;
        let mut text = String::with_capacity(left.len() + right.len());
        text.push_str(&left);
        text.push_str(&right);
        self.text(text)
    }

    fn range(&self, left: &Value<'a>, right: &Value<'a>) -> Result<'a> {
        let is_integer = |value: &Value<'a>| value.as_number().is_some_and(|number| number.fract() == 0.0);
        for (operand, code) in [(left, Code::T2003), (right, Code::T2004)] {
            if !operand.is_undefined() && !is_integer(operand) {
                return Err(Error::new(code).with_value_json(in_error(operand, &self.meter)));
            }
        }
        let (Some(first), Some(last)) = (left.as_number(), right.as_number()) else { return Ok(Value::Undefined) };
        if first > last {
            return Ok(Value::Undefined);
        }
        let size = last - first + 1.0;
        if size > MAX_RANGE {
            return Err(Error::new(Code::D2014).with_value_json(Some(crate::number::print(size))));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and ten million")]
        Ok(Array::range(first, size as usize, &self.meter)?.into())
    }

    pub(super) fn negate(
        &self,
        expr: &'a Expr,
        operand: &'a Expr,
        input: &Value<'a>,
        frame: &Rc<Frame<'a>>,
    ) -> Result<'a> {
        let value = self.evaluate(operand, input, frame)?;
        match value.as_number() {
            None if value.is_undefined() => Ok(value),
            Some(number) if is_numeric(&value)? => Ok(Value::Number(-number)),
            _ => Err(Error::at(Code::D1002, expr.position.unwrap_or(0))
                .with_token("-")
                .with_value_json(in_error(&value, &self.meter))),
        }
    }
}

/// A failure with the place and the name of the operator.
fn in_place(error: Error, expr: &Expr, operator: Symbol) -> Error {
    error.with_position(expr.position.unwrap_or(0)).with_token(operator.text())
}
