//! `/state-machines`

use super::body::{self, Embedded};
use super::query::{INCLUDED_DATA, MAX_RESULTS, NEXT_TOKEN};
use super::{Asked, Route, Success, Verb, names, percent};
use crate::operation::Operation;
use crate::refusal::Refusal;
use serde_json::{Map, Value};

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/state-machines",
        operation: Operation::ListStateMachines,
        members: |asked| asked.query.members(&[MAX_RESULTS, NEXT_TOKEN]),
        success: Success::Answer,
    },
    Route {
        verb: Verb::Post,
        path: "/state-machines",
        operation: Operation::CreateStateMachine,
        members: given,
        success: Success::Created {
            arn: "stateMachineArn",
            at: |name, _| format!("/state-machines/{}", percent::encode(name)),
        },
    },
    Route {
        verb: Verb::Get,
        path: "/state-machines/{name}",
        operation: Operation::DescribeStateMachine,
        members: |asked| of_machine(asked, asked.query.members(&[INCLUDED_DATA])?),
        success: Success::Answer,
    },
    Route {
        verb: Verb::Put,
        path: "/state-machines/{name}",
        operation: Operation::UpdateStateMachine,
        members: |asked| of_machine(asked, given(asked)?),
        success: Success::Answer,
    },
    Route {
        verb: Verb::Delete,
        path: "/state-machines/{name}",
        operation: Operation::DeleteStateMachine,
        members: |asked| of_machine(asked, asked.query.members(&[])?),
        success: Success::Nothing,
    },
];

fn given(asked: &Asked<'_>) -> Result<Map<String, Value>, Refusal> {
    asked.query.members(&[])?;
    body::members(&asked.body, &[Embedded::Definition("definition")])
}

/// The same members, of the machine that the path names.
pub(super) fn of_machine(asked: &Asked<'_>, mut members: Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
    members.insert("stateMachineArn".to_owned(), names::machine(asked.place, asked.named)?.into());
    Ok(members)
}
