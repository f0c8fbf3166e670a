//! Where AWS is and who we are, read once.

use crate::http;
use crate::outgoing::Traced;
use crate::signed::SignedClient;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpClient, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

/// The configuration that clients are made from. Clones share their connections.
///
/// Clients made from it send no `Lineage` in their trace header; see [`TraceHeader`](crate::TraceHeader).
#[derive(Clone, Debug)]
pub struct Connection {
    config: SdkConfig,
    region: String,
    connector: SharedHttpConnector,
    /// Whether the connector is one of the process's own, not a test's.
    is_real: bool,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// Nothing names the region.
    #[error("failed to find the region: set AWS_REGION")]
    NoRegion,
    /// Connections for long calls could not be prepared.
    #[error("failed to prepare connections for long calls")]
    Unprepared(#[source] BoxError),
}

impl ConnectionError {
    /// Whether the same may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::NoRegion | Self::Unprepared(_) => false,
        }
    }
}

impl Connection {
    /// Reads the environment and the profile files as every AWS SDK does: region, credentials, `AWS_ENDPOINT_URL` and
    /// `AWS_ENDPOINT_URL_<SERVICE>`.
    pub async fn from_environment() -> Result<Self, ConnectionError> {
        let connector = SharedHttpConnector::new(Traced(http::connector()));
        let config = aws_config::defaults(BehaviorVersion::latest())
            .http_client(always(&connector))
            .sleep_impl(TokioSleep::new())
            .time_source(SystemTimeSource::new())
            .retry_config(http::retries())
            .timeout_config(http::timeouts())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .load()
            .await;
        let region = config.region().ok_or(ConnectionError::NoRegion)?.to_string();
        Ok(Self { config, region, connector, is_real: true })
    }

    /// A connection to an endpoint such as an emulator's, with credentials that are well known.
    pub fn to_endpoint(url: &str) -> Self {
        Self::known(http::connector(), Some(url), true)
    }

    /// A connection whose requests all go through this connector: one that counts, records, fails, or answers by
    /// itself. Region and credentials are well known; without an endpoint, URLs are those of AWS.
    pub fn over(connector: impl HttpConnector + 'static, endpoint: Option<&str>) -> Self {
        Self::known(SharedHttpConnector::new(connector), endpoint, false)
    }

    fn known(connector: SharedHttpConnector, endpoint: Option<&str>, is_real: bool) -> Self {
        let connector = SharedHttpConnector::new(Traced(connector));
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "well known");
        let region = "us-east-1";
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(region))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(always(&connector))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .time_source(SharedTimeSource::new(SystemTimeSource::new()))
            .retry_config(http::retries())
            .timeout_config(http::timeouts())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        config.set_endpoint_url(endpoint.map(str::to_owned));
        Self { config: config.build(), region: region.to_owned(), connector, is_real }
    }

    /// For clients of services that take the same request twice: three attempts, within nine seconds in all.
    pub fn sdk_config(&self) -> &SdkConfig {
        &self.config
    }

    /// For calls that are made at most once: nothing is sent again, and no time limit ends a call but the caller's
    /// own. Its connections stay up while a call is silent, and are its own.
    pub fn without_retries(&self) -> Result<SdkConfig, ConnectionError> {
        let mut config =
            self.config.to_builder().retry_config(RetryConfig::disabled()).timeout_config(http::patient_timeouts());
        if self.is_real {
            let clock = self.config.time_source().unwrap_or_default();
            let client = http::patient_client(clock).map_err(ConnectionError::Unprepared)?;
            config = config.http_client(client);
        }
        Ok(config.build())
    }

    /// The region's name, such as `eu-central-1`.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The client for one bucket.
    pub fn bucket(&self, name: &str) -> SignedClient {
        SignedClient::bucket(self, name)
    }

    /// The client for a service without an SDK crate: its id in the SDKs (`EventBridge`, from which
    /// `AWS_ENDPOINT_URL_EVENTBRIDGE` is named), and its name in signatures and hosts (`events`).
    pub fn service(&self, sdk_id: &str, name: &'static str) -> SignedClient {
        SignedClient::service(self, sdk_id, name)
    }

    /// The client for what answers at this URL, whatever the environment says, and its name in signatures
    /// (`execute-api` for an HTTP API, `lambda` for a function URL).
    pub fn at(&self, url: &str, name: &'static str) -> SignedClient {
        SignedClient::at(self, url, name)
    }

    pub(crate) fn connector(&self) -> &SharedHttpConnector {
        &self.connector
    }

    /// The endpoint that was set for this service, or for all.
    pub(crate) fn endpoint(&self, sdk_id: &str) -> Option<String> {
        let key =
            ServiceConfigKey::builder().service_id(sdk_id).env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
        let own = self.config.service_config().zip(key.ok()).and_then(|(found, key)| found.load_config(key));
        own.or_else(|| self.config.endpoint_url().map(str::to_owned))
    }
}

/// A client that has this connector and no other.
pub(crate) fn always(connector: &SharedHttpConnector) -> SharedHttpClient {
    let connector = connector.clone();
    http_client_fn(move |_, _| connector.clone())
}
