//! The functions, and what differs between their orchestrators.

use std::time::Duration;

/// How much of its time a function leaves itself to record what came of a call.
const TIME_TO_RECORD: Duration = Duration::from_secs(10);

/// One of the deployed functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Answers the API.
    Api,
    /// Takes steps.
    Advance,
    /// Takes steps that make calls.
    Task,
    /// Sweeps timers each minute.
    Timer,
    /// Runs Express executions.
    Express,
    /// Takes what the queues gave up.
    Dead,
}

impl Part {
    /// Whether it makes calls: only the one whose time limit lets them end.
    pub(crate) fn makes_calls(self) -> bool {
        match self {
            Self::Task => true,
            // What Express executions call is no claim of a record.
            Self::Api | Self::Advance | Self::Timer | Self::Express | Self::Dead => false,
        }
    }

    /// Whether it sends messages.
    pub(crate) fn sends(self) -> bool {
        match self {
            Self::Api | Self::Advance | Self::Task | Self::Timer | Self::Dead => true,
            Self::Express => false,
        }
    }

    /// How late wakes come that are sent before a put: after this function was stopped for certain. None where a message
    /// brings the work again.
    pub(crate) fn safety_delay(self, function_timeout: Duration) -> Option<Duration> {
        match self {
            Self::Api => Some(function_timeout * 2),
            Self::Advance | Self::Task | Self::Timer | Self::Express | Self::Dead => None,
        }
    }
}

/// The longest call that a function with this time limit waits for.
pub(crate) fn longest_call(function_timeout: Duration) -> Duration {
    function_timeout.saturating_sub(TIME_TO_RECORD).max(function_timeout / 2)
}
