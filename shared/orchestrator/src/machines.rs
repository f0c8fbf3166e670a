//! Machines: create, update, delete, look up.

use crate::ports::{MachineRevision, MachineStatus, Page, StateMachine, Version};
use crate::versions::TRIES;
use crate::{Error, Orchestrator};
use language::Machine;
use model::{MachineType, StateMachineArn, Timestamp};
use serde_json::Value;
use std::sync::Arc;

/// That the revision is to be published as a version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publish {
    /// What is written about the version.
    pub description: Option<String>,
}

/// What CreateStateMachine is asked for.
#[derive(Clone, Debug)]
pub struct CreateMachine {
    /// The machine's name.
    pub name: String,
    /// Its type, for good.
    pub machine_type: MachineType,
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
    /// Whether the first revision is to be a version.
    pub publish: Option<Publish>,
}

/// What CreateStateMachine answers.
#[derive(Clone, Debug)]
pub struct CreatedMachine {
    /// The machine.
    pub machine: StateMachine,
    /// The version that it was created with.
    pub version: Option<Version>,
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
    /// Whether the newest revision is to be a version.
    pub publish: Option<Publish>,
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
    /// The newest revision's version, if it was to be one.
    pub version: Option<Version>,
}

/// What a step needs of a revision.
pub(crate) struct Parsed {
    pub(crate) machine: Arc<Machine>,
    pub(crate) machine_type: MachineType,
    pub(crate) role_arn: String,
}

impl Orchestrator {
    /// CreateStateMachine: idempotent on everything but the role and the tags.
    pub async fn create_state_machine(&self, request: CreateMachine) -> Result<CreatedMachine, Error> {
        language::parse_as(&request.definition, request.machine_type).map_err(Error::InvalidDefinition)?;
        let arn = StateMachineArn::new(&self.settings().place, &request.name);
        let now = self.now();
        let mut machine = StateMachine {
            arn: arn.clone(),
            created: now,
            revision: MachineRevision {
                id: self.fresh_id(),
                machine_type: request.machine_type,
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
            published: None,
        };
        if let Some(publish) = &request.publish {
            self.publish(&mut machine, publish.description.as_deref(), now).await?;
        }
        let Some(there) = self.ports().catalog.create_machine(&machine).await? else {
            return Ok(CreatedMachine { version: machine.published.clone(), machine, existed: false });
        };
        let version = self.first_version(&there).await?;
        let described = |version: &Option<Version>| version.as_ref().map(|version| version.description.clone());
        if same_settings(&there.revision, &machine.revision) && described(&version) == described(&machine.published) {
            return Ok(CreatedMachine { machine: there, version, existed: true });
        }
        Err(Error::StateMachineAlreadyExists(arn))
    }

    /// The version that the machine was created with.
    async fn first_version(&self, machine: &StateMachine) -> Result<Option<Version>, Error> {
        if machine.published.is_none() {
            return Ok(None);
        }
        let first = self.ports().catalog.version(&machine.arn.version(1)).await?;
        Ok(first.filter(|version| version.created == machine.created))
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
            let machine_type = self.describe_state_machine(arn).await?.revision.machine_type;
            language::parse_as(definition, machine_type).map_err(Error::InvalidDefinition)?;
        }
        for _ in 0..TRIES {
            let there = self.describe_state_machine(arn).await?;
            let mut machine = there.clone();
            request.apply_to(&mut machine.revision);
            let at = self.now();
            if machine.revision != there.revision {
                machine.revision.id = self.fresh_id();
                machine.revision.created = at;
                machine.updated = true;
            }
            let version = match &request.publish {
                Some(publish) => Some(self.publish(&mut machine, publish.description.as_deref(), at).await?),
                None => None,
            };
            if self.replace(&machine, &there).await? {
                return Ok(UpdatedMachine { at, revision: machine.updated.then_some(machine.revision.id), version });
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
        machine.ok_or_else(|| Error::StateMachineDoesNotExist(arn.clone().into()))
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
        let (machine, machine_type) = (Arc::new(parsed.machine), stored.machine_type);
        let parsed = Arc::new(Parsed { machine, machine_type, role_arn: stored.role_arn });
        self.caches().machines.insert(key, Arc::clone(&parsed));
        Ok(parsed)
    }
}

fn same_settings(one: &MachineRevision, other: &MachineRevision) -> bool {
    one.machine_type == other.machine_type
        && one.definition == other.definition
        && one.logging == other.logging
        && one.tracing == other.tracing
        && one.encryption == other.encryption
}
