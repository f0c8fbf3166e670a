//! One of the stack's doors: the Step Functions API behind a signature.

use super::Error;
use aws::{Connection, SignedClient, SignedError, SignedRequest};
use axum::http::Method;
use serde_json::Value;
use std::fmt::{self, Display};
use std::time::Duration;

/// As long as an HTTP API waits.
const LIMIT: Duration = Duration::from_secs(35);

/// The Step Functions API at one URL, for whoever signs for this service.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    url: String,
    client: SignedClient,
}

/// What the door answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    body: Value,
    /// What it says, if it is a refusal.
    refusal: Option<String>,
}

impl Door {
    pub(crate) fn new(connection: &Connection, url: &str, service: &'static str) -> Self {
        Self { url: url.to_owned(), client: connection.at(url, service).with_attempt_timeout(LIMIT) }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Calls an operation, and gives the answer whatever it is.
    pub(crate) async fn call(&self, operation: &str, request: &Value) -> Result<Answer, Error> {
        let request = SignedRequest::new(Method::POST, "/")
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("AWSStepFunctions.{operation}"))
            .body(request.to_string());
        match self.client.send(request).await {
            Ok(response) => Ok(Answer {
                status: response.status(),
                body: serde_json::from_slice(response.body()).unwrap_or_default(),
                refusal: (!response.is_success()).then(|| response.refusal().to_string()),
            }),
            Err(error @ SignedError::Refused { status, .. }) => {
                Ok(Answer { status, body: Value::Null, refusal: Some(error.to_string()) })
            }
            Err(source) => Err(Error::Call { what: format!("call {operation} at {}", self.url), source }),
        }
    }
}

impl Answer {
    /// The answer, if the operation succeeded.
    pub(crate) fn success(self, what: &str) -> Result<Value, Error> {
        match self.refusal {
            None => Ok(self.body),
            Some(found) => Err(Error::Answer { what: what.to_owned(), found }),
        }
    }
}

impl Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.refusal {
            None => write!(f, "{}", self.status),
            Some(refusal) => write!(f, "{} ({refusal})", self.status),
        }
    }
}
