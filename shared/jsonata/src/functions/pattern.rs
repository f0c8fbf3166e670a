//! Functions that search: for strings, for regular expressions, or with a matcher that the expression itself defines.

use super::Arguments;
use super::search::Search;
use crate::error::{Code, Error};
use crate::evaluate::{Machine, Result};
use crate::value::{Object, Text, Value};

/// Fails if the limit is negative.
pub(super) fn limit(
    arguments: &Arguments<'_, '_>,
    index: usize,
    code: Code,
) -> std::result::Result<Option<f64>, Error> {
    let limit = arguments.number(index);
    match limit {
        Some(limit) if limit < 0.0 => {
            let value = crate::number::to_json(limit);
            Err(Error::new(code).with_value_json(Some(value)).with_index(index + 1))
        }
        limit => Ok(limit),
    }
}

/// Whether a limit admits one more after so many.
pub(super) fn admits(limit: Option<f64>, count: f64) -> bool {
    limit.is_none_or(|limit| count < limit)
}

pub(super) fn contains<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(text) = arguments.text(0) else { return Ok(Value::Undefined) };
    if let Some(wanted) = arguments.text(1) {
        machine.meter.scan(text.len())?;
        return Ok(Value::Bool(text.contains(&**wanted)));
    }
    let search = Search { machine, frame: arguments.frame, text: text.clone() };
    Ok(Value::Bool(search.first(arguments.get(1))?.is_some()))
}

pub(super) fn find_all<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(text) = arguments.text(0) else { return Ok(Value::Undefined) };
    let limit = limit(arguments, 2, Code::D3040)?;
    let mut matches = Vec::new();
    if limit != Some(0.0) {
        let search = Search { machine, frame: arguments.frame, text: text.clone() };
        let mut found = search.first(arguments.get(1))?;
        let mut count = 0.0;
        // Units up to the latest match, so that each is counted once.
        let mut known = (0, 0);
        while let Some(current) = &found
            && admits(limit, count)
        {
            if current.start < known.0 {
                known = (0, 0);
            }
            known = (current.start, known.1 + text[known.0..current.start].encode_utf16().count());
            let object = Object::new(&machine.meter)?;
            object.insert(Text::Borrowed("match"), Value::Text(current.matched.clone()))?;
            object.insert(Text::Borrowed("index"), super::count(known.1))?;
            object.insert(Text::Borrowed("groups"), machine.array(current.groups.clone())?)?;
            matches.push(object.into());
            count += 1.0;
            found = search.next(current)?;
        }
    }
    machine.sequence(matches)
}

pub(super) fn split<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(text) = arguments.text(0) else { return Ok(Value::Undefined) };
    let limit = limit(arguments, 2, Code::D3020)?;
    let mut parts = Parts { machine, text, list: Vec::new() };
    match arguments.get(1) {
        Value::Text(separator) => parts.split_by_text(separator, limit.map(f64::trunc))?,
        _ if limit == Some(0.0) => {}
        Value::Undefined => parts.add(0, text.len())?,
        pattern => {
            let search = Search { machine, frame: arguments.frame, text: text.clone() };
            parts.split_by_pattern(&search, pattern, limit)?;
        }
    }
    machine.array(parts.list)
}

/// The parts of a text.
struct Parts<'m, 'a> {
    machine: &'m Machine<'a>,
    text: &'m Text<'a>,
    list: Vec<Value<'a>>,
}

impl<'a> Parts<'_, 'a> {
    fn add(&mut self, start: usize, end: usize) -> std::result::Result<(), Error> {
        let meter = &self.machine.meter;
        meter.spend(1)?;
        meter.require(self.list.len() * crate::meter::ELEMENT)?;
        self.list.push(Value::Text(self.text.slice(start, end, meter)?));
        Ok(())
    }

    fn split_by_text(&mut self, separator: &str, limit: Option<f64>) -> std::result::Result<(), Error> {
        let text = self.text;
        self.machine.meter.scan(text.len())?;
        let separators = text.match_indices(separator).map(|(at, found)| (at, at + found.len()));
        // An empty separator stands between any two characters, not at the ends.
        let separators = separators.filter(|(at, end)| at != end || *at != 0 && *at != text.len());
        let (mut start, mut count) = (0, 0.0);
        for (at, end) in separators {
            if !admits(limit, count) {
                return Ok(());
            }
            self.add(start, at)?;
            start = end;
            count += 1.0;
        }
        let is_nothing = text.is_empty() && separator.is_empty();
        if admits(limit, count) && !is_nothing { self.add(start, text.len()) } else { Ok(()) }
    }

    fn split_by_pattern(
        &mut self,
        search: &Search<'_, 'a>,
        pattern: &Value<'a>,
        limit: Option<f64>,
    ) -> std::result::Result<(), Error> {
        let (mut start, mut count) = (0, 0.0);
        let mut found = search.first(pattern)?;
        while let Some(current) = &found
            && admits(limit, count)
        {
            self.add(start.min(current.start), current.start)?;
            start = current.end;
            count += 1.0;
            found = search.next(current)?;
        }
        if admits(limit, count) { self.add(start, self.text.len()) } else { Ok(()) }
    }
}
