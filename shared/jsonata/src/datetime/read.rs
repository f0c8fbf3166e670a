//! Text back into whole numbers, by the picture that it was written with.

use super::format::leading_integer;
use super::integer::{Groups, IntegerPicture, Primary};
use super::words::{from_words, vocabulary};
use crate::error::{Code, Error};

/// The number that the text means. The text is not checked against the picture; what makes no sense is not a number.
pub(crate) fn read_integer(text: &str, picture: &IntegerPicture) -> Result<f64, Error> {
    Ok(match &picture.primary {
        Primary::Letters { is_upper } => {
            let before_first = f64::from(if *is_upper { b'A' } else { b'a' }) - 1.0;
            let units: Vec<u16> = text.encode_utf16().collect();
            let places = units.iter().rev().zip(0..);
            places
                .fold(0.0, |sum, (unit, place)| sum + (f64::from(*unit) - before_first) * 26_f64.powf(f64::from(place)))
        }
        Primary::Roman { is_upper } => roman(&if *is_upper { text.to_owned() } else { text.to_uppercase() }),
        Primary::Words(_) => from_words(&text.to_lowercase()),
        Primary::Decimal(digits) => {
            let mut text = text.to_owned();
            if picture.is_ordinal {
                // The suffix has two letters.
                let end = text.char_indices().rev().nth(1).map_or(0, |(at, _)| at);
                text.truncate(end);
            }
            match &digits.groups {
                Groups::Regular(..) => text = text.replace(',', ""),
                Groups::Irregular(separators) => {
                    for (_, separator) in separators {
                        text = text.replace(*separator, "");
                    }
                }
            }
            let plain = text
                .chars()
                .map(|digit| char::from_u32((u32::from(digit) + 0x30).wrapping_sub(digits.zero)).unwrap_or('?'));
            leading_integer(&plain.collect::<String>()).unwrap_or(f64::NAN)
        }
        Primary::Sequence(token) => return Err(Error::new(Code::D3130).with_value(token)),
    })
}

fn roman(text: &str) -> f64 {
    let (mut sum, mut largest) = (0.0, 1.0);
    for digit in text.chars().rev() {
        let value = match digit {
            'M' => 1000.0,
            'D' => 500.0,
            'C' => 100.0,
            'L' => 50.0,
            'X' => 10.0,
            'V' => 5.0,
            'I' => 1.0,
            _ => return f64::NAN,
        };
        if value < largest {
            sum -= value;
        } else {
            largest = value;
            sum += value;
        }
    }
    sum
}

/// The regular expression that a written number matches; with so many digits, where the picture says how many.
pub(super) fn pattern(picture: &IntegerPicture, digits: Option<f64>) -> Result<String, Error> {
    Ok(match &picture.primary {
        Primary::Letters { is_upper: true } => "[A-Z]+".to_owned(),
        Primary::Letters { is_upper: false } => "[a-z]+".to_owned(),
        Primary::Roman { is_upper: true } => "[MDCLXVI]+".to_owned(),
        Primary::Roman { is_upper: false } => "[mdclxvi]+".to_owned(),
        Primary::Words(_) => {
            let words: Vec<String> = vocabulary().map(|(word, _)| word).collect();
            format!("(?:{}|and|[\\-, ])+", words.join("|"))
        }
        Primary::Decimal(format) => {
            let occurrences = match digits {
                Some(digits) if digits > 0.0 && format.optional == 0 => format!("{{{digits}}}"),
                #[expect(clippy::cast_precision_loss, reason = "a picture is short")]
                Some(digits) if digits > 0.0 => format!("{{{},{digits}}}", digits - format.optional as f64),
                _ => "+".to_owned(),
            };
            let suffix = if picture.is_ordinal { "(?:th|st|nd|rd)" } else { "" };
            format!("[0-9]{occurrences}{suffix}")
        }
        Primary::Sequence(token) => return Err(Error::new(Code::D3130).with_value(token)),
    })
}
