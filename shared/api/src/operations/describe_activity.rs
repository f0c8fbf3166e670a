//! DescribeActivity.

use crate::members::{Member, Request};
use crate::refusal::Refusal;
use crate::{arns, wire::Instant};
use orchestrator::Orchestrator;
use serde::Serialize;
use serde_json::Value;

const MEMBERS: &[Member] = &[Member::arn("activityArn").required()];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    activity_arn: String,
    name: String,
    creation_date: Instant,
    encryption_configuration: Value,
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let input = request.check(MEMBERS)?;
    let activity = orchestrator.describe_activity(&arns::activity(input.required("activityArn"))?).await?;
    Ok(Answer {
        activity_arn: activity.arn.to_string(),
        name: activity.arn.name().to_owned(),
        creation_date: input.instant(activity.created),
        encryption_configuration: activity.encryption,
    })
}
