//! DescribeStateMachineAlias.

use crate::members::{Member, Request};
use crate::refusal::Refusal;
use crate::routing::Item;
use crate::{arns, wire::Instant};
use orchestrator::Orchestrator;
use serde::Serialize;

const MEMBERS: &[Member] = &[Member::arn("stateMachineAliasArn").required()];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    state_machine_alias_arn: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    routing_configuration: Vec<Item>,
    creation_date: Instant,
    update_date: Instant,
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let input = request.check(MEMBERS)?;
    let alias = orchestrator.describe_alias(&arns::alias(input.required("stateMachineAliasArn"))?).await?;
    Ok(Answer {
        state_machine_alias_arn: alias.arn.to_string(),
        name: alias.arn.name.to_string(),
        description: alias.description,
        routing_configuration: alias.routes.iter().map(|route| Item::new(&alias.arn.machine, route)).collect(),
        creation_date: input.instant(alias.created),
        update_date: input.instant(alias.updated),
    })
}
