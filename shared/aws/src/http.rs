//! Connections to AWS, and how long anything may take.

use crate::outgoing::Outgoing;
use crate::watched::{Connections, Watched};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::pool::{self, ConnectionPool};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpClient, SharedHttpConnector};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use std::time::Duration;

/// Name resolution, TCP and TLS together.
const CONNECT: Duration = Duration::from_secs(2);
/// One attempt, answer included. DynamoDB, SQS and S3 answer what we send them within tens of milliseconds.
pub(crate) const ATTEMPT: Duration = Duration::from_secs(4);
/// All attempts: less than the time-out of the function that advances executions, so that it can report its batch.
const OPERATION: Duration = Duration::from_secs(9);
/// First try included.
pub(crate) const ATTEMPTS: u32 = 3;
/// The wait before a retry is a random part of this, doubled each time.
pub(crate) const FIRST_BACKOFF: Duration = Duration::from_millis(50);
pub(crate) const LONGEST_BACKOFF: Duration = Duration::from_secs(1);
/// A Lambda environment that sleeps between invocations wakes up with connections whose other end is gone.
const IDLE: Duration = Duration::from_secs(15);
/// The same for calls made at most once: a request that dies with its connection is an outcome that nobody knows.
const IDLE_BETWEEN_CALLS: Duration = Duration::from_secs(5);
/// NAT gateways forget a connection that is silent for 350 s, and a call may be silent for 15 minutes.
///
/// Source: VPC user guide, "Troubleshoot NAT gateways", "Internet connection drops after 350 seconds".
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// Plain HTTP and HTTPS to wherever a request names. The trusted certificates are read here.
pub fn connector() -> SharedHttpConnector {
    connector_with(SharedTimeSource::new(SystemTimeSource::new()))
}

pub(crate) fn connector_with(clock: SharedTimeSource) -> SharedHttpConnector {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT).build();
    let connector = Connector::builder()
        .connector_settings(settings)
        .sleep_impl(TokioSleep::new())
        .pool_idle_timeout(IDLE)
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build();
    SharedHttpConnector::new(Watched { connector, connections: Connections::new(clock, IDLE) })
}

/// Connections that stay up while a call is silent for many minutes.
pub(crate) fn patient_client(clock: SharedTimeSource) -> Result<SharedHttpClient, BoxError> {
    let pool = ConnectionPool::builder()
        .sleep_impl(TokioSleep::new())
        .idle_timeout(IDLE_BETWEEN_CALLS)
        .tcp_keepalive(KEEP_ALIVE)
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()?;
    let connections = Connections::new(clock, IDLE_BETWEEN_CALLS);
    Ok(SharedHttpClient::new(Outgoing { client: pool::Client::new(&pool)?, connections }))
}

pub(crate) fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(FIRST_BACKOFF)
        .with_max_backoff(LONGEST_BACKOFF)
}

pub(crate) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build()
}

/// Only the caller knows how long a call may take.
pub(crate) fn patient_timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .disable_read_timeout()
        .disable_operation_attempt_timeout()
        .disable_operation_timeout()
        .build()
}
