//! A position in the text of a path, with the look-ahead that Jayway's grammar is made of.

use super::Error;

/// Why reading stopped.
#[derive(Debug)]
pub(super) enum Fault {
    /// Jayway's own InvalidPathException.
    Invalid(String),
    /// Another Java exception, by name and text. A filter words it anew.
    Java(String),
    /// A limit of this implementation.
    Limit(Error),
}

pub(super) type Read<T> = Result<T, Fault>;

pub(super) fn invalid<T>(text: impl Into<String>) -> Read<T> {
    Err(Fault::Invalid(text.into()))
}

/// Characters with a position and an end that trimming moves.
pub(super) struct Cursor<'t> {
    text: &'t [char],
    pub(super) position: usize,
    /// One past the last character that counts.
    end: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t [char]) -> Self {
        Self { text, position: 0, end: text.len() }
    }

    pub(super) fn end(&self) -> usize {
        self.end
    }

    pub(super) fn at(&self, index: usize) -> Read<char> {
        self.text.get(index).copied().ok_or_else(|| {
            Fault::Java(format!("java.lang.StringIndexOutOfBoundsException: String index out of range: {index}"))
        })
    }

    pub(super) fn current(&self) -> Read<char> {
        self.at(self.position)
    }

    pub(super) fn current_is(&self, wanted: char) -> Read<bool> {
        Ok(self.current()? == wanted)
    }

    pub(super) fn last_is(&self, wanted: char) -> bool {
        self.end.checked_sub(1).and_then(|last| self.text.get(last)).is_some_and(|last| *last == wanted)
    }

    pub(super) fn in_bounds(&self, index: usize) -> bool {
        index < self.end
    }

    pub(super) fn is_tail(&self) -> bool {
        self.position + 1 >= self.end
    }

    pub(super) fn next_is(&self, wanted: char) -> bool {
        self.in_bounds(self.position + 1) && self.text[self.position + 1] == wanted
    }

    pub(super) fn slice(&self, start: usize, end: usize) -> &'t [char] {
        let end = end.min(self.text.len());
        &self.text[start.min(end)..end]
    }

    pub(super) fn text(&self, start: usize, end: usize) -> String {
        self.slice(start, end).iter().collect()
    }

    pub(super) fn whole(&self) -> String {
        self.text.iter().collect()
    }

    pub(super) fn skip_blanks(&mut self) {
        while !self.is_tail() && self.text[self.position] == ' ' {
            self.position += 1;
        }
    }

    pub(super) fn trim(&mut self) {
        self.skip_blanks();
        while !self.is_tail() && self.last_is(' ') {
            self.end -= 1;
        }
    }

    pub(super) fn drop_last(&mut self) {
        self.end = self.end.saturating_sub(1);
    }

    /// Index of the first character after `start` that is no blank, or the end.
    fn significant_after(&self, start: usize) -> usize {
        let mut index = start + 1;
        while self.in_bounds(index) && self.text[index] == ' ' {
            index += 1;
        }
        index
    }

    /// Index of `wanted` when it is the next significant character after `start`.
    pub(super) fn find_significant(&self, start: usize, wanted: char) -> Read<Option<usize>> {
        let index = self.significant_after(start);
        Ok((self.at(index)? == wanted).then_some(index))
    }

    pub(super) fn significant_is(&self, start: usize, wanted: char) -> bool {
        self.next_significant(start) == wanted
    }

    /// The next significant character after `start`; a blank at the end.
    pub(super) fn next_significant(&self, start: usize) -> char {
        let index = self.significant_after(start);
        if self.in_bounds(index) { self.text[index] } else { ' ' }
    }

    pub(super) fn previous_significant(&self) -> Option<usize> {
        self.text[..self.position.min(self.end)].iter().rposition(|character| *character != ' ')
    }

    pub(super) fn find(&self, start: usize, wanted: char) -> Option<usize> {
        (start..self.end).find(|index| self.text[*index] == wanted)
    }

    /// Index of the next `wanted` after `start` that no backslash escapes.
    pub(super) fn find_unescaped(&self, start: usize, wanted: char) -> Option<usize> {
        let mut escaped = false;
        for index in start + 1..self.end {
            let character = self.text[index];
            if escaped {
                escaped = false;
            } else if character == '\\' {
                escaped = true;
            } else if character == wanted {
                return Some(index);
            }
        }
        None
    }

    /// Index of the bracket that closes the one at `start`. Strings are skipped, and regular expressions on demand.
    pub(super) fn find_closing(&self, start: usize, open: char, close: char, regex: bool) -> Read<Option<usize>> {
        let mut opened = 1;
        let mut index = start + 1;
        while self.in_bounds(index) {
            let quote = self.text[index];
            if quote == '\'' || quote == '"' {
                let Some(end) = self.find_unescaped(index, quote) else {
                    let whole = self.whole();
                    return invalid(format!("Could not find matching close quote for {quote} when parsing : {whole}"));
                };
                index = end + 1;
            }
            if regex && self.at(index)? == '/' {
                let Some(end) = self.find_unescaped(index, '/') else {
                    let whole = self.whole();
                    return invalid(format!("Could not find matching close for / when parsing regex in : {whole}"));
                };
                index = end + 1;
            }
            let character = self.at(index)?;
            if character == open {
                opened += 1;
            } else if character == close {
                opened -= 1;
                if opened == 0 {
                    return Ok(Some(index));
                }
            }
            index += 1;
        }
        Ok(None)
    }

    /// Moves past `wanted` when it comes next, after blanks.
    pub(super) fn take_sequence(&mut self, wanted: &[char]) -> bool {
        self.skip_blanks();
        let end = self.position + wanted.len();
        let found = end <= self.end && self.text[self.position..end] == *wanted;
        if found {
            self.position = end;
        }
        found
    }

    /// Moves past `wanted`, which must come next, after blanks.
    pub(super) fn take(&mut self, wanted: char) -> Read<()> {
        self.skip_blanks();
        if !self.current_is(wanted)? {
            return invalid(format!("Expected character: {wanted}"));
        }
        self.position += 1;
        Ok(())
    }
}

/// Java-style unescaping, as Jayway does for names in brackets and strings in filters.
pub(super) fn unescape(text: &[char]) -> Read<String> {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut index = 0;
    while let Some(&character) = text.get(index) {
        index += 1;
        if character != '\\' {
            push(&mut units, character);
            continue;
        }
        let Some(&escaped) = text.get(index) else {
            push(&mut units, '\\');
            break;
        };
        index += 1;
        match escaped {
            'r' => push(&mut units, '\r'),
            'f' => push(&mut units, '\u{c}'),
            't' => push(&mut units, '\t'),
            'n' => push(&mut units, '\n'),
            'b' => push(&mut units, '\u{8}'),
            'u' => {
                let Some(digits) = text.get(index..index + 4) else {
                    break;
                };
                let digits: String = digits.iter().collect();
                let Ok(unit) = u16::from_str_radix(&digits, 16) else {
                    return Err(Fault::Java(format!(
                        "com.jayway.jsonpath.JsonPathException: Unable to parse unicode value: {digits}"
                    )));
                };
                index += 4;
                units.push(unit);
            }
            other => push(&mut units, other),
        }
    }
    Ok(String::from_utf16_lossy(&units))
}

fn push(units: &mut Vec<u16>, character: char) {
    units.extend_from_slice(character.encode_utf16(&mut [0; 2]));
}
