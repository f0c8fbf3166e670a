//! DescribeStateMachine.

use crate::arns;
use crate::members::{Member, Request};
use crate::refusal::Refusal;
use crate::variables::{References, references};
use crate::wire::{Definition, Instant};
use orchestrator::Orchestrator;
use orchestrator::ports::MachineStatus;
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
    encryption_configuration: Value,
    #[serde(skip_serializing_if = "References::is_empty")]
    variable_references: References,
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let input = request.check(MEMBERS)?;
    let arn = arns::machine(input.required("stateMachineArn"))?;
    let machine = orchestrator.describe_state_machine(&arn).await?;
    let revision = machine.revision;
    let is_metadata_only = input.is_metadata_only();
    Ok(Answer {
        state_machine_arn: machine.arn.to_string(),
        name: machine.arn.name().to_owned(),
        status: status(machine.status),
        variable_references: if is_metadata_only { References::new() } else { references(&revision.definition) },
        definition: Definition(if is_metadata_only { String::new() } else { revision.definition }, input.dialect()),
        role_arn: revision.role_arn,
        machine_type: "STANDARD",
        creation_date: input.instant(machine.created),
        logging_configuration: revision.logging,
        tracing_configuration: revision.tracing,
        // Absent until the first update; recorded in test_create_update_state_machine_base_definition.
        revision_id: machine.updated.then_some(revision.id),
        encryption_configuration: revision.encryption,
    })
}

const fn status(status: MachineStatus) -> &'static str {
    match status {
        MachineStatus::Active => "ACTIVE",
        MachineStatus::Deleting => "DELETING",
    }
}
