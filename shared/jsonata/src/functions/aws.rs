//! Functions that AWS Step Functions adds. What they do with odd arguments is what third parties measured there.

use super::{Arguments, json, numeric};
use crate::error::{Code, Error};
use crate::evaluate::{Machine, Result};
use crate::limits::AWS_MEMORY;
use crate::value::{Array, Value};
use sha2::Digest;

/// Most elements of `$range` on AWS, whose memory they fill.
const MAX_RANGE: usize = 360_145;

/// A whole number, as Java casts it: towards zero, and the largest where it would be larger.
#[expect(clippy::cast_possible_truncation, reason = "saturates")]
fn whole(arguments: &Arguments<'_, '_>, index: usize) -> Option<i64> {
    arguments.number(index).map(|number| number as i64)
}

/// A failure in words of the function's own, which have one code for all.
fn failure(message: impl Into<String>) -> Error {
    Error::new(Code::D3137).with_words(message)
}

pub(super) fn random<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    Ok(Value::Number(match whole(arguments, 0) {
        Some(seed) => first_double(seed),
        None => numeric::fraction(machine.random()?),
    }))
}

/// The first number that `java.util.Random` gives for a seed. Its documentation has the constants and the steps.
fn first_double(seed: i64) -> f64 {
    const MULTIPLIER: u64 = 0x5_DEEC_E66D;
    const MASK: u64 = (1 << 48) - 1;
    let mut state = (seed.cast_unsigned() ^ MULTIPLIER) & MASK;
    let mut next = |bits: u32| {
        state = state.wrapping_mul(MULTIPLIER).wrapping_add(11) & MASK;
        state >> (48 - bits)
    };
    let (high, low) = (next(26), next(27));
    numeric::fraction(((high << 27) + low) << 11)
}

pub(super) fn partition<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let array = arguments.get(0);
    if array.is_undefined() {
        return Ok(Value::Undefined);
    }
    let Some(items) = array.items() else { return Err(Error::new(Code::T0412).with_index(1)) };
    let size = match whole(arguments, 1) {
        Some(size) => usize::try_from(size).map_err(|_| failure("Second argument must be zero or greater"))?,
        None => items.len(),
    };
    if size == 0 || items.len() == 0 {
        return Ok(Value::Undefined);
    }
    let mut parts = Array::new(&machine.meter)?;
    let mut part = Array::new(&machine.meter)?;
    for item in items.iter() {
        machine.meter.spend(1)?;
        part.push(item)?;
        if part.len() == size {
            let full = std::mem::replace(&mut part, Array::new(&machine.meter)?);
            parts.push(full.into())?;
        }
    }
    if part.len() > 0 {
        parts.push(part.into())?;
    }
    Ok(parts.into())
}

pub(super) fn range<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let (Some(first), Some(last), Some(step)) = (whole(arguments, 0), whole(arguments, 1), whole(arguments, 2)) else {
        return Ok(Value::Undefined);
    };
    let distance = i128::from(last) - i128::from(first);
    if step == 0 || distance.signum() * i128::from(step) < 0 {
        return Ok(Value::Undefined);
    }
    let len = usize::try_from(distance / i128::from(step) + 1).unwrap_or(usize::MAX);
    // As many as on AWS for its memory, and in proportion for another.
    machine.meter.admit(len.saturating_mul(AWS_MEMORY) / MAX_RANGE)?;
    machine.meter.spend(len)?;
    let mut numbers = Array::sequence(&machine.meter)?;
    let mut next = first;
    for _ in 0..len {
        #[expect(clippy::cast_precision_loss, reason = "numbers of the language are floats")]
        numbers.push(Value::Number(next as f64))?;
        next = next.saturating_add(step);
    }
    Ok(numbers.into())
}

pub(super) fn hash<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let (Some(data), Some(algorithm)) = (arguments.text(0), arguments.text(1)) else { return Ok(Value::Undefined) };
    machine.meter.spend(data.len() / 8)?;
    let bytes = data.as_bytes();
    let digest = match &**algorithm {
        "MD5" => md5::Md5::digest(bytes).to_vec(),
        "SHA-1" => sha1::Sha1::digest(bytes).to_vec(),
        "SHA-256" => sha2::Sha256::digest(bytes).to_vec(),
        "SHA-384" => sha2::Sha384::digest(bytes).to_vec(),
        "SHA-512" => sha2::Sha512::digest(bytes).to_vec(),
        other => {
            let known = "SHA-1, SHA-384, SHA-256, SHA-512, MD5";
            machine.meter.require(other.len())?;
            return Err(failure(format!("Hash algorithm '{other}' must be one of {known}")));
        }
    };
    machine.text(hexadecimal(&digest))
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from_digit(u32::from(digit), 16).unwrap_or('0')).collect()
}

/// A random UUID, version 4.
pub(super) fn uuid<'a>(machine: &Machine<'a>, _arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let high = machine.random()? & 0xFFFF_FFFF_FFFF_0FFF | 0x4000;
    let low = machine.random()? & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000;
    let text = hexadecimal(&[high.to_be_bytes(), low.to_be_bytes()].concat());
    machine.text([&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-"))
}

pub(super) fn parse<'a>(machine: &Machine<'a>, arguments: &Arguments<'_, 'a>) -> Result<'a> {
    let Some(text) = arguments.text(0) else { return Ok(Value::Undefined) };
    json::read(machine, text)?.ok_or_else(|| failure("Invalid JSON"))
}
