//! `/tasks`: answers to tasks that wait for them. The token is in the body, for it is a secret and paths are logged.

use super::body::{self, Embedded};
use super::{Asked, Route, Success, Verb};
use crate::operation::Operation;
use crate::refusal::Refusal;
use serde_json::{Map, Value};

pub(super) const ROUTES: &[Route] = &[
    Route {
        verb: Verb::Post,
        path: "/tasks/success",
        operation: Operation::SendTaskSuccess,
        members: given,
        success: Success::Nothing,
    },
    Route {
        verb: Verb::Post,
        path: "/tasks/failure",
        operation: Operation::SendTaskFailure,
        members: given,
        success: Success::Nothing,
    },
    Route {
        verb: Verb::Post,
        path: "/tasks/heartbeat",
        operation: Operation::SendTaskHeartbeat,
        members: given,
        success: Success::Nothing,
    },
];

fn given(asked: &Asked<'_>) -> Result<Map<String, Value>, Refusal> {
    asked.query.members(&[])?;
    body::members(&asked.body, &[Embedded::Data("output")])
}
