//! Why a signed request came to nothing.

use crate::was_never_sent;
use std::error::Error;
use std::time::Duration;

type Source = Box<dyn Error + Send + Sync>;

/// Why a signed request came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum SignedError {
    /// No credentials were found, or they could not be fetched.
    #[error("failed to get credentials")]
    Credentials {
        /// Why.
        #[source]
        source: Source,
        /// Whether the provider may have them later.
        is_transient: bool,
    },
    /// The request cannot be put into HTTP, or cannot be signed.
    #[error("failed to make the request")]
    Request {
        /// Why.
        #[source]
        source: Source,
    },
    /// There was no connection, or it broke before the answer was whole: the service may have acted.
    #[error("failed to get an answer from {address}")]
    Lost {
        /// Where it was sent.
        address: String,
        /// Why.
        #[source]
        source: Source,
    },
    /// No whole answer came in time: the service may have acted.
    #[error("failed to get an answer from {address} within {after:?}")]
    TimedOut {
        /// Where it was sent.
        address: String,
        /// The time limit.
        after: Duration,
    },
    /// The service answered that it would not.
    #[error("the service refused: {code}: {message} (status {status})")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The service's name for the error, such as `SlowDown`; the status's own name if it gave none.
        code: String,
        /// What it says about it.
        message: String,
    },
}

impl SignedError {
    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Credentials { is_transient, .. } => *is_transient,
            Self::Request { .. } => false,
            Self::Lost { .. } | Self::TimedOut { .. } => true,
            Self::Refused { status, code, .. } => {
                matches!(status, 408 | 429 | 500..) || TRANSIENT_CODES.contains(&code.as_str())
            }
        }
    }

    /// Whether it is proven that the service never saw the request.
    pub fn was_never_sent(&self) -> bool {
        match self {
            Self::Credentials { .. } | Self::Request { .. } => true,
            Self::Lost { source, .. } => was_never_sent(source.as_ref()),
            Self::TimedOut { .. } | Self::Refused { .. } => false,
        }
    }
}

/// Refusals with a status below 500 that ask to come again.
///
/// Source: AWS SDKs and Tools reference, "Retry behavior", transient and throttling errors.
const TRANSIENT_CODES: [&str; 8] = [
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestTimeout",
    "RequestTimeoutException",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];
