//! How long to wait before something is tried again: longer each time, and not all at once.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// Between half of a bound and the bound, which doubles with each try until `longest`. Where in between, the key
/// decides: so those who failed together do not come back together, and nobody has to throw dice.
///
/// `tries` counts from 1: the bound is then `first`.
pub(crate) fn backoff(first: Duration, longest: Duration, tries: u32, key: impl Hash) -> Duration {
    let doubled = 1_u32.checked_shl(tries.saturating_sub(1)).unwrap_or(u32::MAX);
    let bound = first.saturating_mul(doubled.max(1)).min(longest);
    let mut hasher = DefaultHasher::new();
    (tries, key).hash(&mut hasher);
    let share = u32::try_from(hasher.finish() % 1_024).unwrap_or(0);
    bound / 2 + bound / 2 * share / 1_024
}

/// The delay in whole seconds, rounded up: SQS knows no smaller unit, and early is worse than late.
pub(crate) fn whole_seconds(time: Duration) -> u64 {
    time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_secs(2);
    const LONGEST: Duration = Duration::from_secs(20);

    #[test]
    fn it_doubles_up_to_the_longest() {
        for (tries, bound) in [(0, 2), (1, 2), (2, 4), (3, 8), (4, 16), (5, 20), (6, 20), (40, 20), (u32::MAX, 20)] {
            let bound = Duration::from_secs(bound);
            for key in 0..100 {
                let wait = backoff(FIRST, LONGEST, tries, key);
                assert!(wait >= bound / 2 && wait <= bound, "{tries} tries: {wait:?}");
            }
        }
    }

    #[test]
    fn those_who_failed_together_come_back_apart() {
        let mut waits: Vec<_> = (0..100).map(|key| backoff(FIRST, LONGEST, 5, key)).collect();
        waits.sort();
        waits.dedup();
        assert!(waits.len() > 80, "{} different waits of 100", waits.len());
    }

    #[test]
    fn a_part_of_a_second_counts_as_one() {
        let cases = [(0, 0), (1, 1), (999, 1), (1_000, 1), (1_001, 2), (900_000, 900)];
        for (millis, seconds) in cases {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), seconds, "{millis} ms");
        }
        assert_eq!(whole_seconds(Duration::MAX), u64::MAX);
    }
}
