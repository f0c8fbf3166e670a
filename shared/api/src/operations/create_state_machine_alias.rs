//! CreateStateMachineAlias: idempotent on the description and the routing.

use crate::members::{Member, Request};
use crate::refusal::Refusal;
use crate::routing::{self, ROUTING};
use crate::wire::Instant;
use orchestrator::{CreateAlias, Orchestrator};
use serde::Serialize;

const MEMBERS: &[Member] = &[Member::description("description"), Member::alias_name().required(), ROUTING.required()];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    state_machine_alias_arn: String,
    creation_date: Instant,
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let mut input = request.check(MEMBERS)?;
    let (machine, routing) = routing::read(input.list("routingConfiguration"))?;
    let arn = machine.alias(input.required("name"));
    let request = CreateAlias { arn, description: input.take_text("description"), routing };
    let alias = orchestrator.create_alias(request).await?;
    Ok(Answer { state_machine_alias_arn: alias.arn.to_string(), creation_date: input.instant(alias.created) })
}
