//! DeleteStateMachineVersion: nothing if there is none.

use crate::members::{Member, Request};
use crate::refusal::Refusal;
use crate::{arns, wire::Nothing};
use orchestrator::Orchestrator;

const MEMBERS: &[Member] = &[Member::text("stateMachineVersionArn", 1, 2000).required()];

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Nothing, Refusal> {
    let input = request.check(MEMBERS)?;
    orchestrator.delete_version(&arns::version(input.required("stateMachineVersionArn"))?).await?;
    Ok(Nothing {})
}
