//! Aliases of machines: create, change, look up, list, delete.

use crate::ports::{Alias, Page, PutAlias, Route};
use crate::versions::TRIES;
use crate::{Error, Orchestrator};
use model::limits::MAX_ALIASES;
use model::{AliasArn, QualifiedArn, StateMachineArn, Timestamp};

/// A version that an alias is to lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Routing {
    /// The version's number.
    pub version: u32,
    /// How many of a hundred executions it gets.
    pub weight: u32,
}

/// What CreateStateMachineAlias is asked for. The weights add up to a hundred.
#[derive(Clone, Debug)]
pub struct CreateAlias {
    /// The alias.
    pub arn: AliasArn,
    /// What is written about it.
    pub description: Option<String>,
    /// Where it is to lead.
    pub routing: Vec<Routing>,
}

/// What UpdateStateMachineAlias is asked for: what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpdateAlias {
    /// What is written about it from now on.
    pub description: Option<String>,
    /// Where it is to lead from now on.
    pub routing: Option<Vec<Routing>>,
}

impl Orchestrator {
    /// CreateStateMachineAlias: idempotent on the description and the routing.
    pub async fn create_alias(&self, request: CreateAlias) -> Result<Alias, Error> {
        let CreateAlias { arn, description, routing } = request;
        let now = self.now();
        let routes = self.routes(&arn.machine, &routing).await?;
        let alias = Alias { arn, description, routes, created: now, updated: now };
        let there = match self.ports().catalog.alias(&alias.arn).await? {
            Some(there) => Some(there),
            None => {
                self.check_room_for_alias(&alias.arn.machine).await?;
                match self.ports().catalog.put_alias(&alias, None).await? {
                    PutAlias::Done => return Ok(alias),
                    PutAlias::Changed(there) => there,
                    PutAlias::NoVersion(number) => return Err(no_version(&alias.arn.machine, number)),
                }
            }
        };
        match there {
            Some(there) if there.description == alias.description && there.routes == alias.routes => Ok(there),
            Some(_) | None => Err(Error::AliasAlreadyExists(alias.arn)),
        }
    }

    /// UpdateStateMachineAlias: executions that run stay with the version that they began with.
    pub async fn update_alias(&self, arn: &AliasArn, request: &UpdateAlias) -> Result<Timestamp, Error> {
        for _ in 0..TRIES {
            let there = self.describe_alias(arn).await?;
            let mut alias = Alias { updated: self.now(), ..there.clone() };
            if let Some(description) = &request.description {
                alias.description = Some(description.clone());
            }
            if let Some(routing) = &request.routing {
                alias.routes = self.routes(&arn.machine, routing).await?;
            }
            match self.ports().catalog.put_alias(&alias, Some(&there)).await? {
                PutAlias::Done => return Ok(alias.updated),
                PutAlias::Changed(_) => {}
                PutAlias::NoVersion(number) => return Err(no_version(&arn.machine, number)),
            }
        }
        Err(Error::StateMachineConflict(arn.machine.clone()))
    }

    /// DescribeStateMachineAlias.
    pub async fn describe_alias(&self, arn: &AliasArn) -> Result<Alias, Error> {
        let alias = self.ports().catalog.alias(arn).await?;
        alias.ok_or_else(|| Error::NoSuchQualifier(arn.clone().into()))
    }

    /// ListStateMachineAliases: all of a machine, or those that lead to a version, in the order of their names.
    pub async fn list_aliases(&self, of: &QualifiedArn, after: Option<&str>, limit: u32) -> Result<Page<Alias>, Error> {
        if after.is_none() {
            self.check_exists(of).await?;
        }
        let page = self.ports().catalog.aliases(of.machine(), after, limit).await;
        let mut page = page.map_err(|error| Error::of_page(error, after))?;
        match of {
            QualifiedArn::Machine(_) => {}
            QualifiedArn::Version(version) => page.items.retain(|alias| leads_to(alias, version.number)),
            QualifiedArn::Alias(arn) => page.items.retain(|alias| alias.arn == *arn),
        }
        Ok(page)
    }

    /// DeleteStateMachineAlias: nothing if there is none.
    pub async fn delete_alias(&self, arn: &AliasArn) -> Result<(), Error> {
        Ok(self.ports().catalog.delete_alias(arn).await?)
    }

    /// The routing with the revisions of its versions.
    async fn routes(&self, machine: &StateMachineArn, routing: &[Routing]) -> Result<Vec<Route>, Error> {
        let mut routes = Vec::with_capacity(routing.len());
        for Routing { version, weight } in routing.iter().copied() {
            let found = self.ports().catalog.version(&machine.version(version)).await?;
            let revision = found.ok_or_else(|| no_version(machine, version))?.revision;
            routes.push(Route { version, revision, weight });
        }
        Ok(routes)
    }

    async fn check_room_for_alias(&self, machine: &StateMachineArn) -> Result<(), Error> {
        let page = self.ports().catalog.aliases(machine, None, MAX_ALIASES).await?;
        if page.items.len() < MAX_ALIASES as usize && page.next.is_none() {
            return Ok(());
        }
        Err(Error::TooMany { what: "aliases", of: machine.clone(), most: MAX_ALIASES })
    }
}

fn leads_to(alias: &Alias, version: u32) -> bool {
    alias.routes.iter().any(|route| route.version == version)
}

fn no_version(machine: &StateMachineArn, number: u32) -> Error {
    Error::NoSuchQualifier(machine.version(number).into())
}
