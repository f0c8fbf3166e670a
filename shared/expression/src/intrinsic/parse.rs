//! Reads a call: `States.Name(argument, argument)`.
//!
//! Arguments are single-quoted strings, numbers, `true`, `false`, `null`, paths and calls. In a string a backslash may
//! escape `'`, `{`, `}` and itself, and nothing else: AWS refuses `\"` when the machine is created.

use serde_json::{Number, Value};

use super::function::Function;
use super::{Argument, Call};
use crate::expression::{Expression, ParseError};

/// Most calls inside one another.
///
/// Source: Step Functions developer guide, "You can nest up to 10 intrinsic functions within a field".
const MAX_NESTING: usize = 10;

/// Reads a text that is one call.
pub(super) fn parse(text: &str) -> Result<Call, ParseError> {
    let mut reader = Reader { text, position: 0 };
    reader.skip_blanks();
    let call = reader.call(1)?;
    reader.skip_blanks();
    if reader.position < text.len() { reader.fail("unexpected text after the call") } else { Ok(call) }
}

struct Reader<'t> {
    text: &'t str,
    /// In bytes.
    position: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.position..).unwrap_or_default()
    }

    fn fail<T>(&self, problem: impl Into<String>) -> Result<T, ParseError> {
        let at = self.text.get(..self.position).unwrap_or_default().chars().count();
        Err(ParseError::Intrinsic { at, problem: problem.into() })
    }

    fn skip_blanks(&mut self) {
        self.position = self.text.len() - self.rest().trim_start().len();
    }

    fn take(&mut self, wanted: &str) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.position += wanted.len();
        }
        found
    }

    fn call(&mut self, depth: usize) -> Result<Call, ParseError> {
        if depth > MAX_NESTING {
            return self.fail(format!("more than {MAX_NESTING} calls inside one another"));
        }
        let start = self.position;
        if !self.take("States.") {
            return self.fail("expected the name of an intrinsic function");
        }
        let name: &str = self.rest().split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or_default();
        let Some(function) = Function::named(name) else {
            return self.fail(format!("there is no intrinsic function States.{name}"));
        };
        self.position += name.len();
        self.skip_blanks();
        if !self.take("(") {
            return self.fail("expected (");
        }
        let mut arguments = Vec::new();
        self.skip_blanks();
        if !self.take(")") {
            loop {
                self.skip_blanks();
                let is_template = function == Function::Format && arguments.is_empty();
                arguments.push(self.argument(depth, is_template)?);
                self.skip_blanks();
                if self.take(")") {
                    break;
                }
                if !self.take(",") {
                    return self.fail("expected , or )");
                }
            }
        }
        let arity = function.arity();
        if !arity.contains(&arguments.len()) {
            let (least, most) = (arity.start(), arity.end());
            let expected = match most {
                _ if least == most => least.to_string(),
                &usize::MAX => format!("at least {least}"),
                _ => format!("{least} to {most}"),
            };
            self.position = start;
            return self.fail(format!("States.{name} takes {expected} arguments, found {}", arguments.len()));
        }
        Ok(Call { function, arguments })
    }

    fn argument(&mut self, depth: usize, is_template: bool) -> Result<Argument, ParseError> {
        match self.rest().chars().next() {
            Some('\'') => {
                let (text, raw) = self.string()?;
                Ok(if is_template {
                    Argument::Template(Value::String(raw))
                } else {
                    Argument::Literal(Value::String(text))
                })
            }
            Some('$') => {
                let end = path_end(self.rest());
                let text = self.rest().get(..end).unwrap_or_default();
                let path = Expression::parse(text.trim_end())?;
                self.position += end;
                Ok(Argument::Path(path))
            }
            Some('S') => Ok(Argument::Call(Box::new(self.call(depth + 1)?))),
            _ => {
                let rest = self.rest();
                let end = rest.find([',', ')']).unwrap_or(rest.len());
                let word = rest.get(..end).unwrap_or_default().trim_end();
                let value = match word {
                    "true" => Value::Bool(true),
                    "false" => Value::Bool(false),
                    "null" => Value::Null,
                    _ => match serde_json::from_str::<Number>(word) {
                        Ok(number) => Value::Number(number),
                        Err(_) => return self.fail(format!("'{word}' is not an argument")),
                    },
                };
                self.position += word.len();
                Ok(Argument::Literal(value))
            }
        }
    }

    /// A string without and with its escapes.
    fn string(&mut self) -> Result<(String, String), ParseError> {
        let start = self.position + 1;
        let mut text = String::new();
        let mut characters = self.text.get(start..).unwrap_or_default().char_indices();
        while let Some((offset, character)) = characters.next() {
            match character {
                '\'' => {
                    let raw = self.text.get(start..start + offset).unwrap_or_default().to_owned();
                    self.position = start + offset + 1;
                    return Ok((text, raw));
                }
                '\\' => match characters.next() {
                    Some((_, escaped @ ('\'' | '{' | '}' | '\\'))) => text.push(escaped),
                    Some((_, other)) => {
                        self.position = start + offset;
                        return self.fail(format!("\\{other} is not an escape"));
                    }
                    None => break,
                },
                other => text.push(other),
            }
        }
        self.fail("the string is not closed")
    }
}

/// Where the path at the start of `text` ends: at a comma or parenthesis outside its own brackets and strings.
fn path_end(text: &str) -> usize {
    let mut open = 0_usize;
    let mut quote = None;
    let mut escaped = false;
    for (offset, character) in text.char_indices() {
        match (quote, character) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(closing), _) => {
                if character == closing {
                    quote = None;
                }
            }
            (None, '\'' | '"') if open > 0 => quote = Some(character),
            (None, '(' | '[') => open += 1,
            (None, ')' | ',') if open == 0 => return offset,
            (None, ')' | ']') => open = open.saturating_sub(1),
            (None, _) => {}
        }
    }
    text.len()
}
