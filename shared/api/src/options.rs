//! What differs between deployments.

use crate::operation::Operation;
use std::time::Duration;

/// The largest body that is read by default: a definition of 1 MiB, with every character escaped and something to
/// spare.
pub const MAX_REQUEST_BYTES: usize = 3 * 1024 * 1024;

/// The most that a Lambda function may answer in one piece, in bytes of its whole answer: 6 MB.
///
/// Source: Lambda quotas, "Invocation payload (request and response)", synchronous.
pub const LAMBDA_MAX_RESPONSE_BYTES: usize = 6 * 1024 * 1024;

/// How long a call may wait behind an HTTP API: that door ends every call at 30 seconds.
///
/// Source: quotas of HTTP APIs, "Maximum integration timeout".
const SHORT_PATIENCE: Duration = Duration::from_secs(25);

/// What differs between deployments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How long GetActivityTask waits for a task. AWS: 60 seconds. Behind [`Front::HttpApi`] it is 25 at most, as for
    /// StartSyncExecution, which has five minutes elsewhere.
    pub activity_poll: Duration,
    /// The largest input or output that a caller may give, in bytes of UTF-8; none: as large as a request may be.
    /// AWS: 262,144, which is the default.
    pub max_payload_bytes: Option<usize>,
    /// The largest body that is read, in bytes; none: any. [`MAX_REQUEST_BYTES`] by default.
    pub max_request_bytes: Option<usize>,
    /// The largest answer, in bytes of what [`Front`] makes of it; none: any, which is the default. A Lambda function
    /// has [`LAMBDA_MAX_RESPONSE_BYTES`]. Histories come in smaller pages then, and executions are described
    /// without the data that has no room; an activity's task whose input has no room fails with
    /// States.DataLimitExceeded when a worker asks for it.
    pub max_response_bytes: Option<usize>,
    /// What stands before the router. A request that carries a `Front` as an extension has its own, so that one
    /// process can serve several.
    pub front: Front,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            activity_poll: Duration::from_mins(1),
            max_payload_bytes: Some(model::limits::AWS_MAX_PAYLOAD_BYTES),
            max_request_bytes: Some(MAX_REQUEST_BYTES),
            max_response_bytes: None,
            front: Front::Direct,
        }
    }
}

impl Options {
    /// How long the caller of this operation waits behind this front.
    pub(crate) fn patience(&self, operation: Operation, front: Front) -> Duration {
        let patience = if operation.is_long_poll() { self.activity_poll } else { Duration::MAX };
        match front {
            Front::Direct | Front::FunctionUrl => patience,
            Front::HttpApi => patience.min(SHORT_PATIENCE),
        }
    }
}

/// What stands before the router.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Front {
    /// Nothing: clients speak HTTP with this process, which may take its time.
    #[default]
    Direct,
    /// A Lambda function's own URL: answers travel as text in the function's answer; a call may take 15 minutes.
    FunctionUrl,
    /// An HTTP API before a Lambda function: the same, and every call ends at 30 seconds.
    HttpApi,
}

impl Front {
    /// Whether answers travel as text in the JSON that a Lambda function answers.
    pub(crate) fn is_lambda(self) -> bool {
        match self {
            Self::Direct => false,
            Self::FunctionUrl | Self::HttpApi => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_http_api_cuts_calls_short_and_only_long_ones() {
        let long = Options::default();
        let fronts = [Front::Direct, Front::FunctionUrl, Front::HttpApi];
        let polls = fronts.map(|front| long.patience(Operation::GetActivityTask, front).as_secs());
        assert_eq!(polls, [60, 60, 25]);
        let starts = fronts.map(|front| long.patience(Operation::StartSyncExecution, front));
        assert_eq!(starts, [Duration::MAX, Duration::MAX, Duration::from_secs(25)]);
        let short = Options { activity_poll: Duration::from_secs(3), ..long };
        assert_eq!(short.patience(Operation::GetActivityTask, Front::HttpApi).as_secs(), 3);
    }
}
