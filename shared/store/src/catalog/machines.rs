//! Machines as items. One that was deleted stays as an empty item, listed among those that are gone, so that the
//! executions that it left can be found.

use super::names::{self, MACHINES};
use super::{Catalog, WHAT, revisions, tags, versions};
use crate::batch;
use crate::error::{unavailable, unreadable};
use crate::item::{Item, damaged, n, number, s, text};
use crate::keys::{Key, LIST_PK, LIST_SK, PK, SK};
use crate::table::Written;
use aws_sdk_dynamodb::types::AttributeValue;
use model::{StateMachineArn, Timestamp};
use orchestrator::ports::{Error, MachineStatus, StateMachine, Version};

/// The version that this code writes. It reads every version up to it.
const VERSION: u32 = 1;

/// Attributes of a machine. One that is gone has the version alone.
const VERSION_NAME: &str = "version";
const CREATED: &str = "created";
pub(super) const REVISION: &str = "revision";
const STATUS: &str = "status";
const UPDATED: &str = "updated";

/// The version that was published last, and its number, if there ever was one.
const PUBLISHED: &str = "published";
pub(super) const NUMBER: &str = "last_version";

/// Adds the machine if its name is free; otherwise the one that is there.
pub(super) async fn create(catalog: &Catalog, machine: &StateMachine) -> Result<Option<StateMachine>, Error> {
    if let Some(there) = find(catalog, &machine.arn).await? {
        return Ok(Some(there));
    }
    let is_ours = revisions::put(catalog, &machine.arn, &machine.revision).await?;
    let mut item = listed(&machine.arn, MACHINES);
    item.extend([
        (CREATED.into(), n(machine.created.as_micros())),
        (REVISION.into(), s(&machine.revision.id)),
        (STATUS.into(), s(name_of(machine.status))),
        (UPDATED.into(), AttributeValue::Bool(machine.updated)),
        (tags::TAGS.into(), s(machine.tags.to_string())),
    ]);
    if let Some(version) = &machine.published {
        item.extend([(PUBLISHED.into(), s(versions::write(version)?)), (NUMBER.into(), n(version.number))]);
    }
    let put = catalog.table.put(item).condition_expression(format!("attribute_not_exists({REVISION})"));
    match catalog.table.put_if(WHAT, put).await? {
        Written::Here => put_version(catalog, machine, machine.published.as_ref()).await.map(|()| None),
        Written::Taken(_) => {
            let there = find(catalog, &machine.arn).await?;
            match there {
                // It was this very put, whose first answer was lost.
                Some(there) if there.revision.id == machine.revision.id => {
                    put_version(catalog, machine, machine.published.as_ref()).await.map(|()| None)
                }
                there => {
                    if is_ours {
                        revisions::discard(catalog, &machine.arn, &machine.revision.id).await;
                    }
                    let gone = || unavailable(WHAT, format!("{} was deleted just now", machine.arn));
                    there.map(Some).ok_or_else(gone)
                }
            }
        }
    }
}

/// Replaces the machine's newest revision, and publishes its version, if both are still as in `expected`; otherwise the
/// machine as it is now.
pub(super) async fn update(
    catalog: &Catalog,
    machine: &StateMachine,
    expected: &StateMachine,
) -> Result<Result<(), Option<StateMachine>>, Error> {
    let is_new = machine.revision.id != expected.revision.id;
    let is_ours = is_new && revisions::put(catalog, &machine.arn, &machine.revision).await?;
    let mut set = "SET #revision = :revision, #status = :status, #updated = :updated".to_owned();
    let mut condition = "#revision = :expected".to_owned();
    let mut update = catalog
        .table
        .update(names::key(&machine.arn))
        .expression_attribute_names("#revision", REVISION)
        .expression_attribute_names("#status", STATUS)
        .expression_attribute_names("#updated", UPDATED)
        .expression_attribute_values(":revision", s(&machine.revision.id))
        .expression_attribute_values(":status", s(name_of(machine.status)))
        .expression_attribute_values(":updated", AttributeValue::Bool(machine.updated))
        .expression_attribute_names("#number", NUMBER)
        .expression_attribute_values(":expected", s(&expected.revision.id));
    match &expected.published {
        Some(last) => {
            condition.push_str(" AND #number = :last");
            update = update.expression_attribute_values(":last", n(last.number));
        }
        None => condition.push_str(" AND attribute_not_exists(#number)"),
    }
    let published = machine.published.as_ref().filter(|_| machine.published != expected.published);
    if let Some(version) = published {
        // META is about to forget the last one, whose publisher may have died before it put the item.
        put_version(catalog, expected, expected.published.as_ref()).await?;
        set.push_str(", #number = :number, #published = :published");
        update = update
            .expression_attribute_names("#published", PUBLISHED)
            .expression_attribute_values(":published", s(versions::write(version)?))
            .expression_attribute_values(":number", n(version.number));
    }
    let update = update.update_expression(set).condition_expression(condition);
    if catalog.table.update_if(WHAT, update).await?.is_some() {
        return put_version(catalog, machine, published).await.map(Ok);
    }
    let there = find(catalog, &machine.arn).await?;
    // It was this very update, whose first answer was lost.
    let is_this = |there: &StateMachine| {
        there.revision.id == machine.revision.id && (is_new || there.published == machine.published)
    };
    if there.as_ref().is_some_and(is_this) {
        return put_version(catalog, machine, published).await.map(Ok);
    }
    if is_ours {
        revisions::discard(catalog, &machine.arn, &machine.revision.id).await;
    }
    Ok(Err(there))
}

/// Puts the item of a version that the machine's META has named, if it has.
async fn put_version(catalog: &Catalog, machine: &StateMachine, version: Option<&Version>) -> Result<(), Error> {
    match version {
        Some(version) => versions::put(catalog, &machine.arn, machine.created, version).await,
        None => Ok(()),
    }
}

/// What META says of versions.
pub(super) struct Published {
    /// When the machine was created.
    pub(super) created: Timestamp,
    /// The version that was published last.
    pub(super) last: Option<Version>,
}

/// What META says of versions; none if there is no machine.
pub(super) async fn published(catalog: &Catalog, arn: &StateMachineArn) -> Result<Option<Published>, Error> {
    let stored = stored(catalog, arn).await?;
    Ok(stored.map(|stored| Published { created: stored.created, last: stored.published }))
}

/// The machine, with its newest revision.
pub(super) async fn find(catalog: &Catalog, arn: &StateMachineArn) -> Result<Option<StateMachine>, Error> {
    let Some(stored) = stored(catalog, arn).await? else { return Ok(None) };
    let revision = revisions::find(catalog, arn, &stored.revision).await?;
    stored.with(revision).map(Some)
}

/// META as it stands.
async fn stored(catalog: &Catalog, arn: &StateMachineArn) -> Result<Option<Stored>, Error> {
    let read = catalog.table.get(names::key(arn)).consistent_read(true).send().await;
    match read.map_err(catalog.table.refused(WHAT, "GetItem"))?.item {
        Some(item) => Stored::read(arn.clone(), &item),
        None => Ok(None),
    }
}

/// Those of these machines that are there, in this order.
pub(super) async fn find_all(catalog: &Catalog, arns: &[StateMachineArn]) -> Result<Vec<StateMachine>, Error> {
    let keys: Vec<Key> = arns.iter().map(names::key).collect();
    let mut items = batch::get(&catalog.table, WHAT, &keys).await?;
    let mut stored = Vec::with_capacity(arns.len());
    for (key, arn) in keys.iter().zip(arns) {
        if let Some(item) = items.remove(key) {
            stored.extend(Stored::read(arn.clone(), &item)?);
        }
    }
    let wanted: Vec<_> = stored.iter().map(|stored| (&stored.arn, stored.revision.as_str())).collect();
    let revisions = revisions::find_all(catalog, &wanted).await?;
    stored.into_iter().zip(revisions).map(|(stored, revision)| stored.with(revision)).collect()
}

/// A machine without its revision.
struct Stored {
    arn: StateMachineArn,
    created: Timestamp,
    revision: String,
    status: MachineStatus,
    updated: bool,
    tags: serde_json::Value,
    published: Option<Version>,
}

impl Stored {
    /// The machine in this item; none if it was deleted.
    fn read(arn: StateMachineArn, item: &Item) -> Result<Option<Self>, Error> {
        let key = names::key(&arn);
        let (pk, sk) = (&*key.pk, &*key.sk);
        let what = || format!("item {pk} {sk}");
        let version: u32 = number(item, VERSION_NAME).map_err(damaged(pk, sk))?;
        if version > VERSION {
            return Err(versions::newer(&key, version, VERSION));
        }
        if !item.contains_key(REVISION) {
            return Ok(None);
        }
        let status = text(item, STATUS).map_err(damaged(pk, sk))?;
        let status =
            [MachineStatus::Active, MachineStatus::Deleting].into_iter().find(|known| name_of(*known) == status);
        Ok(Some(Self {
            created: Timestamp::from_micros(number(item, CREATED).map_err(damaged(pk, sk))?),
            revision: text(item, REVISION).map_err(damaged(pk, sk))?.to_owned(),
            status: status.ok_or_else(|| unreadable(what(), "its status is none that this program knows"))?,
            updated: match item.get(UPDATED) {
                Some(AttributeValue::Bool(updated)) => *updated,
                Some(_) | None => return Err(unreadable(what(), "attribute updated is missing or of another type")),
            },
            tags: tags::of(item, &key)?,
            published: match item.get(PUBLISHED) {
                Some(_) => Some(versions::read(text(item, PUBLISHED).map_err(damaged(pk, sk))?, &key)?),
                None => None,
            },
            arn,
        }))
    }

    fn with(self, revision: Option<orchestrator::ports::MachineRevision>) -> Result<StateMachine, Error> {
        let Self { arn, created, revision: id, status, updated, tags, published } = self;
        let missing = || unreadable(format!("revision {id} of {arn}"), "it is not there");
        Ok(StateMachine { revision: revision.ok_or_else(missing)?, arn, created, status, updated, tags, published })
    }
}

/// The attributes that every machine has, in this list.
pub(super) fn listed(arn: &StateMachineArn, list: &str) -> Item {
    let Key { pk, sk } = names::key(arn);
    Item::from([
        (PK.into(), s(pk)),
        (SK.into(), s(sk)),
        (LIST_PK.into(), s(list)),
        (LIST_SK.into(), s(arn.name())),
        (VERSION_NAME.into(), n(VERSION)),
    ])
}

/// The status as the API spells it.
const fn name_of(status: MachineStatus) -> &'static str {
    match status {
        MachineStatus::Active => "ACTIVE",
        MachineStatus::Deleting => "DELETING",
    }
}
