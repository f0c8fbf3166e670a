//! Machines and activities in memory: what survives a crash.

use crate::paging::page_by_key;
use async_trait::async_trait;
use model::{ActivityArn, StateMachineArn};
use orchestrator::ports::{Activity, Catalog, Error, MachineRevision, Page, StateMachine};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Machines and activities in memory.
#[derive(Default)]
pub struct MemoryCatalog {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    machines: BTreeMap<StateMachineArn, StateMachine>,
    revisions: HashMap<(StateMachineArn, String), MachineRevision>,
    activities: BTreeMap<ActivityArn, Activity>,
}

impl State {
    fn keep_revision(&mut self, machine: &StateMachine) {
        let key = (machine.arn.clone(), machine.revision.id.clone());
        self.revisions.entry(key).or_insert_with(|| machine.revision.clone());
    }
}

impl MemoryCatalog {
    fn state(&self) -> MutexGuard<'_, State> {
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
        Ok(None)
    }

    async fn machine(&self, arn: &StateMachineArn) -> Result<Option<StateMachine>, Error> {
        Ok(self.state().machines.get(arn).cloned())
    }

    async fn update_machine(
        &self,
        machine: &StateMachine,
        expected: &str,
    ) -> Result<Result<(), Option<StateMachine>>, Error> {
        let mut state = self.state();
        match state.machines.get_mut(&machine.arn) {
            None => return Ok(Err(None)),
            Some(there) if there.revision.id != expected => return Ok(Err(Some(there.clone()))),
            Some(there) => *there = StateMachine { tags: there.tags.clone(), ..machine.clone() },
        }
        state.keep_revision(machine);
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
        self.state().machines.remove(arn);
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
