//! How a record is written down: JSON with a version, each payload once.
//!
//! A payload that lies in an earlier record is named by its place there. Events that follow the event before
//! them in the same record, which is nearly all, do not say so.

use crate::ports::StoredRecord;
use crate::{Cause, Record, RecordKey};
use bytes::Bytes;
use engine::Cursor;
use model::history::{Event, Kind};
use model::{EventRef, Home, Payload, StrandId, Timestamp, WriterId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::convert::Infallible;

/// The version that this code writes. It reads every version up to it.
const VERSION: u32 = 1;

/// Shorter payloads are written again rather than looked up.
const SHORTEST_REFERENCE_BYTES: usize = 512;

/// Why a stored record cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It is not what this code writes.
    #[error("it is damaged: {0}")]
    Damaged(#[from] serde_json::Error),
    /// It was written by newer code.
    #[error("it has version {0}, and this program reads up to {VERSION}: run a newer one")]
    Newer(u32),
    /// A payload is not where it should be.
    #[error("payload {0} of it is missing")]
    MissingPayload(String),
}

/// A record's body, as far as it can be read without other records.
pub(crate) struct Opened<'b> {
    key: RecordKey,
    body: Body<'b>,
}

#[derive(Deserialize)]
struct Body<'b> {
    version: u32,
    writer: WriterId,
    cause: Cause,
    time: Timestamp,
    #[serde(borrow)]
    payloads: Vec<&'b RawValue>,
    events: Vec<StoredEvent>,
    cursor: Cursor<Slot>,
}

/// What every version has.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

#[derive(Deserialize)]
struct Payloads<'b> {
    #[serde(borrow)]
    payloads: Vec<&'b RawValue>,
}

#[derive(Serialize, Deserialize)]
struct StoredEvent {
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    previous: Option<Previous>,
    #[serde(rename = "k")]
    kind: Kind<Slot>,
}

/// What an event follows, when that is not the event before it in its record: `-` for none, else `strand:seq.index`.
struct Previous(Option<EventRef>);

/// Where a payload is: `3`, the fourth of this record, or `strand:seq.slot`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Here(u32),
    There(Home),
}

impl Record {
    /// The record as a store keeps it.
    pub(crate) fn encode(&self) -> StoredRecord {
        let mut table = Table { payloads: Vec::new() };
        let events: Vec<StoredEvent> = self
            .events
            .iter()
            .enumerate()
            .map(|(index, event)| StoredEvent {
                previous: self.previous(index, event),
                kind: table.slots(event.kind.clone()),
            })
            .collect();
        let cursor = match self.cursor.clone().try_map(&mut |payload| Ok::<_, Infallible>(table.slot(payload))) {
            Ok(cursor) => cursor,
            Err(never) => match never {},
        };
        let mut body =
            String::with_capacity(512 + table.payloads.iter().map(|payload| payload.text().len()).sum::<usize>());
        body.push_str("{\"version\":1");
        field(&mut body, "writer", &self.writer);
        field(&mut body, "cause", &self.cause);
        field(&mut body, "time", &self.time);
        body.push_str(",\"payloads\":[");
        for (index, payload) in table.payloads.iter().enumerate() {
            if index > 0 {
                body.push(',');
            }
            // It is JSON already.
            body.push_str(payload.text());
        }
        body.push(']');
        field(&mut body, "events", &events);
        field(&mut body, "cursor", &cursor);
        body.push('}');
        StoredRecord { key: self.key.clone(), body: Bytes::from(body) }
    }

    /// Notes where the payloads of this record lie, once it was acknowledged.
    pub(crate) fn settle_payloads(&self) {
        let mut table = Table { payloads: Vec::new() };
        for event in &self.events {
            table.slots(event.kind.clone());
        }
        let visited = self.cursor.clone().try_map(&mut |payload| Ok::<_, Infallible>(table.slot(payload)));
        drop(visited);
        for (slot, payload) in (0..).zip(&table.payloads) {
            payload.settle_at(home(&self.key, slot));
        }
    }

    fn previous(&self, index: usize, event: &Event<Payload>) -> Option<Previous> {
        let before = index.checked_sub(1).and_then(|index| u32::try_from(index).ok());
        let is_before = match (&event.previous, before) {
            (Some(previous), Some(before)) => {
                previous.index == before && previous.seq == self.key.seq && previous.strand == self.key.strand
            }
            _ => false,
        };
        if is_before { None } else { Some(Previous(event.previous.clone())) }
    }
}

impl<'b> Opened<'b> {
    /// Reads a stored record.
    pub(crate) fn read(stored: &'b StoredRecord) -> Result<Self, Error> {
        let newer = |version: u32| (version > VERSION).then_some(Error::Newer(version));
        match serde_json::from_slice::<Body<'b>>(&stored.body) {
            Ok(body) => match newer(body.version) {
                Some(error) => Err(error),
                None => Ok(Self { key: stored.key.clone(), body }),
            },
            // A newer version may have changed anything else.
            Err(damage) => match serde_json::from_slice::<Versioned>(&stored.body) {
                Ok(Versioned { version }) => Err(newer(version).unwrap_or(Error::Damaged(damage))),
                Err(_) => Err(Error::Damaged(damage)),
            },
        }
    }

    /// The payloads that lie in other records, each once.
    pub(crate) fn elsewhere(&self) -> Vec<Home> {
        let mut homes = Vec::new();
        let mut note = |slot: Slot| {
            if let Slot::There(home) = &slot
                && !homes.contains(home)
            {
                homes.push(home.clone());
            }
            Ok::<_, Infallible>(slot)
        };
        for event in &self.body.events {
            let _ = event.kind.clone().try_map(&mut note);
        }
        let _ = self.body.cursor.clone().try_map(&mut note);
        homes
    }

    /// The record, with the payloads that lie in other records as `found` has them.
    pub(crate) fn close(self, found: &[Payload]) -> Result<Record, Error> {
        let Self { key, body } = self;
        let here: Vec<Payload> = (0..)
            .zip(&body.payloads)
            .map(|(slot, raw)| {
                let payload = Payload::from_checked(raw.get());
                payload.settle_at(home(&key, slot));
                payload
            })
            .collect();
        let mut look_up = |slot: Slot| {
            let payload = match &slot {
                Slot::Here(slot) => usize::try_from(*slot).ok().and_then(|slot| here.get(slot)),
                Slot::There(home) => found.iter().find(|payload| payload.home() == Some(home)),
            };
            payload.cloned().ok_or_else(|| Error::MissingPayload(slot.to_string()))
        };
        let mut events = Vec::with_capacity(body.events.len());
        for (index, event) in (0_u32..).zip(body.events) {
            let previous = match event.previous {
                Some(Previous(previous)) => previous,
                None => index.checked_sub(1).map(|index| EventRef { strand: key.strand.clone(), seq: key.seq, index }),
            };
            events.push(Event { previous, kind: event.kind.try_map(&mut look_up)? });
        }
        let cursor = body.cursor.try_map(&mut look_up)?;
        Ok(Record { key, writer: body.writer, cause: body.cause, time: body.time, events, cursor })
    }
}

/// One payload of a stored record.
pub(crate) fn payload_at(stored: &StoredRecord, slot: u32) -> Result<Payload, Error> {
    let table: Payloads<'_> = serde_json::from_slice(&stored.body)?;
    let raw = usize::try_from(slot).ok().and_then(|slot| table.payloads.get(slot));
    let raw = raw.ok_or_else(|| Error::MissingPayload(slot.to_string()))?;
    let payload = Payload::from_checked(raw.get());
    payload.settle_at(home(&stored.key, slot));
    Ok(payload)
}

fn home(key: &RecordKey, slot: u32) -> Home {
    Home { strand: key.strand.clone(), seq: key.seq, slot }
}

fn field(body: &mut String, name: &str, value: &impl Serialize) {
    body.push_str(",\"");
    body.push_str(name);
    body.push_str("\":");
    // Our own types have string keys only and no failing serializers.
    body.push_str(&serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned()));
}

/// The payloads of one record, each once.
struct Table {
    payloads: Vec<Payload>,
}

impl Table {
    fn slots(&mut self, kind: Kind<Payload>) -> Kind<Slot> {
        match kind.try_map(&mut |payload| Ok::<_, Infallible>(self.slot(payload))) {
            Ok(kind) => kind,
            Err(never) => match never {},
        }
    }

    fn slot(&mut self, payload: Payload) -> Slot {
        if let Some(home) = payload.home()
            && payload.text().len() >= SHORTEST_REFERENCE_BYTES
        {
            return Slot::There(home.clone());
        }
        // Most repeats are of the last one or two.
        let there = self.payloads.iter().rposition(|known| *known == payload);
        let slot = there.unwrap_or_else(|| {
            self.payloads.push(payload);
            self.payloads.len() - 1
        });
        Slot::Here(u32::try_from(slot).unwrap_or(u32::MAX))
    }
}

impl std::fmt::Display for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Here(slot) => write!(f, "{slot}"),
            Self::There(home) => write!(f, "{}:{}.{}", home.strand, home.seq, home.slot),
        }
    }
}

impl Serialize for Slot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Slot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        let slot = match place(&text) {
            Some((strand, seq, slot)) => Some(Self::There(Home { strand, seq, slot })),
            None => text.parse().ok().map(Self::Here),
        };
        slot.ok_or_else(|| serde::de::Error::custom(format!("{text:?} is no place of a payload")))
    }
}

impl Serialize for Previous {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            None => serializer.serialize_str("-"),
            Some(event) => serializer.collect_str(&format_args!("{}:{}.{}", event.strand, event.seq, event.index)),
        }
    }
}

impl<'de> Deserialize<'de> for Previous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        if text == "-" {
            return Ok(Self(None));
        }
        let (strand, seq, index) =
            place(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is no place of an event")))?;
        Ok(Self(Some(EventRef { strand, seq, index })))
    }
}

/// `strand:seq.index`
fn place(text: &str) -> Option<(StrandId, u64, u32)> {
    let (strand, rest) = text.rsplit_once(':')?;
    let (seq, index) = rest.split_once('.')?;
    Some((StrandId::from_stored(strand), seq.parse().ok()?, index.parse().ok()?))
}

#[cfg(test)]
mod tests;
