//! How far the queue of `ratchet local` is behind: at `GET /queue`, and in the log while it is.
//!
//! On AWS the same is CloudWatch's `ApproximateAgeOfOldestMessage`, which the template has alarms on.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use embedded::queue::{Counts, WakeQueue};
use serde_json::{Value, json};
use std::time::Duration;

/// How often the log says how far behind it is.
const LOOK: Duration = Duration::from_secs(10);

/// How long a wake may wait without a word: a step takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// What waits in the queue, and for how long.
#[derive(Clone)]
pub(crate) struct Backlog(pub(crate) WakeQueue);

impl Backlog {
    /// The router, which answers `GET /queue` too.
    pub(crate) fn beside(&self, router: Router) -> Router {
        let backlog = self.clone();
        let answer = async move || {
            let said = said(&backlog.0.counts());
            ([(CONTENT_TYPE, "application/json")], format!("{said}\n"))
        };
        router.route("/queue", get(answer))
    }

    /// Says how far behind the queue is, as long as it is. Never returns.
    pub(crate) async fn watch(self) {
        let mut looks = tokio::time::interval(LOOK);
        loop {
            looks.tick().await;
            if let Some(line) = behind(&self.0.counts()) {
                tracing::warn!("{line}");
            }
        }
    }
}

fn said(counts: &Counts) -> Value {
    let Counts { running, waiting, oldest, delayed } = counts;
    let oldest = oldest.map_or(0.0, |oldest| oldest.as_secs_f64());
    json!({ "running": running, "waiting": waiting, "oldestWaitingSeconds": oldest, "delayed": delayed })
}

/// What the log says; none: nothing has waited for long.
fn behind(counts: &Counts) -> Option<String> {
    let oldest = counts.oldest.filter(|oldest| *oldest >= PATIENCE)?;
    Some(format!("oldest wake: {} s, waiting: {}, running: {}", oldest.as_secs(), counts.waiting, counts.running))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_speaks_of_wakes_that_have_waited_for_long() {
        let late = Counts { running: 4_096, waiting: 3_401, oldest: Some(Duration::from_millis(12_300)), delayed: 7 };
        assert_eq!(behind(&late).as_deref(), Some("oldest wake: 12 s, waiting: 3401, running: 4096"));
        assert_eq!(behind(&Counts { oldest: Some(Duration::from_secs(4)), ..late }), None);
        assert_eq!(behind(&Counts::default()), None);
    }

    #[test]
    fn the_answer_says_how_much_there_is_of_each() {
        let counts = Counts { running: 1, waiting: 2, oldest: Some(Duration::from_millis(1_500)), delayed: 3 };
        let expected = json!({ "running": 1, "waiting": 2, "oldestWaitingSeconds": 1.5, "delayed": 3 });
        assert_eq!(said(&counts), expected);
        assert_eq!(said(&Counts::default())["oldestWaitingSeconds"], 0.0);
    }
}
