//! RedriveExecution.

use crate::members::{Member, Request};
use crate::refusal::Refusal;
use crate::{arns, wire::Instant};
use orchestrator::{Orchestrator, RedriveRequest};
use serde::Serialize;

const MEMBERS: &[Member] = &[Member::arn("executionArn").required(), Member::client_token()];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    redrive_date: Instant,
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let mut input = request.check(MEMBERS)?;
    let execution = arns::execution(input.required("executionArn"))?;
    let token = input.take_text("clientToken");
    let redriven = orchestrator.redrive_execution(RedriveRequest { execution, token }).await?;
    Ok(Answer { redrive_date: input.instant(redriven) })
}
