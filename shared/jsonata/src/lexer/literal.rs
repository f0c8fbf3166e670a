//! Literals: strings with the escapes of JSON, numbers.

use super::Lexer;
use crate::error::{Code, Error};

impl Lexer<'_> {
    /// A string in quotes of either kind. Halves of surrogate pairs that stand alone become replacement characters.
    pub(super) fn text(&mut self, quote: char) -> Result<String, Error> {
        let mut text = String::new();
        // UTF-16 units that were written as escapes and may still be halves of a pair.
        let mut units: Vec<u16> = Vec::new();
        self.at += 1;
        while let Some(next) = self.peek() {
            if next == '\\' {
                self.at += 1;
                match self.peek() {
                    Some('u') => {
                        units.push(self.unit()?);
                        continue;
                    }
                    escaped => {
                        flush(&mut units, &mut text);
                        let Some(plain) = escaped.and_then(unescape) else {
                            let token = escaped.map(String::from).unwrap_or_default();
                            return Err(self.error(Code::S0103, self.at).with_token(&token));
                        };
                        text.push(plain);
                        self.at += 1;
                        continue;
                    }
                }
            }
            flush(&mut units, &mut text);
            self.at += next.len_utf8();
            if next == quote {
                return Ok(text);
            }
            text.push(next);
        }
        Err(self.error(Code::S0101, self.source.len()))
    }

    /// Four hexadecimal digits after `\u`.
    fn unit(&mut self) -> Result<u16, Error> {
        let digits = self.rest()[1..].chars().take(4).collect::<String>();
        let is_hexadecimal = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        match u16::from_str_radix(&digits, 16) {
            Ok(unit) if is_hexadecimal && digits.len() == 4 => {
                self.at += 5;
                Ok(unit)
            }
            // The text ends here. The reference goes on as if there were four, and misses the quote behind them.
            Ok(_) if is_hexadecimal => Err(Error::at(Code::S0101, self.position(self.source.len()) + 4 - digits.len())),
            _ => Err(self.error(Code::S0104, self.at)),
        }
    }

    /// A number, if one stands here. A minus belongs to it nowhere: it is an operator.
    pub(super) fn number(&mut self) -> Result<Option<f64>, Error> {
        let rest = self.rest().as_bytes();
        let digits = |from: usize| rest[from..].iter().take_while(|digit| digit.is_ascii_digit()).count();
        let mut len = match rest.first() {
            Some(b'0') => 1,
            Some(b'1'..=b'9') => digits(0),
            _ => return Ok(None),
        };
        if rest.get(len) == Some(&b'.') && digits(len + 1) > 0 {
            len += 1 + digits(len + 1);
        }
        if matches!(rest.get(len), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(rest.get(len + 1), Some(b'+' | b'-')));
            let exponent = if len + 1 + sign < rest.len() { digits(len + 1 + sign) } else { 0 };
            if exponent > 0 {
                len += 1 + sign + exponent;
            }
        }
        let text = &self.rest()[..len];
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => {
                self.at += len;
                Ok(Some(number))
            }
            _ => Err(self.error(Code::S0102, self.at).with_token(text)),
        }
    }
}

fn unescape(escaped: char) -> Option<char> {
    Some(match escaped {
        '"' | '\\' | '/' => escaped,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        _ => return None,
    })
}

fn flush(units: &mut Vec<u16>, text: &mut String) {
    text.extend(char::decode_utf16(units.drain(..)).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)));
}
