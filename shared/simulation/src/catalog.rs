//! Machines and activities in memory: what survives a crash.

use crate::paging::page_by_key;
use async_trait::async_trait;
use model::{ActivityArn, StateMachineArn};
use orchestrator::ports::{Activity, Alias, Catalog, Error, MachineRevision, Page, StateMachine, Version};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Machines and activities in memory.
#[derive(Default)]
pub struct MemoryCatalog {
    state: Mutex<State>,
}

#[derive(Default)]
pub(crate) struct State {
    machines: BTreeMap<StateMachineArn, StateMachine>,
    revisions: HashMap<(StateMachineArn, String), MachineRevision>,
    activities: BTreeMap<ActivityArn, Activity>,
    pub(crate) versions: BTreeMap<StateMachineArn, BTreeMap<u32, Version>>,
    pub(crate) aliases: BTreeMap<StateMachineArn, BTreeMap<String, Alias>>,
}

impl State {
    fn keep_revision(&mut self, machine: &StateMachine) {
        let key = (machine.arn.clone(), machine.revision.id.clone());
        self.revisions.entry(key).or_insert_with(|| machine.revision.clone());
    }

    /// Adds the version that the machine publishes now, and did not publish before.
    fn publish(&mut self, machine: &StateMachine, before: Option<&Version>) {
        if let Some(version) = machine.published.as_ref().filter(|version| Some(*version) != before) {
            let versions = self.versions.entry(machine.arn.clone()).or_default();
            versions.insert(version.number, version.clone());
        }
    }
}

impl MemoryCatalog {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Catalog for MemoryCatalog {
    async fn create_machine(&self, machine: &StateMachine) -> Result<Option<StateMachine>, Error> {
        let mut state = self.state();
        if let Some(there) = state.machines.get(&machine.arn) {
            return Ok(Some(there.clone()));
        }
        state.machines.insert(machine.arn.clone(), machine.clone());
        state.keep_revision(machine);
        state.publish(machine, None);
        Ok(None)
    }

    async fn machine(&self, arn: &StateMachineArn) -> Result<Option<StateMachine>, Error> {
        Ok(self.state().machines.get(arn).cloned())
    }

    async fn update_machine(
        &self,
        machine: &StateMachine,
        expected: &StateMachine,
    ) -> Result<Result<(), Option<StateMachine>>, Error> {
        let mut state = self.state();
        match state.machines.get_mut(&machine.arn) {
            None => return Ok(Err(None)),
            Some(there) if there.revision.id != expected.revision.id || there.published != expected.published => {
                return Ok(Err(Some(there.clone())));
            }
            Some(there) => *there = StateMachine { tags: there.tags.clone(), ..machine.clone() },
        }
        state.keep_revision(machine);
        state.publish(machine, expected.published.as_ref());
        Ok(Ok(()))
    }

    async fn set_machine_tags(
        &self,
        arn: &StateMachineArn,
        tags: &Value,
        expected: &Value,
    ) -> Result<Result<(), Option<Value>>, Error> {
        let mut state = self.state();
        Ok(replace(state.machines.get_mut(arn).map(|machine| &mut machine.tags), tags, expected))
    }

    async fn delete_machine(&self, arn: &StateMachineArn) -> Result<(), Error> {
        let mut state = self.state();
        state.machines.remove(arn);
        state.versions.remove(arn);
        state.aliases.remove(arn);
        Ok(())
    }

    async fn revision(&self, arn: &StateMachineArn, id: &str) -> Result<Option<MachineRevision>, Error> {
        Ok(self.state().revisions.get(&(arn.clone(), id.to_owned())).cloned())
    }

    async fn machines(&self, after: Option<&str>, limit: u32) -> Result<Page<StateMachine>, Error> {
        page_by_key("machines", &self.state().machines, after, limit)
    }

    async fn create_activity(&self, activity: &Activity) -> Result<Option<Activity>, Error> {
        let mut state = self.state();
        if let Some(there) = state.activities.get(&activity.arn) {
            return Ok(Some(there.clone()));
        }
        state.activities.insert(activity.arn.clone(), activity.clone());
        Ok(None)
    }

    async fn activity(&self, arn: &ActivityArn) -> Result<Option<Activity>, Error> {
        Ok(self.state().activities.get(arn).cloned())
    }

    async fn set_activity_tags(
        &self,
        arn: &ActivityArn,
        tags: &Value,
        expected: &Value,
    ) -> Result<Result<(), Option<Value>>, Error> {
        let mut state = self.state();
        Ok(replace(state.activities.get_mut(arn).map(|activity| &mut activity.tags), tags, expected))
    }

    async fn delete_activity(&self, arn: &ActivityArn) -> Result<(), Error> {
        self.state().activities.remove(arn);
        Ok(())
    }

    async fn activities(&self, after: Option<&str>, limit: u32) -> Result<Page<Activity>, Error> {
        page_by_key("activities", &self.state().activities, after, limit)
    }
}

fn replace(there: Option<&mut Value>, tags: &Value, expected: &Value) -> Result<(), Option<Value>> {
    match there {
        Some(there) if there == expected => {
            *there = tags.clone();
            Ok(())
        }
        other => Err(other.cloned()),
    }
}
