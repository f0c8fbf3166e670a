//! Versions of machines, and aliases that lead to them.

use super::{Error, Page};
use async_trait::async_trait;
use model::{AliasArn, StateMachineArn, Timestamp, VersionArn};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Keeps what [`super::Catalog`] was told to publish, and aliases.
///
/// A version that an alias leads to is there: whoever deletes the one and whoever puts the other see each other.
#[async_trait]
pub trait Versions: Send + Sync {
    /// The version; none if it was never published, or was deleted.
    async fn version(&self, arn: &VersionArn) -> Result<Option<Version>, Error>;

    /// The machine's versions, newest first. `after` continues a page.
    async fn versions(
        &self,
        machine: &StateMachineArn,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Version>, Error>;

    /// Takes the version away, unless aliases lead to it: their names, in order. Nothing if there is none.
    ///
    /// Its number stays taken.
    async fn delete_version(&self, arn: &VersionArn) -> Result<Vec<Arc<str>>, Error>;

    /// Puts the alias, if what is there is still `expected` (none: nothing) and every version that it leads to is there.
    async fn put_alias(&self, alias: &Alias, expected: Option<&Alias>) -> Result<PutAlias, Error>;

    /// The alias.
    async fn alias(&self, arn: &AliasArn) -> Result<Option<Alias>, Error>;

    /// The machine's aliases, in the byte order of their names. `after` continues a page.
    async fn aliases(&self, machine: &StateMachineArn, after: Option<&str>, limit: u32) -> Result<Page<Alias>, Error>;

    /// Takes the alias away. Nothing if there is none.
    async fn delete_alias(&self, arn: &AliasArn) -> Result<(), Error>;
}

/// A version: a revision that was published under a number. Immutable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Its number, from 1. A machine never gives out one twice.
    pub number: u32,
    /// The id of the revision.
    pub revision: String,
    /// What its publisher wrote about it.
    pub description: Option<String>,
    /// When it was published.
    pub created: Timestamp,
}

/// An alias: a name for one or two versions of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// Its ARN.
    pub arn: AliasArn,
    /// What its maker wrote about it.
    pub description: Option<String>,
    /// Where it leads, in the order given.
    pub routes: Vec<Route>,
    /// When it was created.
    pub created: Timestamp,
    /// When it was changed last.
    pub updated: Timestamp,
}

/// One version that an alias leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The version's number.
    pub version: u32,
    /// The version's revision, so that a start reads the alias alone.
    pub revision: String,
    /// How many of a hundred executions it gets.
    pub weight: u32,
}

/// What became of an alias that was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PutAlias {
    /// It is there.
    Done,
    /// What was there is not what was expected: this is.
    Changed(Option<Alias>),
    /// This version, which it leads to, is not there.
    NoVersion(u32),
}
