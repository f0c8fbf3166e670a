//! UpdateStateMachineAlias: executions that run stay with the version that they began with.

use crate::members::{Member, Request};
use crate::refusal::Refusal;
use crate::routing::{self, ROUTING};
use crate::{arns, wire::Instant};
use orchestrator::{Orchestrator, UpdateAlias};
use serde::Serialize;

const MEMBERS: &[Member] =
    &[Member::arn("stateMachineAliasArn").required(), Member::description("description"), ROUTING];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    update_date: Instant,
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let mut input = request.check(MEMBERS)?;
    let arn = arns::alias(input.required("stateMachineAliasArn"))?;
    let is_rerouted = input.has("routingConfiguration");
    let routing = is_rerouted.then(|| routing::of(&arn.machine, input.list("routingConfiguration"))).transpose()?;
    let change = UpdateAlias { description: input.take_text("description"), routing };
    if change == UpdateAlias::default() {
        let message = "Either the description or the RoutingConfiguration must be specified";
        return Err(Refusal::validation(message).with("reason", "MISSING_REQUIRED_PARAMETER"));
    }
    let updated = orchestrator.update_alias(&arn, &change).await?;
    Ok(Answer { update_date: input.instant(updated) })
}
