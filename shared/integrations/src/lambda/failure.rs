//! A call that did not get through, as the failure of its task.

use super::InvokeFailure;
use aws::was_never_sent;
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::operation::RequestId;
use aws_sdk_lambda::operation::invoke::InvokeError;
use model::{Failure, error_name};
use std::error::Error;

/// How far a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// It was never made: no credentials, a name that is no function's.
    NotBegun,
    /// It found no connection, so that no byte of it left.
    NoConnection,
    /// It may have arrived, and nobody answered.
    Perhaps,
    /// The service answered.
    Answered,
}

pub(super) fn sent(error: &InvokeFailure, was_begun: bool) -> Sent {
    match error {
        SdkError::ServiceError(_) => Sent::Answered,
        _ if !was_begun => Sent::NotBegun,
        other if was_never_sent(other) => Sent::NoConnection,
        _ => Sent::Perhaps,
    }
}

/// The failure's name is what Retry and Catch match, so it says whether the function may have run.
pub(super) fn failure(error: &InvokeFailure, sent: Sent) -> Failure {
    match (error, sent) {
        (SdkError::ServiceError(refusal), _) => {
            refused(refusal.err(), refusal.raw().status().as_u16(), refusal.raw().body().bytes().unwrap_or_default())
        }
        (other, Sent::NotBegun | Sent::NoConnection | Sent::Answered) => {
            let cause = format!("Unable to execute HTTP request: {}", reasons(other));
            Failure::new("Lambda.SdkClientException", cause)
        }
        (other, Sent::Perhaps) => {
            let cause = format!("The connection was lost, so that the function may have run: {}", reasons(other));
            Failure::new(error_name::LAMBDA_UNKNOWN, cause)
        }
    }
}

fn refused(error: &InvokeError, status: u16, body: &[u8]) -> Failure {
    #[expect(deprecated, reason = "it alone tells whether the service's model has this error")]
    let is_modelled = !matches!(error, InvokeError::Unhandled(_));
    let name = match (error.code(), status) {
        (Some(code), _) if is_modelled => code,
        (None, 429) => "TooManyRequestsException",
        (None, 500..) => "ServiceException",
        // What AWS's client calls errors that the model lacks, such as a denied access.
        _ => "AWSLambdaException",
    };
    let message = match (error.message(), error.code()) {
        (Some(message), _) => message.to_owned(),
        (None, Some(code)) => code.to_owned(),
        (None, None) => String::from_utf8_lossy(body).chars().take(MAX_SHOWN_CHARS).collect(),
    };
    let request = error.request_id().unwrap_or("null");
    let cause = format!("{message} (Service: Lambda, Status Code: {status}, Request ID: {request})");
    Failure::new(format!("Lambda.{name}"), cause)
}

/// Most characters of an answer that is no error message as Lambda writes them.
const MAX_SHOWN_CHARS: usize = 500;
/// Errors have few sources; what claims more is cut.
const MAX_REASONS: usize = 16;

/// The error and its sources, each said once.
fn reasons(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut last = text.clone();
    let mut next = error.source();
    for _ in 0..MAX_REASONS {
        let Some(source) = next else { break };
        let reason = source.to_string();
        if reason != last {
            text.push_str(": ");
            text.push_str(&reason);
            last = reason;
        }
        next = source.source();
    }
    text
}
