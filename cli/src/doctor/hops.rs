//! How long a hop takes, from the history of a chain.

use serde_json::Value;
use std::fmt::{self, Display};

/// Times from one state's start to the next's, in milliseconds, in order.
#[derive(Debug, PartialEq)]
pub(crate) struct Hops(Vec<f64>);

/// Reads the hops between states that were entered one after the other. `None` if there are no two.
pub(crate) fn of_history(events: &[Value]) -> Option<Hops> {
    let entered = |event: &&Value| event["type"].as_str().is_some_and(|kind| kind.ends_with("StateEntered"));
    let at: Vec<f64> = events.iter().filter(entered).filter_map(|event| seconds(&event["timestamp"])).collect();
    let mut hops: Vec<f64> = at.windows(2).map(|pair| (pair[1] - pair[0]) * 1_000.0).collect();
    hops.sort_by(f64::total_cmp);
    (!hops.is_empty()).then_some(Hops(hops))
}

/// A number of the JSON text, which keeps its digits.
fn seconds(value: &Value) -> Option<f64> {
    value.as_number()?.to_string().parse().ok()
}

impl Hops {
    /// The value below which so many of a hundred lie.
    fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().unwrap_or_default()
    }
}

impl Display for Hops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [median, last] = [50, 99].map(|percent| self.percentile(percent));
        write!(f, "{} hops: p50 {median:.0} ms, p99 {last:.0} ms", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn hops_lie_between_the_starts_of_states() {
        let event = |kind: &str, at: f64| json!({ "type": kind, "timestamp": at });
        let mut events = vec![event("ExecutionStarted", 0.0)];
        for state in 0..=100_u32 {
            // Each takes a millisecond longer than the one before.
            let at = f64::from(state * (state + 1)) / 2_000.0;
            events.extend([event("PassStateEntered", at), event("PassStateExited", at)]);
        }
        let hops = of_history(&events).map(|hops| hops.to_string());
        assert_eq!(hops.as_deref(), Some("100 hops: p50 50 ms, p99 99 ms"));
        assert_eq!(of_history(&events[..2]), None);
    }
}
