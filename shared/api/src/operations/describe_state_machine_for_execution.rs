//! DescribeStateMachineForExecution: the machine as it was when the execution started.

use crate::arns;
use crate::members::{Member, Request};
use crate::refusal::Refusal;
use crate::wire::{Definition, Instant};
use language::{VariableReferences, variable_references};
use orchestrator::{Error, Orchestrator};
use serde::Serialize;
use serde_json::Value;

const MEMBERS: &[Member] = &[Member::arn("executionArn").required(), Member::included_data()];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    state_machine_arn: String,
    name: String,
    definition: Definition,
    role_arn: String,
    update_date: Instant,
    logging_configuration: Value,
    tracing_configuration: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision_id: Option<String>,
    encryption_configuration: Value,
    #[serde(skip_serializing_if = "VariableReferences::is_empty")]
    variable_references: VariableReferences,
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let input = request.check(MEMBERS)?;
    let execution = arns::execution(input.required("executionArn"))?;
    let (arn, revision) = orchestrator.machine_of_execution(&execution).await?;
    // The first revision has no id to the outside.
    let is_first = match orchestrator.describe_state_machine(&arn).await {
        Ok(machine) => machine.created == revision.created,
        Err(Error::StateMachineDoesNotExist(_)) => false,
        Err(error) => return Err(error.into()),
    };
    let is_metadata_only = input.is_metadata_only();
    Ok(Answer {
        state_machine_arn: arn.to_string(),
        name: arn.name().to_owned(),
        variable_references: if is_metadata_only {
            VariableReferences::new()
        } else {
            variable_references(&revision.definition)
        },
        definition: Definition(if is_metadata_only { String::new() } else { revision.definition }, input.dialect()),
        role_arn: revision.role_arn,
        update_date: input.instant(revision.created),
        logging_configuration: revision.logging,
        tracing_configuration: revision.tracing,
        revision_id: (!is_first).then_some(revision.id),
        encryption_configuration: revision.encryption,
    })
}
