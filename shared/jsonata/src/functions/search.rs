//! Searches: match by match, whoever finds them.

use crate::error::{Code, Error};
use crate::evaluate::{Caller, Frame, Machine, Result};
use crate::options::Dialect;
use crate::regex::Regex;
use crate::value::{Function, Object, Text, Value};
use std::rc::Rc;

/// One match, in bytes of the text.
pub(super) struct Found<'a> {
    pub(super) matched: Text<'a>,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) groups: Vec<Value<'a>>,
    pub(super) next: Next<'a>,
}

pub(super) enum Next<'a> {
    Regex(&'a Regex, usize),
    Function(Value<'a>),
}

/// A search for a function's pattern in a text.
pub(super) struct Search<'m, 'a> {
    pub(super) machine: &'m Machine<'a>,
    pub(super) frame: &'m Rc<Frame<'a>>,
    pub(super) text: Text<'a>,
}

impl<'a> Search<'_, 'a> {
    pub(super) fn first(&self, pattern: &Value<'a>) -> std::result::Result<Option<Found<'a>>, Error> {
        match pattern {
            Value::Function(function) => match &**function {
                Function::Regex(regex, position) => self.find(regex, *position, 0),
                _ => self.ask(pattern, vec![Value::Text(self.text.clone())]),
            },
            _ => self.ask(pattern, vec![Value::Text(self.text.clone())]),
        }
    }

    pub(super) fn next(&self, after: &Found<'a>) -> std::result::Result<Option<Found<'a>>, Error> {
        match &after.next {
            Next::Function(function) => self.ask(function, vec![Value::Undefined]),
            Next::Regex(_, _) if after.end >= self.text.len() => Ok(None),
            Next::Regex(regex, position) => {
                let found = self.find(regex, *position, after.end)?;
                match found {
                    Some(found) if found.matched.is_empty() => Err(empty_match(regex, *position)),
                    found => Ok(found),
                }
            }
        }
    }

    fn find(&self, regex: &'a Regex, position: usize, from: usize) -> std::result::Result<Option<Found<'a>>, Error> {
        let meter = &self.machine.meter;
        let Some(captures) = regex.find(&self.text, from, meter)? else { return Ok(None) };
        meter.spend(captures.len())?;
        let mut texts = Vec::with_capacity(captures.len());
        for capture in &captures {
            texts.push(match capture {
                Some((start, end)) => Value::Text(self.text.slice(*start, *end, meter)?),
                None => Value::Undefined,
            });
        }
        let groups = texts.split_off(1);
        let (start, end) = captures[0].unwrap_or_default();
        let matched = self.text.slice(start, end, meter)?;
        Ok(Some(Found { matched, start, end, groups, next: Next::Regex(regex, position) }))
    }

    /// Asks a matcher that the expression defines.
    fn ask(&self, matcher: &Value<'a>, arguments: Vec<Value<'a>>) -> std::result::Result<Option<Found<'a>>, Error> {
        let answer = self.machine.apply(matcher, arguments, &Value::Null, self.frame)?;
        if answer.is_undefined() {
            return Ok(None);
        }
        let fields = answer.fields();
        let get = |name: &str| fields.map_or(Value::Undefined, |fields| fields.get(name));
        let (start, end, groups, next) = (get("start"), get("end"), get("groups"), get("next"));
        let is_match =
            start.as_number().is_some() || end.as_number().is_some() || groups.is_array() || next.is_function();
        if !is_match {
            return Err(Error::new(Code::T1010));
        }
        let matched = match get("match") {
            Value::Text(text) => text,
            _ => Text::Borrowed(""),
        };
        let start = byte_of(&self.text, start.as_number().unwrap_or(0.0));
        let end = match end.as_number() {
            Some(end) => byte_of(&self.text, end),
            None => (start + matched.len()).min(self.text.len()),
        };
        self.machine.meter.scan(self.text.len())?;
        self.machine.meter.spend(groups.items().map_or(0, |items| items.len()))?;
        let groups = groups.items().map(|items| items.iter().collect()).unwrap_or_default();
        Ok(Some(Found { matched, start, end: end.max(start), groups, next: Next::Function(next) }))
    }

    /// The match as the expression sees it.
    pub(super) fn object(&self, found: &Found<'a>) -> Result<'a> {
        self.machine.meter.scan(found.end)?;
        let object = Object::new(&self.machine.meter)?;
        let unit = |at| super::count(self.text[..at].encode_utf16().count());
        object.insert(Text::Borrowed("match"), Value::Text(found.matched.clone()))?;
        object.insert(Text::Borrowed("start"), unit(found.start))?;
        object.insert(Text::Borrowed("end"), unit(found.end))?;
        object.insert(Text::Borrowed("groups"), self.machine.array(found.groups.clone())?)?;
        let next = match &found.next {
            Next::Regex(regex, position) => {
                let next = Function::Next { regex, position: *position, text: self.text.clone(), from: found.end };
                Value::Function(Rc::new(next))
            }
            Next::Function(next) => next.clone(),
        };
        object.insert(Text::Borrowed("next"), next)?;
        Ok(object.into())
    }
}

fn empty_match(regex: &Regex, position: usize) -> Error {
    Error::at(Code::D1004, position).with_value(regex.source())
}

/// The byte at which a UTF-16 unit stands.
fn byte_of(text: &str, unit: f64) -> usize {
    let mut units = 0.0;
    for (at, character) in text.char_indices() {
        if units >= unit {
            return at;
        }
        units += if character.len_utf16() == 2 { 2.0 } else { 1.0 };
    }
    text.len()
}

/// A regular expression that is called as a function. A second argument says from where on it searches: a function that
/// passes an index along with each item thereby does.
pub(crate) fn regex_match<'a>(
    machine: &Machine<'a>,
    regex: &'a Regex,
    position: usize,
    arguments: &[Value<'a>],
) -> Result<'a> {
    let text = searched(machine, arguments.first().unwrap_or(&Value::Undefined))?;
    let from = match arguments.get(1).and_then(Value::as_number) {
        Some(from) if machine.dialect == Dialect::Reference && from >= 1.0 => from.floor(),
        _ => return match_from(machine, regex, position, text, 0),
    };
    machine.meter.scan(text.len())?;
    #[expect(clippy::cast_precision_loss, reason = "no string is that long")]
    let units = text.encode_utf16().count() as f64;
    if from > units {
        return Ok(Value::Undefined);
    }
    let from = byte_of(&text, from);
    match_from(machine, regex, position, text, from)
}

/// The text in which a regular expression searches: in JavaScript, that of whatever it is given.
fn searched<'a>(machine: &Machine<'a>, value: &Value<'a>) -> std::result::Result<Text<'a>, Error> {
    match value {
        Value::Text(text) => Ok(text.clone()),
        Value::Undefined => Ok(Text::Borrowed("undefined")),
        Value::Null => Ok(Text::Borrowed("null")),
        other => {
            let mut text = String::new();
            spell(machine, other, &mut text, 0)?;
            Text::new(text, &machine.meter)
        }
    }
}

/// A value as JavaScript's `String` has it: the elements of an array between commas, nothing of an object.
fn spell<'a>(
    machine: &Machine<'a>,
    value: &Value<'a>,
    text: &mut String,
    level: usize,
) -> std::result::Result<(), Error> {
    machine.meter.nest(level)?;
    machine.meter.require(text.len())?;
    if let Some(items) = value.items() {
        for (index, item) in items.iter().enumerate() {
            machine.meter.spend(1)?;
            text.push_str(if index > 0 { "," } else { "" });
            spell(machine, &item, text, level + 1)?;
        }
        return Ok(());
    }
    match value {
        Value::Undefined | Value::Null => {}
        Value::Bool(bool) => text.push_str(if *bool { "true" } else { "false" }),
        Value::Text(part) => text.push_str(part),
        Value::Function(_) => return Err(Error::internal("A function has no text to search in")),
        other => match other.as_number() {
            Some(number) => text.push_str(&crate::number::print(number)),
            None => text.push_str("[object Object]"),
        },
    }
    Ok(())
}

fn match_from<'a>(machine: &Machine<'a>, regex: &'a Regex, position: usize, text: Text<'a>, from: usize) -> Result<'a> {
    let frame = Frame::root(&machine.meter, &Caller::NOBODY)?;
    let search = Search { machine, frame: &frame, text };
    match search.find(regex, position, from)? {
        Some(found) => search.object(&found),
        None => Ok(Value::Undefined),
    }
}

/// The match after one that a regular expression gave as a function.
pub(crate) fn next_match<'a>(
    machine: &Machine<'a>,
    regex: &'a Regex,
    position: usize,
    text: &Text<'a>,
    from: usize,
) -> Result<'a> {
    if from >= text.len() {
        return Ok(Value::Undefined);
    }
    let found = match_from(machine, regex, position, text.clone(), from)?;
    let is_empty = found.fields().is_some_and(|fields| fields.get("match").as_text() == Some(""));
    if is_empty { Err(empty_match(regex, position)) } else { Ok(found) }
}
