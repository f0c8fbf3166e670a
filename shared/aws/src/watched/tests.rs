//! Connections are used again while they are young by the wall clock.

use crate::connection::always;
use crate::{Connection, http};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Stands still unless it is told otherwise.
#[derive(Clone, Debug, Default)]
struct Clock(Arc<AtomicU64>);

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

async fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    let mut request = Vec::new();
    while stream.read_buf(&mut request).await? > 0 {
        if request.ends_with(b"}") {
            request.clear();
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await?;
        }
    }
    Ok(())
}

/// Sends at these instants with this client, and expects so many connections in all after each.
async fn check(
    client: SharedHttpClient,
    clock: Clock,
    expected: [(u64, usize); 4],
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let accepted = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&accepted);
    let server = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(serve(stream));
        }
    });
    let config: SdkConfig = Connection::to_endpoint(&endpoint).sdk_config().to_builder().http_client(client).build();
    let sqs = aws_sdk_sqs::Client::new(&config);
    for (at, connections) in expected {
        clock.0.store(at, Ordering::SeqCst);
        sqs.delete_message().queue_url("https://queue").receipt_handle("handle").send().await?;
        assert_eq!(accepted.load(Ordering::SeqCst), connections, "at {at} s");
    }
    server.abort();
    Ok(())
}

#[tokio::test]
async fn a_connection_that_slept_is_not_used_again() -> Result<(), Box<dyn Error + Send + Sync>> {
    let clock = Clock::default();
    let connector = http::connector_with(SharedTimeSource::new(clock.clone()));
    check(always(&connector), clock, [(0, 1), (14, 1), (28, 1), (43, 2)]).await
}

#[tokio::test]
async fn calls_made_at_most_once_take_no_connection_older_than_a_moment() -> Result<(), Box<dyn Error + Send + Sync>> {
    let clock = Clock::default();
    let client = http::patient_client(SharedTimeSource::new(clock.clone()))?;
    check(client, clock, [(0, 1), (4, 1), (8, 1), (13, 2)]).await
}
