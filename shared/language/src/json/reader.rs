//! Objects, arrays and words: recursive descent, bounded by [`MAX_DEPTH`]. Numbers and strings are in `scalar`.

use super::failure::{describe, source};
use super::scalar::Quoted;
use super::{Content, Failure, MAX_DEPTH, Member, Node};
use std::collections::HashSet;

/// What Jackson says may stand where a value is wanted.
const VALUES: &str = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

/// Jackson gives up on a word after this many characters.
const MAX_WORD: usize = 256;

/// Where the reader stands.
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) offset: usize,
    depth: usize,
    /// Whether the end has been read.
    ended: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, offset: 0, depth: 0, ended: false }
    }

    /// The one value of the text.
    pub(super) fn document(mut self) -> Result<Option<Node>, Failure> {
        let Some(first) = self.next_solid() else {
            return Ok(None);
        };
        let node = self.value(first)?;
        match self.next_solid() {
            None => Ok(Some(node)),
            Some(character) if is_word(character) => Err(self.word(character)),
            Some(character) => Err(self.unexpected(character, "was expecting the end of the text")),
        }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.text.get(self.offset..).and_then(|rest| rest.chars().next())
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let character = self.peek();
        self.ended = character.is_none();
        self.offset += character.map_or(0, char::len_utf8);
        character
    }

    /// The next character that is no white space.
    fn next_solid(&mut self) -> Option<char> {
        while let Some(character) = self.next() {
            if !matches!(character, ' ' | '\t' | '\n' | '\r') {
                return Some(character);
            }
        }
        None
    }

    fn failure(&self, message: String) -> Failure {
        Failure::new(self.text, self.offset, self.ended, message)
    }

    pub(super) fn fail<T>(&self, message: impl Into<String>) -> Result<T, Failure> {
        Err(self.failure(message.into()))
    }

    pub(super) fn unexpected(&self, character: char, wanted: &str) -> Failure {
        self.failure(format!("Unexpected character ({}): {wanted}", describe(character)))
    }

    fn end_between<T>(&self, what: &str) -> Result<T, Failure> {
        self.fail(format!("Unexpected end-of-input within/between {what} entries"))
    }

    fn not_closed<T>(&self, what: &str, start: usize) -> Result<T, Failure> {
        let start = source(self.text, self.text.get(..start).unwrap_or_default(), 0);
        self.fail(format!("Unexpected end-of-input: expected close marker for {what} (start marker at {start})"))
    }

    fn wrong_close<T>(&self, found: char, expected: char, what: &str, start: usize) -> Result<T, Failure> {
        let start = source(self.text, self.text.get(..start).unwrap_or_default(), 0);
        self.fail(format!("Unexpected close marker '{found}': expected '{expected}' (for {what} starting at {start})"))
    }

    /// A word that is no JSON: what it is called runs to its end. A failure looks at the whole text, so none is made of
    /// a word that is JSON.
    fn word(&mut self, first: char) -> Failure {
        let word = self.rest_of_word(first);
        self.failure(format!("Unrecognized token '{word}': was expecting {VALUES}"))
    }

    /// A word, cut where Jackson gives up on it.
    fn rest_of_word(&mut self, first: char) -> String {
        let mut word = String::from(first);
        while let Some(character) = self.peek().filter(|character| is_word(*character)) {
            self.offset += character.len_utf8();
            if word.chars().count() == MAX_WORD {
                word.push_str("...");
                break;
            }
            word.push(character);
        }
        word
    }

    /// The value that begins with `first`, which is read already.
    fn value(&mut self, first: char) -> Result<Node, Failure> {
        let offset = self.offset - first.len_utf8();
        let content = match first {
            '{' => self.nested(|reader| reader.object(offset))?,
            '[' => self.nested(|reader| reader.array(offset))?,
            '"' => Content::String(self.string(Quoted::Value)?),
            '-' | '0'..='9' => Content::Number(self.number(first, offset)?),
            _ if is_word(first) => self.literal(first, offset)?,
            _ => return Err(self.unexpected(first, &format!("expected a valid value {VALUES}"))),
        };
        Ok(Node { span: offset..self.offset, content })
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Result<Content, Failure>) -> Result<Content, Failure> {
        if self.depth == MAX_DEPTH {
            return self.fail(format!("Objects and arrays may be nested at most {MAX_DEPTH} levels deep"));
        }
        self.depth += 1;
        let content = read(self);
        self.depth -= 1;
        content
    }

    fn literal(&mut self, first: char, offset: usize) -> Result<Content, Failure> {
        let word = self.rest_of_word(first);
        match self.text.get(offset..self.offset) {
            Some("null") => Ok(Content::Null),
            Some("true") => Ok(Content::Bool(true)),
            Some("false") => Ok(Content::Bool(false)),
            _ => self.fail(format!("Unrecognized token '{word}': was expecting {VALUES}")),
        }
    }

    fn array(&mut self, start: usize) -> Result<Content, Failure> {
        let mut items = Vec::new();
        loop {
            let first = match self.next_solid() {
                None if items.is_empty() => return self.not_closed("Array", start),
                None => return self.end_between("Array"),
                Some(']') if items.is_empty() => return Ok(Content::Array(items)),
                Some('}') if items.is_empty() => return self.wrong_close('}', ']', "Array", start),
                Some(first) => first,
            };
            items.push(self.value(first)?);
            match self.next_solid() {
                Some(',') => {}
                Some(']') => return Ok(Content::Array(items)),
                Some('}') => return self.wrong_close('}', ']', "Array", start),
                Some(other) => {
                    return Err(self.unexpected(other, "was expecting comma to separate Array entries"));
                }
                None => return self.not_closed("Array", start),
            }
        }
    }

    fn object(&mut self, start: usize) -> Result<Content, Failure> {
        let mut members = Vec::new();
        let mut keys = Keys::default();
        loop {
            match self.next_solid() {
                None if members.is_empty() => return self.not_closed("Object", start),
                None => return self.end_between("Object"),
                Some('}') if members.is_empty() => return Ok(Content::Object(members)),
                Some(']') if members.is_empty() => {
                    return self.wrong_close(']', '}', "Object", start);
                }
                Some('"') => {}
                Some(other) => {
                    return Err(self.unexpected(other, "was expecting double-quote to start field name"));
                }
            }
            let offset = self.offset - 1;
            let key = self.string(Quoted::Name)?;
            let span = offset..self.offset;
            if !keys.insert(&key, &members) {
                return self.fail(format!("Duplicate field '{key}'"));
            }
            match self.next_solid() {
                Some(':') => {}
                Some(other) => {
                    return Err(self.unexpected(other, "was expecting a colon to separate field name and value"));
                }
                None => return self.end_between("Object"),
            }
            let Some(first) = self.next_solid() else {
                return self.end_between("Object");
            };
            let value = self.value(first)?;
            members.push(Member { span, key, value });
            match self.next_solid() {
                Some(',') => {}
                Some('}') => return Ok(Content::Object(members)),
                Some(']') => return self.wrong_close(']', '}', "Object", start),
                Some(other) => {
                    return Err(self.unexpected(other, "was expecting comma to separate Object entries"));
                }
                None => return self.not_closed("Object", start),
            }
        }
    }
}

/// The keys of an object so far. Most objects have few, which are compared one by one.
#[derive(Default)]
struct Keys(HashSet<String>);

impl Keys {
    /// The most keys that are compared one by one.
    const FEW: usize = 16;

    /// Whether the key is new to the object, which has these members so far.
    fn insert(&mut self, key: &str, members: &[Member]) -> bool {
        if members.len() < Self::FEW {
            return members.iter().all(|member| member.key != key);
        }
        if self.0.is_empty() {
            self.0.extend(members.iter().map(|member| member.key.clone()));
        }
        self.0.insert(key.to_owned())
    }
}

/// Whether a character may be part of a word, as Java says it.
fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$'
}
