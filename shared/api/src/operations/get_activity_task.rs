//! GetActivityTask: a long poll.

use crate::arns;
use crate::members::{Member, Request};
use crate::refusal::Refusal;
use orchestrator::Orchestrator;
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
    input: Option<String>,
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
    let until = Instant::now() + patience;
    loop {
        orchestrator.await_activity_task(&activity, until.saturating_duration_since(Instant::now())).await?;
        let is_over = Instant::now() >= until;
        let claim = {
            let (orchestrator, activity, worker) = (Arc::clone(orchestrator), activity.clone(), worker.clone());
            async move { orchestrator.take_activity_task(&activity, worker.as_deref()).await }
        };
        let claim = tokio::spawn(claim.in_current_span());
        let taken = claim.await.map_err(|_| Refusal::internal("The claim of a task failed"))??;
        if let Some(task) = taken {
            return Ok(Answer { task_token: Some(task.token), input: Some(task.input.text().to_owned()) });
        }
        if is_over {
            return Ok(Answer { task_token: None, input: None });
        }
    }
}
