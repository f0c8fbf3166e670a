//! Versions of machines: publish, look up, list, delete; and what an ARN with a version or an alias leads to.

use crate::ports::{Page, Route, StateMachine, Version};
use crate::{Error, Orchestrator};
use model::limits::{MAX_PAGE_SIZE, MAX_VERSIONS};
use model::{QualifiedArn, Qualifier, StateMachineArn, Timestamp, VersionArn};

/// How often a change is tried whose machine others change at the same time. Each loss is another's success.
pub(crate) const TRIES: u32 = 100;

/// What PublishStateMachineVersion calls the revision of a machine that was never updated.
///
/// Source: the API reference, `revisionId` of PublishStateMachineVersion.
const INITIAL: &str = "INITIAL";

/// A machine, or one of its versions in its place.
#[derive(Clone, Debug)]
pub struct DescribedMachine {
    /// What is described: the machine or a version, never an alias.
    pub arn: QualifiedArn,
    /// The machine; for a version with that version's revision and date.
    pub machine: StateMachine,
    /// What the version's publisher wrote about it.
    pub description: Option<String>,
}

/// What a new execution runs.
pub(crate) struct Chosen {
    pub(crate) revision: String,
    pub(crate) qualifier: Option<Qualifier>,
}

impl Orchestrator {
    /// PublishStateMachineVersion: a revision that has a version gets no second one. With `revision` it is refused unless
    /// that is the newest one's id.
    pub async fn publish_version(
        &self,
        arn: &StateMachineArn,
        description: Option<&str>,
        revision: Option<&str>,
    ) -> Result<Version, Error> {
        for _ in 0..TRIES {
            let there = self.describe_state_machine(arn).await?;
            let newest = if there.updated { there.revision.id.as_str() } else { INITIAL };
            if let Some(wanted) = revision.filter(|wanted| *wanted != newest) {
                return Err(Error::RevisionChanged { wanted: wanted.to_owned(), newest: newest.to_owned() });
            }
            let mut machine = there.clone();
            let version = self.publish(&mut machine, description, self.now()).await?;
            if self.replace(&machine, &there).await? {
                return Ok(version);
            }
        }
        Err(Error::StateMachineConflict(arn.clone()))
    }

    /// ListStateMachineVersions, newest first.
    pub async fn list_versions(
        &self,
        machine: &StateMachineArn,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Version>, Error> {
        let page = self.ports().catalog.versions(machine, after, limit).await;
        let page = page.map_err(|error| Error::of_page(error, after))?;
        if page.items.is_empty() && after.is_none() {
            self.describe_state_machine(machine).await?;
        }
        Ok(page)
    }

    /// DeleteStateMachineVersion: nothing if there is none. Executions that run go on with its revision.
    pub async fn delete_version(&self, version: &VersionArn) -> Result<(), Error> {
        let aliases = self.ports().catalog.delete_version(version).await?;
        if aliases.is_empty() { Ok(()) } else { Err(Error::VersionInUse { version: version.clone(), aliases }) }
    }

    /// DescribeStateMachine: the machine, a version, or the version that gets most of what is started by an alias.
    pub async fn describe_qualified(&self, arn: &QualifiedArn) -> Result<DescribedMachine, Error> {
        let missing = || Error::StateMachineDoesNotExist(arn.clone());
        let catalog = &self.ports().catalog;
        let number = match arn {
            QualifiedArn::Machine(machine) => {
                let machine = self.describe_state_machine(machine).await?;
                return Ok(DescribedMachine { arn: arn.clone(), machine, description: None });
            }
            QualifiedArn::Version(version) => version.number,
            QualifiedArn::Alias(alias) => {
                let alias = catalog.alias(alias).await?.ok_or_else(missing)?;
                let most = alias.routes.iter().max_by_key(|route| route.weight).ok_or_else(missing)?;
                most.version
            }
        };
        let version = arn.machine().version(number);
        let machine = catalog.machine(arn.machine()).await?.ok_or_else(missing)?;
        let found = catalog.version(&version).await?.ok_or_else(missing)?;
        let revision = catalog.revision(arn.machine(), &found.revision).await?.ok_or_else(missing)?;
        let updated = revision.created != machine.created;
        let machine = StateMachine { created: found.created, revision, updated, ..machine };
        Ok(DescribedMachine { arn: version.into(), machine, description: found.description })
    }

    /// Refuses what names no machine, version or alias.
    pub async fn check_exists(&self, arn: &QualifiedArn) -> Result<(), Error> {
        let catalog = &self.ports().catalog;
        let exists = match arn {
            QualifiedArn::Machine(machine) => catalog.machine(machine).await?.is_some(),
            QualifiedArn::Version(version) => catalog.version(version).await?.is_some(),
            QualifiedArn::Alias(alias) => catalog.alias(alias).await?.is_some(),
        };
        if exists { Ok(()) } else { Err(Error::StateMachineDoesNotExist(arn.clone())) }
    }

    /// What an execution that is started by this ARN runs. One read, whatever is named: an alias knows the revisions of
    /// its versions.
    pub(crate) async fn choose(&self, arn: &QualifiedArn) -> Result<Chosen, Error> {
        let missing = || Error::StateMachineDoesNotExist(arn.clone());
        let catalog = &self.ports().catalog;
        match arn {
            QualifiedArn::Machine(machine) => {
                let machine = self.describe_state_machine(machine).await?;
                Ok(Chosen { revision: machine.revision.id, qualifier: None })
            }
            QualifiedArn::Version(arn) => {
                let version = catalog.version(arn).await?.ok_or_else(missing)?;
                let qualifier = Qualifier { version: version.number, alias: None };
                Ok(Chosen { revision: version.revision, qualifier: Some(qualifier) })
            }
            QualifiedArn::Alias(arn) => {
                let alias = catalog.alias(arn).await?.ok_or_else(missing)?;
                let route = drawn(&alias.routes, self.ports().clock.random()).ok_or_else(missing)?;
                let qualifier = Qualifier { version: route.version, alias: Some(alias.arn.name.clone()) };
                Ok(Chosen { revision: route.revision.clone(), qualifier: Some(qualifier) })
            }
        }
    }

    /// Has the machine publish its revision, unless that has a version; gives the version.
    pub(crate) async fn publish(
        &self,
        machine: &mut StateMachine,
        description: Option<&str>,
        at: Timestamp,
    ) -> Result<Version, Error> {
        // A revision never becomes the newest again, so that none but the last version can be of this one.
        if let Some(last) = machine.published.as_ref().filter(|last| last.revision == machine.revision.id)
            && let Some(version) = self.ports().catalog.version(&machine.arn.version(last.number)).await?
        {
            return Ok(version);
        }
        let last = machine.published.as_ref().map_or(0, |last| last.number);
        if last >= MAX_VERSIONS && self.count_versions(&machine.arn).await? >= MAX_VERSIONS as usize {
            return Err(Error::TooMany { what: "versions", of: machine.arn.clone(), most: MAX_VERSIONS });
        }
        let version = Version {
            number: last.saturating_add(1),
            revision: machine.revision.id.clone(),
            description: description.map(str::to_owned),
            created: at,
        };
        machine.published = Some(version.clone());
        Ok(version)
    }

    /// Replaces the machine, if it is still as it was read; false: somebody else was faster.
    pub(crate) async fn replace(&self, machine: &StateMachine, there: &StateMachine) -> Result<bool, Error> {
        if machine == there {
            return Ok(true);
        }
        match self.ports().catalog.update_machine(machine, there).await? {
            Ok(()) => Ok(true),
            Err(Some(_)) => Ok(false),
            Err(None) => Err(Error::StateMachineDoesNotExist(machine.arn.clone().into())),
        }
    }

    async fn count_versions(&self, machine: &StateMachineArn) -> Result<usize, Error> {
        let (mut count, mut after) = (0, None);
        loop {
            let page = self.ports().catalog.versions(machine, after.as_deref(), MAX_PAGE_SIZE).await?;
            count += page.items.len();
            after = page.next;
            if after.is_none() {
                return Ok(count);
            }
        }
    }
}

/// The route that a random number falls on: each as often as its weight says.
fn drawn(routes: &[Route], random: u64) -> Option<&Route> {
    let total: u64 = routes.iter().map(|route| u64::from(route.weight)).sum();
    let mut rest = random.checked_rem(total)?;
    routes.iter().find(|route| match rest.checked_sub(route.weight.into()) {
        Some(left) => {
            rest = left;
            false
        }
        None => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(weights: &[u32], expected: &[usize]) {
        let route = |(version, weight): (u32, &u32)| Route { version, revision: String::new(), weight: *weight };
        let routes: Vec<Route> = (0..).zip(weights).map(route).collect();
        let mut counts = vec![0; weights.len()];
        for random in 0..200 {
            if let Some(route) = drawn(&routes, random) {
                counts[route.version as usize] += 1;
            }
        }
        assert_eq!(counts, expected, "{weights:?}");
    }

    #[test]
    fn every_version_gets_as_many_of_a_hundred_as_its_weight_says() {
        check(&[100], &[200]);
        check(&[70, 30], &[140, 60]);
        check(&[0, 100], &[0, 200]);
        check(&[1, 99], &[2, 198]);
    }

    #[test]
    fn an_alias_that_leads_nowhere_draws_nothing() {
        check(&[], &[]);
        check(&[0, 0], &[0, 0]);
    }
}
