//! Why S3 did not do what it was asked for.
//!
//! As with the table, only what is certain to fail again is a lasting error: not a missing bucket or permission.

use crate::error::{unavailable, unreadable};
use aws::{SignedError, SignedResponse};
use orchestrator::ports::Error;
use std::error::Error as StdError;

pub(super) type Source = Box<dyn StdError + Send + Sync>;

const NO_BUCKET: &str = "NoSuchBucket";

/// Refusals of the object itself.
///
/// Source: S3 API reference, "List of error codes".
const LASTING: [&str; 2] = ["EntityTooLarge", "KeyTooLongError"];

/// A failed request.
#[derive(Debug, thiserror::Error)]
#[error("{operation} on bucket {bucket} failed: {text}")]
struct Refused {
    operation: &'static str,
    bucket: String,
    text: String,
    source: Source,
}

/// A request's failure, as ports report it: `what` is the port.
pub(super) fn refused(what: &'static str, operation: &'static str, bucket: &str, error: SignedError) -> Error {
    let (text, is_lasting) = match &error {
        SignedError::Refused { code, .. } if code == NO_BUCKET => {
            (format!("there is no bucket {bucket} in this region; check the bucket's name"), false)
        }
        SignedError::Refused { code, .. } if operation == "GetObject" && code == "AccessDenied" => {
            let hint = "S3 says so also of an object that is not there, to those who may not list the bucket";
            (format!("{}; {hint}", chain(&error)), false)
        }
        SignedError::Refused { code, .. } => (chain(&error), LASTING.contains(&code.as_str())),
        SignedError::Request { .. } => (chain(&error), true),
        SignedError::Credentials { .. } | SignedError::Lost { .. } | SignedError::TimedOut { .. } => {
            (chain(&error), false)
        }
    };
    let refused = Refused { operation, bucket: bucket.to_owned(), text, source: error.into() };
    if is_lasting { unreadable(what, refused) } else { unavailable(what, refused) }
}

/// A failure of ours, or an answer that is not understood.
pub(super) fn failed(what: &'static str, operation: &'static str, bucket: &str, source: Source) -> Error {
    unavailable(what, Refused { operation, bucket: bucket.to_owned(), text: chain(source.as_ref()), source })
}

/// Whether the whole bucket is missing, not an object in it.
pub(super) fn is_no_bucket(answer: &SignedResponse) -> bool {
    matches!(answer.refusal(), SignedError::Refused { code, .. } if code == NO_BUCKET)
}

fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(source) = below {
        text = format!("{text}: {source}");
        below = source.source();
    }
    text
}
