//! An object of the definition, read field by field.
//!
//! Every reader reports what is wrong and answers nothing; the caller goes on, so that all findings come at once.
//! What no reader asked for is an unknown field, reported by [`Fields::finish`].

use super::language::Language;
use super::queries::Outcome;
use super::report::{Finding, Place, Report};
use serde_json::{Map, Number, Value};
use std::cell::RefCell;
use std::ops::RangeInclusive;

/// An object and what of it has been asked for.
pub(super) struct Fields<'a> {
    object: &'a Map<String, Value>,
    pub(super) place: Place,
    pub(super) report: &'a Report,
    /// What its expressions are written in.
    pub(super) language: Language,
    /// What its `Output` and `Assign` see of the state's work.
    pub(super) outcome: Outcome,
    known: RefCell<Vec<&'a str>>,
}

impl<'a> Fields<'a> {
    /// The fields of a value, which must be an object.
    pub(super) fn of(value: &'a Value, place: Place, report: &'a Report) -> Option<Self> {
        let Value::Object(object) = value else {
            report.schema(&place, "Expected value of type Object");
            return None;
        };
        let (language, outcome) = (Language::JsonPath, Outcome::Nothing);
        Some(Self { object, place, report, language, outcome, known: RefCell::default() })
    }

    /// The fields of a part of this object, in the same language.
    pub(super) fn part(&self, value: &'a Value, place: Place) -> Option<Self> {
        let part = Self::of(value, place, self.report)?;
        Some(Self { language: self.language, outcome: self.outcome, ..part })
    }

    /// Where a field is.
    pub(super) fn at(&self, name: &str) -> Place {
        self.place.field(name)
    }

    /// Whether a field is there, whatever it holds.
    pub(super) fn has(&self, name: &'a str) -> bool {
        self.get(name).is_some()
    }

    /// A field as it is.
    pub(super) fn get(&self, name: &'a str) -> Option<&'a Value> {
        self.allow(name);
        self.object.get(name)
    }

    /// Says that a field is known, for those that are read elsewhere.
    pub(super) fn allow(&self, name: &'a str) {
        let mut known = self.known.borrow_mut();
        if !known.contains(&name) {
            known.push(name);
        }
    }

    /// Says that fields are known.
    pub(super) fn allow_all(&self, names: &[&'a str]) {
        for name in names {
            self.allow(name);
        }
    }

    /// Every field with its name, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.object.iter()
    }

    /// A finding about a field.
    pub(super) fn schema(&self, name: &str, message: impl Into<String>) -> Finding<'a> {
        self.report.schema(&self.at(name), message)
    }

    /// All of these must be there.
    pub(super) fn require(&self, names: &[&'a str]) {
        let missing: Vec<&str> = names.iter().copied().filter(|name| !self.has(name)).collect();
        if !missing.is_empty() {
            self.report.schema(&self.place, format!("These fields are required: [{}]", missing.join(", ")));
        }
    }

    /// At most one of these may be there. AWS names all of them, not those that are there.
    pub(super) fn exclude(&self, names: &[&'a str]) -> bool {
        let mut found = names.iter().filter(|name| self.has(name));
        let (_, Some(second)) = (found.next(), found.next()) else {
            return true;
        };
        let message = format!("There should only be one of the following fields: [{}]", names.join(", "));
        self.report.schema(&self.place, message).focus(&self.at(second));
        false
    }

    /// Exactly one of these must be there.
    pub(super) fn exactly_one(&self, names: &[&'a str]) {
        if self.exclude(names) && !names.iter().any(|name| self.has(name)) {
            self.report_none_of(names);
        }
    }

    /// None of these is there.
    pub(super) fn report_none_of(&self, names: &[&str]) -> Finding<'a> {
        let message = format!("This object should have only one of the following fields: [{}]", names.join(", "));
        self.report.schema(&self.place, message)
    }

    pub(super) fn string(&self, name: &'a str) -> Option<&'a str> {
        let value = self.get(name)?;
        self.expect(name, "String", value.as_str())
    }

    pub(super) fn boolean(&self, name: &'a str) -> Option<bool> {
        let value = self.get(name)?;
        self.expect(name, "Boolean", value.as_bool())
    }

    /// One of the given words.
    pub(super) fn word(&self, name: &'a str, words: &[&str]) -> Option<&'a str> {
        let word = self.string(name)?;
        if words.contains(&word) {
            return Some(word);
        }
        self.schema(name, format!("Value should be one of the following: [{}]", words.join(", ")));
        None
    }

    /// A whole number, written without a fraction.
    pub(super) fn integer(&self, name: &'a str, range: &RangeInclusive<u64>) -> Option<u64> {
        let value = self.get(name)?;
        let text = value.as_number().map(ToString::to_string).unwrap_or_default();
        let digits = text.strip_prefix('-').unwrap_or(&text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.expect(name, "Integer", None);
        }
        // What does not fit is negative or huge: both lie outside of every range.
        let number = if digits.len() < text.len() && digits != "0" { None } else { digits.parse::<u64>().ok() };
        if digits.len() < text.len() && digits != "0" || number.is_some_and(|number| number < *range.start()) {
            self.schema(name, format!("Minimum value is {}", range.start()));
            return None;
        }
        let fits = number.filter(|number| number <= range.end());
        if fits.is_none() {
            self.schema(name, format!("Maximum value is {}", range.end()));
        }
        fits
    }

    /// A number of any kind, as it is written.
    pub(super) fn any_number(&self, name: &'a str) -> Option<Number> {
        let value = self.get(name)?;
        self.expect(name, "Number", value.as_number().cloned())
    }

    /// A number within a range.
    pub(super) fn number(&self, name: &'a str, range: &RangeInclusive<f64>) -> Option<f64> {
        let value = self.get(name)?;
        let number = self.expect(name, "Number", value.as_number().and_then(Number::as_f64))?;
        if number < *range.start() {
            self.schema(name, format!("Minimum value is {:?}", range.start()));
        } else if number > *range.end() {
            self.schema(name, format!("Maximum value is {:?}", range.end()));
        }
        range.contains(&number).then_some(number)
    }

    /// The items of an array, each with its place.
    pub(super) fn array(&self, name: &'a str) -> Option<Vec<(Place, &'a Value)>> {
        let value = self.get(name)?;
        let items = self.expect(name, "Array", value.as_array())?;
        let place = self.at(name);
        Some(items.iter().enumerate().map(|(index, item)| (place.item(index), item)).collect())
    }

    /// The items of an array that must have some.
    pub(super) fn filled_array(&self, name: &'a str) -> Option<Vec<(Place, &'a Value)>> {
        let items = self.array(name)?;
        if items.is_empty() {
            self.schema(name, "Value cannot be empty");
            return None;
        }
        Some(items)
    }

    /// `Comment`, which may stand anywhere.
    pub(super) fn comment(&self) -> Option<String> {
        self.string("Comment").map(str::to_owned)
    }

    /// Reports the fields that nobody knows.
    pub(super) fn finish(&self) {
        if !self.known.borrow().contains(&"Comment") {
            self.comment();
        }
        let known = self.known.borrow();
        for name in self.object.keys().filter(|name| !known.contains(&name.as_str())) {
            let message = format!("Field '{name}' is not supported");
            self.report.schema(&self.place, message).focus(&self.at(name));
        }
    }

    /// What a field holds if it is of its type, which is reported if it is not.
    pub(super) fn expect<T>(&self, name: &str, kind: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.schema(name, format!("Expected value of type {kind}"));
        }
        value
    }
}
