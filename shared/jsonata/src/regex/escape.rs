//! What a backslash begins.

use super::class::{Class, Item, Kind};
use super::parse::{Parser, Result};
use super::syntax::Node;

impl Parser {
    /// What follows a backslash outside of a class.
    pub(super) fn escape(&mut self) -> Result<Node> {
        let Some(next) = self.peek() else { return Err("\\ at end of pattern") };
        if let Some(kind) = kind_of(next) {
            self.at += 1;
            return Ok(Node::Class(Class::new(&[kind], false)));
        }
        match next {
            'b' | 'B' => {
                self.at += 1;
                Ok(Node::Boundary(next == 'b'))
            }
            'k' if !self.names.is_empty() => {
                self.at += 1;
                if !self.skip("<") {
                    return Err("Invalid named reference");
                }
                let name: String = self.characters[self.at..].iter().take_while(|next| **next != '>').collect();
                self.at += name.chars().count();
                let number = self.names.iter().find(|(known, _)| *known == name).map(|(_, number)| *number);
                match number {
                    Some(number) if self.skip(">") => Ok(Node::Reference(number)),
                    _ => Err("Invalid named reference"),
                }
            }
            '1'..='9' => {
                let digits: String =
                    self.characters[self.at..].iter().take_while(|next| next.is_ascii_digit()).collect();
                match digits.parse::<usize>() {
                    Ok(number) if number <= self.total => {
                        self.at += digits.len();
                        Ok(Node::Reference(number))
                    }
                    _ => Ok(Node::Char(self.character()?)),
                }
            }
            _ => Ok(Node::Char(self.character()?)),
        }
    }

    /// An escaped character, inside of a class or outside.
    pub(super) fn character(&mut self) -> Result<char> {
        let Some(next) = self.peek() else { return Err("\\ at end of pattern") };
        self.at += 1;
        Ok(match next {
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '0'..='7' => self.octal(next),
            'x' => self.hexadecimal(2).and_then(char::from_u32).unwrap_or('x'),
            'u' => self.unit().unwrap_or('u'),
            'c' => match self.peek().filter(char::is_ascii_alphabetic) {
                Some(letter) => {
                    self.at += 1;
                    char::from(letter as u8 % 32)
                }
                None => {
                    self.at -= 1;
                    '\\'
                }
            },
            other => other,
        })
    }

    fn octal(&mut self, first: char) -> char {
        let mut value = first.to_digit(8).unwrap_or(0);
        while let Some(digit) = self.peek().and_then(|next| next.to_digit(8)) {
            if value * 8 + digit > 0o377 {
                break;
            }
            value = value * 8 + digit;
            self.at += 1;
        }
        char::from_u32(value).unwrap_or('\0')
    }

    fn hexadecimal(&mut self, digits: usize) -> Option<u32> {
        let text: String = self.characters.get(self.at..self.at + digits)?.iter().collect();
        let value =
            u32::from_str_radix(&text, 16).ok().filter(|_| text.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        self.at += digits;
        Some(value)
    }

    /// Four hexadecimal digits; two such escapes may be one character.
    fn unit(&mut self) -> Option<char> {
        let high = self.hexadecimal(4)?;
        if (0xD800..0xDC00).contains(&high) && self.looks_at("\\u") {
            let before = self.at;
            self.at += 2;
            if let Some(low @ 0xDC00..0xE000) = self.hexadecimal(4) {
                return char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
            }
            self.at = before;
        }
        Some(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}

/// The class that a letter behind a backslash names.
pub(super) fn kind_of(letter: char) -> Option<Item> {
    let kind = match letter.to_ascii_lowercase() {
        'd' => Kind::Digit,
        'w' => Kind::Word,
        's' => Kind::Space,
        _ => return None,
    };
    Some(Item::Kind(kind, letter.is_ascii_uppercase()))
}
