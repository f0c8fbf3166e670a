//! Pictures of whole numbers: decimal digits, letters, Roman numerals, words.

use super::words::to_words;
use crate::error::{Code, Error};
use crate::number::print;

#[derive(Clone, Debug)]
pub(crate) struct IntegerPicture {
    pub(super) primary: Primary,
    pub(super) is_ordinal: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Primary {
    Decimal(Digits),
    Letters {
        is_upper: bool,
    },
    Roman {
        is_upper: bool,
    },
    Words(Case),
    /// Some other numbering, which is not supported.
    Sequence(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Upper,
    Lower,
    Title,
}

#[derive(Clone, Debug)]
pub(super) struct Digits {
    /// The character for zero.
    pub(super) zero: u32,
    pub(super) mandatory: usize,
    pub(super) optional: usize,
    pub(super) groups: Groups,
}

#[derive(Clone, Debug)]
pub(super) enum Groups {
    /// One separator at equal distances.
    Regular(usize, char),
    /// Separators by their distance from the right.
    Irregular(Vec<(usize, char)>),
}

/// The zeros of all families of decimal digits that are known.
const ZEROS: [u32; 37] = [
    0x30, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
    0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40,
    0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
];

const ROMAN: [(f64, &str); 13] = [
    (1000.0, "m"),
    (900.0, "cm"),
    (500.0, "d"),
    (400.0, "cd"),
    (100.0, "c"),
    (90.0, "xc"),
    (50.0, "l"),
    (40.0, "xl"),
    (10.0, "x"),
    (9.0, "ix"),
    (5.0, "v"),
    (4.0, "iv"),
    (1.0, "i"),
];

impl IntegerPicture {
    pub(crate) fn parse(picture: &str) -> Result<Self, Error> {
        let (primary, modifier) = picture.rsplit_once(';').unwrap_or((picture, ""));
        let is_ordinal = modifier.starts_with('o');
        let primary = match primary {
            "A" | "a" => Primary::Letters { is_upper: primary == "A" },
            "I" | "i" => Primary::Roman { is_upper: primary == "I" },
            "W" => Primary::Words(Case::Upper),
            "Ww" => Primary::Words(Case::Title),
            "w" => Primary::Words(Case::Lower),
            _ => digits(primary)?,
        };
        Ok(Self { primary, is_ordinal })
    }

    /// Characters that a formatted number may take; for the caller to have them counted first.
    pub(crate) fn room(&self, number: f64) -> usize {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size, or the greatest size")]
        match &self.primary {
            Primary::Decimal(digits) => digits.mandatory.saturating_mul(4).saturating_add(1024),
            Primary::Roman { .. } => (number.abs() / 1000.0) as usize,
            Primary::Letters { .. } | Primary::Words(_) | Primary::Sequence(_) => 4096,
        }
    }

    pub(super) fn digits_mut(&mut self) -> Option<&mut Digits> {
        match &mut self.primary {
            Primary::Decimal(digits) => Some(digits),
            _ => None,
        }
    }
}

/// A pattern of decimal digits, if it has any.
fn digits(picture: &str) -> Result<Primary, Error> {
    let (mut zero, mut mandatory, mut optional, mut place) = (None, 0, 0, 0);
    let mut separators = Vec::new();
    for character in picture.chars().rev() {
        let code = u32::from(character);
        if let Some(found) = ZEROS.into_iter().find(|zero| (*zero..*zero + 10).contains(&code)) {
            mandatory += 1;
            place += 1;
            if *zero.get_or_insert(found) != found {
                return Err(Error::new(Code::D3131));
            }
        } else if character == '#' {
            optional += 1;
            place += 1;
        } else {
            separators.push((place, character));
        }
    }
    let Some(zero) = zero else { return Ok(Primary::Sequence(picture.to_owned())) };
    let places: Vec<usize> = separators.iter().map(|(place, _)| *place).collect();
    let is_same = separators.windows(2).all(|pair| pair[0].1 == pair[1].1);
    let groups = match (crate::number::regular(&places), separators.first()) {
        (distance @ 1.., Some((_, character))) if is_same => Groups::Regular(distance, *character),
        _ => Groups::Irregular(separators),
    };
    Ok(Primary::Decimal(Digits { zero, mandatory, optional, groups }))
}

/// The number, rounded down, as the picture says.
pub(crate) fn format_integer(number: f64, picture: &IntegerPicture) -> Result<String, Error> {
    let number = number.floor();
    let magnitude = number.abs();
    // What is not finite has digits of a kind in JavaScript; what is no number has no letters, and no words at all.
    let is_writable = match &picture.primary {
        Primary::Decimal(_) | Primary::Sequence(_) => true,
        Primary::Letters { .. } | Primary::Roman { .. } => !magnitude.is_infinite(),
        Primary::Words(_) => magnitude.is_finite(),
    };
    if !is_writable {
        return Err(Error::new(Code::D1001).with_value_json(Some("null".to_owned())));
    }
    let text = match &picture.primary {
        Primary::Letters { is_upper } => letters(magnitude, if *is_upper { b'A' } else { b'a' }),
        Primary::Roman { is_upper } => {
            let numerals = roman(magnitude);
            if *is_upper { numerals.to_uppercase() } else { numerals }
        }
        Primary::Words(case) => {
            let words = to_words(magnitude, picture.is_ordinal);
            match case {
                Case::Upper => words.to_uppercase(),
                Case::Lower => words.to_lowercase(),
                Case::Title => words,
            }
        }
        Primary::Decimal(digits) => decimal(magnitude, digits, picture.is_ordinal),
        Primary::Sequence(token) => return Err(Error::new(Code::D3130).with_value(token)),
    };
    Ok(if number < 0.0 { format!("-{text}") } else { text })
}

fn letters(mut number: f64, first: u8) -> String {
    let mut letters = Vec::new();
    while number > 0.0 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 26")]
        letters.push(char::from(first + ((number - 1.0) % 26.0) as u8));
        number = ((number - 1.0) / 26.0).floor();
    }
    letters.iter().rev().collect()
}

fn roman(mut number: f64) -> String {
    let mut numerals = String::new();
    for (value, numeral) in ROMAN {
        while number >= value {
            numerals.push_str(numeral);
            number -= value;
        }
    }
    numerals
}

fn decimal(number: f64, digits: &Digits, is_ordinal: bool) -> String {
    let plain = print(number);
    let padding = digits.mandatory.saturating_sub(plain.chars().count());
    let shift =
        |character: char| char::from_u32((u32::from(character) + digits.zero).wrapping_sub(0x30)).unwrap_or(character);
    let mut text: Vec<char> = std::iter::repeat_n('0', padding).chain(plain.chars()).map(shift).collect();
    match &digits.groups {
        Groups::Regular(distance, separator) => {
            for group in (1..=text.len().saturating_sub(1) / distance).rev() {
                text.insert(text.len() - group * distance, *separator);
            }
        }
        Groups::Irregular(separators) => {
            for (place, separator) in separators.iter().rev() {
                if let Some(at) = text.len().checked_sub(*place) {
                    text.insert(at, *separator);
                } else {
                    // Left of the start there is nothing; what is right of the separator then counts from the end.
                    let kept = text.split_off((2 * text.len()).saturating_sub(*place));
                    text.clear();
                    text.push(*separator);
                    text.extend(kept);
                }
            }
        }
    }
    if is_ordinal {
        let teens = text.len() > 1 && text[text.len() - 2] == '1';
        text.extend(
            match text.last() {
                Some('1') if !teens => "st",
                Some('2') if !teens => "nd",
                Some('3') if !teens => "rd",
                _ => "th",
            }
            .chars(),
        );
    }
    text.into_iter().collect()
}
