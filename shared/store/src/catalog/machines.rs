//! Machines as items. One that was deleted stays as an empty item, listed among those that are gone, so that the
//! executions that it left can be found.

use super::names::{self, MACHINES, MACHINES_GONE};
use super::{Catalog, WHAT, revisions, tags};
use crate::batch;
use crate::error::{unavailable, unreadable};
use crate::item::{Item, damaged, n, number, s, text};
use crate::keys::{Key, LIST_PK, LIST_SK, PK, SK};
use crate::table::Written;
use aws_sdk_dynamodb::types::AttributeValue;
use model::{StateMachineArn, Timestamp};
use orchestrator::ports::{Error, MachineStatus, StateMachine};

/// The version that this code writes. It reads every version up to it.
const VERSION: u32 = 1;

/// Attributes of a machine. One that is gone has the version alone.
const VERSION_NAME: &str = "version";
const CREATED: &str = "created";
const REVISION: &str = "revision";
const STATUS: &str = "status";
const UPDATED: &str = "updated";

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
    let put = catalog.table.put(item).condition_expression(format!("attribute_not_exists({REVISION})"));
    match catalog.table.put_if(WHAT, put).await? {
        Written::Here => Ok(None),
        Written::Taken(_) => {
            let there = find(catalog, &machine.arn).await?;
            match there {
                // It was this very put, whose first answer was lost.
                Some(there) if there.revision.id == machine.revision.id => Ok(None),
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

/// Replaces the machine's newest revision if it is still `expected`; otherwise the machine as it is now.
pub(super) async fn update(
    catalog: &Catalog,
    machine: &StateMachine,
    expected: &str,
) -> Result<Result<(), Option<StateMachine>>, Error> {
    let is_ours = revisions::put(catalog, &machine.arn, &machine.revision).await?;
    let update = catalog
        .table
        .update(names::key(&machine.arn))
        .update_expression("SET #revision = :revision, #status = :status, #updated = :updated")
        .condition_expression("#revision = :expected")
        .expression_attribute_names("#revision", REVISION)
        .expression_attribute_names("#status", STATUS)
        .expression_attribute_names("#updated", UPDATED)
        .expression_attribute_values(":revision", s(&machine.revision.id))
        .expression_attribute_values(":status", s(name_of(machine.status)))
        .expression_attribute_values(":updated", AttributeValue::Bool(machine.updated))
        .expression_attribute_values(":expected", s(expected));
    if catalog.table.update_if(WHAT, update).await?.is_some() {
        return Ok(Ok(()));
    }
    let there = find(catalog, &machine.arn).await?;
    // It was this very update, whose first answer was lost.
    if there.as_ref().is_some_and(|there| there.revision.id == machine.revision.id) {
        return Ok(Ok(()));
    }
    if is_ours {
        revisions::discard(catalog, &machine.arn, &machine.revision.id).await;
    }
    Ok(Err(there))
}

/// Leaves of the machine its revisions, and that it was there.
pub(super) async fn delete(catalog: &Catalog, arn: &StateMachineArn) -> Result<(), Error> {
    let item = listed(arn, MACHINES_GONE);
    let put = catalog.table.put(item).condition_expression(format!("attribute_exists({REVISION})"));
    match catalog.table.put_if(WHAT, put).await? {
        Written::Here | Written::Taken(_) => Ok(()),
    }
}

/// The machine, with its newest revision.
pub(super) async fn find(catalog: &Catalog, arn: &StateMachineArn) -> Result<Option<StateMachine>, Error> {
    let read = catalog.table.get(names::key(arn)).consistent_read(true).send().await;
    let Some(item) = read.map_err(catalog.table.refused(WHAT, "GetItem"))?.item else { return Ok(None) };
    let Some(stored) = Stored::read(arn.clone(), &item)? else { return Ok(None) };
    let revision = revisions::find(catalog, arn, &stored.revision).await?;
    stored.with(revision).map(Some)
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
}

impl Stored {
    /// The machine in this item; none if it was deleted.
    fn read(arn: StateMachineArn, item: &Item) -> Result<Option<Self>, Error> {
        let key = names::key(&arn);
        let (pk, sk) = (&*key.pk, &*key.sk);
        let what = || format!("item {pk} {sk}");
        let version: u32 = number(item, VERSION_NAME).map_err(damaged(pk, sk))?;
        if version > VERSION {
            let text = format!("{} has version {version}, and this program reads up to {VERSION}", what());
            return Err(unavailable(WHAT, text + ": run a newer one"));
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
            arn,
        }))
    }

    fn with(self, revision: Option<orchestrator::ports::MachineRevision>) -> Result<StateMachine, Error> {
        let Self { arn, created, revision: id, status, updated, tags } = self;
        let missing = || unreadable(format!("revision {id} of {arn}"), "it is not there");
        Ok(StateMachine { revision: revision.ok_or_else(missing)?, arn, created, status, updated, tags })
    }
}

/// The attributes that every machine has, in this list.
fn listed(arn: &StateMachineArn, list: &str) -> Item {
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
