//! The result of an evaluation, as JSON of the caller's.

use super::{Value, parse_number};
use crate::error::Error;
use crate::meter::{ELEMENT, Meter};
use crate::number;
use crate::options::Dialect;
use serde_json::{Map, Number};
use std::cell::Cell;
use std::ops::RangeInclusive;

/// What an expression evaluates to.
///
/// ```
/// use ratchet_jsonata::{Expression, Outcome};
/// use serde_json::json;
///
/// let evaluate = |text: &str| Expression::parse(text).unwrap().evaluate(&json!({"a": 1})).unwrap();
/// assert_eq!(evaluate("a + 1"), Outcome::Json(json!(2)));
/// assert_eq!(evaluate("b"), Outcome::Undefined);
/// assert_eq!(evaluate("function() { 1 }"), Outcome::Function);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Nothing, which is not the same as null.
    Undefined,
    /// A JSON value.
    Json(serde_json::Value),
    /// A function, or a value that has one in it: no JSON can hold it.
    Function,
}

impl Outcome {
    /// The JSON value, if it is one.
    ///
    /// ```
    /// let outcome = ratchet_jsonata::Expression::parse("[1, 2]").unwrap().evaluate(&serde_json::Value::Null).unwrap();
    /// assert_eq!(outcome.into_json(), Some(serde_json::json!([1, 2])));
    /// ```
    pub fn into_json(self) -> Option<serde_json::Value> {
        match self {
            Self::Json(json) => Some(json),
            Self::Undefined | Self::Function => None,
        }
    }
}

/// Fractions that everybody writes without an exponent: JavaScript those of the first range, Java of the second.
const PLAIN: RangeInclusive<f64> = 1e-4..=1e14;
const PLAIN_IN_JAVA: RangeInclusive<f64> = 1e-3..=9_999_999.0;

pub(crate) fn into_json(value: &Value<'_>, dialect: Dialect, meter: &Meter<'_>) -> Result<Outcome, Error> {
    if value.is_undefined() {
        return Ok(Outcome::Undefined);
    }
    let converter = Converter { dialect, meter, units: Cell::new(0) };
    Ok(match converter.convert(value, 0)? {
        Some(json) => Outcome::Json(json),
        None => Outcome::Function,
    })
}

/// What is shared within a value is written out as often as it occurs, so the size is counted on the way.
struct Converter<'m, 'a> {
    dialect: Dialect,
    meter: &'m Meter<'a>,
    units: Cell<usize>,
}

impl Converter<'_, '_> {
    /// The JSON; none if there is a function in it.
    fn convert(&self, value: &Value<'_>, level: usize) -> Result<Option<serde_json::Value>, Error> {
        self.count(level, 0)?;
        Ok(Some(match value {
            Value::Undefined | Value::Null => serde_json::Value::Null,
            Value::Bool(bool) => serde_json::Value::Bool(*bool),
            Value::Number(number) => self.number(*number),
            Value::Digits(number) => self.rewritten_number(number),
            Value::Text(text) => {
                self.count(level, text.len())?;
                serde_json::Value::String((**text).to_owned())
            }
            Value::JsonArray(items) => {
                if self.measure_items(items, level + 1)? {
                    serde_json::Value::Array(items.to_vec())
                } else {
                    serde_json::Value::Array(items.iter().map(|item| self.rewritten(item)).collect())
                }
            }
            Value::JsonObject(fields) => {
                if self.measure_fields(fields, level + 1)? {
                    serde_json::Value::Object((*fields).clone())
                } else {
                    serde_json::Value::Object(self.rewritten_fields(fields))
                }
            }
            Value::Function(_) => return Ok(None),
            Value::Array(_) | Value::Tuples(_) => {
                let items = value.items_or_self();
                let mut json = Vec::with_capacity(items.len());
                for item in items.iter() {
                    let Some(item) = self.convert(&item, level + 1)? else { return Ok(None) };
                    json.push(item);
                }
                serde_json::Value::Array(json)
            }
            Value::Given(members) => {
                return self.convert_members(
                    members.len(),
                    |visit| members.iter().try_for_each(|(name, member)| visit(name, &Value::from_variable(member))),
                    level,
                );
            }
            Value::Object(object) => {
                let len = value.fields().map_or(0, |fields| fields.len());
                return self.convert_members(len, |visit| object.try_each(|name, member| visit(name, member)), level);
            }
        }))
    }

    /// An object of the members that `each` goes through.
    fn convert_members<'v>(
        &self,
        len: usize,
        each: impl FnOnce(&mut dyn FnMut(&str, &Value<'v>) -> Result<(), Error>) -> Result<(), Error>,
        level: usize,
    ) -> Result<Option<serde_json::Value>, Error> {
        let mut json = Map::with_capacity(len);
        let mut has_function = false;
        each(&mut |name, value| {
            if value.is_undefined() || has_function {
                return Ok(());
            }
            self.count(level, name.len())?;
            match self.convert(value, level + 1)? {
                Some(value) => drop(json.insert(name.to_owned(), value)),
                None => has_function = true,
            }
            Ok(())
        })?;
        Ok((!has_function).then_some(serde_json::Value::Object(json)))
    }

    /// Counts one value, and the bytes of its text.
    fn count(&self, level: usize, bytes: usize) -> Result<(), Error> {
        self.meter.nest(level)?;
        self.meter.spend(1)?;
        self.units.set(self.units.get().saturating_add(bytes + ELEMENT));
        self.meter.admit(self.units.get())
    }

    /// Counts what is borrowed, before it is copied, and tells whether all of it stays as it is written.
    fn measure(&self, json: &serde_json::Value, level: usize) -> Result<bool, Error> {
        self.count(level, json.as_str().map_or(0, str::len))?;
        match json {
            serde_json::Value::Array(items) => self.measure_items(items, level + 1),
            serde_json::Value::Object(fields) => self.measure_fields(fields, level + 1),
            serde_json::Value::Number(number) => Ok(self.keeps(number)),
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::String(_) => Ok(true),
        }
    }

    fn measure_items(&self, items: &[serde_json::Value], level: usize) -> Result<bool, Error> {
        items.iter().try_fold(true, |keeps, item| Ok(self.measure(item, level)? && keeps))
    }

    fn measure_fields(&self, fields: &Map<String, serde_json::Value>, level: usize) -> Result<bool, Error> {
        fields.iter().try_fold(true, |keeps, (name, value)| {
            self.count(level, name.len())?;
            Ok(self.measure(value, level)? && keeps)
        })
    }

    /// Whether a number of the caller's leaves as it came. On AWS, only whole ones of 64 bits do.
    fn keeps(&self, number: &Number) -> bool {
        match self.dialect {
            Dialect::Reference => true,
            Dialect::Aws => number.as_i64().is_some_and(|whole| whole != 0 || !number.as_str().starts_with('-')),
        }
    }

    fn rewritten(&self, json: &serde_json::Value) -> serde_json::Value {
        match json {
            serde_json::Value::Number(number) => self.rewritten_number(number),
            serde_json::Value::Array(items) => items.iter().map(|item| self.rewritten(item)).collect(),
            serde_json::Value::Object(fields) => serde_json::Value::Object(self.rewritten_fields(fields)),
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::String(_) => json.clone(),
        }
    }

    fn rewritten_fields(&self, fields: &Map<String, serde_json::Value>) -> Map<String, serde_json::Value> {
        fields.iter().map(|(name, value)| (name.clone(), self.rewritten(value))).collect()
    }

    fn rewritten_number(&self, number: &Number) -> serde_json::Value {
        if self.keeps(number) { serde_json::Value::Number(number.clone()) } else { self.number(parse_number(number)) }
    }

    /// A number; where JSON has no text for it, null in the reference and its name on AWS.
    fn number(&self, number: f64) -> serde_json::Value {
        // Most numbers are whole, or have the same text here as in JavaScript, without an exponent.
        if let Some(whole) = number::whole(number) {
            return whole.into();
        }
        let (plain, print, is_named): (_, fn(f64) -> String, _) = match self.dialect {
            Dialect::Reference => (PLAIN, number::print, false),
            Dialect::Aws => (PLAIN_IN_JAVA, number::print_java, true),
        };
        if plain.contains(&number.abs()) {
            return number.into();
        }
        let text = print(number);
        match text.parse::<Number>() {
            Ok(number) => serde_json::Value::Number(number),
            Err(_) if is_named => serde_json::Value::String(text),
            Err(_) => serde_json::Value::Null,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PLAIN;

    #[test]
    fn plain_numbers_have_the_text_of_javascript() {
        let mut bits = 1_u64;
        for _ in 0..200_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Fractions of any length, from the smallest plain number to the largest.
            #[expect(clippy::cast_precision_loss, reason = "any number will do")]
            let number = PLAIN.start() * 10_f64.powf((bits >> 11) as f64 / (1_u64 << 53) as f64 * 18.0);
            let rounded = (number * 100.0).round() / 100.0;
            for number in [number, -number, rounded] {
                if PLAIN.contains(&number.abs()) && number.fract() != 0.0 {
                    assert_eq!(serde_json::Value::from(number).to_string(), ryu_js::Buffer::new().format(number));
                }
            }
        }
    }
}
