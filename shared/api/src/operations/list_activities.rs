//! ListActivities.

use crate::members::{Member, Request};
use crate::paging::List;
use crate::refusal::Refusal;
use crate::wire::Instant;
use orchestrator::Orchestrator;
use serde::Serialize;

const MEMBERS: &[Member] = &[Member::max_results(), Member::next_token(1024)];
const LIST: List<'_> = List { operation: "ListActivities", of: &[] };

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    activities: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    activity_arn: String,
    name: String,
    creation_date: Instant,
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let input = request.check(MEMBERS)?;
    let after = LIST.after(input.text("nextToken"))?;
    let page = orchestrator.list_activities(after.as_deref(), input.page_size()).await?;
    let items = page.items.into_iter().map(|activity| Item {
        activity_arn: activity.arn.to_string(),
        name: activity.arn.name().to_owned(),
        creation_date: input.instant(activity.created),
    });
    Ok(Answer { activities: items.collect(), next_token: LIST.token(page.next) })
}
