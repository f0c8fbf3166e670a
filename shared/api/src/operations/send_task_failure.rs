//! SendTaskFailure.

use crate::members::{Member, Request};
use crate::refusal::Refusal;
use crate::wire::Nothing;
use model::Failure;
use orchestrator::Orchestrator;

const MEMBERS: &[Member] = &[Member::task_token().required(), Member::error(), Member::cause()];

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Nothing, Refusal> {
    let mut input = request.check(MEMBERS)?;
    let failure = Failure { error: input.take_text("error"), cause: input.take_text("cause") };
    orchestrator.send_task_failure(input.required("taskToken"), failure).await?;
    Ok(Nothing {})
}
