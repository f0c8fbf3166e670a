//! Virtual time: tokio's paused clock from a fixed date on, and a seeded source of randomness.

use async_trait::async_trait;
use model::Timestamp;
use orchestrator::ports::Clock;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The date at which every simulation begins: 2026-01-01T00:00:00Z.
const BEGINNING: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

/// The longest sleep that tokio's timer takes without rounding it down; longer ones are made of these.
const LONGEST_SLEEP: Duration = Duration::from_hours(100 * 24);

/// Virtual time. Make it within a runtime whose time is paused.
pub struct VirtualClock {
    began: Instant,
    state: Mutex<State>,
}

struct State {
    last: Timestamp,
    seed: u64,
}

impl VirtualClock {
    /// A clock that stands at the beginning of 2026.
    pub fn new(seed: u64) -> Self {
        Self { began: Instant::now(), state: Mutex::new(State { last: BEGINNING, seed }) }
    }

    /// How much virtual time has passed.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// A random duration below `limit`.
    pub fn random_below(&self, limit: Duration) -> Duration {
        let limit = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX).max(1);
        Duration::from_micros(self.random() % limit)
    }
}

#[async_trait]
impl Clock for VirtualClock {
    /// Never the same twice: two readings are at least a microsecond apart, so that the order of events shows.
    fn now(&self) -> Timestamp {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.last = (state.last + Duration::from_micros(1)).max(BEGINNING + self.began.elapsed());
        state.last
    }

    async fn sleep(&self, duration: Duration) {
        sleep(duration).await;
    }

    fn random(&self) -> u64 {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.seed = state.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        split_mix(state.seed)
    }
}

/// Returns when this much virtual time has passed, be it years.
pub(crate) async fn sleep(duration: Duration) {
    let mut left = duration;
    while left > LONGEST_SLEEP {
        tokio::time::sleep(LONGEST_SLEEP).await;
        left -= LONGEST_SLEEP;
    }
    tokio::time::sleep(left).await;
}

/// The mixing step of SplitMix64.
fn split_mix(seed: u64) -> u64 {
    let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn years_pass_at_once() {
        let clock = VirtualClock::new(1);
        let years = Duration::from_hours(5 * 365 * 24);
        clock.sleep(years).await;
        assert!(clock.now() >= BEGINNING + years);
    }

    #[tokio::test(start_paused = true)]
    async fn the_same_seed_gives_the_same_numbers() {
        let one = VirtualClock::new(7);
        let other = VirtualClock::new(7);
        assert_eq!([one.random(), one.random()], [other.random(), other.random()]);
        assert_ne!(VirtualClock::new(8).random(), VirtualClock::new(7).random());
    }
}
