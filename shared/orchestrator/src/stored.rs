//! How a record is written down: JSON with a version, each payload once.
//!
//! A payload that lies in an earlier record is named by its place there, a large one by its content among the blobs.
//! Events that follow the event before them in the same record, which is nearly all, do not say so.

use crate::ports::{BlobKey, StoredRecord};
use crate::{Cause, Record, RecordKey};
use bytes::Bytes;
use engine::Cursor;
use model::history::{Event, Kind};
use model::{EventRef, Home, Payload, StrandId, Timestamp, WriterId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::HashMap;
use std::convert::Infallible;

/// The newest version that this code writes. It reads every version up to it.
const VERSION: u32 = 5;

/// The version of a record without evaluations that failed.
const VERSION_BEFORE_EVALUATIONS: u32 = 4;

/// The version of one, besides, without variables.
const VERSION_BEFORE_VARIABLES: u32 = 3;

/// The version of one of an execution, besides, that was never redriven.
const VERSION_BEFORE_REDRIVE: u32 = 2;

/// The version of one whose payloads, besides, all lie in records.
const VERSION_WITHOUT_BLOBS: u32 = 1;

/// The largest body, in bytes: what DynamoDB takes is 400 KB with the item's other attributes. Where small payloads add
/// up to more, the largest of them become blobs too.
const MAX_BODY_BYTES: usize = 300_000;

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

/// A record's body, as far as it can be read without other records and blobs.
pub(crate) struct Opened<'b> {
    key: RecordKey,
    body: Body<'b>,
}

/// A record ready for the store, and the payloads that must be among the blobs before it is.
pub(crate) struct Encoded {
    pub(crate) stored: StoredRecord,
    pub(crate) blobs: Vec<(BlobKey, Payload)>,
}

/// Where the text of a payload is.
pub(crate) enum Located {
    /// In the record.
    Here(Payload),
    /// Among the blobs, by its SHA-256.
    Blob(String),
}

#[derive(Deserialize)]
struct Body<'b> {
    version: u32,
    writer: WriterId,
    cause: Cause,
    time: Timestamp,
    #[serde(borrow)]
    payloads: Vec<&'b RawValue>,
    #[serde(default)]
    blobs: Vec<Blob>,
    /// Only where the record travels: where each of its payloads lies in the journal.
    #[serde(default)]
    homes: Vec<Slot>,
    events: Vec<StoredEvent>,
    cursor: Cursor<Slot>,
}

/// A payload of this record that lies among the blobs; in its slot is `null`.
#[derive(Serialize, Deserialize)]
struct Blob {
    slot: u32,
    sha256: String,
}

/// What every version has.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

#[derive(Deserialize)]
struct HolderBody<'b> {
    version: u32,
    #[serde(borrow)]
    payloads: Vec<&'b RawValue>,
    #[serde(default)]
    blobs: Vec<Blob>,
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
    /// The record as a store keeps it. Payloads of more than `inline` bytes become blobs.
    pub(crate) fn encode(&self, inline: usize) -> Encoded {
        let mut table = Table::new(Reach::Stored);
        let (events, cursor) = self.slots(&mut table);
        let large = table.too_large(inline);
        let blob_key = |sha256: &str| BlobKey { run: self.key.run.clone(), sha256: sha256.to_owned() };
        let blobs: Vec<Blob> = large
            .iter()
            .map(|&slot| Blob {
                slot: u32::try_from(slot).unwrap_or(u32::MAX),
                sha256: sha256_hex(table.payloads[slot].text()),
            })
            .collect();
        let mut body = String::with_capacity(512 + table.bytes());
        body.push_str("{\"version\":");
        body.push_str(&self.version(!blobs.is_empty()).to_string());
        self.fields(&mut body);
        table.write(&mut body, &large);
        if !blobs.is_empty() {
            field(&mut body, "blobs", &blobs);
        }
        field(&mut body, "events", &events);
        field(&mut body, "cursor", &cursor);
        body.push('}');
        let blobs =
            blobs.iter().zip(&large).map(|(blob, &slot)| (blob_key(&blob.sha256), table.payloads[slot].clone()));
        Encoded {
            blobs: blobs.collect(),
            stored: StoredRecord { key: self.key.clone(), body: Bytes::from(body), expires: None },
        }
    }

    /// The record as it travels with a wake: with every payload in it, and where each lies in the journal. It was
    /// acknowledged.
    pub(crate) fn to_travel(&self) -> String {
        let mut table = Table::new(Reach::Travels);
        let (events, cursor) = self.slots(&mut table);
        let homes: Option<Vec<Slot>> =
            table.payloads.iter().map(|payload| payload.home().cloned().map(Slot::There)).collect();
        let mut body = String::with_capacity(512 + table.bytes());
        body.push_str("{\"version\":");
        body.push_str(&self.version(false).to_string());
        self.fields(&mut body);
        table.write(&mut body, &[]);
        // Without its homes it would be taken for one that lies where it does not.
        field(&mut body, "homes", &homes.unwrap_or_default());
        field(&mut body, "events", &events);
        field(&mut body, "cursor", &cursor);
        body.push('}');
        body
    }

    /// A record that travelled.
    pub(crate) fn from_travel(key: RecordKey, body: &str) -> Result<Self, Error> {
        let stored = StoredRecord { key, body: Bytes::copy_from_slice(body.as_bytes()), expires: None };
        Opened::read(&stored)?.close(&HashMap::new(), &[])
    }

    /// The oldest version that has all that is in this record: programs of that version read it.
    fn version(&self, has_blobs: bool) -> u32 {
        let is_evaluation = |event: &Event<Payload>| matches!(event.kind, Kind::EvaluationFailed { .. });
        let needs = [
            (self.events.iter().any(is_evaluation), VERSION),
            (self.has_variables(), VERSION_BEFORE_EVALUATIONS),
            (self.cursor.place.redriven.is_some(), VERSION_BEFORE_VARIABLES),
            (has_blobs, VERSION_BEFORE_REDRIVE),
        ];
        needs.into_iter().find_map(|(has, version)| has.then_some(version)).unwrap_or(VERSION_WITHOUT_BLOBS)
    }

    fn has_variables(&self) -> bool {
        let assigns = |event: &Event<Payload>| match &event.kind {
            Kind::StateExited { assigned, .. } => !assigned.is_empty(),
            _ => false,
        };
        !self.cursor.place.variables.are_empty() || self.events.iter().any(assigns)
    }

    fn fields(&self, body: &mut String) {
        field(body, "writer", &self.writer);
        field(body, "cause", &self.cause);
        field(body, "time", &self.time);
    }

    fn slots(&self, table: &mut Table) -> (Vec<StoredEvent>, Cursor<Slot>) {
        let events = self.events.iter().enumerate().map(|(index, event)| StoredEvent {
            previous: self.previous(index, event),
            kind: table.slots(event.kind.clone()),
        });
        let events = events.collect();
        match self.cursor.clone().try_map(&mut |payload| Ok::<_, Infallible>(table.slot(payload))) {
            Ok(cursor) => (events, cursor),
            Err(never) => match never {},
        }
    }

    /// Notes where the payloads of this record lie, once it was acknowledged.
    pub(crate) fn settle_payloads(&self) {
        let mut table = Table::new(Reach::Stored);
        self.slots(&mut table);
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

    /// The blobs that hold payloads of this record.
    pub(crate) fn blobs(&self) -> impl Iterator<Item = &str> {
        self.body.blobs.iter().map(|blob| blob.sha256.as_str())
    }

    /// The record, with the payloads that lie in other records as `found` has them, and those that are blobs as
    /// `blobs` has them: in the order of [`Opened::blobs`].
    pub(crate) fn close(self, found: &HashMap<Home, Payload>, blobs: &[Payload]) -> Result<Record, Error> {
        let Self { key, body } = self;
        let mut here: Vec<Payload> = body.payloads.iter().map(|raw| Payload::from_checked(raw.get())).collect();
        for (blob, payload) in body.blobs.iter().zip(blobs) {
            let place = usize::try_from(blob.slot).ok().and_then(|slot| here.get_mut(slot));
            *place.ok_or_else(|| Error::MissingPayload(blob.slot.to_string()))? = payload.clone();
        }
        for (slot, payload) in (0..).zip(&here) {
            match usize::try_from(slot).ok().and_then(|slot| body.homes.get(slot)) {
                Some(Slot::There(home)) => payload.settle_at(home.clone()),
                Some(Slot::Here(_)) | None => payload.settle_at(home(&key, slot)),
            }
        }
        let mut look_up = |slot: Slot| {
            let payload = match &slot {
                Slot::Here(slot) => usize::try_from(*slot).ok().and_then(|slot| here.get(slot)),
                Slot::There(home) => found.get(home),
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
pub(crate) fn payload_at(stored: &StoredRecord, slot: u32) -> Result<Located, Error> {
    let table: HolderBody<'_> = serde_json::from_slice(&stored.body)?;
    if table.version > VERSION {
        return Err(Error::Newer(table.version));
    }
    if let Some(blob) = table.blobs.into_iter().find(|blob| blob.slot == slot) {
        return Ok(Located::Blob(blob.sha256));
    }
    let raw = usize::try_from(slot).ok().and_then(|slot| table.payloads.get(slot));
    let raw = raw.ok_or_else(|| Error::MissingPayload(slot.to_string()))?;
    Ok(Located::Here(Payload::from_checked(raw.get())))
}

/// SHA-256 of a text, in lower-case hex.
pub(crate) fn sha256_hex(text: &str) -> String {
    use std::fmt::Write as _;
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
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

/// Whether a record may point to others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// It may: it is read with the journal at hand.
    Stored,
    /// It may not.
    Travels,
}

/// The payloads of one record, each once.
struct Table {
    reach: Reach,
    payloads: Vec<Payload>,
}

impl Table {
    fn new(reach: Reach) -> Self {
        Self { reach, payloads: Vec::new() }
    }

    fn bytes(&self) -> usize {
        self.payloads.iter().map(|payload| payload.text().len()).sum()
    }

    /// The slots of payloads that are too large for the body, in ascending order.
    fn too_large(&self, inline: usize) -> Vec<usize> {
        let bytes = |slot: usize| self.payloads[slot].text().len();
        let (mut large, mut inline): (Vec<usize>, Vec<usize>) =
            (0..self.payloads.len()).partition(|&slot| bytes(slot) > inline);
        inline.sort_by_key(|&slot| bytes(slot));
        let mut total: usize = inline.iter().map(|&slot| bytes(slot)).sum();
        while total > MAX_BODY_BYTES
            && let Some(largest) = inline.pop()
        {
            total -= bytes(largest);
            large.push(largest);
        }
        large.sort_unstable();
        large
    }

    /// All but those in the slots `large`, which are elsewhere.
    fn write(&self, body: &mut String, large: &[usize]) {
        body.push_str(",\"payloads\":[");
        for (slot, payload) in self.payloads.iter().enumerate() {
            if slot > 0 {
                body.push(',');
            }
            // It is JSON already.
            body.push_str(if large.contains(&slot) { "null" } else { payload.text() });
        }
        body.push(']');
    }

    fn slots(&mut self, kind: Kind<Payload>) -> Kind<Slot> {
        match kind.try_map(&mut |payload| Ok::<_, Infallible>(self.slot(payload))) {
            Ok(kind) => kind,
            Err(never) => match never {},
        }
    }

    fn slot(&mut self, payload: Payload) -> Slot {
        if let Some(home) = payload.home()
            && self.reach == Reach::Stored
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
