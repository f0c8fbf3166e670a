//! Machines and activities.

use super::{Error, Page, Version, Versions};
use async_trait::async_trait;
use model::{ActivityArn, MachineType, StateMachineArn, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Keeps machines, their revisions, and activities.
#[async_trait]
pub trait Catalog: Versions {
    /// Adds the machine with its first revision, and the version that it publishes, if its name is free; otherwise the
    /// one that is there.
    async fn create_machine(&self, machine: &StateMachine) -> Result<Option<StateMachine>, Error>;

    /// The machine; none if there is none (or no more).
    async fn machine(&self, arn: &StateMachineArn) -> Result<Option<StateMachine>, Error>;

    /// Replaces the machine's newest revision and settings, and publishes its version, if its revision and its last
    /// version are still the `expected` ones, keeping the revision before; otherwise the machine as it is now (none:
    /// deleted). Its tags stay as they are.
    async fn update_machine(
        &self,
        machine: &StateMachine,
        expected: &StateMachine,
    ) -> Result<Result<(), Option<StateMachine>>, Error>;

    /// Replaces the machine's tags if they are still `expected`; otherwise its tags as they are now (none: deleted).
    async fn set_machine_tags(
        &self,
        arn: &StateMachineArn,
        tags: &Value,
        expected: &Value,
    ) -> Result<Result<(), Option<Value>>, Error>;

    /// Takes the machine away, with its versions and aliases. Its revisions stay for the executions that run them.
    /// Nothing if there is none.
    async fn delete_machine(&self, arn: &StateMachineArn) -> Result<(), Error>;

    /// A revision of a machine, by its id, also of a machine that was deleted.
    async fn revision(&self, arn: &StateMachineArn, id: &str) -> Result<Option<MachineRevision>, Error>;

    /// Machines, in the byte order of their names. `after` continues a page.
    async fn machines(&self, after: Option<&str>, limit: u32) -> Result<Page<StateMachine>, Error>;

    /// Adds the activity if its name is free; otherwise the one that is there.
    async fn create_activity(&self, activity: &Activity) -> Result<Option<Activity>, Error>;

    /// The activity.
    async fn activity(&self, arn: &ActivityArn) -> Result<Option<Activity>, Error>;

    /// Replaces the activity's tags if they are still `expected`; otherwise its tags as they are now (none: deleted).
    async fn set_activity_tags(
        &self,
        arn: &ActivityArn,
        tags: &Value,
        expected: &Value,
    ) -> Result<Result<(), Option<Value>>, Error>;

    /// Takes the activity away. Nothing if there is none.
    async fn delete_activity(&self, arn: &ActivityArn) -> Result<(), Error>;

    /// Activities, in the byte order of their names. `after` continues a page.
    async fn activities(&self, after: Option<&str>, limit: u32) -> Result<Page<Activity>, Error>;
}

/// A machine as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StateMachine {
    /// Its ARN.
    pub arn: StateMachineArn,
    /// When it was created.
    pub created: Timestamp,
    /// What the settings below belong to: the newest revision.
    pub revision: MachineRevision,
    /// Whether it takes new executions.
    pub status: MachineStatus,
    /// Whether it was updated since it was created (`revisionId` is absent before).
    pub updated: bool,
    /// The version that was published last, which may have been deleted since.
    pub published: Option<Version>,
    /// Tags, as `[{"key", "value"}]`.
    pub tags: Value,
}

/// One revision: what an execution runs. Immutable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MachineRevision {
    /// Its id.
    pub id: String,
    /// The machine's type: the same in all its revisions.
    pub machine_type: MachineType,
    /// The definition's text, as given.
    pub definition: String,
    /// The role that it was given.
    pub role_arn: String,
    /// When it became the newest.
    pub created: Timestamp,
    /// `LoggingConfiguration`, as given.
    pub logging: Value,
    /// `TracingConfiguration`, as given.
    pub tracing: Value,
    /// `EncryptionConfiguration`, as given.
    pub encryption: Value,
}

/// Whether a machine takes new executions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MachineStatus {
    /// It does.
    Active,
    /// It is going.
    Deleting,
}

/// An activity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// Its ARN.
    pub arn: ActivityArn,
    /// When it was created.
    pub created: Timestamp,
    /// `EncryptionConfiguration`, as given.
    pub encryption: Value,
    /// Tags, as `[{"key", "value"}]`.
    pub tags: Value,
}
