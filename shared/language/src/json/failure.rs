//! Why a text is no JSON, as Jackson says it.

use crate::Position;
use std::ops::Range;

/// How much of the source Jackson repeats in a message, in UTF-16 code units.
const MAX_SOURCE: usize = 500;

/// A text is no JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// What is wrong.
    pub(crate) message: String,
    /// Where: Jackson's `[Source: (String)"..."; line: 1, column: 4]`.
    pub(crate) source: String,
    /// The same place, as `file:line:column` wants it: the character after the last one read.
    pub(crate) position: Position,
    /// What was read last, in bytes: the word or character that is wrong; nothing at the end of the text.
    pub(crate) span: Range<usize>,
}

impl Failure {
    /// A failure at a byte offset: the one after the last character read.
    pub(crate) fn new(text: &str, offset: usize, ended: bool, message: String) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        // Jackson begins a line when it skips a line break, not when a line break is what it stumbles on.
        let (before, stumbled) = match before.strip_suffix('\n') {
            Some(before) if !ended => (before, 1),
            _ => (before, 0),
        };
        let mut position = Position::of(before, before.len());
        position.column += stumbled;
        Self { message, source: source(text, before, stumbled), position, span: last_read(text, offset, ended) }
    }
}

/// The word or the character that ends at an offset; never a line break.
fn last_read(text: &str, offset: usize, ended: bool) -> Range<usize> {
    let before = text.get(..offset).unwrap_or(text);
    let end = before.len();
    match before.chars().next_back() {
        None => 0..0,
        Some(_) if ended => end..end,
        Some('\n') => end - 1..end - 1,
        Some(last) if last.is_alphanumeric() => before.trim_end_matches(char::is_alphanumeric).len()..end,
        Some(last) => end - last.len_utf8()..end,
    }
}

/// How Jackson writes a place: the text's beginning, the line, the column behind what was read.
pub(crate) fn source(text: &str, before: &str, further: usize) -> String {
    let line = before.matches('\n').count() + 1;
    let row = before.rsplit('\n').next().unwrap_or_default();
    let column = row.encode_utf16().count() + 1 + further;
    let length = text.encode_utf16().count();
    if length <= MAX_SOURCE {
        return format!("[Source: (String)\"{text}\"; line: {line}, column: {column}]");
    }
    let mut units = 0;
    let fits = |character: &char| {
        units += character.len_utf16();
        units <= MAX_SOURCE
    };
    let shown: String = text.chars().take_while(fits).collect();
    let cut = length - MAX_SOURCE;
    format!("[Source: (String)\"{shown}\"[truncated {cut} chars]; line: {line}, column: {column}]")
}

/// How Jackson names a character.
pub(crate) fn describe(character: char) -> String {
    let code = u32::from(character);
    if character.is_control() {
        format!("(CTRL-CHAR, code {code})")
    } else if code > 255 {
        format!("'{character}' (code {code} / 0x{code:x})")
    } else {
        format!("'{character}' (code {code})")
    }
}
