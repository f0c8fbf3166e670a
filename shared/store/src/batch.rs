//! Many items by their keys.
//!
//! DynamoDB may leave keys unprocessed: they are asked for again, at once while an answer brings something, and after
//! a random pause when it brings nothing.

use crate::error::unavailable;
use crate::item::{Item, damaged, text};
use crate::keys::{Key, PK, SK};
use crate::table::Table;
use aws_sdk_dynamodb::types::{KeysAndAttributes, ReturnConsumedCapacity};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use orchestrator::ports::Error;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// Source: DynamoDB API reference, BatchGetItem, "A single operation can retrieve up to 16 MB of data, which can contain
/// as many as 100 items".
const MAX_KEYS: usize = 100;

/// Requests at a time.
const CONCURRENCY: usize = 4;

/// Answers in a row that bring nothing, before the table counts as busy.
const MAX_EMPTY: u32 = 8;

/// The most that is waited after the first answer that brings nothing; doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// Why not all keys were looked at.
#[derive(Debug, thiserror::Error)]
#[error("BatchGetItem on table {table} left {left} keys unprocessed {MAX_EMPTY} times")]
struct Unprocessed {
    table: String,
    left: usize,
}

/// Those of these items that are there. Keys that appear twice are asked for once.
pub(crate) async fn get(table: &Table, what: &'static str, keys: &[Key]) -> Result<HashMap<Key, Item>, Error> {
    get_all(table, what, keys.iter().cloned().collect(), true).await
}

/// Those of these items that are there, where they never change once they are: an eventually consistent read that finds
/// one is right, and costs half; only what it does not find is read strongly.
pub(crate) async fn get_unchanging(
    table: &Table,
    what: &'static str,
    keys: &[Key],
) -> Result<HashMap<Key, Item>, Error> {
    let mut keys = keys.iter().cloned().collect::<HashSet<_>>();
    let mut found = get_all(table, what, keys.clone(), false).await?;
    keys.retain(|key| !found.contains_key(key));
    found.extend(get_all(table, what, keys, true).await?);
    Ok(found)
}

async fn get_all(
    table: &Table,
    what: &'static str,
    keys: HashSet<Key>,
    strongly: bool,
) -> Result<HashMap<Key, Item>, Error> {
    let keys = keys.into_iter().collect::<Vec<_>>();
    let chunks = keys.chunks(MAX_KEYS).map(<[Key]>::to_vec).collect::<Vec<_>>();
    let parts = stream::iter(chunks).map(|chunk| get_some(table, what, chunk, strongly)).buffer_unordered(CONCURRENCY);
    parts
        .try_fold(HashMap::with_capacity(keys.len()), |mut all, part| async move {
            all.extend(part);
            Ok(all)
        })
        .await
}

async fn get_some(
    table: &Table,
    what: &'static str,
    keys: Vec<Key>,
    strongly: bool,
) -> Result<HashMap<Key, Item>, Error> {
    let mut left = keys.into_iter().map(Key::into_item).collect::<Vec<_>>();
    let mut found = HashMap::with_capacity(left.len());
    let (mut empty, mut wait) = (0, FIRST_WAIT);
    while !left.is_empty() {
        let asked = KeysAndAttributes::builder().set_keys(Some(left)).consistent_read(strongly).build();
        let asked = asked.map_err(|error| unavailable(what, error))?;
        let request = table
            .client()
            .batch_get_item()
            .request_items(table.name(), asked)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = request.send().await.map_err(table.refused(what, "BatchGetItem"))?;
        let items = answer.responses.unwrap_or_default().into_values().flatten().collect::<Vec<_>>();
        left = answer.unprocessed_keys.unwrap_or_default().into_values().flat_map(|rest| rest.keys).collect();
        if items.is_empty() && !left.is_empty() {
            empty += 1;
            if empty == MAX_EMPTY {
                return Err(unavailable(what, Unprocessed { table: table.name().to_owned(), left: left.len() }));
            }
            tokio::time::sleep(jittered(wait)).await;
            wait *= 2;
        } else {
            (empty, wait) = (0, FIRST_WAIT);
        }
        for item in items {
            let part = |name| text(&item, name).map_err(damaged("?", "?"));
            found.insert(Key::new(part(PK)?, part(SK)?), item);
        }
    }
    Ok(found)
}

/// Between nothing and this much.
pub(crate) fn jittered(at_most: Duration) -> Duration {
    // Each of these hashers begins with random keys.
    let random = RandomState::new().hash_one(0);
    let micros = u64::try_from(at_most.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(random % micros.saturating_add(1))
}
