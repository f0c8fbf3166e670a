//! ListStateMachineAliases: all of a machine, or those that lead to a version.

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
    state_machine_aliases: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    state_machine_alias_arn: String,
    creation_date: Instant,
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let input = request.check(MEMBERS)?;
    let of = arns::qualified(input.required("stateMachineArn"))?;
    let list = List { operation: "ListStateMachineAliases", of: &[&of.to_string()] };
    let after = list.after(input.text("nextToken"))?;
    let page = orchestrator.list_aliases(&of, after.as_deref(), input.page_size()).await?;
    let items = page.items.into_iter().map(|alias| Item {
        state_machine_alias_arn: alias.arn.to_string(),
        creation_date: input.instant(alias.created),
    });
    Ok(Answer { state_machine_aliases: items.collect(), next_token: list.token(page.next) })
}
