//! Attributes of items: reading them, and packing texts and bodies.
//!
//! What is written here is read for as long as any table lives: a new way to pack gets a new first byte.

use crate::error::{unavailable, unreadable};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use flate2::Compression;
use flate2::read::{DeflateDecoder, DeflateEncoder};
use model::Timestamp;
use orchestrator::ports::Error;
use std::collections::HashMap;
use std::io::{self, Read};
use std::str::FromStr;

/// An item as the SDK has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// Bodies of up to this many bytes are kept as they are.
const SMALL_BYTES: usize = 512;

/// No body that unpacks to more is packed; far more than an item holds.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// What [`Error::Unavailable`] calls what bodies are part of.
const JOURNAL: &str = "journal";

/// What follows is the body itself.
const PLAIN: u8 = 0;

/// What follows is the body in DEFLATE.
const DEFLATED: u8 = 1;

/// Why a packed body cannot be unpacked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Damage {
    #[error("attribute {0} is missing or of another type")]
    Attribute(&'static str),
    #[error("it is empty")]
    Empty,
    #[error("it is packed in way {0}, which this program does not know: run a newer one")]
    Unknown(u8),
    #[error("it does not unpack: {0}")]
    Deflate(#[from] io::Error),
    #[error("it unpacks to more than {MAX_BODY_BYTES} bytes")]
    TooLarge,
}

/// The body as it is stored.
pub(crate) fn pack(body: &[u8]) -> AttributeValue {
    let mut packed = Vec::with_capacity(body.len() + 1);
    if body.len() > SMALL_BYTES && body.len() <= MAX_BODY_BYTES {
        packed.push(DEFLATED);
        // Reading from memory into memory does not fail.
        let deflated = DeflateEncoder::new(body, Compression::default()).read_to_end(&mut packed);
        if deflated.is_ok() && packed.len() <= body.len() {
            return AttributeValue::B(Blob::new(packed));
        }
        packed.clear();
    }
    packed.push(PLAIN);
    packed.extend_from_slice(body);
    AttributeValue::B(Blob::new(packed))
}

/// The body that was stored.
pub(crate) fn unpack(packed: &[u8]) -> Result<Bytes, Damage> {
    match packed.split_first() {
        None => Err(Damage::Empty),
        Some((&PLAIN, body)) => Ok(Bytes::copy_from_slice(body)),
        Some((&DEFLATED, deflated)) => {
            let mut body = Vec::new();
            let limit = MAX_BODY_BYTES as u64 + 1;
            DeflateDecoder::new(deflated).take(limit).read_to_end(&mut body)?;
            if body.len() > MAX_BODY_BYTES { Err(Damage::TooLarge) } else { Ok(body.into()) }
        }
        Some((&other, _)) => Err(Damage::Unknown(other)),
    }
}

/// The body in this attribute.
pub(crate) fn body(item: &Item, name: &'static str) -> Result<Bytes, Damage> {
    match item.get(name) {
        Some(AttributeValue::B(packed)) => unpack(packed.as_ref()),
        Some(_) | None => Err(Damage::Attribute(name)),
    }
}

/// The text in this attribute.
pub(crate) fn text<'i>(item: &'i Item, name: &'static str) -> Result<&'i str, Damage> {
    match item.get(name) {
        Some(AttributeValue::S(text)) => Ok(text),
        Some(_) | None => Err(Damage::Attribute(name)),
    }
}

/// The number in this attribute.
pub(crate) fn number<N: FromStr>(item: &Item, name: &'static str) -> Result<N, Damage> {
    optional_number(item, name)?.ok_or(Damage::Attribute(name))
}

/// The number in this attribute, if it is there.
pub(crate) fn optional_number<N: FromStr>(item: &Item, name: &'static str) -> Result<Option<N>, Damage> {
    match item.get(name) {
        Some(AttributeValue::N(digits)) => digits.parse().map(Some).map_err(|_| Damage::Attribute(name)),
        Some(_) => Err(Damage::Attribute(name)),
        None => Ok(None),
    }
}

/// A text attribute.
pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number attribute.
pub(crate) fn n(number: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(number.into().to_string())
}

/// The attribute that DynamoDB's TTL reads: the first whole second at which the item has expired.
pub(crate) fn expires(at: Timestamp) -> AttributeValue {
    n(expiry_seconds(at))
}

/// The first whole second that is not before this time.
pub(crate) fn expiry_seconds(at: Timestamp) -> i64 {
    let micros = at.as_micros();
    micros.div_euclid(1_000_000) + i64::from(micros.rem_euclid(1_000_000) > 0)
}

/// A body that only a newer program can unpack.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {damage}")]
struct Newer {
    what: String,
    damage: Damage,
}

/// Damage to the item with this key.
pub(crate) fn damaged(pk: &str, sk: &str) -> impl FnOnce(Damage) -> Error {
    let what = format!("item {pk} {sk}");
    move |damage| damage_to(what, damage)
}

/// Damage to this. What newer code packed is none: an older program that still runs beside it must end no execution.
pub(crate) fn damage_to(what: String, damage: Damage) -> Error {
    match damage {
        Damage::Unknown(_) => unavailable(JOURNAL, Newer { what, damage }),
        Damage::Attribute(_) | Damage::Empty | Damage::Deflate(_) | Damage::TooLarge => unreadable(what, damage),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(packed: &AttributeValue) -> &[u8] {
        packed.as_b().map(AsRef::as_ref).unwrap_or_default()
    }

    #[test]
    fn bodies_come_back_byte_for_byte() -> anyhow::Result<()> {
        let noise = (0..4_000_u32).flat_map(|i| i.wrapping_mul(2_654_435_761).to_be_bytes()).collect::<Vec<_>>();
        for body in [vec![], vec![1], vec![0, 255], vec![7; 512], vec![7; 513], vec![7; 300_000], noise] {
            let packed = pack(&body);
            assert_eq!(unpack(bytes(&packed))?, body);
            assert!(bytes(&packed).len() <= body.len() + 1);
        }
        Ok(())
    }

    #[test]
    fn only_a_body_that_gets_smaller_is_deflated() {
        assert_eq!(bytes(&pack(&[7; 512]))[0], PLAIN);
        assert_eq!(bytes(&pack(&[7; 513]))[0], DEFLATED);
        assert!(bytes(&pack(&vec![b'x'; 100_000])).len() < 1_000);
    }

    #[test]
    fn damage_is_an_error() {
        for packed in [&[][..], &[9, 1, 2], &[DEFLATED, 255, 255, 255]] {
            assert!(unpack(packed).is_err(), "{packed:?}");
        }
    }

    #[test]
    fn only_what_newer_code_may_have_packed_is_no_lasting_damage() {
        let damage = |packed: &[u8]| unpack(packed).map(drop).map_err(damaged("X#a", "R#0#0"));
        for packed in [&[][..], &[DEFLATED, 255, 255, 255]] {
            assert!(damage(packed).is_err_and(|error| !error.is_transient()), "{packed:?}");
        }
        let error = damage(&[9, 1, 2]).err().filter(Error::is_transient).map(|error| error.to_string());
        let said = "journal is not available: item X#a R#0#0: it is packed in way 9, which this program does not know: \
                    run a newer one";
        assert_eq!(error.as_deref(), Some(said));
    }

    #[test]
    fn what_unpacks_to_more_than_the_limit_is_refused() -> anyhow::Result<()> {
        let mut bomb = vec![DEFLATED];
        DeflateEncoder::new(io::repeat(0).take(MAX_BODY_BYTES as u64 + 1), Compression::fast())
            .read_to_end(&mut bomb)?;
        assert!(matches!(unpack(&bomb), Err(Damage::TooLarge)));
        Ok(())
    }

    #[test]
    fn an_item_never_expires_early() {
        for (micros, seconds) in [(0, 0), (1, 1), (999_999, 1), (1_000_000, 1), (1_000_001, 2), (-1, 0)] {
            assert_eq!(expiry_seconds(Timestamp::from_micros(micros)), seconds);
        }
    }
}
