//! Versions as items, each under its number.
//!
//! **META publishes.** It names the version that was published last, so that a number is given out by one conditional put
//! of META, together with the revision. The version's own item follows from it: its publisher puts it, or, if that one
//! died, whoever asks for the version or publishes the next one. A version that is deleted leaves its item, emptied, so
//! that nobody puts it again: its number stays taken.
//!
//! **Aliases and deletions see each other.** Whoever puts an alias marks its versions afterwards (`marked`); whoever
//! deletes a version looks at the aliases, and empties the item only if nobody has marked it since. So either the alias
//! is seen, or its maker finds the version gone and takes the alias back.

use super::names::Named as _;
use super::{Catalog, WHAT, aliases, machines};
use crate::error::{unavailable, unreadable};
use crate::item::{Item, damaged, n, s, text};
use crate::keys::{Key, PK, SK};
use crate::page::{self, List};
use crate::table::Written;
use model::{StateMachineArn, Timestamp, VersionArn};
use orchestrator::ports::{Error, Page, Version};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

/// The format that this code writes. It reads every one up to it.
const FORMAT: u32 = 1;

/// What the sort keys of versions begin with.
pub(super) const PREFIX: &str = "V#";

/// The attribute of a version's item that has all of it; a deleted one has none.
const PUBLISHED: &str = "published";

/// The attribute that tells a machine from one of the same name before it: when it was created.
const OF: &str = "of";

/// The attribute that an alias's maker changes.
const MARKED: &str = "marked";

/// How often a deletion looks again at aliases that come and go.
const TRIES: u32 = 10;

/// Looked at by one request at least: many of the newest may have been deleted.
const BATCH: usize = 100;

/// A version as it is stored: in its own item, and in META while it is the last one.
#[derive(Serialize, Deserialize)]
struct Stored<'v> {
    version: u32,
    number: u32,
    revision: Cow<'v, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<Cow<'v, str>>,
    created: Timestamp,
}

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// The text of a version.
pub(super) fn write(version: &Version) -> Result<String, Error> {
    let stored = Stored {
        version: FORMAT,
        number: version.number,
        revision: version.revision.as_str().into(),
        description: version.description.as_deref().map(Into::into),
        created: version.created,
    };
    serde_json::to_string(&stored).map_err(|error| unreadable("a version", error))
}

/// The version in such a text.
pub(super) fn read(text: &str, key: &Key) -> Result<Version, Error> {
    match serde_json::from_str::<Versioned>(text) {
        Ok(Versioned { version }) if version > FORMAT => Err(newer(key, version, FORMAT)),
        Ok(_) | Err(_) => {
            let stored: Stored<'_> =
                serde_json::from_str(text).map_err(|error| unreadable(format!("item {} {}", key.pk, key.sk), error))?;
            Ok(Version {
                number: stored.number,
                revision: stored.revision.into_owned(),
                description: stored.description.map(Cow::into_owned),
                created: stored.created,
            })
        }
    }
}

/// An item of a format that this program does not know.
pub(super) fn newer(key: &Key, found: u32, known: u32) -> Error {
    let text = format!("item {} {} has version {found}, and this program reads up to {known}", key.pk, key.sk);
    unavailable(WHAT, text + ": run a newer one")
}

/// The item of the machine's version with this number. Numbers have a fixed width, so that texts are in their order.
pub(super) fn key(machine: &StateMachineArn, number: u32) -> Key {
    Key::new(format!("{}{machine}", StateMachineArn::PREFIX), format!("{PREFIX}{number:010}"))
}

/// Sees to it that a version that META has published has its item, unless it was deleted.
pub(super) async fn put(
    catalog: &Catalog,
    machine: &StateMachineArn,
    created: Timestamp,
    version: &Version,
) -> Result<(), Error> {
    let Key { pk, sk } = key(machine, version.number);
    let of = n(created.as_micros());
    let item = Item::from([
        (PK.into(), s(pk)),
        (SK.into(), s(sk)),
        (PUBLISHED.into(), s(write(version)?)),
        (OF.into(), of.clone()),
    ]);
    // What is left of a machine before this one is in nobody's way.
    let put = catalog
        .table
        .put(item)
        .condition_expression(format!("attribute_not_exists({PK}) OR #of <> :of"))
        .expression_attribute_names("#of", OF)
        .expression_attribute_values(":of", of);
    match catalog.table.put_if(WHAT, put).await? {
        Written::Here | Written::Taken(_) => Ok(()),
    }
}

/// The version.
pub(super) async fn find(catalog: &Catalog, arn: &VersionArn) -> Result<Option<Version>, Error> {
    let key = key(&arn.machine, arn.number);
    let asked = catalog.table.get(key.clone()).consistent_read(true).send().await;
    if let Some(item) = asked.map_err(catalog.table.refused(WHAT, "GetItem"))?.item {
        return in_item(&item, &key);
    }
    // Its publisher may have died before it put the item.
    let Some(published) = machines::published(catalog, &arn.machine).await? else { return Ok(None) };
    let Some(version) = published.last.filter(|version| version.number == arn.number) else { return Ok(None) };
    put(catalog, &arn.machine, published.created, &version).await?;
    Ok(Some(version))
}

/// The machine's versions, newest first.
pub(super) async fn list(
    catalog: &Catalog,
    machine: &StateMachineArn,
    after: Option<&str>,
    limit: u32,
) -> Result<Page<Version>, Error> {
    let below: Option<u32> = page::place(List::Versions, after, |place| place.parse().ok())?;
    let limit = limit.max(1) as usize;
    let mut items = Vec::new();
    let mut start = below.map(|number| key(machine, number).into_item());
    loop {
        let query = catalog
            .table
            .query(key(machine, 0).pk)
            .key_condition_expression(format!("{PK} = :pk AND begins_with({SK}, :prefix)"))
            .expression_attribute_values(":prefix", s(PREFIX))
            // Those that were deleted.
            .filter_expression("attribute_exists(#published)")
            .expression_attribute_names("#published", PUBLISHED)
            .consistent_read(true)
            .scan_index_forward(false)
            .set_limit(i32::try_from((limit + 1 - items.len()).max(BATCH)).ok())
            .set_exclusive_start_key(start);
        let answer = query.send().await.map_err(catalog.table.refused(WHAT, "Query"))?;
        for item in answer.items.unwrap_or_default() {
            let sk = text(&item, SK).map_err(damaged("of a version", PREFIX))?;
            items.extend(in_item(&item, &Key::new(key(machine, 0).pk, sk))?);
        }
        start = answer.last_evaluated_key;
        if items.len() > limit || start.is_none() {
            break;
        }
    }
    let has_more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| has_more).map(|last| page::token(List::Versions, &last.number.to_string()));
    Ok(Page { items, next })
}

/// Empties the version's item, unless aliases lead to it: their names.
pub(super) async fn delete(catalog: &Catalog, arn: &VersionArn) -> Result<Vec<Arc<str>>, Error> {
    let key = key(&arn.machine, arn.number);
    for _ in 0..TRIES {
        let asked = catalog.table.get(key.clone()).consistent_read(true).send().await;
        let item = asked.map_err(catalog.table.refused(WHAT, "GetItem"))?.item.unwrap_or_default();
        if in_item(&item, &key)?.is_none() {
            return Ok(Vec::new());
        }
        let names = aliases::leading_to(catalog, arn).await?;
        if !names.is_empty() {
            return Ok(names);
        }
        let update = catalog
            .table
            .update(key.clone())
            .update_expression("REMOVE #published, #marked")
            .expression_attribute_names("#published", PUBLISHED)
            .expression_attribute_names("#marked", MARKED);
        let update = match item.get(MARKED) {
            Some(marked) => update
                .condition_expression("attribute_exists(#published) AND #marked = :marked")
                .expression_attribute_values(":marked", marked.clone()),
            None => update.condition_expression("attribute_exists(#published) AND attribute_not_exists(#marked)"),
        };
        if catalog.table.update_if(WHAT, update).await?.is_some() {
            return Ok(Vec::new());
        }
    }
    Err(unavailable(WHAT, "aliases of the version come and go again and again"))
}

/// Marks the version for an alias that was put before: whether it is there.
pub(super) async fn mark(catalog: &Catalog, arn: &VersionArn, mark: &str) -> Result<bool, Error> {
    let update = catalog
        .table
        .update(key(&arn.machine, arn.number))
        .update_expression("SET #marked = :mark")
        .condition_expression("attribute_exists(#published)")
        .expression_attribute_names("#published", PUBLISHED)
        .expression_attribute_names("#marked", MARKED)
        .expression_attribute_values(":mark", s(mark));
    Ok(catalog.table.update_if(WHAT, update).await?.is_some())
}

fn in_item(item: &Item, key: &Key) -> Result<Option<Version>, Error> {
    if !item.contains_key(PUBLISHED) {
        return Ok(None);
    }
    read(text(item, PUBLISHED).map_err(damaged(&key.pk, &key.sk))?, key).map(Some)
}
