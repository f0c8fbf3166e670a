//! `Base64Encode`, `Base64Decode` and `Hash`.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use md5::Md5;
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::{Arguments, Failure};
use crate::json::json_text;

/// Most characters of an argument.
///
/// Source: Step Functions developer guide, intrinsic functions for encoding and hashing.
const MAX_CHARACTERS: usize = 10_000;

/// Writes with padding, reads without.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The Base64 text of a string's UTF-8.
pub(super) fn base64_encode(arguments: &Arguments<'_>) -> Result<Value, Failure> {
    let text = arguments.text(0)?;
    check_length(arguments, text)?;
    Ok(Value::String(LENIENT.encode(text)))
}

/// The string of a Base64 text, as lenient as Apache's decoder, which AWS is seen to be like: what is in neither alphabet
/// is skipped, the first `=` ends it all, and six bits too many are dropped.
pub(super) fn base64_decode(arguments: &Arguments<'_>) -> Result<Value, Failure> {
    let text = arguments.text(0)?;
    check_length(arguments, text)?;
    let letters = text.bytes().take_while(|byte| *byte != b'=').filter_map(|byte| match byte {
        b'-' => Some(b'+'),
        b'_' => Some(b'/'),
        b'+' | b'/' => Some(byte),
        _ => byte.is_ascii_alphanumeric().then_some(byte),
    });
    let mut letters: Vec<u8> = letters.collect();
    if letters.len() % 4 == 1 {
        letters.pop();
    }
    let bytes =
        LENIENT.decode(letters).map_err(|error| arguments.refused(&format!("argument 1 is not Base64: {error}")))?;
    Ok(Value::String(String::from_utf8_lossy(&bytes).into_owned()))
}

/// The hash of a string, or of the JSON text of anything else, in lower-case hexadecimal.
pub(super) fn hash(arguments: &Arguments<'_>) -> Result<Value, Failure> {
    let data = match arguments.value(0) {
        Value::String(text) => text.clone(),
        other => json_text(other),
    };
    check_length(arguments, &data)?;
    let hash = match arguments.text(1)? {
        "MD5" => hexadecimal(&Md5::digest(&data)),
        "SHA-1" => hexadecimal(&Sha1::digest(&data)),
        "SHA-256" => hexadecimal(&Sha256::digest(&data)),
        "SHA-384" => hexadecimal(&Sha384::digest(&data)),
        "SHA-512" => hexadecimal(&Sha512::digest(&data)),
        other => {
            let problem = format!("'{other}' is none of MD5, SHA-1, SHA-256, SHA-384, SHA-512");
            return Err(arguments.refused(&problem));
        }
    };
    Ok(Value::String(hash))
}

fn check_length(arguments: &Arguments<'_>, text: &str) -> Result<(), Failure> {
    let length = text.chars().count();
    if length > MAX_CHARACTERS {
        return Err(arguments.refused(&format!("argument 1 has {length} characters, more than {MAX_CHARACTERS}")));
    }
    Ok(())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
