//! DeleteStateMachineAlias: nothing if there is none.

use crate::members::{Member, Request};
use crate::refusal::Refusal;
use crate::{arns, wire::Nothing};
use orchestrator::Orchestrator;

const MEMBERS: &[Member] = &[Member::arn("stateMachineAliasArn").required()];

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Nothing, Refusal> {
    let input = request.check(MEMBERS)?;
    orchestrator.delete_alias(&arns::alias(input.required("stateMachineAliasArn"))?).await?;
    Ok(Nothing {})
}
