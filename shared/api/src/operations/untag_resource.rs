//! UntagResource: a key that is not there is no error.

use crate::arns;
use crate::members::{Member, Request};
use crate::refusal::Refusal;
use crate::tags::{self, TAG_KEYS};
use orchestrator::Orchestrator;
use serde::Serialize;

const MEMBERS: &[Member] = &[Member::arn("resourceArn").required(), TAG_KEYS.required()];

#[derive(Debug, Serialize)]
pub(crate) struct Answer {}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let input = request.check(MEMBERS)?;
    let tagged = arns::tagged(input.required("resourceArn"))?;
    let keys = input.list("tagKeys");
    orchestrator.change_tags(&tagged, |there| Ok::<_, Refusal>(tags::taken_off(there, keys))).await?;
    Ok(Answer {})
}
