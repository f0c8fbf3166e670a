//! META as an item.
//!
//! What never changes but with a redrive is one JSON text, `meta`, with a version. What conditions and lists look at are attributes of
//! their own: `run`, `seq`, `status`, `stopped`, `stop`, `expires`. The index has neither `seq` nor `stop`.

use crate::error::{unavailable, unreadable};
use crate::item::{Item, damaged, expires, expiry_seconds, n, number, optional_number, pack, s, text};
use crate::keys::{self, Key, LIST_PK, LIST_SK, PK, SK};
use crate::table::Table;
use model::{ExecutionArn, Qualifier, RunId, StateMachineArn, Timestamp};
use orchestrator::ports::{Error, ExecutionStatus, Meta, Redriven, StopMark};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The version that this code writes. It reads every version up to it.
const VERSION: u32 = 1;

/// Attributes of META.
pub(crate) const FIXED: &str = "meta";
pub(crate) const RUN: &str = "run";
pub(crate) const SEQ: &str = "seq";
pub(crate) const STATUS: &str = "status";
pub(crate) const STOPPED: &str = "stopped";
pub(crate) const STOP: &str = "stop";
pub(crate) const EXPIRES: &str = "expires";

const STATUSES: [ExecutionStatus; 5] = [
    ExecutionStatus::Running,
    ExecutionStatus::Succeeded,
    ExecutionStatus::Failed,
    ExecutionStatus::TimedOut,
    ExecutionStatus::Aborted,
];

/// What hardly ever changes of a META. The names are short: it is written with every start.
#[derive(Serialize, Deserialize)]
struct Fixed<'m> {
    version: u32,
    run: Cow<'m, RunId>,
    machine: Cow<'m, StateMachineArn>,
    revision: Cow<'m, str>,
    started: Timestamp,
    input: Cow<'m, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trace: Option<Cow<'m, str>>,
    /// To the microsecond, where the attribute has whole seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<Timestamp>,
    /// The last redrive, which alone writes this text anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redriven: Option<Redriven>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<Cow<'m, Qualifier>>,
}

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

#[derive(Debug, thiserror::Error)]
#[error("it has version {0}, and this program reads up to {VERSION}: run a newer one")]
struct Newer(u32);

/// The item.
pub(crate) fn item(table: &Table, meta: &Meta) -> Result<Item, Error> {
    let Key { pk, sk } = Key::meta(&meta.execution);
    let fixed = fixed(meta)?;
    let name = meta.execution.name();
    let mut item = Item::from([
        (PK.into(), s(pk)),
        (SK.into(), s(sk)),
        (FIXED.into(), s(fixed)),
        (RUN.into(), s(&*meta.run.0)),
        (SEQ.into(), n(meta.seq)),
        (STATUS.into(), s(meta.status.as_str())),
        (LIST_PK.into(), s(keys::list(&meta.machine, table.list_shard(name)))),
        (LIST_SK.into(), s(keys::by_time(meta.started.as_micros(), name))),
    ]);
    if let Some(stopped) = meta.stopped {
        item.insert(STOPPED.into(), n(stopped.as_micros()));
    }
    if let Some(mark) = &meta.stop {
        item.insert(STOP.into(), stop_mark(&meta.execution, mark)?);
    }
    if let Some(at) = meta.expires {
        item.insert(EXPIRES.into(), expires(at));
    }
    Ok(item)
}

/// The text of what hardly ever changes.
pub(crate) fn fixed(meta: &Meta) -> Result<String, Error> {
    let fixed = Fixed {
        version: VERSION,
        run: Cow::Borrowed(&meta.run),
        machine: Cow::Borrowed(&meta.machine),
        revision: meta.revision.as_str().into(),
        started: meta.started,
        input: meta.input_hash.as_str().into(),
        trace: meta.trace_header.as_deref().map(Into::into),
        expires: meta.expires,
        redriven: meta.redriven,
        by: meta.qualifier.as_ref().map(Cow::Borrowed),
    };
    serde_json::to_string(&fixed).map_err(|error| {
        let Key { pk, sk } = Key::meta(&meta.execution);
        unreadable(format!("{pk} {sk}"), error)
    })
}

/// A stop mark as an attribute. Its cause may have 32 KB.
pub(crate) fn stop_mark(
    execution: &ExecutionArn,
    mark: &StopMark,
) -> Result<aws_sdk_dynamodb::types::AttributeValue, Error> {
    let text = serde_json::to_vec(mark).map_err(|error| unreadable(format!("stop mark of {execution}"), error))?;
    Ok(pack(&text))
}

/// The META in this item, of the table or of the index.
pub(crate) fn of(item: &Item) -> Result<Meta, Error> {
    let pk = text(item, PK).map_err(damaged("?", keys::META))?;
    let what = || format!("{pk} {}", keys::META);
    let execution = keys::execution(pk).ok_or_else(|| unreadable(what(), "its key names no execution"))?;
    let fixed = read(text(item, FIXED).map_err(damaged(pk, keys::META))?, what)?;
    let status = text(item, STATUS).map_err(damaged(pk, keys::META))?;
    let status = STATUSES.into_iter().find(|known| known.as_str() == status);
    let stop = match item.get(STOP) {
        None => None,
        Some(_) => {
            let mark = crate::item::body(item, STOP).map_err(damaged(pk, keys::META))?;
            Some(serde_json::from_slice(&mark).map_err(|error| unreadable(what(), error))?)
        }
    };
    // An index does not have it: there it is the number of the first record.
    let seq = if item.contains_key(SEQ) { number(item, SEQ).map_err(damaged(pk, keys::META))? } else { 0 };
    Ok(Meta {
        execution,
        run: fixed.run.into_owned(),
        machine: fixed.machine.into_owned(),
        revision: fixed.revision.into_owned(),
        status: status.ok_or_else(|| unreadable(what(), "its status is none that this program knows"))?,
        seq,
        started: fixed.started,
        stopped: optional_number(item, STOPPED).map_err(damaged(pk, keys::META))?.map(Timestamp::from_micros),
        input_hash: fixed.input.into_owned(),
        stop,
        trace_header: fixed.trace.map(Cow::into_owned),
        expires: expiry(fixed.expires, optional_number(item, EXPIRES).map_err(damaged(pk, keys::META))?),
        redriven: fixed.redriven,
        qualifier: fixed.by.map(Cow::into_owned),
    })
}

fn read(text: &str, what: impl Fn() -> String) -> Result<Fixed<'_>, Error> {
    match serde_json::from_str::<Fixed<'_>>(text) {
        Ok(fixed) if fixed.version > VERSION => Err(unavailable("journal", Newer(fixed.version))),
        Ok(fixed) => Ok(fixed),
        // A newer version may have changed anything else.
        Err(damage) => match serde_json::from_str::<Versioned>(text) {
            Ok(Versioned { version }) if version > VERSION => Err(unavailable("journal", Newer(version))),
            Ok(_) | Err(_) => Err(unreadable(what(), damage)),
        },
    }
}

/// The attribute counts: it may have been moved since the start. It is the text's, rounded, if it was not.
fn expiry(written: Option<Timestamp>, attribute: Option<i64>) -> Option<Timestamp> {
    let seconds = attribute?;
    match written {
        Some(at) if expiry_seconds(at) == seconds => Some(at),
        Some(_) | None => Some(Timestamp::from_micros(seconds.saturating_mul(1_000_000))),
    }
}
