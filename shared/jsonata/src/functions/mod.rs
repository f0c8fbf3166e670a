//! The functions that the language brings along, by subject.

#![expect(clippy::unnecessary_wraps, reason = "all functions of the table have one type")]

mod aggregate;
mod array;
mod aws;
mod control;
mod date;
mod encoding;
mod higher_order;
mod json;
mod numeric;
mod object;
mod pattern;
mod replace;
mod search;
mod string;
mod table;

pub(crate) use search::{next_match, regex_match};
pub(crate) use table::Native;

use crate::error::{Code, Error};
use crate::evaluate::{Frame, Machine, Result};
use crate::meter::Meter;
use crate::value::{Text, Value, print};
use std::rc::Rc;

/// What a function is called with.
pub(crate) struct Arguments<'m, 'a> {
    pub(crate) values: Vec<Value<'a>>,
    pub(crate) input: &'m Value<'a>,
    pub(crate) frame: &'m Rc<Frame<'a>>,
}

impl<'a> Arguments<'_, 'a> {
    fn get(&self, index: usize) -> &Value<'a> {
        self.values.get(index).unwrap_or(&Value::Undefined)
    }

    fn text(&self, index: usize) -> Option<&Text<'a>> {
        match self.get(index) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn number(&self, index: usize) -> Option<f64> {
        self.get(index).as_number()
    }
}

/// Whether it is a number that can be computed with. What is infinite is an error wherever it is met.
pub(crate) fn is_numeric(value: &Value<'_>) -> std::result::Result<bool, Error> {
    match value.as_number() {
        Some(number) if number.is_infinite() => Err(Error::new(Code::D1001).with_value_json(Some("null".to_owned()))),
        Some(number) => Ok(!number.is_nan()),
        None => Ok(false),
    }
}

/// The language's idea of true: not empty, not zero, for arrays if any element is.
pub(crate) fn is_true<'a>(value: &Value<'a>, meter: &Meter<'a>) -> std::result::Result<bool, Error> {
    is_true_at(value, meter, 0)
}

/// Deepest array whose elements are asked.
const MAX_ARRAYS: usize = 1000;

fn is_true_at<'a>(value: &Value<'a>, meter: &Meter<'a>, level: usize) -> std::result::Result<bool, Error> {
    if level > MAX_ARRAYS {
        return Err(crate::error::Limit::Nesting.into());
    }
    if let Some(items) = value.items() {
        for item in items.iter() {
            meter.spend(1)?;
            if is_true_at(&item, meter, level + 1)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    Ok(match value {
        Value::Bool(bool) => *bool,
        Value::Text(text) => !text.is_empty(),
        Value::Number(_) | Value::Digits(_) => is_numeric(value)? && value.as_number() != Some(0.0),
        Value::Function(function) => function.is_object(),
        _ => value.fields().is_some_and(|fields| fields.len() > 0),
    })
}

/// The text that `$string` gives; nothing is an empty one.
pub(crate) fn to_text<'a>(machine: &Machine<'a>, value: &Value<'a>) -> std::result::Result<Text<'a>, Error> {
    match value {
        Value::Undefined | Value::Function(_) => Ok(Text::Borrowed("")),
        Value::Text(text) => Ok(text.clone()),
        other => Text::new(stringify(machine, other, false)?, &machine.meter),
    }
}

fn stringify<'a>(machine: &Machine<'a>, value: &Value<'a>, indented: bool) -> std::result::Result<String, Error> {
    if let Some(number) = value.as_number()
        && !number.is_finite()
    {
        return Err(Error::new(Code::D3001).with_value_json(Some("null".to_owned())));
    }
    match value {
        Value::Array(array) if array.flags().wraps_input => print(&array.get(0), indented, &machine.meter),
        _ => print(value, indented, &machine.meter),
    }
}

/// JavaScript's `slice`: start and end, the negative ones counted from the end.
fn slice(len: usize, start: f64, end: Option<f64>) -> (usize, usize) {
    let place = |position: f64| {
        #[expect(clippy::cast_precision_loss, reason = "no string is that long")]
        let len = len as f64;
        let position = if position.is_nan() { 0.0 } else { position.trunc() };
        let place = if position < 0.0 { (len + position).max(0.0) } else { position.min(len) };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and a length")]
        let place = place as usize;
        place
    };
    let start = place(start);
    (start, end.map_or(len, place).max(start))
}

/// A whole number as index or count.
#[expect(clippy::cast_precision_loss, reason = "no array is that long")]
fn count<'a>(number: usize) -> Value<'a> {
    Value::Number(number as f64)
}

type Run = for<'m, 'a> fn(&'m Machine<'a>, &Arguments<'_, 'a>) -> Result<'a>;
