//! What a message may say: a wake, or the start of an Express execution.

use model::Seq;
use orchestrator::{ExpressStart, Wake, WakeKind, wire};
use tracing::Span;

/// What a message says.
pub trait Letter: Sized {
    /// Reads it. A message may have been handled before, whole or in part.
    fn read(text: &str, is_redelivered: bool) -> Result<Self, wire::Error>;

    /// What the log says of all that is done for it.
    fn span(&self, message_id: &str) -> Span;
}

impl Letter for Wake {
    fn read(text: &str, is_redelivered: bool) -> Result<Self, wire::Error> {
        Ok(Self { redelivered: is_redelivered, ..Self::from_text(text)? })
    }

    fn span(&self, message_id: &str) -> Span {
        tracing::info_span!(
            "wake",
            message_id,
            execution = %self.run.execution,
            strand = %self.strand,
            seq = seq(self),
        )
    }
}

impl Letter for ExpressStart {
    /// It makes no difference: what comes again runs again.
    fn read(text: &str, _is_redelivered: bool) -> Result<Self, wire::Error> {
        Self::from_text(text)
    }

    fn span(&self, message_id: &str) -> Span {
        tracing::info_span!("express", message_id, execution = %self.execution())
    }
}

/// The record that the wake is about.
fn seq(wake: &Wake) -> Option<Seq> {
    match &wake.kind {
        WakeKind::Step { seq } | WakeKind::Timer { since: seq } | WakeKind::Children { fork: seq } => Some(*seq),
        WakeKind::Abort(_) | WakeKind::ExecutionTimeout | WakeKind::Settle | WakeKind::Retain => None,
    }
}
