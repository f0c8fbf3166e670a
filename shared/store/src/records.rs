//! Records: one item each, put once, never changed.
//!
//! Because they never change, an eventually consistent read that finds one is right, and costs half; only what it does
//! not find is read strongly.

use crate::batch;
use crate::error::{unavailable, unreadable};
use crate::item::{Item, body, damage_to, damaged, expires, pack, s, text};
use crate::keys::{self, Key, PK, SK};
use crate::meta::EXPIRES;
use crate::table::{Table, Written};
use model::StrandId;
use orchestrator::ports::{Error, Put, StoredRecord};
use orchestrator::{RecordKey, RunKey};
use std::collections::HashMap;

/// What [`Error::Unavailable`] calls it.
pub(crate) const WHAT: &str = "journal";

/// The attribute that has the body.
const BODY: &str = "b";

/// Puts the record if its key is free; otherwise the one that is there, which costs no read.
pub(crate) async fn put(table: &Table, record: &StoredRecord) -> Result<Put, Error> {
    let key = Key::record(&record.key);
    let mut item = key.clone().into_item();
    item.insert(BODY.into(), pack(&record.body));
    table.lifetimes().note(&record.key.run, record.expires);
    if let Some(at) = record.expires {
        item.insert(EXPIRES.into(), expires(at));
    }
    let put = table.put(item).condition_expression(format!("attribute_not_exists({PK})"));
    let there = match table.put_if(WHAT, put).await? {
        Written::Here => return Ok(Put::Won),
        Written::Taken(item) if !item.is_empty() => Some(of(record.key.clone(), &item)?),
        Written::Taken(_) => get(table, &record.key, true).await?,
    };
    let gone = || unavailable(WHAT, "the record that was there expired just now");
    there.map(Put::Lost).ok_or_else(gone)
}

/// The record with this key.
pub(crate) async fn record(table: &Table, key: &RecordKey) -> Result<Option<StoredRecord>, Error> {
    match get(table, key, false).await? {
        Some(record) => Ok(Some(record)),
        None => get(table, key, true).await,
    }
}

async fn get(table: &Table, key: &RecordKey, strongly: bool) -> Result<Option<StoredRecord>, Error> {
    let read = table.get(Key::record(key)).consistent_read(strongly).send().await;
    let item = read.map_err(table.refused(WHAT, "GetItem"))?.item;
    item.map(|item| of(key.clone(), &item)).transpose()
}

/// The strand's last record: read strongly, because whoever puts the next one must have seen it.
pub(crate) async fn head(table: &Table, run: &RunKey, strand: &StrandId) -> Result<Option<StoredRecord>, Error> {
    let query = table
        .query(keys::run(run))
        .key_condition_expression(format!("{PK} = :pk AND begins_with({SK}, :strand)"))
        .expression_attribute_values(":strand", s(keys::strand(strand)))
        .scan_index_forward(false)
        .limit(1)
        .consistent_read(true);
    let found = query.send().await.map_err(table.refused(WHAT, "Query"))?;
    found.items().first().map(|item| in_run(run, item, None)).transpose()
}

/// All records of the run, strand by strand. Strongly: events are numbered by their place, so that none may come later
/// between others.
pub(crate) async fn all(table: &Table, run: &RunKey) -> Result<Vec<StoredRecord>, Error> {
    let mut pages = table
        .query(keys::run(run))
        .key_condition_expression(format!("{PK} = :pk AND begins_with({SK}, :records)"))
        .expression_attribute_values(":records", s(keys::RECORDS))
        .consistent_read(true)
        .into_paginator()
        .send();
    let mut records: Vec<StoredRecord> = Vec::new();
    while let Some(page) = pages.next().await {
        for item in page.map_err(table.refused(WHAT, "Query"))?.items() {
            let record = in_run(run, item, records.last().map(|last| &last.key.strand))?;
            records.push(record);
        }
    }
    Ok(records)
}

/// Those of these records that are there.
pub(crate) async fn at(table: &Table, keys: &[RecordKey]) -> Result<Vec<StoredRecord>, Error> {
    let wanted = keys.iter().map(|key| (Key::record(key), key)).collect::<HashMap<_, _>>();
    let places = wanted.keys().cloned().collect::<Vec<_>>();
    let found = batch::get_unchanging(table, WHAT, &places).await?;
    let known = found.into_iter().filter_map(|(place, item)| Some((*wanted.get(&place)?, item)));
    known.map(|(key, item)| of(key.clone(), &item)).collect()
}

/// A record of this run; its strand is shared with the one before where it is the same.
fn in_run(run: &RunKey, item: &Item, before: Option<&StrandId>) -> Result<StoredRecord, Error> {
    let Key { pk, sk } = key_of(item)?;
    let Some((strand, seq)) = keys::strand_and_seq(&sk) else {
        return Err(unreadable(format!("item {pk} {sk}"), "its key is no record's"));
    };
    let strand = match before {
        Some(before) if before.as_str() == strand => before.clone(),
        Some(_) | None => StrandId::from_stored(strand),
    };
    of(RecordKey { run: run.clone(), strand, seq }, item)
}

fn of(key: RecordKey, item: &Item) -> Result<StoredRecord, Error> {
    let body = body(item, BODY).map_err(|damage| {
        damage_to(format!("record {} of strand {} of {}", key.seq, key.strand, key.run.execution), damage)
    })?;
    Ok(StoredRecord { key, body, expires: None })
}

fn key_of(item: &Item) -> Result<Key, Error> {
    let part = |name| text(item, name).map_err(damaged("?", "?"));
    Ok(Key::new(part(PK)?, part(SK)?))
}
