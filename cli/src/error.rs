//! Why a command could not do its work, and the exit code that says so.

use std::path::PathBuf;
use std::process::ExitCode;

/// The exit code of wrong arguments, definitions and inputs.
pub(crate) const USAGE: u8 = 2;

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Definition(#[from] crate::definition::Error),
    #[error(transparent)]
    Input(#[from] crate::input::Error),
    #[error(transparent)]
    Tasks(#[from] embedded::tasks::Error),
    #[error(transparent)]
    TestCase(#[from] embedded::tasks::UnknownTestCase),
    #[error("{0}")]
    Name(String),
    #[error(
        "execution {name} was started with another input; give that input, none at all, or another --name \
         (its journal is in {})", data.display()
    )]
    OtherInput { name: String, data: PathBuf },
    #[error(transparent)]
    Store(#[from] embedded::store::Error),
    #[error(transparent)]
    Log(#[from] bootstrap::tracing::Error),
    #[error("failed to listen on {address}: {source}{hint}")]
    Listen {
        address: String,
        hint: &'static str,
        #[source]
        source: std::io::Error,
    },
    #[error("failed to {what}: {source}")]
    Io {
        what: String,
        #[source]
        source: std::io::Error,
    },
    #[error(transparent)]
    Orchestrator(#[from] orchestrator::Error),
    #[error("failed to measure: {0}")]
    Bench(String),
    #[cfg(feature = "aws")]
    #[error(transparent)]
    Bridge(#[from] crate::bridge::Error),
    #[cfg(feature = "aws")]
    #[error(transparent)]
    Doctor(#[from] crate::doctor::Error),
    #[cfg(not(feature = "aws"))]
    #[error(
        "this ratchet is built without `{0}`, which needs the AWS SDK; with it: cargo run --release --features aws -- \
         {0} ..."
    )]
    BuiltWithout(&'static str),
}

impl Error {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        |source| Self::Io { what, source }
    }

    /// Says what is wrong on stderr, and gives the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        eprintln!("error: {self}");
        ExitCode::from(match self {
            Self::Definition(_)
            | Self::Input(_)
            | Self::Tasks(_)
            | Self::TestCase(_)
            | Self::Name(_)
            | Self::OtherInput { .. } => USAGE,
            Self::Store(_)
            | Self::Log(_)
            | Self::Listen { .. }
            | Self::Io { .. }
            | Self::Orchestrator(_)
            | Self::Bench(_) => 1,
            #[cfg(feature = "aws")]
            Self::Bridge(_) | Self::Doctor(_) => 1,
            #[cfg(not(feature = "aws"))]
            Self::BuiltWithout(_) => USAGE,
        })
    }
}
