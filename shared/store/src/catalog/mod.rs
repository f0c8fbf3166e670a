//! The port `Catalog`: machines, their revisions, and activities.
//!
//! | pk | sk | what |
//! |---|---|---|
//! | `M#<machine arn>` | `META` | the machine as it stands, or that it was deleted |
//! | same | `REV#<id>` | a revision; never changed, kept when the machine is deleted |
//! | same | `V#<number>` | a version, or that it was deleted; see [`versions`] |
//! | same | `A#<alias>` | an alias |
//! | `A#<activity arn>` | `META` | an activity |
//!
//! A revision is put before the META that names it. One whose META then loses is taken away again; if that fails too,
//! it stays and nothing leads to it. The index `list` has machines under `MACHINES`, those that were deleted under
//! `GONE`, and activities under `ACTIVITIES`, by their names; see [`names`] for how fresh it is.

mod activities;
mod aliases;
mod delete;
mod known;
mod machines;
pub(crate) mod names;
mod revisions;
mod tags;
mod versions;

use crate::bucket::Bucket;
use crate::keys::Key;
use crate::page::{self, List};
use crate::table::Table;
use crate::{Store, batch};
use async_trait::async_trait;
use known::Known;
use model::{ActivityArn, AliasArn, StateMachineArn, VersionArn};
use names::{ACTIVITIES, MACHINES, Named, Names};
use orchestrator::ports::{
    self, Activity, Alias, Error, MachineRevision, Page, PutAlias, StateMachine, Version, Versions,
};
use serde_json::Value;
use std::sync::Arc;

/// What [`Error::Unavailable`] calls the catalog.
const WHAT: &str = "catalog";

/// The most that one page has: as many as one request reads by their keys. AWS too gives fewer than were asked for.
const MAX_PAGE: u32 = 100;

/// Machines and activities on the store's table. A definition that is too large for an item lies in a bucket.
#[derive(Clone, Debug)]
pub struct Catalog {
    table: Table,
    bucket: Bucket,
    known: Known,
}

impl Store {
    /// The catalog on this table, with a bucket for large definitions.
    pub fn catalog(&self, bucket: Bucket) -> Catalog {
        Catalog { table: self.table.clone(), bucket, known: Known::default() }
    }
}

#[async_trait]
impl ports::Catalog for Catalog {
    async fn create_machine(&self, machine: &StateMachine) -> Result<Option<StateMachine>, Error> {
        machines::create(self, machine).await
    }

    async fn machine(&self, arn: &StateMachineArn) -> Result<Option<StateMachine>, Error> {
        machines::find(self, arn).await
    }

    async fn update_machine(
        &self,
        machine: &StateMachine,
        expected: &StateMachine,
    ) -> Result<Result<(), Option<StateMachine>>, Error> {
        machines::update(self, machine, expected).await
    }

    async fn set_machine_tags(
        &self,
        arn: &StateMachineArn,
        tags: &Value,
        expected: &Value,
    ) -> Result<Result<(), Option<Value>>, Error> {
        tags::set(&self.table, &names::key(arn), tags, expected).await
    }

    async fn delete_machine(&self, arn: &StateMachineArn) -> Result<(), Error> {
        delete::machine(self, arn).await
    }

    async fn revision(&self, arn: &StateMachineArn, id: &str) -> Result<Option<MachineRevision>, Error> {
        revisions::find(self, arn, id).await
    }

    async fn machines(&self, after: Option<&str>, limit: u32) -> Result<Page<StateMachine>, Error> {
        let (names, next) = self.names(List::Machines, MACHINES, after, limit).await?;
        Ok(Page { items: machines::find_all(self, &names).await?, next })
    }

    async fn create_activity(&self, activity: &Activity) -> Result<Option<Activity>, Error> {
        activities::create(&self.table, activity).await
    }

    async fn activity(&self, arn: &ActivityArn) -> Result<Option<Activity>, Error> {
        activities::find(&self.table, arn).await
    }

    async fn set_activity_tags(
        &self,
        arn: &ActivityArn,
        tags: &Value,
        expected: &Value,
    ) -> Result<Result<(), Option<Value>>, Error> {
        tags::set(&self.table, &names::key(arn), tags, expected).await
    }

    async fn delete_activity(&self, arn: &ActivityArn) -> Result<(), Error> {
        activities::delete(&self.table, arn).await
    }

    async fn activities(&self, after: Option<&str>, limit: u32) -> Result<Page<Activity>, Error> {
        let (names, next) = self.names::<ActivityArn>(List::Activities, ACTIVITIES, after, limit).await?;
        let keys: Vec<Key> = names.iter().map(names::key).collect();
        let mut found = batch::get(&self.table, WHAT, &keys).await?;
        let items = keys.iter().zip(names).filter_map(|(key, arn)| Some(activities::read(arn, &found.remove(key)?)));
        Ok(Page { items: items.collect::<Result<_, _>>()?, next })
    }
}

#[async_trait]
impl Versions for Catalog {
    async fn version(&self, arn: &VersionArn) -> Result<Option<Version>, Error> {
        versions::find(self, arn).await
    }

    async fn versions(
        &self,
        machine: &StateMachineArn,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Version>, Error> {
        versions::list(self, machine, after, limit).await
    }

    async fn delete_version(&self, arn: &VersionArn) -> Result<Vec<Arc<str>>, Error> {
        versions::delete(self, arn).await
    }

    async fn put_alias(&self, alias: &Alias, expected: Option<&Alias>) -> Result<PutAlias, Error> {
        aliases::put(self, alias, expected).await
    }

    async fn alias(&self, arn: &AliasArn) -> Result<Option<Alias>, Error> {
        aliases::find(self, arn).await
    }

    async fn aliases(&self, machine: &StateMachineArn, after: Option<&str>, limit: u32) -> Result<Page<Alias>, Error> {
        aliases::list(self, machine, after, limit).await
    }

    async fn delete_alias(&self, arn: &AliasArn) -> Result<(), Error> {
        aliases::delete(self, arn).await
    }
}

impl Catalog {
    /// One page of names, and the token of the next one.
    async fn names<A: Named>(
        &self,
        list: List,
        partition: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<A>, Option<String>), Error> {
        let after: Option<A> = page::place(list, after, |place| place.parse().ok())?;
        let limit = limit.clamp(1, MAX_PAGE) as usize;
        let Names { arns, has_more } = names::read(&self.table, WHAT, partition, after.as_ref(), limit).await?;
        let next = arns.last().filter(|_| has_more).map(|last| page::token(list, &last.to_string()));
        Ok((arns, next))
    }
}

#[cfg(test)]
mod tests;
