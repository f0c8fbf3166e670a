//! Credentials, fetched again shortly before they expire.

use super::SignedError;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

/// They are fetched again this long before they expire.
const EARLY: Duration = Duration::from_mins(5);

#[derive(Debug)]
pub(super) struct CachedCredentials {
    provider: Option<SharedCredentialsProvider>,
    found: Mutex<Option<Credentials>>,
}

impl CachedCredentials {
    pub(super) fn new(provider: Option<SharedCredentialsProvider>) -> Self {
        Self { provider, found: Mutex::default() }
    }

    pub(super) async fn get(&self, now: SystemTime) -> Result<Credentials, SignedError> {
        let mut found = self.found.lock().await;
        if let Some(credentials) = found.as_ref().filter(|credentials| is_fresh(credentials, now)) {
            return Ok(credentials.clone());
        }
        let Some(provider) = &self.provider else {
            return Err(failed(CredentialsError::not_loaded("no provider of credentials is set")));
        };
        let credentials = provider.provide_credentials().await.map_err(failed)?;
        *found = Some(credentials.clone());
        Ok(credentials)
    }
}

fn is_fresh(credentials: &Credentials, now: SystemTime) -> bool {
    credentials.expiry().is_none_or(|expiry| expiry > now + EARLY)
}

fn failed(error: CredentialsError) -> SignedError {
    let is_transient = match &error {
        CredentialsError::ProviderTimedOut(_) | CredentialsError::ProviderError(_) => true,
        // The enum is the SDK's, and may grow.
        _ => false,
    };
    SignedError::Credentials { source: Box::new(error), is_transient }
}
