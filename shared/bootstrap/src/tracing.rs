//! Where the log goes, how it looks, how much of it there is.
//!
//! `RATCHET_LOG` decides, `RUST_LOG` if that is absent: a level (`debug`) or levels by module
//! (`warn,orchestrator=debug`). Payloads are never logged above the debug level.

use std::io::{IsTerminal as _, stderr};
use tracing_subscriber::EnvFilter;

/// Why the log could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The variable does not say how much to log.
    #[error("{name}: {source}")]
    Filter {
        /// The variable.
        name: &'static str,
        /// What is wrong with it.
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
    /// The log was set up before.
    #[error("failed to set up the log: {0}")]
    Twice(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// How the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text where standard error is a terminal, JSON elsewhere.
    Automatic,
    /// Lines for people.
    Text,
    /// One JSON object a line, with the fields of the spans around it.
    Json,
}

/// Starts the log, on standard error. `default` is its level if the environment does not say.
pub fn init(format: Format, default: &str) -> Result<(), Error> {
    let filter = filter(|name| std::env::var(name).ok(), default)?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    let is_terminal = stderr().is_terminal();
    let done = match format {
        Format::Text => builder.with_ansi(is_terminal).try_init(),
        Format::Automatic if is_terminal => builder.try_init(),
        Format::Automatic | Format::Json => builder.json().flatten_event(true).with_current_span(false).try_init(),
    };
    done.map_err(Error::Twice)
}

fn filter(variable: impl Fn(&str) -> Option<String>, default: &str) -> Result<EnvFilter, Error> {
    for name in ["RATCHET_LOG", "RUST_LOG"] {
        if let Some(text) = variable(name).filter(|text| !text.is_empty()) {
            return EnvFilter::try_new(text).map_err(|source| Error::Filter { name, source });
        }
    }
    EnvFilter::try_new(default).map_err(|source| Error::Filter { name: "default", source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ours: Option<&str>, rusts: Option<&str>, expected: &str) {
        let variable = |name: &str| if name == "RATCHET_LOG" { ours } else { rusts }.map(str::to_owned);
        let found = match filter(variable, "warn") {
            Ok(filter) => filter.to_string(),
            Err(error) => error.to_string().split(':').next().unwrap_or_default().to_owned(),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn our_variable_comes_before_rusts_and_both_before_the_default() {
        check(Some("debug"), Some("info"), "debug");
        check(None, Some("info"), "info");
        check(Some(""), None, "warn");
    }

    #[test]
    fn a_variable_that_makes_no_sense_is_named() {
        check(None, Some("a=b=c"), "RUST_LOG");
    }
}
