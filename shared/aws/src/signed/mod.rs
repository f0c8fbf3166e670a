//! A client for any service that takes signed HTTP requests: one crate of the SDK less to compile for each.

mod address;
mod credentials;
mod error;
mod message;
mod sign;

pub use error::SignedError;
pub use message::{SignedRequest, SignedResponse};

use crate::Connection;
use crate::http::{ATTEMPT, ATTEMPTS, FIRST_BACKOFF, LONGEST_BACKOFF};
use address::Address;
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use credentials::CachedCredentials;
use sign::Scope;
use std::sync::Arc;
use std::time::Duration;

/// Sends signed requests to one service, or to one bucket. Clones share credentials and connections.
#[derive(Clone, Debug)]
pub struct SignedClient {
    connector: SharedHttpConnector,
    credentials: Arc<CachedCredentials>,
    clock: SharedTimeSource,
    address: Address,
    scope: Scope,
    attempt_timeout: Duration,
}

impl SignedClient {
    pub(crate) fn bucket(connection: &Connection, name: &str) -> Self {
        let address = match connection.endpoint("S3") {
            Some(endpoint) => Address::at(&endpoint).in_folder(name),
            None => Address::of_bucket(name, connection.region()),
        };
        Self::new(connection, address, "s3")
    }

    pub(crate) fn service(connection: &Connection, sdk_id: &str, name: &'static str) -> Self {
        let address = match connection.endpoint(sdk_id) {
            Some(endpoint) => Address::at(&endpoint),
            None => Address::of_service(name, connection.region()),
        };
        Self::new(connection, address, name)
    }

    pub(crate) fn at(connection: &Connection, url: &str, name: &'static str) -> Self {
        Self::new(connection, Address::at(url), name)
    }

    fn new(connection: &Connection, address: Address, service: &'static str) -> Self {
        let config = connection.sdk_config();
        let clock = config.time_source().unwrap_or_default();
        Self {
            connector: connection.connector().clone(),
            credentials: Arc::new(CachedCredentials::new(config.credentials_provider())),
            clock,
            address,
            scope: Scope { service, region: connection.region().to_owned() },
            attempt_timeout: ATTEMPT,
        }
    }

    /// Gives each attempt this long, its answer included, instead of four seconds.
    #[must_use]
    pub fn with_attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Where requests go: scheme, host and first part of the path.
    pub fn address(&self) -> &str {
        self.address.as_str()
    }

    /// Sends the request and gives the service's answer, whatever its status: but 429 and 5xx are errors.
    ///
    /// An idempotent request is sent up to three times while its failure is transient.
    pub async fn send(&self, request: SignedRequest) -> Result<SignedResponse, SignedError> {
        let mut backoff = FIRST_BACKOFF;
        for _ in 1..ATTEMPTS {
            match self.attempt(&request).await {
                Err(error) if error.is_transient() && (request.is_idempotent() || error.was_never_sent()) => {
                    tracing::debug!(address = self.address(), "sending again: {error}");
                }
                answered => return answered,
            }
            tokio::time::sleep(backoff.mul_f64(rand::random::<f64>())).await;
            backoff = (backoff * 2).min(LONGEST_BACKOFF);
        }
        self.attempt(&request).await
    }

    async fn attempt(&self, request: &SignedRequest) -> Result<SignedResponse, SignedError> {
        let timed_out = |_| SignedError::TimedOut { address: self.address().to_owned(), after: self.attempt_timeout };
        tokio::time::timeout(self.attempt_timeout, self.exchange(request)).await.map_err(timed_out)?
    }

    async fn exchange(&self, request: &SignedRequest) -> Result<SignedResponse, SignedError> {
        let now = self.clock.now();
        let credentials = self.credentials.get(now).await?;
        let mut http = request.to_http(&self.address)?;
        sign::sign(&mut http, &credentials, &self.scope, now)?;
        let outgoing =
            http.map(SdkBody::from).try_into().map_err(|error| SignedError::Request { source: Box::new(error) })?;
        let lost = |source| SignedError::Lost { address: self.address().to_owned(), source };
        let answer = self.connector.call(outgoing).await.map_err(|error| lost(error.into()))?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = ByteStream::new(answer.into_body()).collect().await.map_err(|error| lost(error.into()))?;
        let response = SignedResponse::new(status, headers, body.into_bytes());
        match status {
            429 | 500.. => Err(response.refusal()),
            _ => Ok(response),
        }
    }
}

#[cfg(test)]
mod tests;
