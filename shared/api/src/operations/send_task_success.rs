//! SendTaskSuccess.

use crate::members::{Member, Request};
use crate::payload;
use crate::refusal::Refusal;
use crate::wire::Nothing;
use orchestrator::Orchestrator;

const MEMBERS: &[Member] = &[Member::task_token().required(), Member::payload("output").required()];

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Nothing, Refusal> {
    let mut input = request.check(MEMBERS)?;
    let output = payload::output(input.take_text("output").unwrap_or_default())?;
    orchestrator.send_task_success(input.required("taskToken"), output).await?;
    Ok(Nothing {})
}
