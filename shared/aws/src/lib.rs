//! What every AWS client of ours has: configuration read once, short time limits, a trace header of our own, and one
//! signed client for services without an SDK crate.
//!
//! It knows no table, queue, bucket or function: adapters make their clients from a [`Connection`].

mod connection;
mod http;
mod outgoing;
mod signed;
mod trace;
mod watched;

pub use connection::{Connection, ConnectionError};
pub use http::connector;
pub use signed::{SignedClient, SignedError, SignedRequest, SignedResponse};
pub use trace::TraceHeader;
pub use watched::was_never_sent;
