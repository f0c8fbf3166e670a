//! ListStateMachines.

use crate::members::{Member, Request};
use crate::paging::List;
use crate::refusal::Refusal;
use crate::wire::Instant;
use orchestrator::Orchestrator;
use serde::Serialize;

const MEMBERS: &[Member] = &[Member::max_results(), Member::next_token(1024)];
const LIST: List<'_> = List { operation: "ListStateMachines", of: &[] };

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    state_machines: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    state_machine_arn: String,
    name: String,
    #[serde(rename = "type")]
    machine_type: &'static str,
    creation_date: Instant,
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let input = request.check(MEMBERS)?;
    let after = LIST.after(input.text("nextToken"))?;
    let page = orchestrator.list_state_machines(after.as_deref(), input.page_size()).await?;
    let items = page.items.into_iter().map(|machine| Item {
        state_machine_arn: machine.arn.to_string(),
        name: machine.arn.name().to_owned(),
        machine_type: machine.revision.machine_type.as_str(),
        creation_date: input.instant(machine.created),
    });
    Ok(Answer { state_machines: items.collect(), next_token: LIST.token(page.next) })
}
