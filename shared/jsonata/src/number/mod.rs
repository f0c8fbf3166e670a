//! Numbers as JavaScript prints, rounds and reads them.

mod base;
mod java;
mod picture;
mod read;
mod round;

pub(crate) use base::to_radix;
pub(crate) use java::print_java;
pub(crate) use picture::{Picture, Symbols, regular};
pub(crate) use read::read;
pub(crate) use round::round;

/// The number in JSON, as errors show it: what is no number, or infinite, is null there.
pub(crate) fn to_json(number: f64) -> String {
    if number.is_finite() { print(number) } else { "null".to_owned() }
}

/// The text of JavaScript's `String(number)`.
pub(crate) fn print(number: f64) -> String {
    match whole(number) {
        Some(whole) => whole.to_string(),
        None => ryu_js::Buffer::new().format(number).to_owned(),
    }
}

/// The number as an integer that has the same text: the common case. There, -0 is 0.
pub(crate) fn whole(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "whole numbers below 2^53 fit")]
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}
