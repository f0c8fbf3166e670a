//! What may go wrong: in opening the store, and in asking the table.
//!
//! Only what is certain to fail again is a lasting error: a lasting one ends an execution, and an outage, a missing
//! permission or a wrong table name must never do that.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use orchestrator::ports;
use std::error::Error as StdError;

/// Why the store could not be opened, or its table's settings not be changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The table's settings cannot be read or written.
    #[error("failed to reach the settings of table {table}: {source}")]
    Settings {
        /// The table.
        table: String,
        /// Why.
        #[source]
        source: ports::Error,
    },
    /// Items that lie in a shard are looked for there for ever.
    #[error("table {table} has {found} {kind} shards, and {asked} were asked for: shards can only be added")]
    FewerShards {
        /// The table.
        table: String,
        /// `list` or `timer`.
        kind: &'static str,
        /// As many as it has.
        found: u32,
        /// As many as were asked for.
        asked: u32,
    },
}

impl Error {
    /// Whether the same may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Settings { source, .. } => source.is_transient(),
            Self::FewerShards { .. } => false,
        }
    }
}

/// Why DynamoDB did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[error("{operation} on table {table} failed: {text}")]
struct Refused {
    operation: &'static str,
    table: String,
    text: String,
    source: Box<dyn StdError + Send + Sync>,
}

/// What was stored cannot be read, or what is to be stored can never be.
pub(crate) fn unreadable(what: impl Into<String>, source: impl Into<Box<dyn StdError + Send + Sync>>) -> ports::Error {
    ports::Error::Unreadable { what: what.into(), source: source.into() }
}

/// The same request may succeed later.
pub(crate) fn unavailable(what: &'static str, source: impl Into<Box<dyn StdError + Send + Sync>>) -> ports::Error {
    ports::Error::Unavailable { what, source: source.into() }
}

/// A request's failure, as ports report it: `what` is the port.
pub(crate) fn refused<E, R>(
    what: &'static str,
    operation: &'static str,
    table: &str,
    error: SdkError<E, R>,
) -> ports::Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let lasting = is_too_large(&error);
    let text = text_of(&error, table);
    let refused = Refused { operation, table: table.to_owned(), text, source: error.into() };
    if lasting { unreadable(what, refused) } else { unavailable(what, refused) }
}

/// Whether an item or a key is larger than DynamoDB takes.
///
/// It reports that as a `ValidationException`, as it does a wrong key schema: only the text tells them apart.
fn is_too_large<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    let Some(error) = error.as_service_error() else { return false };
    match (error.code(), error.message()) {
        (Some("ValidationException"), Some(message)) => {
            let message = message.to_ascii_lowercase();
            message.contains("size") && message.contains("exceeded")
        }
        (Some("ItemCollectionSizeLimitExceededException"), _) => true,
        _ => false,
    }
}

fn text_of<E, R>(error: &SdkError<E, R>, table: &str) -> String
where
    E: ProvideErrorMetadata + StdError + 'static,
    R: std::fmt::Debug,
{
    if let Some(service) = error.as_service_error() {
        let code = service.code().unwrap_or("an error without a name");
        if code == "ResourceNotFoundException" {
            return format!("there is no table {table} in this account and region; check the table's name");
        }
        return match service.message() {
            Some(message) => format!("{code}: {message}"),
            None => code.to_owned(),
        };
    }
    // The SDK says "dispatch failure" and the like; what matters is below.
    let mut text = error.to_string();
    let mut below = StdError::source(error);
    while let Some(source) = below {
        text = format!("{text}: {source}");
        below = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::error::ErrorMetadata;
    use aws_sdk_dynamodb::operation::put_item::PutItemError;

    fn put(code: &str, message: &str) -> ports::Error {
        let meta = ErrorMetadata::builder().code(code).message(message).build();
        refused("journal", "PutItem", "orders", SdkError::service_error(PutItemError::generic(meta), ()))
    }

    #[test]
    fn only_what_is_too_large_lasts() {
        assert!(!put("ValidationException", "Item size has exceeded the maximum allowed size").is_transient());
        assert!(!put("ValidationException", "Size of hashkey has exceeded the maximum size limit").is_transient());
        assert!(put("ValidationException", "The provided key element does not match the schema").is_transient());
        for code in ["ThrottlingException", "InternalServerError", "AccessDeniedException", "RequestLimitExceeded"] {
            assert!(put(code, "no").is_transient(), "{code}");
        }
    }

    #[test]
    fn a_missing_table_is_named() {
        let error = put("ResourceNotFoundException", "Requested resource not found");
        assert!(error.is_transient());
        let text = "journal is not available: PutItem on table orders failed: there is no table orders in this \
                    account and region; check the table's name";
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn a_time_out_is_transient_and_says_what_happened() {
        let error: SdkError<PutItemError, ()> = SdkError::timeout_error("no answer in 2 s");
        let error = refused("journal", "PutItem", "orders", error);
        assert!(error.is_transient());
        assert!(error.to_string().ends_with("no answer in 2 s"), "{error}");
    }
}
