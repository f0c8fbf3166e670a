//! `/state-machines/{name}/executions` and `/executions`

use super::query::{INCLUDED_DATA, MAX_RESULTS, NEXT_TOKEN, Parameter};
use super::state_machines::of_machine;
use super::{Asked, Route, Success, Verb, body, names, percent};
use crate::operation::Operation;
use crate::refusal::Refusal;
use serde_json::{Map, Value};

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Post,
        path: "/state-machines/{name}/executions",
        operation: Operation::StartExecution,
        members: start,
        success: Success::Created { arn: "executionArn", at: |_, arn| format!("/executions/{}", percent::encode(arn)) },
    },
    Route {
        verb: Verb::Get,
        path: "/state-machines/{name}/executions",
        operation: Operation::ListExecutions,
        members: |asked| {
            let status = Parameter::text("status", "statusFilter");
            let known = [status, Parameter::text("redriven", "redriveFilter"), MAX_RESULTS, NEXT_TOKEN];
            of_machine(asked, asked.query.members(&known)?)
        },
        success: Success::Answer,
    },
    Route {
        verb: Verb::Get,
        path: "/executions/{arn}",
        operation: Operation::DescribeExecution,
        members: |asked| of_execution(asked, asked.query.members(&[INCLUDED_DATA])?),
        success: Success::Answer,
    },
    Route {
        verb: Verb::Get,
        path: "/executions/{arn}/history",
        operation: Operation::GetExecutionHistory,
        members: |asked| {
            let include = Parameter::flag("includeExecutionData", "includeExecutionData");
            let known = [Parameter::flag("reverse", "reverseOrder"), include, MAX_RESULTS, NEXT_TOKEN];
            of_execution(asked, asked.query.members(&known)?)
        },
        success: Success::Answer,
    },
    Route {
        verb: Verb::Post,
        path: "/executions/{arn}/stop",
        operation: Operation::StopExecution,
        members: |asked| {
            asked.query.members(&[])?;
            of_execution(asked, body::members(&asked.body, &[])?)
        },
        success: Success::Answer,
    },
    Route {
        verb: Verb::Post,
        path: "/executions/{arn}/redrive",
        operation: Operation::RedriveExecution,
        members: |asked| {
            asked.query.members(&[])?;
            of_execution(asked, body::members(&asked.body, &[])?)
        },
        success: Success::Answer,
    },
];

/// The body is the input, and not a member of anything.
fn start(asked: &Asked<'_>) -> Result<Map<String, Value>, Refusal> {
    let mut members = of_machine(asked, asked.query.members(&[Parameter::text("name", "name")])?)?;
    if let Some(input) = body::text(&asked.body)? {
        members.insert("input".to_owned(), input.into());
    }
    Ok(members)
}

fn of_execution(asked: &Asked<'_>, mut members: Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
    members.insert("executionArn".to_owned(), names::execution(asked.place, asked.named)?.into());
    Ok(members)
}
