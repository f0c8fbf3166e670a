//! Signatures of functions: `<s-nn?:s>` says what a function takes, and what it takes from the context.

mod check;

use crate::error::{Code, Error};

#[derive(Clone, Debug)]
pub(crate) struct Signature {
    parameters: Vec<Parameter>,
}

#[derive(Clone, Debug)]
struct Parameter {
    /// Letters of the types that it takes, and `m` where it may be missing.
    types: String,
    /// `a` and `f` have a meaning of their own; a choice is named by its first letter only.
    kind: char,
    /// Type of an array's elements.
    subtype: Option<String>,
    /// Takes the context when no argument is given.
    takes_context: bool,
    often: Often,
    /// Takes as few arguments as it can: a second mark of how often turns the first one's preference around.
    is_lazy: bool,
}

/// How many arguments a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Often {
    Once,
    AtMostOnce,
    OnceOrMore,
}

const ANY: &str = "asnblfom";
const JSON: &str = "asnblom";

impl Signature {
    /// Parses `<...>`. An error comes with its place in the text.
    pub(crate) fn parse(text: &str) -> Result<Self, (Error, usize)> {
        let letters: Vec<char> = text.chars().collect();
        let mut parameters: Vec<Parameter> = Vec::new();
        let mut at = 1;
        while let Some(&letter) = letters.get(at) {
            match letter {
                ':' => break,
                's' | 'n' | 'b' | 'l' | 'o' => parameters.push(Parameter::new(&format!("{letter}m"), letter)),
                'a' | 'x' => parameters.push(Parameter::new(ANY, letter)),
                'f' => parameters.push(Parameter::new("f", letter)),
                'j' => parameters.push(Parameter::new(JSON, letter)),
                '-' | '?' | '+' => {
                    if let Some(last) = parameters.last_mut() {
                        last.mark(letter).map_err(|error| (error, at))?;
                    }
                }
                '(' => {
                    let end = closing(&letters, at, '(', ')');
                    let choice: String = letters[at + 1..end.min(letters.len())].iter().collect();
                    if choice.contains('<') {
                        return Err((Error::new(Code::S0402).with_value(&choice), at));
                    }
                    parameters.push(Parameter::new(&format!("{choice}m"), '('));
                    at = end;
                }
                '<' => match parameters.last_mut() {
                    Some(last) if matches!(last.kind, 'a' | 'f') => {
                        let end = closing(&letters, at, '<', '>');
                        last.subtype = Some(letters[at + 1..end.min(letters.len())].iter().collect());
                        at = end;
                    }
                    last => {
                        let kind = last.map(|last| serde_json::Value::from(last.kind.to_string()).to_string());
                        return Err((Error::new(Code::S0401).with_value_json(kind), at));
                    }
                },
                _ => {}
            }
            at += 1;
        }
        Ok(Self { parameters })
    }
}

impl Parameter {
    fn new(types: &str, kind: char) -> Self {
        Self { types: types.to_owned(), kind, subtype: None, takes_context: false, often: Often::Once, is_lazy: false }
    }

    fn mark(&mut self, mark: char) -> Result<(), Error> {
        let is_marked = self.often != Often::Once;
        if mark == '-' {
            self.takes_context = true;
        }
        match (mark, is_marked) {
            ('+', false) => self.often = Often::OnceOrMore,
            (_, false) => self.often = Often::AtMostOnce,
            ('+', true) => return Err(Error::internal("Invalid signature: nothing to repeat")),
            (_, true) if self.is_lazy => return Err(Error::internal("Invalid signature: nothing to repeat")),
            (_, true) => self.is_lazy = true,
        }
        Ok(())
    }
}

/// The place of the bracket that closes the one at `start`; the end of the text if none does.
fn closing(letters: &[char], start: usize, open: char, close: char) -> usize {
    let mut depth = 1_usize;
    for (index, letter) in letters.iter().enumerate().skip(start + 1) {
        if *letter == close {
            depth -= 1;
            if depth == 0 {
                return index;
            }
        } else if *letter == open {
            depth += 1;
        }
    }
    letters.len()
}
