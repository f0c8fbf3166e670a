//! Time, and randomness: what makes two runs differ.

use async_trait::async_trait;
use model::Timestamp;
use std::time::Duration;

/// The wall clock and the source of randomness.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;

    /// Returns when this much time has passed.
    async fn sleep(&self, duration: Duration);

    /// 64 random bits.
    fn random(&self) -> u64;
}
