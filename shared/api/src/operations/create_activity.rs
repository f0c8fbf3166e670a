//! CreateActivity: idempotent; tags of a second call are ignored.

use crate::configuration::{self, ENCRYPTION};
use crate::members::{Member, Request};
use crate::refusal::Refusal;
use crate::tags::{self, TAGS};
use crate::{names, wire::Instant};
use orchestrator::Orchestrator;
use serde::Serialize;
use serde_json::Value;

const MEMBERS: &[Member] = &[Member::name("name").required(), TAGS, ENCRYPTION];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    activity_arn: String,
    creation_date: Instant,
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let input = request.check(MEMBERS)?;
    let name = input.required("name");
    names::check(name)?;
    let encryption = configuration::encryption(input.structure("encryptionConfiguration"))?;
    let tags = tags::put_on(&Value::Null, input.list("tags"), name)?;
    let activity = orchestrator.create_activity(name, encryption.clone(), tags).await?;
    if activity.encryption != encryption {
        let message = format!("Activity Already Exists: '{}'", activity.arn);
        return Err(Refusal::new("ActivityAlreadyExists", message));
    }
    Ok(Answer { activity_arn: activity.arn.to_string(), creation_date: input.instant(activity.created) })
}
