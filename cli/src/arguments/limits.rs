//! What executions may take up, as the command line says.

use clap::{Args, ValueEnum};
use model::limits::AWS_MAX_PAYLOAD_BYTES;

/// What executions may take up.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Limits {
    /// The largest payload: that of AWS, 262144 bytes, or any
    #[arg(long, value_enum, default_value_t = PayloadLimit::Aws)]
    payload_limit: PayloadLimit,
}

/// The largest payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PayloadLimit {
    /// What is larger fails with States.DataLimitExceeded
    Aws,
    /// Any
    None,
}

impl Limits {
    /// The largest payload, in bytes of UTF-8; none: any.
    pub(crate) fn max_payload_bytes(self) -> Option<usize> {
        match self.payload_limit {
            PayloadLimit::Aws => Some(AWS_MAX_PAYLOAD_BYTES),
            PayloadLimit::None => None,
        }
    }

    /// The options that say the same again, each after a space; nothing if they are the default.
    pub(crate) fn options(self) -> &'static str {
        match self.payload_limit {
            PayloadLimit::Aws => "",
            PayloadLimit::None => " --payload-limit none",
        }
    }
}
