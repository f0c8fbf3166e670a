//! DescribeStateMachine: a machine or one of its versions.

use crate::arns;
use crate::members::{Member, Request};
use crate::refusal::Refusal;
use crate::wire::{Definition, Instant};
use language::{VariableReferences, variable_references};
use orchestrator::ports::MachineStatus;
use orchestrator::{DescribedMachine, Orchestrator};
use serde::Serialize;
use serde_json::Value;

const MEMBERS: &[Member] = &[Member::arn("stateMachineArn").required(), Member::included_data()];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    state_machine_arn: String,
    name: String,
    status: &'static str,
    definition: Definition,
    role_arn: String,
    #[serde(rename = "type")]
    machine_type: &'static str,
    creation_date: Instant,
    logging_configuration: Value,
    tracing_configuration: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    encryption_configuration: Value,
    #[serde(skip_serializing_if = "VariableReferences::is_empty")]
    variable_references: VariableReferences,
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let input = request.check(MEMBERS)?;
    let arn = arns::qualified(input.required("stateMachineArn"))?;
    let DescribedMachine { arn, machine, description } = orchestrator.describe_qualified(&arn).await?;
    let revision = machine.revision;
    let is_metadata_only = input.is_metadata_only();
    Ok(Answer {
        state_machine_arn: arn.to_string(),
        name: machine.arn.name().to_owned(),
        status: status(machine.status),
        variable_references: if is_metadata_only {
            VariableReferences::new()
        } else {
            variable_references(&revision.definition)
        },
        definition: Definition(if is_metadata_only { String::new() } else { revision.definition }, input.dialect()),
        role_arn: revision.role_arn,
        machine_type: revision.machine_type.as_str(),
        creation_date: input.instant(machine.created),
        logging_configuration: revision.logging,
        tracing_configuration: revision.tracing,
        // Absent until the first update; recorded in test_create_update_state_machine_base_definition.
        revision_id: machine.updated.then_some(revision.id),
        description,
        encryption_configuration: revision.encryption,
    })
}

const fn status(status: MachineStatus) -> &'static str {
    match status {
        MachineStatus::Active => "ACTIVE",
        MachineStatus::Deleting => "DELETING",
    }
}
