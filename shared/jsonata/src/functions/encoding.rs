//! Base64 and the escapes of URLs.

use super::Arguments;
use crate::error::{Code, Error};
use crate::evaluate::{Machine, Result};
use crate::options::Dialect;
use crate::value::Value;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use base64::engine::{DecodePaddingMode, Engine};

/// Characters that a URL's part may hold as they are, besides letters and digits.
const COMPONENT: &str = "-_.!~*'()";
/// Characters that mean something in a URL.
const RESERVED: &str = ";/?:@&=+$,#";

/// Decodes as Java does: padding may be missing, and bits to spare are not looked at. Nothing else is forgiven.
const JAVA: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// On AWS, bytes are those of UTF-8, as with its intrinsic functions that these replace.
pub(super) fn base64_encode<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(text) = arguments.text(0) else { return Ok(Value::Undefined) };
    machine.meter.require(text.len().saturating_mul(2))?;
    machine.meter.spend(text.len() / 8)?;
    let encoded = match machine.dialect {
        // Bytes are the low halves of UTF-16 units, as in the reference.
        Dialect::Reference => {
            let bytes: Vec<u8> = text.encode_utf16().map(|unit| unit.to_le_bytes()[0]).collect();
            STANDARD.encode(bytes)
        }
        Dialect::Aws => STANDARD.encode(text.as_bytes()),
    };
    machine.text(encoded)
}

pub(super) fn base64_decode<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(text) = arguments.text(0) else { return Ok(Value::Undefined) };
    machine.meter.require(text.len().saturating_mul(2))?;
    machine.meter.spend(text.len() / 8)?;
    let decoded = match machine.dialect {
        Dialect::Reference => lenient(text).into_iter().map(char::from).collect(),
        Dialect::Aws => {
            // What is no Base64 is an internal error there.
            let bytes = JAVA.decode(text.as_bytes()).map_err(|error| Error::internal(error.to_string()))?;
            String::from_utf8_lossy(&bytes).into_owned()
        }
    };
    machine.text(decoded)
}

/// Decodes as Node does: either alphabet, and what belongs to neither is skipped, up to the padding.
fn lenient(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut bits, mut len) = (0_u32, 0);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            _ => continue,
        };
        bits = (bits << 6 | u32::from(value)) & 0xFFFF;
        len += 6;
        if len >= 8 {
            len -= 8;
            bytes.push(((bits >> len) & 0xFF) as u8);
        }
    }
    bytes
}

pub(super) fn encode_component<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    encode(machine, arguments, |character| COMPONENT.contains(character))
}

pub(super) fn encode_url<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    encode(machine, arguments, |character| COMPONENT.contains(character) || RESERVED.contains(character))
}

fn encode<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>, stays: impl Fn(char) -> bool) -> Result<'a> {
    let Some(text) = arguments.text(0) else { return Ok(Value::Undefined) };
    machine.meter.require(text.len().saturating_mul(3))?;
    machine.meter.spend(text.len() / 4)?;
    let mut encoded = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || stays(character) {
            encoded.push(character);
        } else {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                encoded.push('%');
                for digit in [byte >> 4, byte & 15] {
                    encoded.push(char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase());
                }
            }
        }
    }
    machine.text(encoded)
}

pub(super) fn decode_component<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    decode(machine, arguments, "", "decodeUrlComponent")
}

pub(super) fn decode_url<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    decode(machine, arguments, RESERVED, "decodeUrl")
}

/// Decodes all escapes but those of the characters in `kept`.
fn decode<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>, kept: &str, name: &str) -> Result<'a> {
    let Some(text) = arguments.text(0) else { return Ok(Value::Undefined) };
    machine.meter.require(text.len())?;
    machine.meter.spend(text.len())?;
    match decoded(text, kept) {
        Some(decoded) => machine.text(decoded),
        None => Err(Error::new(Code::D3140).with_value(text).with_words(name)),
    }
}

fn decoded(text: &str, kept: &str) -> Option<String> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        result.push_str(&rest[..at]);
        rest = &rest[at..];
        let escaped = |index: usize| {
            let escape = rest.get(index * 3..index * 3 + 3)?.strip_prefix('%')?;
            u8::from_str_radix(escape, 16).ok().filter(|_| escape.bytes().all(|digit| digit.is_ascii_hexdigit()))
        };
        let first = escaped(0)?;
        let len = match first {
            0x00..0x80 => 1,
            0xC0..0xE0 => 2,
            0xE0..0xF0 => 3,
            0xF0..0xF8 => 4,
            _ => return None,
        };
        let bytes: Vec<u8> = (0..len).map(escaped).collect::<Option<_>>()?;
        let character = std::str::from_utf8(&bytes).ok()?;
        result.push_str(if kept.contains(character) { &rest[..3] } else { character });
        rest = &rest[len * 3..];
    }
    Some(result + rest)
}
