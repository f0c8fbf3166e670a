//! How a wake travels: one JSON object with a version.
//!
//! A record travels whole, with the payloads that the journal keeps elsewhere, as long as the text stays small:
//! whoever gets it then reads nothing. A larger one is left out, and the receiver reads the strand's head.

use crate::{Lane, Record, RecordKey, RunKey, Start, Wake, WakeKind, stored};
use model::{ExecutionArn, RunId, Seq, StrandId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;

/// The version that this code writes. It reads every version up to it.
const VERSION: u32 = 1;

/// The largest text of a record that travels, in bytes: below the 64 KB that SQS counts as one request.
const MAX_RECORD_BYTES: usize = 48 * 1024;

/// Why a message is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not what this code writes.
    #[error("the message is damaged: {0}")]
    Damaged(#[from] serde_json::Error),
    /// It was written by newer code.
    #[error("the message has version {0}, and this program reads up to {VERSION}: run a newer one")]
    Newer(u32),
}

impl Error {
    /// Whether the same message may be read later, by a newer program.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Newer(_) => true,
            Self::Damaged(_) => false,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Message<'t> {
    version: u32,
    execution: ExecutionArn,
    run: RunId,
    strand: StrandId,
    kind: WakeKind,
    #[serde(default)]
    lane: Lane,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<Start>,
    /// The record's number, and its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seq: Option<Seq>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    record: Option<&'t RawValue>,
}

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

impl Wake {
    /// The wake as it travels, in at most some 50 KB.
    pub fn to_text(&self) -> String {
        let texts = self.record.as_ref().map(|record| (record.key.seq, record.to_travel()));
        let texts = texts.filter(|(_, text)| text.len() <= MAX_RECORD_BYTES);
        // What a record travels as is JSON.
        let raw = texts.as_ref().and_then(|(seq, text)| Some((*seq, serde_json::from_str::<&RawValue>(text).ok()?)));
        let message = Message {
            version: VERSION,
            execution: self.run.execution.clone(),
            run: self.run.run.clone(),
            strand: self.strand.clone(),
            kind: self.kind.clone(),
            lane: self.lane,
            start: self.start.clone(),
            seq: raw.map(|(seq, _)| seq),
            record: raw.map(|(_, raw)| raw),
        };
        // Our own types have string keys only and no failing serializers.
        serde_json::to_string(&message).unwrap_or_default()
    }

    /// A wake that travelled.
    pub fn from_text(text: &str) -> Result<Self, Error> {
        let message = match serde_json::from_str::<Message<'_>>(text) {
            Ok(message) if message.version > VERSION => return Err(Error::Newer(message.version)),
            Ok(message) => message,
            // A newer version may have changed anything else.
            Err(damage) => match serde_json::from_str::<Versioned>(text) {
                Ok(Versioned { version }) if version > VERSION => return Err(Error::Newer(version)),
                Ok(_) | Err(_) => return Err(Error::Damaged(damage)),
            },
        };
        let execution = message
            .execution
            .as_str()
            .parse()
            .map_err(|_| serde::de::Error::custom(format!("{} is no execution's ARN", message.execution)));
        let run = RunKey { execution: execution.map_err(Error::Damaged)?, run: message.run };
        let record = match (message.seq, message.record) {
            (Some(seq), Some(raw)) => {
                let key = RecordKey { run: run.clone(), strand: message.strand.clone(), seq };
                match Record::from_travel(key, raw.get()) {
                    Ok(record) => Some(Arc::new(record)),
                    Err(stored::Error::Newer(version)) => return Err(Error::Newer(version)),
                    // What it carries only spares a look at the journal.
                    Err(error) => {
                        tracing::error!(execution = %run.execution, seq, %error, "the record in a message cannot be read");
                        None
                    }
                }
            }
            _ => None,
        };
        Ok(Self {
            run,
            strand: message.strand,
            kind: message.kind,
            record,
            lane: message.lane,
            start: message.start,
            redelivered: false,
        })
    }
}
