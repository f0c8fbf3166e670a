//! ListStateMachineVersions, newest first.

use crate::members::{Member, Request};
use crate::paging::List;
use crate::refusal::Refusal;
use crate::{arns, wire::Instant};
use orchestrator::Orchestrator;
use serde::Serialize;

const MEMBERS: &[Member] =
    &[Member::arn("stateMachineArn").required(), Member::next_token(1024), Member::max_results()];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    state_machine_versions: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    state_machine_version_arn: String,
    creation_date: Instant,
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let input = request.check(MEMBERS)?;
    let machine = arns::machine(input.required("stateMachineArn"))?;
    let list = List { operation: "ListStateMachineVersions", of: &[machine.as_str()] };
    let after = list.after(input.text("nextToken"))?;
    let page = orchestrator.list_versions(&machine, after.as_deref(), input.page_size()).await?;
    let items = page.items.into_iter().map(|version| Item {
        state_machine_version_arn: machine.version(version.number).to_string(),
        creation_date: input.instant(version.created),
    });
    Ok(Answer { state_machine_versions: items.collect(), next_token: list.token(page.next) })
}
