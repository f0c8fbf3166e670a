//! Measures how fast executions run: through HTTP, against a `ratchet local` of its own or another endpoint.

mod client;
mod numbers;
mod scenario;
mod server;

pub(crate) use client::Client;
pub(crate) use numbers::Spread;
pub(crate) use scenario::SCENARIOS;
pub(crate) use server::OwnServer;

/// Why a measurement could not be taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0:?} is no endpoint: one looks like http://127.0.0.1:8083")]
    Endpoint(String),
    #[error("lost the connection to {address}: {source}")]
    Connection {
        address: String,
        #[source]
        source: std::io::Error,
    },
    #[error("the server's answer to {operation} makes no sense: {found}")]
    Answer { operation: &'static str, found: String },
    #[error("{operation} was refused: {found}")]
    Refused { operation: &'static str, found: String },
    #[error("an execution ended as {status}")]
    Failed { status: String },
    #[error("failed to start the server: {0}")]
    Server(#[source] std::io::Error),
    #[error("the server said {0:?} instead of where it is")]
    Announcement(String),
}
