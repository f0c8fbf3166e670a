//! Text into tokens, one at a time. Whether a slash divides or opens a regular expression, only the parser knows.

mod literal;
mod token;

pub(crate) use token::{Kind, Symbol, Token};

use crate::error::{Code, Error};
use crate::regex::Regex;
use std::sync::Arc;
use token::SYMBOLS;

const BLANKS: [char; 5] = [' ', '\t', '\n', '\r', '\u{b}'];

pub(crate) struct Lexer<'s> {
    source: &'s str,
    /// In bytes.
    at: usize,
    /// A place whose position in UTF-16 units is known: bytes, units.
    known: (usize, usize),
}

impl<'s> Lexer<'s> {
    pub(crate) fn new(source: &'s str) -> Self {
        Self { source, at: 0, known: (0, 0) }
    }

    fn rest(&self) -> &'s str {
        &self.source[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Position of a byte in UTF-16 units.
    fn position(&mut self, at: usize) -> usize {
        let (bytes, units) = if at >= self.known.0 { self.known } else { (0, 0) };
        let units = units + self.source[bytes..at].encode_utf16().count();
        self.known = (at, units);
        units
    }

    fn error(&mut self, code: Code, at: usize) -> Error {
        Error::at(code, self.position(at))
    }

    /// The next token. After an operand a slash is a division.
    pub(crate) fn next(&mut self, after_operand: bool) -> Result<Token, Error> {
        self.skip_blanks_and_comments()?;
        let Some(first) = self.peek() else { return Ok(self.token(Kind::End)) };
        if first == '/' && !after_operand {
            self.at += 1;
            let regex = self.regex()?;
            return Ok(self.token(Kind::Regex(regex)));
        }
        if let Some(symbol) = self.symbol() {
            self.at += symbol.text().len();
            return Ok(self.token(Kind::Symbol(symbol)));
        }
        let kind = match first {
            '"' | '\'' => Kind::Text(self.text(first)?),
            '`' => Kind::Name(self.quoted_name()?),
            _ => match self.number()? {
                Some(number) => Kind::Number(number),
                None => self.word(),
            },
        };
        Ok(self.token(kind))
    }

    /// A token that was read up to here. Its position is that of its end, as in the reference.
    fn token(&mut self, kind: Kind) -> Token {
        Token { kind, position: self.position(self.at) }
    }

    fn skip_blanks_and_comments(&mut self) -> Result<(), Error> {
        loop {
            self.at = self.source.len() - self.rest().trim_start_matches(BLANKS).len();
            let Some(comment) = self.rest().strip_prefix("/*") else { return Ok(()) };
            let Some(end) = comment.find("*/") else { return Err(self.error(Code::S0106, self.at)) };
            self.at += 2 + end + 2;
        }
    }

    fn symbol(&self) -> Option<Symbol> {
        let rest = self.rest();
        SYMBOLS
            .iter()
            .copied()
            .filter(|symbol| !matches!(symbol, Symbol::And | Symbol::Or | Symbol::In))
            .find(|symbol| rest.starts_with(symbol.text()))
    }

    /// A name, a variable or a word with a meaning of its own: up to the next blank or operator.
    fn word(&mut self) -> Kind {
        let rest = self.rest();
        let end = rest.find(|next| BLANKS.contains(&next) || ".[]{}(),@#;:?+-*/%|=<>^&!~".contains(next));
        let word = &rest[..end.unwrap_or(rest.len())];
        self.at += word.len();
        match word {
            "and" => Kind::Symbol(Symbol::And),
            "or" => Kind::Symbol(Symbol::Or),
            "in" => Kind::Symbol(Symbol::In),
            "true" => Kind::Bool(true),
            "false" => Kind::Bool(false),
            "null" => Kind::Null,
            _ => match word.strip_prefix('$') {
                Some(name) => Kind::Variable(name.to_owned()),
                None => Kind::Name(word.to_owned()),
            },
        }
    }

    fn quoted_name(&mut self) -> Result<String, Error> {
        let name = &self.rest()[1..];
        let Some(end) = name.find('`') else { return Err(self.error(Code::S0105, self.source.len())) };
        self.at += end + 2;
        Ok(name[..end].to_owned())
    }

    /// A regular expression whose opening slash was read.
    fn regex(&mut self) -> Result<Arc<Regex>, Error> {
        let start = self.at;
        let mut depth = 0_i32;
        let mut backslashes = 0_usize;
        for (index, next) in self.rest().char_indices() {
            let end = start + index;
            match next {
                '/' if depth == 0 && backslashes.is_multiple_of(2) => {
                    if index == 0 {
                        return Err(self.error(Code::S0301, end));
                    }
                    self.at = end + 1;
                    let flags = self.rest();
                    let flags = &flags[..flags.find(|flag| !matches!(flag, 'i' | 'm')).unwrap_or(flags.len())];
                    self.at += flags.len();
                    let source = &self.source[start..end];
                    return match Regex::parse(source, flags) {
                        Ok(regex) => Ok(Arc::new(regex)),
                        Err(reason) => {
                            Err(Error::internal(format!("Invalid regular expression: /{source}/: {reason}"))
                                .with_position(self.position(start)))
                        }
                    };
                }
                '(' | '[' | '{' if backslashes == 0 => depth += 1,
                ')' | ']' | '}' if backslashes == 0 => depth -= 1,
                _ => {}
            }
            backslashes = if next == '\\' { backslashes + 1 } else { 0 };
        }
        Err(self.error(Code::S0302, self.source.len()))
    }
}
