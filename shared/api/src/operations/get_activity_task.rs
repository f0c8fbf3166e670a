//! GetActivityTask: a long poll.

use crate::arns;
use crate::members::{Member, Request};
use crate::refusal::Refusal;
use crate::room::Room;
use crate::wire::{Data, Dialect};
use model::{ActivityArn, Failure, error_name};
use orchestrator::{Error, Orchestrator};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tracing::Instrument as _;

const MEMBERS: &[Member] = &[Member::arn("activityArn").required(), Member::name("workerName")];

/// The answer; a null token when there was no task.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    task_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<Data>,
}

/// Waits for a task, then claims it. This future ends when the caller hangs up, and the wait with it; a claim runs
/// apart from it, so that it is never cut off between its record and the bookkeeping behind it.
pub(crate) async fn run(
    orchestrator: &Arc<Orchestrator>,
    request: Request,
    patience: Duration,
) -> Result<Answer, Refusal> {
    let input = request.check(MEMBERS)?;
    let activity = arns::activity(input.required("activityArn"))?;
    let worker = input.text("workerName").map(str::to_owned);
    let (room, dialect) = (input.room(), input.dialect());
    let until = Instant::now() + patience;
    loop {
        orchestrator.await_activity_task(&activity, until.saturating_duration_since(Instant::now())).await?;
        let is_over = Instant::now() >= until;
        let claim = {
            let (orchestrator, activity, worker) = (Arc::clone(orchestrator), activity.clone(), worker.clone());
            async move { claim(&orchestrator, &activity, worker.as_deref(), room, dialect).await }
        };
        let claim = tokio::spawn(claim.in_current_span());
        let claimed = claim.await.map_err(|_| Refusal::internal("The claim of a task failed"))??;
        if let Some(answer) = claimed {
            return Ok(answer);
        }
        if is_over {
            return Ok(Answer { task_token: None, input: None });
        }
    }
}

/// Claims a task that waits, if there is one.
///
/// A task whose input has no room in an answer fails: no worker could ever take it, and each that tried would leave
/// it waiting for its time-out.
async fn claim(
    orchestrator: &Orchestrator,
    activity: &ActivityArn,
    worker: Option<&str>,
    room: Option<Room>,
    dialect: Dialect,
) -> Result<Option<Answer>, Refusal> {
    while let Some(task) = orchestrator.take_activity_task(activity, worker).await? {
        let bytes = task.input.text().len();
        let answer = Answer { task_token: Some(task.token.clone()), input: Some(Data(task.input, dialect)) };
        let Some(room) = room.filter(|room| !room.has_room_for(&answer)) else { return Ok(Some(answer)) };
        let cause = format!(
            "The input of the task has {bytes} bytes, more than an answer of GetActivityTask can hold here ({} bytes with \
             every escape); pass the place of large data instead of the data",
            room.bytes()
        );
        let failure = Failure::new(error_name::DATA_LIMIT_EXCEEDED, cause);
        match orchestrator.send_task_failure(&task.token, failure).await {
            // Its execution ended meanwhile, or its time is up: nobody waits for the failure.
            Ok(()) | Err(Error::TaskTimedOut) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}
