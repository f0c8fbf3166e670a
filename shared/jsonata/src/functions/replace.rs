//! `$replace`: by text or by pattern, with a template or with a function.

use super::Arguments;
use super::pattern::{admits, limit};
use super::search::{Found, Search};
use crate::error::{Code, Error};
use crate::evaluate::{Machine, Result};
use crate::meter::Meter;
use crate::value::{Text, Value, in_error};

pub(super) fn replace<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(text) = arguments.text(0) else { return Ok(Value::Undefined) };
    if arguments.text(1).is_some_and(|pattern| pattern.is_empty()) {
        return Err(Error::new(Code::D3010).with_value("").with_index(2));
    }
    let limit = limit(arguments, 3, Code::D3011)?;
    if limit == Some(0.0) {
        return Ok(Value::Text(text.clone()));
    }
    let replaced = match arguments.text(1) {
        Some(pattern) => replace_text(machine, arguments, text, pattern, limit)?,
        None => replace_found(machine, arguments, text, limit)?,
    };
    machine.text(replaced)
}

/// A text that grows, counted before it does.
struct Growing<'m, 'a> {
    text: String,
    meter: &'m Meter<'a>,
}

impl Growing<'_, '_> {
    fn add(&mut self, part: &str) -> std::result::Result<(), Error> {
        self.meter.spend(1)?;
        self.meter.scan(part.len())?;
        self.meter.require(self.text.len() + part.len())?;
        self.text.push_str(part);
        Ok(())
    }

    /// Adds a template, in which `$0` stands for the match, `$1` and so on for its groups, `$$` for a dollar sign.
    fn fill(&mut self, template: &str, found: &Found<'_>) -> std::result::Result<(), Error> {
        let mut rest = template;
        while let Some(at) = rest.find('$') {
            self.add(&rest[..at])?;
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('$') {
                self.add("$")?;
                rest = after;
            } else if let Some(after) = rest.strip_prefix('0') {
                self.add(&found.matched)?;
                rest = after;
            } else {
                let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                // As many digits as the number of groups has.
                let most = found.groups.len().max(1).ilog10() as usize + 1;
                let number = |len: usize| rest[..digits.min(len)].parse::<usize>().ok();
                let index = match number(most) {
                    Some(index) if most > 1 && index > found.groups.len() => number(most - 1),
                    index => index,
                };
                match index {
                    Some(index) => {
                        if let Some(Value::Text(group)) = index.checked_sub(1).and_then(|index| found.groups.get(index))
                        {
                            self.add(group)?;
                        }
                        rest = &rest[index.to_string().len()..];
                    }
                    None => self.add("$")?,
                }
            }
        }
        self.add(rest)
    }
}

fn replace_text<'a>(
    machine: &Machine<'a>,
    arguments: &Arguments<'_, 'a>,
    text: &Text<'a>,
    pattern: &str,
    limit: Option<f64>,
) -> std::result::Result<String, Error> {
    let mut result = Growing { text: String::new(), meter: &machine.meter };
    let mut position = 0;
    let mut count = 0.0;
    machine.meter.scan(text.len())?;
    for (at, found) in text.match_indices(pattern) {
        if !admits(limit, count) {
            break;
        }
        machine.meter.spend(1)?;
        result.add(&text[position..at])?;
        match arguments.get(2) {
            Value::Text(replacement) => result.add(replacement)?,
            Value::Undefined => result.add("undefined")?,
            // JavaScript adds whatever it is as text; a function has none that anybody wants.
            other => return Err(not_a_string(machine, other)),
        }
        position = at + found.len();
        count += 1.0;
    }
    result.add(&text[position..])?;
    Ok(result.text)
}

fn replace_found<'a>(
    machine: &Machine<'a>,
    arguments: &Arguments<'_, 'a>,
    text: &Text<'a>,
    limit: Option<f64>,
) -> std::result::Result<String, Error> {
    let mut result = Growing { text: String::new(), meter: &machine.meter };
    let mut position = 0;
    let mut count = 0.0;
    let search = Search { machine, frame: arguments.frame, text: text.clone() };
    let mut found = search.first(arguments.get(1))?;
    while let Some(current) = &found
        && admits(limit, count)
    {
        result.add(&text[position.min(current.start)..current.start])?;
        match arguments.get(2) {
            Value::Text(template) => result.fill(template, current)?,
            replacer => {
                let object = search.object(current)?;
                match &machine.apply(replacer, vec![object], &Value::Null, arguments.frame)? {
                    Value::Text(replaced) => result.add(replaced)?,
                    other => return Err(not_a_string(machine, other)),
                }
            }
        }
        position = (current.start + current.matched.len()).min(text.len());
        while !text.is_char_boundary(position) {
            position += 1;
        }
        count += 1.0;
        found = search.next(current)?;
    }
    result.add(&text[position..])?;
    Ok(result.text)
}

fn not_a_string<'a>(machine: &Machine<'a>, value: &Value<'a>) -> Error {
    Error::new(Code::D3012).with_value_json(in_error(value, &machine.meter))
}
