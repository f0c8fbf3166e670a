//! Which connections may be used again, and whether a request had one at all.
//!
//! Pools count idle time by timers. An environment of Lambda that sleeps between two invocations wakes up with timers
//! that have not fired and connections whose other end is gone. So each request first looks at the wall clock.

use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// The connections that answered a request lately.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    used: Arc<Mutex<Vec<Used>>>,
    clock: SharedTimeSource,
    idle: Duration,
}

#[derive(Debug)]
struct Used {
    connection: ConnectionMetadata,
    at: SystemTime,
}

impl Used {
    fn ends(&self) -> (Option<SocketAddr>, Option<SocketAddr>) {
        (self.connection.local_addr(), self.connection.remote_addr())
    }
}

impl Connections {
    /// Connections that are not used again once they were idle for so long.
    pub(crate) fn new(clock: SharedTimeSource, idle: Duration) -> Self {
        Self { used: Arc::default(), clock, idle }
    }

    fn retire_idle(&self) {
        let now = self.clock.now();
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|used| {
            let is_fresh = now.duration_since(used.at).is_ok_and(|idle| idle < self.idle);
            if !is_fresh {
                used.connection.poison();
            }
            is_fresh
        });
    }

    fn remember(&self, connection: ConnectionMetadata) {
        let now = Used { connection, at: self.clock.now() };
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|used| used.ends() != now.ends());
        used.push(now);
    }
}

/// Sends requests on connections that were in use lately, or new ones. Marks failures of requests that never had any.
#[derive(Debug)]
pub(crate) struct Watched<C> {
    pub(crate) connector: C,
    pub(crate) connections: Connections,
}

impl<C: HttpConnector> HttpConnector for Watched<C> {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let capture = match request.extension::<CaptureSmithyConnection>() {
            Some(capture) => capture.clone(),
            None => {
                let capture = CaptureSmithyConnection::new();
                request.add_extension(capture.clone());
                capture
            }
        };
        self.connections.retire_idle();
        let connections = self.connections.clone();
        let answer = self.connector.call(request);
        HttpConnectorFuture::new(async move {
            match (answer.await, capture.get()) {
                (Ok(answer), connection) => {
                    if let Some(connection) = connection {
                        connections.remember(connection);
                    }
                    Ok(answer)
                }
                (Err(error), None) => Err(mark(error)),
                (Err(error), Some(_)) => Err(error),
            }
        })
    }
}

/// There was no connection to send the request on.
#[derive(Debug, thiserror::Error)]
#[error("failed to connect")]
struct NeverSent(#[source] BoxError);

fn mark(error: ConnectorError) -> ConnectorError {
    let kind = error.as_other();
    let (timeout, user, io) = (error.is_timeout(), error.is_user(), error.is_io());
    let source = Box::new(NeverSent(error.into_source()));
    let error = if timeout {
        ConnectorError::timeout(source)
    } else if user {
        ConnectorError::user(source)
    } else if io {
        ConnectorError::io(source)
    } else {
        ConnectorError::other(source, kind)
    };
    error.never_connected()
}

/// Whether it is proven that no byte of the request left this process: no connection to the service came about (its
/// name did not resolve, it refused, the handshake failed).
pub fn was_never_sent(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<NeverSent>() {
            return true;
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests;
