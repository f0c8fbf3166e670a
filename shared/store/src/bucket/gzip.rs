//! Contents of objects: compressed where that makes them smaller, and named by what they are.

use bytes::Bytes;
use flate2::Compression;
use flate2::read::{GzDecoder, GzEncoder};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::io::{self, Read as _};
use tokio::task;

/// No object unpacks to more.
const MAX_BYTES: u64 = 512 * 1024 * 1024;

/// What is sent.
pub(super) struct Packed {
    pub(super) content: Bytes,
    pub(super) is_gzip: bool,
}

/// Why a content does not unpack.
#[derive(Debug, thiserror::Error)]
pub(super) enum Damage {
    #[error("it does not unpack: {0}")]
    Gzip(#[from] io::Error),
    #[error("it unpacks to more than {MAX_BYTES} bytes")]
    TooLarge,
    #[error("its unpacking was given up: {0}")]
    GivenUp(#[from] task::JoinError),
}

/// Compresses the content, away from the threads that serve requests.
pub(super) async fn pack(content: Bytes) -> Result<Packed, task::JoinError> {
    let pack = move || {
        let mut packed = Vec::new();
        // Reading from memory into memory does not fail.
        let done = GzEncoder::new(&content[..], Compression::fast()).read_to_end(&mut packed);
        if done.is_ok() && packed.len() < content.len() {
            Packed { content: packed.into(), is_gzip: true }
        } else {
            Packed { content, is_gzip: false }
        }
    };
    task::spawn_blocking(pack).await
}

/// The content that was compressed.
pub(super) async fn unpack(packed: Bytes) -> Result<Bytes, Damage> {
    task::spawn_blocking(move || unpack_up_to(&packed, MAX_BYTES)).await?
}

fn unpack_up_to(packed: &[u8], limit: u64) -> Result<Bytes, Damage> {
    let mut content = Vec::new();
    GzDecoder::new(packed).take(limit + 1).read_to_end(&mut content)?;
    if content.len() as u64 > limit { Err(Damage::TooLarge) } else { Ok(content.into()) }
}

/// SHA-256 in lower-case hex.
pub(crate) fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a text does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn contents_come_back_and_are_never_longer() -> anyhow::Result<()> {
        let noise: Vec<u8> = (0..64_u32).flat_map(|at| Sha256::digest(at.to_be_bytes())).collect();
        for (content, is_gzip) in [(vec![], false), (vec![1], false), (vec![7; 100_000], true), (noise, false)] {
            let content = Bytes::from(content);
            let packed = pack(content.clone()).await?;
            assert_eq!(packed.is_gzip, is_gzip);
            assert!(packed.content.len() <= content.len());
            assert_eq!(if is_gzip { unpack(packed.content).await? } else { packed.content }, content);
        }
        Ok(())
    }

    #[tokio::test]
    async fn damage_is_an_error() -> anyhow::Result<()> {
        let packed = pack(Bytes::from(vec![7; 1_000])).await?.content;
        assert!(unpack(packed.slice(..packed.len() - 9)).await.is_err());
        assert!(unpack(Bytes::from_static(b"not gzip")).await.is_err());
        assert!(matches!(unpack_up_to(&packed, 999), Err(Damage::TooLarge)));
        assert!(unpack_up_to(&packed, 1_000).is_ok());
        Ok(())
    }

    #[test]
    fn a_hash_is_lower_case_hex() {
        assert_eq!(sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
