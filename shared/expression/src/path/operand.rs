//! The sides of a comparison in a filter, and how Jayway compares them.

use std::borrow::Cow;
use std::cmp::Ordering;

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::cursor::{Fault, Read};
use super::{Error, java, parse, permissive};
use crate::decimal;
pub(super) use crate::decimal::is_decimal;

/// A literal in a filter.
#[derive(Debug, Clone)]
pub(super) enum Literal {
    Number(String),
    String(String),
    Boolean(bool),
    Null,
    /// An array or object; no value when it is not well formed.
    Json {
        text: String,
        value: Option<Value>,
    },
    Pattern(Pattern),
}

/// A regular expression, which has to match a whole text; as text, for [`Run::regex`](super::evaluate::Run::regex).
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    text: String,
    flags: String,
}

/// Most characters of a pattern.
const MAX_PATTERN: usize = 4096;

/// Largest regular expression, in bytes, once it is ready to be tried.
const MAX_REGEX_BYTES: usize = 1 << 18;

/// A side of a comparison, evaluated.
#[derive(Debug, Clone)]
pub(super) enum Operand<'v> {
    /// The text of a number, and whether it comes from a document.
    Number(&'v str, bool),
    String(Cow<'v, str>),
    Boolean(bool),
    Null,
    /// A path that leads nowhere. It equals nothing, not even itself.
    Undefined,
    /// An array or object from a document.
    Value(&'v Value),
    /// An array or object in the text of the filter.
    Json(&'v str, &'v Value),
    /// A string in a list that looks like JSON: Jayway compares it as a text with such a literal, and with nothing else.
    JsonText(&'v str),
    /// A string in a list that looks like a path: Jayway takes it for one that equals nothing.
    Path,
    Pattern(&'v Pattern),
}

impl Literal {
    pub(super) fn operand(&self) -> Result<Operand<'_>, Error> {
        Ok(match self {
            Self::Number(text) => Operand::Number(text, false),
            Self::String(text) => Operand::String(Cow::Borrowed(text)),
            Self::Boolean(flag) => Operand::Boolean(*flag),
            Self::Null => Operand::Null,
            Self::Json { text, value: Some(value) } => Operand::Json(text, value),
            Self::Json { text, value: None } => {
                return Err(Error::Failed(format!("{text} is not valid JSON")));
            }
            Self::Pattern(pattern) => Operand::Pattern(pattern),
        })
    }
}

impl Pattern {
    /// A pattern with Java's flags, if it is one and within limits.
    pub(super) fn new(text: &str, flags: &str) -> Read<Self> {
        let too_large = |limit, of| Err(Fault::Limit(Error::TooLarge { limit, of }));
        if text.chars().nth(MAX_PATTERN).is_some() {
            return too_large(MAX_PATTERN, "characters in one pattern");
        }
        let pattern = Self { text: text.to_owned(), flags: flags.to_owned() };
        match pattern.regex() {
            Ok(_) => Ok(pattern),
            Err(regex::Error::CompiledTooBig(_)) => too_large(MAX_REGEX_BYTES, "bytes in one compiled pattern"),
            Err(error) => Err(Fault::Java(error.to_string())),
        }
    }

    /// What is tried on texts.
    pub(super) fn regex(&self) -> Result<Regex, regex::Error> {
        let has = |flag: char| self.flags.contains(flag);
        // In Java `\d`, `\w` and `\s` mean ASCII.
        let ascii = if has('U') { Cow::Borrowed(&self.text) } else { Cow::Owned(ascii_classes(&self.text)) };
        // A comment would swallow what closes the group.
        let end = if has('x') { "\n)" } else { ")" };
        RegexBuilder::new(&format!("\\A(?:{ascii}{end}\\z"))
            .case_insensitive(has('i'))
            .ignore_whitespace(has('x'))
            .multi_line(has('m'))
            .dot_matches_new_line(has('s'))
            .size_limit(MAX_REGEX_BYTES)
            .nest_limit(50)
            .build()
    }
}

/// Replaces the classes that are Unicode in Rust and ASCII in Java.
fn ascii_classes(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    let mut characters = text.chars();
    let mut in_class = false;
    while let Some(character) = characters.next() {
        match character {
            '\\' => match (characters.next(), in_class) {
                (Some('d'), false) => ascii.push_str("[0-9]"),
                (Some('w'), false) => ascii.push_str("[0-9A-Za-z_]"),
                (Some('s'), false) => ascii.push_str("[ \\t\\n\\x0B\\f\\r]"),
                (Some('D'), false) => ascii.push_str("[^0-9]"),
                (Some('W'), false) => ascii.push_str("[^0-9A-Za-z_]"),
                (Some('S'), false) => ascii.push_str("[^ \\t\\n\\x0B\\f\\r]"),
                (Some('d'), true) => ascii.push_str("0-9"),
                (Some('w'), true) => ascii.push_str("0-9A-Za-z_"),
                (Some('s'), true) => ascii.push_str(" \\t\\n\\x0B\\f\\r"),
                // The path's own escape: a slash that does not end the pattern.
                (Some('/'), _) => ascii.push('/'),
                (Some(other), _) => ascii.extend(['\\', other]),
                (None, _) => ascii.push('\\'),
            },
            '[' => {
                in_class = true;
                ascii.push('[');
            }
            ']' => {
                in_class = false;
                ascii.push(']');
            }
            other => ascii.push(other),
        }
    }
    ascii
}

impl<'v> Operand<'v> {
    /// What a path of a filter found.
    pub(super) fn found(value: &'v Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Boolean(*flag),
            Value::Number(number) => Self::Number(number.as_str(), true),
            Value::String(text) => Self::String(Cow::Borrowed(text)),
            Value::Array(_) | Value::Object(_) => Self::Value(value),
        }
    }

    /// An item of a list. Strings are unquoted and unescaped, and may be taken for something else.
    fn item(value: &'v Value) -> Result<Self, Error> {
        match value {
            Value::Array(_) | Value::Object(_) => Err(Error::Failed("Could not determine value type".to_owned())),
            Value::String(text) => {
                let trimmed = text.trim();
                if trimmed.starts_with(['$', '@']) && parse::compile(trimmed).is_ok() {
                    return Ok(Self::Path);
                }
                let bracketed = (trimmed.starts_with('[') && trimmed.ends_with(']'))
                    || (trimmed.starts_with('{') && trimmed.ends_with('}'));
                if bracketed && permissive::parse(&trimmed.chars().collect::<Vec<_>>()).is_some() {
                    return Ok(Self::JsonText(text));
                }
                Ok(Self::String(unquote(text)))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(Self::found(value)),
        }
    }

    /// The work of comparing it with something, in values visited: texts and numbers may be long.
    pub(super) fn work(&self) -> usize {
        match self {
            Self::Number(text, _) | Self::JsonText(text) | Self::Json(text, _) => work_of(text),
            Self::String(text) => work_of(text),
            Self::Boolean(_) | Self::Null | Self::Undefined | Self::Value(_) | Self::Path | Self::Pattern(_) => 1,
        }
    }

    /// The work of making operands of a list and comparing something with each.
    pub(super) fn work_of_items(list: &[Value]) -> usize {
        let work = |item: &Value| match item {
            Value::String(text) => work_of(text),
            Value::Number(number) => work_of(number.as_str()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => 1,
        };
        list.iter().map(work).sum()
    }

    /// The array that this is, if it is one.
    pub(super) fn list(&self) -> Option<&'v [Value]> {
        match self {
            Self::Value(Value::Array(items)) | Self::Json(_, Value::Array(items)) => Some(items),
            _ => None,
        }
    }

    /// The items of a list.
    pub(super) fn items(list: &'v [Value]) -> Result<Vec<Self>, Error> {
        list.iter().map(Self::item).collect()
    }

    /// An array or object.
    pub(super) fn is_json(&self) -> bool {
        matches!(self, Self::Value(_) | Self::Json(..) | Self::JsonText(_))
    }

    /// Numbers compare with numbers and strings with strings, by UTF-16 units; nothing else has an order.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Number(left, _), Self::Number(right, _)) => decimal::compare(left, right),
            (Self::String(left), Self::String(right)) => Some(left.encode_utf16().cmp(right.encode_utf16())),
            _ => None,
        }
    }

    /// Equality. A number on the left compares with a string by value, a string on the left with a number by text.
    pub(super) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(left, _), Self::Number(right, _)) => decimal::compare(left, right) == Some(Ordering::Equal),
            (Self::Number(left, _), Self::String(right)) => decimal::compare(left, right) == Some(Ordering::Equal),
            (Self::String(left), Self::String(right)) => left == right,
            (Self::String(left), Self::Number(right, from_document)) => **left == *number_text(right, *from_document),
            (Self::Boolean(left), Self::Boolean(right)) => left == right,
            (Self::Null, Self::Null) => true,
            (Self::Value(left), Self::Value(right) | Self::Json(_, right)) => same(left, right),
            (Self::Json(left, _) | Self::JsonText(left), Self::JsonText(right)) => left == right,
            _ => false,
        }
    }

    /// Whether both are of the same kind, as `===` wants.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.is_json() && other.is_json() || std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// The text that a pattern is tried on.
    pub(super) fn pattern_input(&self) -> Cow<'v, str> {
        match self {
            Self::String(text) => text.clone(),
            Self::Number(text, from_document) => number_text(text, *from_document),
            Self::Boolean(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
            _ => Cow::Borrowed(""),
        }
    }
}

/// Reading this many bytes is as much work as visiting a value.
const BYTES_OF_A_VISIT: usize = 16;

fn work_of(text: &str) -> usize {
    (text.len() / BYTES_OF_A_VISIT).max(1)
}

/// The text of a number as Java prints it.
fn number_text(text: &str, from_document: bool) -> Cow<'_, str> {
    match text.parse::<f64>() {
        Ok(double) if from_document && text.contains(['.', 'e', 'E']) => Cow::Owned(java::double_to_string(double)),
        _ => Cow::Borrowed(text),
    }
}

/// Strips one pair of quotes and unescapes, as Jayway does even with the strings of a document's list.
fn unquote(text: &str) -> Cow<'_, str> {
    let quoted = |quote: char| text.len() > 1 && text.starts_with(quote) && text.ends_with(quote);
    let inner = if quoted('\'') || quoted('"') { &text[1..text.len() - 1] } else { text };
    if !inner.contains('\\') || text.chars().nth(1).is_none() {
        return Cow::Borrowed(inner);
    }
    let characters: Vec<char> = inner.chars().collect();
    super::cursor::unescape(&characters).map_or(Cow::Borrowed(inner), Cow::Owned)
}

/// Java's equality of parsed JSON: 1 is not 1.0, and the order of members does not matter.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            let is_float = |text: &str| text.contains(['.', 'e', 'E']);
            let (left, right) = (left.as_str(), right.as_str());
            is_float(left) == is_float(right) && decimal::compare(left, right) == Some(Ordering::Equal)
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            let member_same = |(key, left): (&String, &Value)| right.get(key).is_some_and(|right| same(left, right));
            left.len() == right.len() && left.iter().all(member_same)
        }
        _ => left == right,
    }
}
