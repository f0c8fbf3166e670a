//! Fixed answers: the same each time, or one for each attempt.

use super::config::{Answer, Outcome};
use super::{Request, reply};
use model::Failure;
use orchestrator::FunctionReply;

/// The answer for this attempt, after its delay. Retries of one visit of a state count as attempts.
pub(super) async fn give(answers: &[Answer], request: &Request) -> Result<FunctionReply, Failure> {
    let attempt = usize::try_from(request.attempt).unwrap_or(usize::MAX);
    let Some(answer) = answers.get(attempt).or(answers.last()) else {
        return Ok(reply::returned(request, "null".into()));
    };
    if let Some(delay) = answer.delay {
        tokio::time::sleep(delay).await;
    }
    match &answer.outcome {
        Outcome::Return(text) => Ok(reply::returned(request, text.clone())),
        Outcome::Error { name, cause } if is_of_the_service(name) => Err(Failure::new(name, cause)),
        Outcome::Error { name, cause } => Ok(FunctionReply::Failed { payload: reply::error_payload(name, cause) }),
    }
}

/// `Lambda.TooManyRequestsException` and its kin come from the service, whose cause is not a function's payload.
pub(super) fn is_of_the_service(name: &str) -> bool {
    name.starts_with("Lambda.") || name.starts_with("States.")
}
