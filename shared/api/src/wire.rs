//! How values look on the wire: instants, and the shapes that several operations answer with.

use model::Timestamp;
use serde::ser::{Serialize, Serializer};

/// An instant as the AWS JSON protocol writes it: seconds since the epoch, with milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instant(pub(crate) Timestamp);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0.as_epoch_seconds())
    }
}

/// `CloudWatchEventsExecutionDataDetails`: whether an input or output is in the answer.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(crate) struct DataDetails {
    /// Whether it is.
    pub(crate) included: bool,
}

/// The answer of operations that answer nothing.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(crate) struct Nothing {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_a_number_of_seconds_with_milliseconds() -> Result<(), serde_json::Error> {
        let text = |micros| serde_json::to_string(&Instant(Timestamp::from_micros(micros)));
        assert_eq!(text(1_732_186_800_123_999)?, "1732186800.123");
        assert_eq!(text(1_732_186_800_000_000)?, "1732186800.0");
        Ok(())
    }
}
