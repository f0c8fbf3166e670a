//! UpdateStateMachine: running executions keep the definition that they started with.

use super::create_state_machine::publish;
use crate::configuration::{self, ENCRYPTION, LOGGING, TRACING};
use crate::members::{Member, Request};
use crate::refusal::Refusal;
use crate::{arns, wire::Instant};
use orchestrator::{Orchestrator, UpdateMachine};
use serde::Serialize;

const MEMBERS: &[Member] = &[
    Member::arn("stateMachineArn").required(),
    Member::definition(),
    Member::arn("roleArn"),
    LOGGING,
    TRACING,
    Member::flag("publish"),
    Member::description("versionDescription"),
    ENCRYPTION,
];

/// What an update may change; one of them must be there.
const CHANGES: &[&str] =
    &["definition", "roleArn", "loggingConfiguration", "tracingConfiguration", "encryptionConfiguration"];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    // Absent until an update has changed something; recorded in
    // test_empty_revision_with_publish_and_no_publish_on_creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_machine_version_arn: Option<String>,
    update_date: Instant,
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let mut input = request.check(MEMBERS)?;
    let arn = arns::machine(input.required("stateMachineArn"))?;
    let publish = publish(&input)?;
    if !CHANGES.iter().any(|name| input.has(name)) {
        return Err(Refusal::new(
            "MissingRequiredParameter",
            "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be \
             specified",
        ));
    }
    input.text("roleArn").map_or(Ok(()), arns::check_role)?;
    let given = |name| input.structure(name);
    let change = UpdateMachine {
        logging: given("loggingConfiguration").map(|given| configuration::logging(Some(given))).transpose()?,
        tracing: given("tracingConfiguration").map(|given| configuration::tracing(Some(given))),
        encryption: given("encryptionConfiguration").map(|given| configuration::encryption(Some(given))).transpose()?,
        definition: input.take_text("definition"),
        role_arn: input.take_text("roleArn"),
        publish,
    };
    let updated = orchestrator.update_state_machine(&arn, change).await?;
    Ok(Answer {
        revision_id: updated.revision,
        state_machine_version_arn: updated.version.map(|version| arn.version(version.number).to_string()),
        update_date: input.instant(updated.at),
    })
}
