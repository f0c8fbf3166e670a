//! Numbers in English words, and back.

const FEW: [&str; 20] = [
    "Zero",
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
    "Six",
    "Seven",
    "Eight",
    "Nine",
    "Ten",
    "Eleven",
    "Twelve",
    "Thirteen",
    "Fourteen",
    "Fifteen",
    "Sixteen",
    "Seventeen",
    "Eighteen",
    "Nineteen",
];
const ORDINALS: [&str; 20] = [
    "Zeroth",
    "First",
    "Second",
    "Third",
    "Fourth",
    "Fifth",
    "Sixth",
    "Seventh",
    "Eighth",
    "Ninth",
    "Tenth",
    "Eleventh",
    "Twelfth",
    "Thirteenth",
    "Fourteenth",
    "Fifteenth",
    "Sixteenth",
    "Seventeenth",
    "Eighteenth",
    "Nineteenth",
];
const DECADES: [&str; 9] = ["Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety", "Hundred"];
const MAGNITUDES: [&str; 4] = ["Thousand", "Million", "Billion", "Trillion"];

/// A whole number, zero or more. Words go up to trillions of trillions, as often as needed.
pub(super) fn to_words(number: f64, is_ordinal: bool) -> String {
    let mut words = String::new();
    append(number, false, is_ordinal, &mut words);
    words
}

fn append(number: f64, follows: bool, is_ordinal: bool, words: &mut String) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below a hundred")]
    let index = number.min(1000.0) as usize;
    if number <= 19.0 {
        words.push_str(if follows { " and " } else { "" });
        words.push_str(if is_ordinal { ORDINALS[index] } else { FEW[index] });
    } else if number < 100.0 {
        words.push_str(if follows { " and " } else { "" });
        words.push_str(DECADES[index / 10 - 2]);
        if !index.is_multiple_of(10) {
            words.push('-');
            append(number % 10.0, false, is_ordinal, words);
        } else if is_ordinal {
            words.pop();
            words.push_str("ieth");
        }
    } else if number < 1000.0 {
        words.push_str(if follows { ", " } else { "" });
        words.push_str(FEW[index / 100]);
        words.push_str(" Hundred");
        rest(number % 100.0, is_ordinal, words);
    } else {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a logarithm is small")]
        let magnitude = ((number.log10() / 3.0).floor() as usize).min(MAGNITUDES.len());
        #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "at most 12")]
        let factor = 10_f64.powi(magnitude as i32 * 3);
        let mantissa = (number / factor).floor();
        words.push_str(if follows { ", " } else { "" });
        append(mantissa, false, false, words);
        words.push(' ');
        words.push_str(MAGNITUDES[magnitude - 1]);
        rest(number - mantissa * factor, is_ordinal, words);
    }
}

fn rest(rest: f64, is_ordinal: bool, words: &mut String) {
    if rest > 0.0 {
        append(rest, true, is_ordinal, words);
    } else if is_ordinal {
        words.push_str("th");
    }
}

/// All words with their values, in lower case.
pub(super) fn vocabulary() -> impl Iterator<Item = (String, f64)> {
    #[expect(clippy::cast_precision_loss, reason = "small")]
    let small = FEW
        .iter()
        .enumerate()
        .chain(ORDINALS.iter().enumerate())
        .map(|(value, word)| (word.to_lowercase(), value as f64));
    #[expect(clippy::cast_precision_loss, reason = "small")]
    let decades = DECADES.iter().enumerate().flat_map(|(index, word)| {
        let word = word.to_lowercase();
        let ordinal = format!("{}ieth", &word[..word.len() - 1]);
        let value = (index as f64 + 2.0) * 10.0;
        [(word, value), (ordinal, value)]
    });
    let hundredth = std::iter::once(("hundredth".to_owned(), 100.0));
    let magnitudes = (1..).zip(MAGNITUDES).flat_map(|(power, word)| {
        let word = word.to_lowercase();
        let value = 10_f64.powi(power * 3);
        [(format!("{word}th"), value), (word, value)]
    });
    small.chain(decades).chain(hundredth).chain(magnitudes)
}

/// The number that the words mean; not a number where there are words of another kind.
pub(super) fn from_words(text: &str) -> f64 {
    let values: std::collections::HashMap<String, f64> = vocabulary().collect();
    let mut segments = vec![0.0];
    for word in split(text) {
        let value = values.get(word).copied().unwrap_or(f64::NAN);
        let last = segments.pop().unwrap_or(0.0);
        if value < 100.0 {
            if last >= 1000.0 {
                segments.push(last);
                segments.push(value);
            } else {
                segments.push(last + value);
            }
        } else {
            segments.push(last * value);
        }
    }
    segments.iter().sum()
}

/// Words between blanks, hyphens, backslashes, commas with a blank, and the word `and`.
fn split(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        let next = rest.chars().next().unwrap_or(' ');
        let after = &rest[next.len_utf8()..];
        let len = match next {
            ',' if after.starts_with(char::is_whitespace) => 1 + after.chars().next().map_or(0, char::len_utf8),
            _ if next.is_whitespace() => match after.strip_prefix("and") {
                Some(tail) if tail.starts_with(char::is_whitespace) => {
                    next.len_utf8() + 3 + tail.chars().next().map_or(0, char::len_utf8)
                }
                _ => next.len_utf8(),
            },
            '\\' | '-' => 1,
            _ => {
                at += next.len_utf8();
                continue;
            }
        };
        words.push(&text[start..at]);
        at += len;
        start = at;
    }
    words.push(&text[start..]);
    words
}

#[cfg(test)]
mod tests {
    use super::{from_words, to_words};

    #[test]
    fn words_and_numbers_are_each_other_s_inverse() {
        for number in [0.0, 7.0, 20.0, 99.0, 100.0, 365.0, 1024.0, 12_345.0, 1_000_000.0, 7_654_321.0] {
            assert_eq!(from_words(&to_words(number, false).to_lowercase()), number);
            assert_eq!(from_words(&to_words(number, true).to_lowercase()), number);
        }
        assert_eq!(to_words(365.0, true), "Three Hundred and Sixty-Fifth");
    }
}
