//! TagResource: a key that is there gets the new value.

use crate::arns;
use crate::members::{Member, Request};
use crate::refusal::Refusal;
use crate::tags::{self, TAGS};
use orchestrator::Orchestrator;
use serde::Serialize;

const MEMBERS: &[Member] = &[Member::arn("resourceArn").required(), TAGS.required()];

#[derive(Debug, Serialize)]
pub(crate) struct Answer {}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let input = request.check(MEMBERS)?;
    let arn = input.required("resourceArn");
    let tagged = arns::tagged(arn)?;
    orchestrator.change_tags(&tagged, |there| tags::put_on(there, input.list("tags"), arn)).await?;
    Ok(Answer {})
}
