//! The values of an evaluation. JSON of the caller is borrowed, never converted; what is made is shared.

mod array;
mod equality;
mod function;
mod json;
mod members;
mod object;
mod print;
mod text;
mod tuples;

pub(crate) use array::{Array, Flags, Items};
pub(crate) use equality::{compare_text, is_deep_equal, is_same};
pub(crate) use function::{Closure, Function, Parameters};
pub use json::Outcome;
pub(crate) use json::into_json;
pub(crate) use object::{Fields, Object, find_member};
pub(crate) use print::{ROUNDED, in_error, print, to_precision};
pub(crate) use text::Text;
pub(crate) use tuples::{Tuple, Tuples};

use crate::options::Variable;
use serde_json::{Map, Number};
use std::rc::Rc;

/// Digits of a number that are read in the time of one other step.
const DIGITS_A_STEP: usize = 32;

/// The tag fills a word: values are moved by words, and a move right after a narrower write would have to wait for it.
#[derive(Clone)]
#[repr(u64)]
pub(crate) enum Value<'a> {
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    /// A number of the input. It keeps its text as long as nothing is computed with it.
    Digits(&'a Number),
    Text(Text<'a>),
    JsonArray(&'a [serde_json::Value]),
    JsonObject(&'a Map<String, serde_json::Value>),
    /// An object that the caller put together.
    Given(&'a [(&'a str, Variable<'a>)]),
    Array(Rc<Array<'a>>),
    Object(Rc<Object<'a>>),
    /// A stream of values with the variables that `@`, `#` and `%` bind to each.
    Tuples(Rc<Tuples<'a>>),
    Function(Rc<Function<'a>>),
}

impl<'a> Value<'a> {
    pub(crate) fn from_json(json: &'a serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(bool) => Self::Bool(*bool),
            serde_json::Value::Number(number) => Self::Digits(number),
            serde_json::Value::String(text) => Self::Text(Text::Borrowed(text)),
            serde_json::Value::Array(items) => Self::JsonArray(items),
            serde_json::Value::Object(fields) => Self::JsonObject(fields),
        }
    }

    pub(crate) fn from_variable(variable: &'a Variable<'a>) -> Self {
        match variable {
            Variable::Json(json) => Self::from_json(json),
            Variable::Object(members) => Self::Given(members),
        }
    }

    pub(crate) fn borrowed(text: &'a str) -> Self {
        Self::Text(Text::Borrowed(text))
    }

    pub(crate) fn is_undefined(&self) -> bool {
        matches!(self, Self::Undefined)
    }

    pub(crate) fn is_array(&self) -> bool {
        matches!(self, Self::JsonArray(_) | Self::Array(_) | Self::Tuples(_))
    }

    pub(crate) fn is_function(&self) -> bool {
        matches!(self, Self::Function(_))
    }

    /// The number, be it finite or not.
    pub(crate) fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Digits(number) => Some(parse_number(number)),
            _ => None,
        }
    }

    /// Steps beyond the first that it takes to read a number: its digits may be as many as the caller's document is long.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Digits(number) => number.as_str().len() / DIGITS_A_STEP,
            _ => 0,
        }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The elements, if it is an array.
    pub(crate) fn items(&self) -> Option<Items<'_, 'a>> {
        match self {
            Self::JsonArray(items) => Some(Items::Json(items)),
            Self::Array(array) => Some(Items::Array(array)),
            Self::Tuples(tuples) => Some(Items::Tuples(tuples)),
            _ => None,
        }
    }

    /// The elements; what is no array counts as its own only element.
    pub(crate) fn items_or_self(&self) -> Items<'_, 'a> {
        self.items().unwrap_or(Items::One(self))
    }

    pub(crate) fn fields(&self) -> Option<Fields<'_, 'a>> {
        match self {
            Self::JsonObject(fields) => Some(Fields::Json(fields)),
            Self::Given(members) => Some(Fields::Given(members)),
            Self::Object(object) => Some(Fields::Object(object)),
            _ => None,
        }
    }

    pub(crate) fn flags(&self) -> Flags {
        match self {
            Self::Array(array) => array.flags(),
            _ => Flags::default(),
        }
    }

    pub(crate) fn is_sequence(&self) -> bool {
        self.flags().is_sequence
    }

    /// Levels of arrays and objects, as far as they were made here.
    pub(crate) fn levels(&self) -> usize {
        match self {
            Self::Array(array) => array.levels(),
            Self::Object(object) => object.levels(),
            _ => 0,
        }
    }
}

impl From<bool> for Value<'_> {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}

impl From<f64> for Value<'_> {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

/// Most digits of a whole number whose value is exact while it is put together.
const MAX_DIGITS: usize = 15;

/// JavaScript's number for the text of a JSON number.
pub(crate) fn parse_number(number: &Number) -> f64 {
    let text = number.as_str();
    // The common case: a few digits and nothing else.
    if text.len() <= MAX_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.bytes().fold(0.0, |sum, digit| sum * 10.0 + f64::from(digit - b'0'));
    }
    text.parse().unwrap_or(f64::NAN)
}
