//! StartExecution.

use crate::members::{Member, Request};
use crate::refusal::Refusal;
use crate::{arns, names, payload, wire::Instant};
use orchestrator::{Orchestrator, StartRequest};
use serde::Serialize;

const MEMBERS: &[Member] = &[
    Member::arn("stateMachineArn").required(),
    Member::name("name"),
    Member::payload("input"),
    Member::trace_header(),
];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    execution_arn: String,
    start_date: Instant,
}

pub(crate) async fn run(orchestrator: &Orchestrator, request: Request) -> Result<Answer, Refusal> {
    let mut input = request.check(MEMBERS)?;
    let machine = arns::qualified(input.required("stateMachineArn"))?;
    input.text("name").map_or(Ok(()), names::check)?;
    let start = StartRequest {
        machine,
        input: payload::input(input.take_text("input"))?,
        name: input.take_text("name"),
        trace_header: input.take_text("traceHeader"),
    };
    let started = orchestrator.start_execution(start).await?;
    Ok(Answer { execution_arn: started.execution.to_string(), start_date: input.instant(started.at) })
}
