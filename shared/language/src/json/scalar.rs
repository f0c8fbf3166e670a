//! Numbers and strings.

use super::Failure;
use super::failure::describe;
use super::reader::Reader;
use serde_json::Number;

impl Reader<'_> {
    /// A number's whole text, which is kept as it is written.
    pub(super) fn number(&mut self, first: char, start: usize) -> Result<Number, Failure> {
        let lead = if first == '-' {
            self.digit("expected digit (0-9) to follow minus sign, for valid numeric value")?
        } else {
            first
        };
        if lead == '0' && self.peek().is_some_and(|character| character.is_ascii_digit()) {
            return self.fail("Invalid numeric value: Leading zeroes not allowed");
        }
        self.digits();
        if self.peek() == Some('.') {
            self.next();
            self.digit("Decimal point not followed by a digit")?;
            self.digits();
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            self.next();
            if matches!(self.peek(), Some('+' | '-')) {
                self.next();
            }
            self.digit("Exponent indicator not followed by a digit")?;
            self.digits();
        }
        let number = self.text.get(start..self.offset).unwrap_or_default();
        number.parse().or_else(|_| self.fail(format!("Malformed numeric value ({number})")))
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|character| character.is_ascii_digit()) {
            self.next();
        }
    }

    fn digit(&mut self, otherwise: &str) -> Result<char, Failure> {
        match self.next() {
            Some(digit) if digit.is_ascii_digit() => Ok(digit),
            Some(other) => {
                let other = describe(other);
                self.fail(format!("Unexpected character ({other}) in numeric value: {otherwise}"))
            }
            None => self.fail("Unexpected end-of-input within a numeric value"),
        }
    }

    /// A string's content, after its opening quote.
    pub(super) fn string(&mut self, kind: Quoted) -> Result<String, Failure> {
        let mut content = String::new();
        loop {
            content.push_str(self.plain());
            match self.next() {
                None => return self.fail(kind.unclosed()),
                Some('"') => return Ok(content),
                Some('\\') => content.push(self.escape(kind)?),
                Some(control) if control < ' ' => {
                    let (control, place) = (describe(control), kind.name());
                    return self.fail(format!(
                        "Illegal unquoted character ({control}): has to be escaped using backslash to be included in {place}"
                    ));
                }
                Some(character) => content.push(character),
            }
        }
    }

    /// Reads on to what may not stand in a string as it is.
    fn plain(&mut self) -> &str {
        let rest = self.text.get(self.offset..).unwrap_or_default();
        let is_special = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
        let plain = rest.bytes().position(is_special).map_or(rest, |end| &rest[..end]);
        self.offset += plain.len();
        plain
    }

    fn escape(&mut self, kind: Quoted) -> Result<char, Failure> {
        match self.next() {
            Some(same @ ('"' | '\\' | '/')) => Ok(same),
            Some('b') => Ok('\u{8}'),
            Some('f') => Ok('\u{c}'),
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some('u') => self.unicode(),
            Some(other) => self.fail(format!("Unrecognized character escape {}", describe(other))),
            None => self.fail(kind.unclosed()),
        }
    }

    /// `\uXXXX`, or a pair of them. Half a pair alone is no character and becomes U+FFFD, as in Java's UTF-8.
    fn unicode(&mut self) -> Result<char, Failure> {
        let unit = self.hex()?;
        if let Some(character) = char::from_u32(unit) {
            return Ok(character);
        }
        let before = self.offset;
        if unit < 0xDC00 && self.next() == Some('\\') && self.next() == Some('u') {
            let low = self.hex()?;
            if (0xDC00..0xE000).contains(&low) {
                let code = 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        self.offset = before;
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hex(&mut self) -> Result<u32, Failure> {
        let mut unit = 0;
        for _ in 0..4 {
            let Some(character) = self.next() else {
                return self.fail("Unexpected end-of-input in character escape sequence");
            };
            let Some(digit) = character.to_digit(16) else {
                return Err(self.unexpected(character, "expected a hex-digit for character escape sequence"));
            };
            unit = unit * 16 + digit;
        }
        Ok(unit)
    }
}

/// Which quoted text is read: the messages differ.
#[derive(Clone, Copy)]
pub(super) enum Quoted {
    Name,
    Value,
}

impl Quoted {
    const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Value => "string value",
        }
    }

    const fn unclosed(self) -> &'static str {
        match self {
            Self::Name => "Unexpected end-of-input in field name",
            Self::Value => "Unexpected end-of-input: was expecting closing quote for a string value",
        }
    }
}
