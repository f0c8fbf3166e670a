//! Values as JSON text, as JavaScript writes it.

use super::{Items, Value};
use crate::error::{Code, Error};
use crate::meter::Meter;
use crate::number;
use std::rc::Rc;

/// Longest text of a value within an error's message.
const MAX_IN_ERROR: usize = 32 * 1024;

/// How numbers and functions are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// As `$string` does: 15 significant digits, functions as empty strings.
    Function,
    /// As it is, for messages.
    Plain,
}

/// The text that `$string` makes of a value that is no string.
pub(crate) fn print<'a>(value: &Value<'a>, indented: bool, meter: &Rc<Meter<'a>>) -> Result<String, Error> {
    let mut printer = Printer {
        text: String::new(),
        meter,
        style: Style::Function,
        indent: if indented { 2 } else { 0 },
        cap: usize::MAX,
    };
    printer.value(value, 0)?;
    Ok(printer.text)
}

/// The JSON text of a value within an error's message; cut off where it gets long.
pub(crate) fn in_error<'a>(value: &Value<'a>, meter: &Rc<Meter<'a>>) -> Option<String> {
    if matches!(value, Value::Undefined | Value::Function(_)) {
        return None;
    }
    let mut printer = Printer { text: String::new(), meter, style: Style::Plain, indent: 0, cap: MAX_IN_ERROR };
    // What does not fit is left out; the message tells enough.
    let _ = printer.value(value, 0);
    Some(printer.text)
}

/// Steps beyond the first that it takes to round a number to 15 digits.
pub(crate) const ROUNDED: usize = 10;

struct Printer<'p, 'a> {
    text: String,
    meter: &'p Rc<Meter<'a>>,
    style: Style,
    indent: usize,
    cap: usize,
}

impl<'a> Printer<'_, 'a> {
    fn value(&mut self, value: &Value<'a>, level: usize) -> Result<(), Error> {
        self.meter.spend(1)?;
        match value {
            Value::Undefined | Value::Null => self.push("null"),
            Value::Bool(true) => self.push("true"),
            Value::Bool(false) => self.push("false"),
            Value::Text(text) => self.quoted(text),
            Value::Function(_) => self.push("\"\""),
            Value::Number(_) | Value::Digits(_) => self.number(value.as_number().unwrap_or(f64::NAN)),
            Value::JsonArray(_) | Value::Array(_) | Value::Tuples(_) => match value.items() {
                Some(items) => self.array(items, level + 1),
                None => Ok(()),
            },
            Value::JsonObject(_) | Value::Given(_) | Value::Object(_) => self.object(value, level + 1),
        }
    }

    fn number(&mut self, number: f64) -> Result<(), Error> {
        if number.is_nan() {
            return self.push("null");
        }
        if self.style == Style::Plain {
            return if number.is_infinite() { self.push("null") } else { self.push(&number::print(number)) };
        }
        if number.is_infinite() {
            return Err(Error::new(Code::D1001).with_value_json(Some("null".to_owned())));
        }
        if number.fract() != 0.0 {
            self.meter.spend(ROUNDED)?;
        }
        // The greatest numbers are beyond all numbers once they are rounded.
        match to_precision(number) {
            rounded if rounded.is_infinite() => self.push("null"),
            rounded => self.push(&number::print(rounded)),
        }
    }

    fn array(&mut self, items: Items<'_, 'a>, level: usize) -> Result<(), Error> {
        self.meter.nest(level)?;
        self.push("[")?;
        for index in 0..items.len() {
            if index > 0 {
                self.push(",")?;
            }
            self.new_line(level)?;
            self.value(&items.get(index), level)?;
        }
        if items.len() > 0 {
            self.new_line(level - 1)?;
        }
        self.push("]")
    }

    fn object(&mut self, value: &Value<'a>, level: usize) -> Result<(), Error> {
        self.meter.nest(level)?;
        self.push("{")?;
        let mut is_first = true;
        for (name, value) in value.fields().map(|fields| fields.list()).unwrap_or_default() {
            if value.is_undefined() {
                continue;
            }
            if !std::mem::take(&mut is_first) {
                self.push(",")?;
            }
            self.new_line(level)?;
            self.quoted(&name)?;
            self.push(if self.indent > 0 { ": " } else { ":" })?;
            self.value(&value, level)?;
        }
        if !is_first {
            self.new_line(level - 1)?;
        }
        self.push("}")
    }

    fn new_line(&mut self, level: usize) -> Result<(), Error> {
        if self.indent == 0 {
            return Ok(());
        }
        self.push("\n")?;
        self.push(&" ".repeat(self.indent * level))
    }

    fn quoted(&mut self, text: &str) -> Result<(), Error> {
        self.meter.require(self.text.len() + text.len())?;
        self.push(&serde_json::Value::from(text).to_string())
    }

    fn push(&mut self, text: &str) -> Result<(), Error> {
        let len = self.text.len() + text.len();
        if len > self.cap {
            return Err(Error::internal("cut off"));
        }
        self.meter.require(len)?;
        self.text.push_str(text);
        Ok(())
    }
}

/// The number with 15 significant digits, as `Number(value.toPrecision(15))` gives it.
pub(crate) fn to_precision(number: f64) -> f64 {
    // A number that has no more digits stays as it is; most do.
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return number;
    }
    // Exact ties go away from zero in JavaScript, to even in Rust: with one digit more, a tie shows as a final 5.
    let exact = format!("{number:.40e}");
    let digits = exact.bytes().filter(u8::is_ascii_digit).skip(15).take(26);
    let mut rest = digits.skip_while(|digit| *digit == b'5');
    let is_tie = exact.bytes().filter(u8::is_ascii_digit).nth(15) == Some(b'5') && rest.all(|digit| digit == b'0');
    let rounded = if is_tie { format!("{:.14e}", number * (1.0 + f64::EPSILON)) } else { format!("{number:.14e}") };
    rounded.parse().unwrap_or(number)
}
