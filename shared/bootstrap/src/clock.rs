//! The port `Clock`: the computer's.

use async_trait::async_trait;
use model::Timestamp;
use orchestrator::ports::Clock;
use std::time::{Duration, SystemTime};

/// The wall clock, and the operating system's randomness through the thread's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is what the Clock port is on this machine")]
    fn now(&self) -> Timestamp {
        // A clock that stands before 1970 counts as standing at it.
        Timestamp::default() + SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn random(&self) -> u64 {
        rand::random()
    }
}
