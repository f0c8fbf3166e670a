//! ListTagsForResource.

use crate::arns;
use crate::members::{Member, Request};
use crate::refusal::Refusal;
use orchestrator::Orchestrator;
use serde::Serialize;
use serde_json::Value;

const MEMBERS: &[Member] = &[Member::arn("resourceArn").required()];

#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    tags: Value,
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let input = request.check(MEMBERS)?;
    let tagged = arns::tagged(input.required("resourceArn"))?;
    Ok(Answer { tags: orchestrator.tags(&tagged).await? })
}
