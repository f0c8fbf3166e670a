//! Activities as items.

use super::names::{self, ACTIVITIES};
use super::{WHAT, tags};
use crate::error::{unavailable, unreadable};
use crate::item::{Item, damaged, n, number, s, text};
use crate::keys::{Key, LIST_PK, LIST_SK, PK, SK};
use crate::table::{Table, Written};
use model::{ActivityArn, Timestamp};
use orchestrator::ports::{Activity, Error};

/// The version that this code writes. It reads every version up to it.
const VERSION: u32 = 1;

/// Attributes of an activity.
const VERSION_NAME: &str = "version";
const CREATED: &str = "created";
const ENCRYPTION: &str = "encryption";

/// Adds the activity if its name is free; otherwise the one that is there.
pub(super) async fn create(table: &Table, activity: &Activity) -> Result<Option<Activity>, Error> {
    let Key { pk, sk } = names::key(&activity.arn);
    let item = Item::from([
        (PK.into(), s(pk)),
        (SK.into(), s(sk)),
        (LIST_PK.into(), s(ACTIVITIES)),
        (LIST_SK.into(), s(activity.arn.name())),
        (VERSION_NAME.into(), n(VERSION)),
        (CREATED.into(), n(activity.created.as_micros())),
        (ENCRYPTION.into(), s(activity.encryption.to_string())),
        (tags::TAGS.into(), s(activity.tags.to_string())),
    ]);
    let put = table.put(item).condition_expression(format!("attribute_not_exists({PK})"));
    let there = match table.put_if(WHAT, put).await? {
        Written::Here => return Ok(None),
        Written::Taken(item) if !item.is_empty() => Some(read(activity.arn.clone(), &item)?),
        Written::Taken(_) => find(table, &activity.arn).await?,
    };
    match there {
        // It was this very put, whose first answer was lost, or one that cannot be told from it.
        Some(there) if there == *activity => Ok(None),
        Some(there) => Ok(Some(there)),
        None => Err(unavailable(WHAT, format!("{} was deleted just now", activity.arn))),
    }
}

/// The activity.
pub(super) async fn find(table: &Table, arn: &ActivityArn) -> Result<Option<Activity>, Error> {
    let read_item = table.get(names::key(arn)).consistent_read(true).send().await;
    let item = read_item.map_err(table.refused(WHAT, "GetItem"))?.item;
    item.map(|item| read(arn.clone(), &item)).transpose()
}

/// Takes the activity away.
pub(super) async fn delete(table: &Table, arn: &ActivityArn) -> Result<(), Error> {
    let deleted = table.delete(names::key(arn)).send().await;
    deleted.map(drop).map_err(table.refused(WHAT, "DeleteItem"))
}

/// The activity in this item.
pub(super) fn read(arn: ActivityArn, item: &Item) -> Result<Activity, Error> {
    let key = names::key(&arn);
    let (pk, sk) = (&*key.pk, &*key.sk);
    let version: u32 = number(item, VERSION_NAME).map_err(damaged(pk, sk))?;
    if version > VERSION {
        let text = format!("item {pk} {sk} has version {version}, and this program reads up to {VERSION}");
        return Err(unavailable(WHAT, text + ": run a newer one"));
    }
    let encryption = text(item, ENCRYPTION).map_err(damaged(pk, sk))?;
    Ok(Activity {
        created: Timestamp::from_micros(number(item, CREATED).map_err(damaged(pk, sk))?),
        encryption: serde_json::from_str(encryption).map_err(|error| unreadable(format!("item {pk} {sk}"), error))?,
        tags: tags::of(item, &key)?,
        arn,
    })
}
