//! JSON text as a value of the evaluation, read as strictly as AWS reads it: one document, no name twice in an object,
//! no number beyond all floats.

use crate::error::Error;
use crate::evaluate::Machine;
use crate::value::{Array, Object, Text, Value, parse_number};
use serde_json::Number;

/// The value; none if the text is no JSON.
pub(super) fn read<'a>(machine: &Machine<'a>, text: &str) -> Result<Option<Value<'a>>, Error> {
    machine.meter.spend(text.len())?;
    let mut reader = Reader { machine, rest: text };
    let value = reader.value(0)?;
    reader.skip_blanks();
    Ok(value.filter(|_| reader.rest.is_empty()))
}

/// Greatest whole number up to which floats hold them all.
const MAX_EXACT: u64 = 1 << 53;

/// Units of memory of a number that is kept until the end.
const KEPT_NUMBER: usize = 64;

struct Reader<'m, 't, 'a> {
    machine: &'m Machine<'a>,
    rest: &'t str,
}

/// A value, or none where the text is no JSON.
type Read<'a> = Result<Option<Value<'a>>, Error>;

impl<'t, 'a> Reader<'_, 't, 'a> {
    fn value(&mut self, level: usize) -> Read<'a> {
        self.skip_blanks();
        match self.rest.as_bytes().first() {
            Some(b'{') => self.object(level + 1),
            Some(b'[') => self.array(level + 1),
            Some(b'"') => match self.string() {
                Some(text) => Ok(Some(self.machine.text(text)?)),
                None => Ok(None),
            },
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Ok([("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))]
                .into_iter()
                .find_map(|(word, value)| self.takes(word).then_some(value))),
        }
    }

    fn array(&mut self, level: usize) -> Read<'a> {
        self.machine.meter.nest(level)?;
        let mut array = Array::new(&self.machine.meter)?;
        self.takes("[");
        self.skip_blanks();
        if self.takes("]") {
            return Ok(Some(array.into()));
        }
        loop {
            let Some(item) = self.value(level)? else { return Ok(None) };
            array.push(item)?;
            self.skip_blanks();
            if self.takes("]") {
                return Ok(Some(array.into()));
            }
            if !self.takes(",") {
                return Ok(None);
            }
        }
    }

    fn object(&mut self, level: usize) -> Read<'a> {
        self.machine.meter.nest(level)?;
        let object = Object::new(&self.machine.meter)?;
        self.takes("{");
        self.skip_blanks();
        if self.takes("}") {
            return Ok(Some(object.into()));
        }
        loop {
            self.skip_blanks();
            let Some(name) = self.string() else { return Ok(None) };
            self.skip_blanks();
            if object.has(&name) || !self.takes(":") {
                return Ok(None);
            }
            let Some(value) = self.value(level)? else { return Ok(None) };
            object.insert(Text::new(name, &self.machine.meter)?, value)?;
            self.skip_blanks();
            if self.takes("}") {
                return Ok(Some(object.into()));
            }
            if !self.takes(",") {
                return Ok(None);
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        let mut is_escaped = false;
        let end = self.rest.strip_prefix('"')?.bytes().position(|byte| {
            let ends = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            ends
        })?;
        serde_json::from_str(self.take(end + 2)).ok()
    }

    fn number(&mut self) -> Read<'a> {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let end = self.rest.bytes().position(|byte| !is_part(byte)).unwrap_or(self.rest.len());
        let Ok(number) = serde_json::from_str::<Number>(self.take(end)) else { return Ok(None) };
        if number.as_i64().is_some_and(|whole| whole.unsigned_abs() > MAX_EXACT) {
            self.machine.meter.retain(KEPT_NUMBER)?;
            let kept = self.machine.arena.numbers.keep(number);
            return kept.map(|kept| Some(Value::Digits(kept))).ok_or_else(|| Error::internal("Too many numbers"));
        }
        Ok(Some(Value::Number(parse_number(&number))).filter(|value| value.as_number().is_some_and(f64::is_finite)))
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn takes(&mut self, word: &str) -> bool {
        let rest = self.rest.strip_prefix(word);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn take(&mut self, len: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(len);
        self.rest = rest;
        taken
    }
}
