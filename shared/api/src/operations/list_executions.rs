//! ListExecutions.

use crate::arns;
use crate::members::{Member, Request};
use crate::paging::List;
use crate::refusal::Refusal;
use crate::wire::{Dialect, Instant};
use orchestrator::ports::ExecutionStatus;
use orchestrator::{ExecutionFilter, ExecutionSummary, Orchestrator};
use serde::Serialize;

/// The statuses, in the order of AWS's text.
const STATUSES: &[&str] = &["SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"];

const MEMBERS: &[Member] = &[
    Member::arn("stateMachineArn"),
    Member::one_of("statusFilter", STATUSES),
    Member::max_results(),
    Member::next_token(3096),
    Member::text("mapRunArn", 1, 2000),
    Member::one_of("redriveFilter", &["REDRIVEN", "NOT_REDRIVEN"]),
];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    executions: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    execution_arn: String,
    state_machine_arn: String,
    name: String,
    status: &'static str,
    start_date: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_date: Option<Instant>,
    redrive_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    redrive_date: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_machine_version_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_machine_alias_arn: Option<String>,
}

impl Item {
    fn new(summary: &ExecutionSummary, dialect: Dialect) -> Self {
        Self {
            execution_arn: summary.execution.to_string(),
            state_machine_arn: summary.machine.to_string(),
            name: summary.execution.name().to_owned(),
            status: summary.status.as_str(),
            start_date: Instant(summary.started, dialect),
            stop_date: summary.stopped.map(|at| Instant(at, dialect)),
            redrive_count: summary.redriven.map_or(0, |redriven| redriven.count),
            redrive_date: summary.redriven.map(|redriven| Instant(redriven.at, dialect)),
            state_machine_version_arn: summary.version().map(|arn| arn.to_string()),
            state_machine_alias_arn: summary.alias().map(|arn| arn.to_string()),
        }
    }
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let input = request.check(MEMBERS)?;
    let machine = match (input.text("stateMachineArn"), input.text("mapRunArn")) {
        (Some(arn), None) => arns::qualified(arn)?,
        (None, Some(_)) => {
            return Err(Refusal::validation("mapRunArn: Map Runs are not supported yet by this version of Ratchet"));
        }
        (None, None) | (Some(_), Some(_)) => {
            return Err(Refusal::validation("Exactly one of stateMachineArn and mapRunArn must be specified"));
        }
    };
    let (status, redriven) = (input.text("statusFilter"), input.text("redriveFilter"));
    let list = List {
        operation: "ListExecutions",
        of: &[&machine.to_string(), status.unwrap_or_default(), redriven.unwrap_or_default()],
    };
    let after = list.after(input.text("nextToken"))?;
    if status == Some("PENDING_REDRIVE") {
        // Only children of a Map Run ever wait for their redrive; the machine must exist all the same.
        orchestrator.check_exists(&machine).await?;
        return Ok(Answer { executions: Vec::new(), next_token: None });
    }
    let filter = ExecutionFilter {
        machine: Some(machine.clone()),
        status: status.and_then(named),
        redriven: redriven.map(|wanted| wanted == "REDRIVEN"),
    };
    let page = orchestrator.list_executions(&filter, after.as_deref(), input.page_size()).await?;
    let items = page.items.into_iter().map(|summary| Item::new(&summary, input.dialect()));
    Ok(Answer { executions: items.collect(), next_token: list.token(page.next) })
}

/// The status with this name, if an execution can have it.
fn named(name: &str) -> Option<ExecutionStatus> {
    use ExecutionStatus::{Aborted, Failed, Running, Succeeded, TimedOut};
    [Running, Succeeded, Failed, TimedOut, Aborted].into_iter().find(|status| status.as_str() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_but_pending_redrive_is_one_that_executions_have() {
        for name in STATUSES {
            assert_eq!(named(name).map(ExecutionStatus::as_str), Some(*name).filter(|name| *name != "PENDING_REDRIVE"));
        }
    }
}
