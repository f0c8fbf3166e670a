//! Percent-encoding of paths and queries.

use std::fmt::Write as _;

/// A part of a query, read: `+` is a space. None: it is not UTF-8, or a `%` has no two digits behind it.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => digit(bytes.next()?)? * 16 + digit(bytes.next()?)?,
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// A segment of a path. Colons stay: they mean nothing there, and ARNs have many.
pub(super) fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_reads_as_before() {
        for text in ["", "order-7", "été 実行", "a+b=c&d%25", "arn:aws:states:us-east-1:1:execution:m:n", "(a)!'/?#"]
        {
            assert_eq!(decode(&encode(text)).as_deref(), Some(text));
        }
        assert_eq!(encode("arn:aws:x/é"), "arn:aws:x%2F%C3%A9");
    }

    #[test]
    fn a_plus_is_a_space_and_half_an_escape_is_nothing() {
        assert_eq!(decode("a+b%2bc").as_deref(), Some("a b+c"));
        for text in ["%", "%2", "%zz", "%+1", "%ff", "a%C3"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
