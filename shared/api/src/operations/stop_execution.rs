//! StopExecution.

use crate::members::{Member, Request};
use crate::refusal::Refusal;
use crate::{arns, wire::Instant};
use model::Failure;
use orchestrator::{Orchestrator, StopRequest};
use serde::Serialize;

const MEMBERS: &[Member] = &[Member::arn("executionArn").required(), Member::error(), Member::cause()];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    stop_date: Instant,
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let mut input = request.check(MEMBERS)?;
    let execution = arns::execution(input.required("executionArn"))?;
    let failure = Failure { error: input.take_text("error"), cause: input.take_text("cause") };
    let stopped = orchestrator.stop_execution(StopRequest { execution, failure }).await?;
    Ok(Answer { stop_date: input.instant(stopped) })
}
