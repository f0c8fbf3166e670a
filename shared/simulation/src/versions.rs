//! Versions and aliases in memory, beside the machines of the catalog.

use crate::catalog::MemoryCatalog;
use crate::paging::{page_by_key, page_from_the_last};
use async_trait::async_trait;
use model::{AliasArn, StateMachineArn, VersionArn};
use orchestrator::ports::{Alias, Error, Page, PutAlias, Version, Versions};
use std::collections::BTreeMap;
use std::sync::Arc;

#[async_trait]
impl Versions for MemoryCatalog {
    async fn version(&self, arn: &VersionArn) -> Result<Option<Version>, Error> {
        let state = self.state();
        Ok(state.versions.get(&arn.machine).and_then(|versions| versions.get(&arn.number).cloned()))
    }

    async fn versions(
        &self,
        machine: &StateMachineArn,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Version>, Error> {
        let state = self.state();
        let none = BTreeMap::new();
        let versions = state.versions.get(machine).unwrap_or(&none);
        page_from_the_last("versions", versions, after, limit)
    }

    async fn delete_version(&self, arn: &VersionArn) -> Result<Vec<Arc<str>>, Error> {
        let mut state = self.state();
        let aliases = state.aliases.get(&arn.machine).into_iter().flat_map(BTreeMap::values);
        let leads_there = |alias: &&Alias| alias.routes.iter().any(|route| route.version == arn.number);
        let names: Vec<_> = aliases.filter(leads_there).map(|alias| Arc::clone(&alias.arn.name)).collect();
        if names.is_empty()
            && let Some(versions) = state.versions.get_mut(&arn.machine)
        {
            versions.remove(&arn.number);
        }
        Ok(names)
    }

    async fn put_alias(&self, alias: &Alias, expected: Option<&Alias>) -> Result<PutAlias, Error> {
        let mut state = self.state();
        let arn = &alias.arn;
        let there = state.aliases.get(&arn.machine).and_then(|aliases| aliases.get(&*arn.name));
        if there != expected {
            return Ok(PutAlias::Changed(there.cloned()));
        }
        let versions = state.versions.get(&arn.machine);
        let is_there = |number: u32| versions.is_some_and(|versions| versions.contains_key(&number));
        if let Some(missing) = alias.routes.iter().find(|route| !is_there(route.version)) {
            return Ok(PutAlias::NoVersion(missing.version));
        }
        state.aliases.entry(arn.machine.clone()).or_default().insert(arn.name.to_string(), alias.clone());
        Ok(PutAlias::Done)
    }

    async fn alias(&self, arn: &AliasArn) -> Result<Option<Alias>, Error> {
        let state = self.state();
        Ok(state.aliases.get(&arn.machine).and_then(|aliases| aliases.get(&*arn.name).cloned()))
    }

    async fn aliases(&self, machine: &StateMachineArn, after: Option<&str>, limit: u32) -> Result<Page<Alias>, Error> {
        let state = self.state();
        let none = BTreeMap::new();
        page_by_key("aliases", state.aliases.get(machine).unwrap_or(&none), after, limit)
    }

    async fn delete_alias(&self, arn: &AliasArn) -> Result<(), Error> {
        if let Some(aliases) = self.state().aliases.get_mut(&arn.machine) {
            aliases.remove(&*arn.name);
        }
        Ok(())
    }
}
