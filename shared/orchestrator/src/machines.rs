//! Machines: create, update, delete, look up.

use crate::ports::{MachineRevision, MachineStatus, Page, StateMachine};
use crate::{Error, Orchestrator};
use language::Machine;
use model::{StateMachineArn, Timestamp};
use serde_json::Value;
use std::sync::Arc;

/// What CreateStateMachine is asked for.
#[derive(Clone, Debug)]
pub struct CreateMachine {
    /// The machine's name.
    pub name: String,
    /// The definition's text.
    pub definition: String,
    /// The role's ARN.
    pub role_arn: String,
    /// `LoggingConfiguration`, with AWS's defaults filled in.
    pub logging: Value,
    /// `TracingConfiguration`, with AWS's defaults filled in.
    pub tracing: Value,
    /// `EncryptionConfiguration`, with AWS's defaults filled in.
    pub encryption: Value,
    /// Tags, as `[{"key", "value"}]`.
    pub tags: Value,
}

/// What CreateStateMachine answers.
#[derive(Clone, Debug)]
pub struct CreatedMachine {
    /// The machine.
    pub machine: StateMachine,
    /// Whether it was there before, with the same settings.
    pub existed: bool,
}

/// What UpdateStateMachine is asked for: what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct UpdateMachine {
    /// The new definition's text.
    pub definition: Option<String>,
    /// The new role's ARN.
    pub role_arn: Option<String>,
    /// The new `LoggingConfiguration`.
    pub logging: Option<Value>,
    /// The new `TracingConfiguration`.
    pub tracing: Option<Value>,
    /// The new `EncryptionConfiguration`.
    pub encryption: Option<Value>,
}

impl UpdateMachine {
    fn apply_to(&self, revision: &mut MachineRevision) {
        fn change<T: Clone>(there: &mut T, given: Option<&T>) {
            if let Some(given) = given {
                there.clone_from(given);
            }
        }
        change(&mut revision.definition, self.definition.as_ref());
        change(&mut revision.role_arn, self.role_arn.as_ref());
        change(&mut revision.logging, self.logging.as_ref());
        change(&mut revision.tracing, self.tracing.as_ref());
        change(&mut revision.encryption, self.encryption.as_ref());
    }
}

/// What UpdateStateMachine answers.
#[derive(Clone, Debug)]
pub struct UpdatedMachine {
    /// When.
    pub at: Timestamp,
    /// The newest revision's id; none before the first update that changed something.
    pub revision: Option<String>,
}

/// What a step needs of a revision.
pub(crate) struct Parsed {
    pub(crate) machine: Arc<Machine>,
    pub(crate) role_arn: String,
}

impl Orchestrator {
    /// CreateStateMachine: idempotent on everything but the role and the tags.
    pub async fn create_state_machine(&self, request: CreateMachine) -> Result<CreatedMachine, Error> {
        language::parse(&request.definition).map_err(Error::InvalidDefinition)?;
        let arn = StateMachineArn::new(&self.settings().place, &request.name);
        let now = self.now();
        let machine = StateMachine {
            arn: arn.clone(),
            created: now,
            revision: MachineRevision {
                id: self.fresh_id(),
                definition: request.definition,
                role_arn: request.role_arn,
                created: now,
                logging: request.logging,
                tracing: request.tracing,
                encryption: request.encryption,
            },
            status: MachineStatus::Active,
            updated: false,
            tags: request.tags,
        };
        match self.ports().catalog.create_machine(&machine).await? {
            None => Ok(CreatedMachine { machine, existed: false }),
            Some(there) if same_settings(&there.revision, &machine.revision) => {
                Ok(CreatedMachine { machine: there, existed: true })
            }
            Some(_) => Err(Error::StateMachineAlreadyExists(arn)),
        }
    }

    /// UpdateStateMachine: running executions keep the revision that they started with.
    ///
    /// What changes nothing makes no revision; recorded in test_create_update_state_machine_same_parameters.
    pub async fn update_state_machine(
        &self,
        arn: &StateMachineArn,
        request: UpdateMachine,
    ) -> Result<UpdatedMachine, Error> {
        if let Some(definition) = &request.definition {
            language::parse(definition).map_err(Error::InvalidDefinition)?;
        }
        // Whoever loses to another update reads again; each loss is another's success.
        for _ in 0..10 {
            let mut machine = self.describe_state_machine(arn).await?;
            let before = machine.revision.clone();
            request.apply_to(&mut machine.revision);
            let at = self.now();
            if machine.revision == before {
                return Ok(UpdatedMachine { at, revision: machine.updated.then_some(before.id) });
            }
            machine.revision.id = self.fresh_id();
            machine.revision.created = at;
            machine.updated = true;
            match self.ports().catalog.update_machine(&machine, &before.id).await? {
                Ok(()) => return Ok(UpdatedMachine { at, revision: Some(machine.revision.id) }),
                Err(Some(_)) => {}
                Err(None) => return Err(Error::StateMachineDoesNotExist(arn.clone())),
            }
        }
        Err(Error::StateMachineConflict(arn.clone()))
    }

    /// DeleteStateMachine: nothing if there is none. Executions that run go on with their revision.
    pub async fn delete_state_machine(&self, arn: &StateMachineArn) -> Result<(), Error> {
        Ok(self.ports().catalog.delete_machine(arn).await?)
    }

    /// DescribeStateMachine.
    pub async fn describe_state_machine(&self, arn: &StateMachineArn) -> Result<StateMachine, Error> {
        let machine = self.ports().catalog.machine(arn).await?;
        machine.ok_or_else(|| Error::StateMachineDoesNotExist(arn.clone()))
    }

    /// ListStateMachines.
    pub async fn list_state_machines(&self, after: Option<&str>, limit: u32) -> Result<Page<StateMachine>, Error> {
        self.ports().catalog.machines(after, limit).await.map_err(|error| Error::of_page(error, after))
    }

    /// The machine of a revision, parsed. Revisions never change, so each is parsed once.
    pub(crate) async fn parsed(&self, arn: &StateMachineArn, revision: &str) -> Result<Arc<Parsed>, Error> {
        let key = (arn.clone(), revision.to_owned());
        if let Some(machine) = self.caches().machines.get(&key) {
            return Ok(machine);
        }
        let unreadable = |source: Box<dyn std::error::Error + Send + Sync>| {
            Error::Port(crate::ports::Error::Unreadable { what: format!("revision {revision} of {arn}"), source })
        };
        let stored = self.ports().catalog.revision(arn, revision).await?;
        let stored = stored.ok_or_else(|| unreadable("it is not there".into()))?;
        let parsed = language::parse(&stored.definition)
            .map_err(|found| unreadable(language::invalid_definition_message(&found).into()))?;
        let parsed = Arc::new(Parsed { machine: Arc::new(parsed.machine), role_arn: stored.role_arn });
        self.caches().machines.insert(key, Arc::clone(&parsed));
        Ok(parsed)
    }
}

fn same_settings(one: &MachineRevision, other: &MachineRevision) -> bool {
    one.definition == other.definition
        && one.logging == other.logging
        && one.tracing == other.tracing
        && one.encryption == other.encryption
}
