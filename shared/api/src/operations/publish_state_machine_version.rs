//! PublishStateMachineVersion: a revision that has a version gets no second one.

use crate::members::{Member, Request};
use crate::refusal::Refusal;
use crate::{arns, wire::Instant};
use orchestrator::Orchestrator;
use serde::Serialize;

const MEMBERS: &[Member] = &[
    Member::arn("stateMachineArn").required(),
    Member::text("revisionId", 0, 256),
    Member::description("description"),
];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    creation_date: Instant,
    state_machine_version_arn: String,
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let input = request.check(MEMBERS)?;
    let machine = arns::machine(input.required("stateMachineArn"))?;
    let (description, revision) = (input.text("description"), input.text("revisionId"));
    let version = orchestrator.publish_version(&machine, description, revision).await?;
    Ok(Answer {
        creation_date: input.instant(version.created),
        state_machine_version_arn: machine.version(version.number).to_string(),
    })
}
