//! JSON as json-smart reads it in its permissive mode: single quotes and bare words are strings too.
//!
//! Filters and function arguments hold such literals: `[?(@.a in ['x', y])]`.

use serde_json::{Map, Number, Value};

use super::cursor::unescape;

/// Deepest nesting of a literal.
const MAX_DEPTH: usize = 32;

/// The value of `text`, or `None` when it is not JSON even so.
pub(super) fn parse(text: &[char]) -> Option<Value> {
    let mut reader = Reader { text, position: 0 };
    let value = reader.value(0)?;
    reader.skip_blanks();
    (reader.position == text.len()).then_some(value)
}

struct Reader<'t> {
    text: &'t [char],
    position: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.position).copied()
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.position += 1;
        }
    }

    fn take(&mut self, wanted: char) -> bool {
        self.skip_blanks();
        let found = self.peek() == Some(wanted);
        self.position += usize::from(found);
        found
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.skip_blanks();
        match self.peek()? {
            '[' | '{' if depth == MAX_DEPTH => None,
            '[' => self.array(depth).map(Value::Array),
            '{' => self.object(depth).map(Value::Object),
            quote @ ('\'' | '"') => self.quoted(quote).map(Value::String),
            _ => self.bare().map(|word| match word.as_str() {
                "null" => Value::Null,
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => match serde_json::from_str::<Number>(&word) {
                    Ok(number) => Value::Number(number),
                    Err(_) => Value::String(word),
                },
            }),
        }
    }

    fn array(&mut self, depth: usize) -> Option<Vec<Value>> {
        self.position += 1;
        let mut items = Vec::new();
        while !self.take(']') {
            if !items.is_empty() && !self.take(',') {
                return None;
            }
            items.push(self.value(depth + 1)?);
        }
        Some(items)
    }

    fn object(&mut self, depth: usize) -> Option<Map<String, Value>> {
        self.position += 1;
        let mut members = Map::new();
        while !self.take('}') {
            if !members.is_empty() && !self.take(',') {
                return None;
            }
            self.skip_blanks();
            let key = match self.peek()? {
                quote @ ('\'' | '"') => self.quoted(quote)?,
                _ => self.bare()?,
            };
            if !self.take(':') {
                return None;
            }
            members.insert(key, self.value(depth + 1)?);
        }
        Some(members)
    }

    fn quoted(&mut self, quote: char) -> Option<String> {
        let start = self.position + 1;
        let mut escaped = false;
        for index in start..self.text.len() {
            let character = self.text[index];
            if escaped {
                escaped = false;
            } else if character == '\\' {
                escaped = true;
            } else if character == quote {
                self.position = index + 1;
                return unescape(&self.text[start..index]).ok();
            }
        }
        None
    }

    fn bare(&mut self) -> Option<String> {
        let rest = &self.text[self.position..];
        let length = rest.iter().position(|character| ",:[]{}".contains(*character)).unwrap_or(rest.len());
        self.position += length;
        let word: String = rest[..length].iter().collect();
        let word = word.trim();
        (!word.is_empty()).then(|| word.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(text: &str, expected: Option<&Value>) {
        let characters: Vec<char> = text.chars().collect();
        assert_eq!(parse(&characters).as_ref(), expected, "{text}");
    }

    #[test]
    fn single_quotes_and_bare_words_are_strings() {
        check("[1, 'a', \"b\", c d, null, true]", Some(&json!([1, "a", "b", "c d", null, true])));
        check("{a: 1, 'b': [], \"c\": {}}", Some(&json!({ "a": 1, "b": [], "c": {} })));
        check("'it\\'s'", Some(&json!("it's")));
        check("1.50", serde_json::from_str("1.50").ok().as_ref());
    }

    #[test]
    fn what_is_not_closed_is_refused() {
        for text in ["", "[", "[1", "{a", "{a:1", "'a", "[1]]", &"[".repeat(100_000)] {
            check(text, None);
        }
    }
}
