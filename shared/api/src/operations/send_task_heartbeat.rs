//! SendTaskHeartbeat.

use crate::members::{Member, Request};
use crate::refusal::Refusal;
use crate::wire::Nothing;
use orchestrator::Orchestrator;

const MEMBERS: &[Member] = &[Member::task_token().required()];

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Nothing, Refusal> {
    let input = request.check(MEMBERS)?;
    orchestrator.send_task_heartbeat(input.required("taskToken")).await?;
    Ok(Nothing {})
}
