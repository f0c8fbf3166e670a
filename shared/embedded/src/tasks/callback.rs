//! The stand-in for a human: answers the task token that it finds in a function's event.

use super::config::{Outcome, StandIn};
use async_trait::async_trait;
use model::Failure;
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Takes the answers to task tokens: SendTaskSuccess and SendTaskFailure.
#[async_trait]
pub trait Callbacks: Send + Sync {
    /// The task of this token succeeded with this output, JSON text.
    async fn succeed(&self, token: &str, output: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;

    /// The task of this token failed.
    async fn fail(&self, token: &str, failure: Failure) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;
}

/// Why a stand-in cannot answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CallbackError {
    #[error(
        "its callback finds no task token in the event: pass \"taskToken.$\": \"$$.Task.Token\" in Payload, or say \
         where it is with token = \"$.where.it.is\""
    )]
    NoToken,
    #[error("nobody takes callbacks in this process")]
    Nobody,
}

impl CallbackError {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::NoToken => "Ratchet.NoTaskToken",
            Self::Nobody => "Ratchet.NoCallbacks",
        }
    }
}

/// A mocked task answers this long after its call, so that its history reads as that of a real one.
const SOON: Duration = Duration::from_millis(5);

/// Answers the event's token once the stand-in has thought.
pub(super) fn answer_later(
    callbacks: &Arc<dyn Callbacks>,
    stand_in: &StandIn,
    event: &str,
) -> Result<(), CallbackError> {
    let token = find_token(event, stand_in.token.as_deref()).ok_or(CallbackError::NoToken)?;
    send(callbacks, token, stand_in.outcome.clone(), stand_in.after.max(SOON));
    Ok(())
}

/// Answers the token with this output at once.
pub(super) fn succeed_soon(callbacks: &Arc<dyn Callbacks>, token: String, output: String) {
    send(callbacks, token, Outcome::Return(output), SOON);
}

fn send(callbacks: &Arc<dyn Callbacks>, token: String, outcome: Outcome, after: Duration) {
    let callbacks = Arc::clone(callbacks);
    tokio::spawn(async move {
        tokio::time::sleep(after).await;
        let sent = match outcome {
            Outcome::Return(output) => callbacks.succeed(&token, &output).await,
            Outcome::Error { name, cause } => callbacks.fail(&token, Failure::new(name, cause)).await,
        };
        // The task may have timed out, or its execution may have been stopped, before the stand-in spoke.
        if let Err(error) = sent {
            tracing::info!("a stand-in's callback was not taken: {error}");
        }
    });
}

/// The token at this place of the event; without a place, the first string under a key named like a token.
pub(super) fn find_token(event: &str, place: Option<&[String]>) -> Option<String> {
    let event: Value = serde_json::from_str(event).ok()?;
    if let Some(place) = place {
        let found = place.iter().try_fold(&event, |value, step| match value {
            Value::Array(items) => items.get(step.parse::<usize>().ok()?),
            other => other.get(step),
        });
        return found?.as_str().map(str::to_owned);
    }
    let mut open = VecDeque::from([&event]);
    while let Some(value) = open.pop_front() {
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    match value.as_str() {
                        Some(text) if is_named_like_a_token(key) && !text.is_empty() => return Some(text.to_owned()),
                        _ => open.push_back(value),
                    }
                }
            }
            Value::Array(items) => open.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    None
}

fn is_named_like_a_token(key: &str) -> bool {
    let letters: String = key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    letters == "token" || letters.ends_with("tasktoken")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_by_the_name_of_its_key() {
        for event in [
            r#"{"taskToken": "T"}"#,
            r#"{"TaskToken": "T"}"#,
            r#"{"a": [{"b": {"task_token": "T"}}]}"#,
            r#"{"x": {"token": "late"}, "token": "T"}"#,
            r#"{"MyTaskToken": "T"}"#,
        ] {
            assert_eq!(find_token(event, None).as_deref(), Some("T"), "{event}");
        }
        assert_eq!(find_token(r#"{"tokens": 3, "id": "T"}"#, None), None);
    }

    #[test]
    fn a_token_is_found_where_the_file_says() {
        let place = ["detail".to_owned(), "1".to_owned(), "id".to_owned()];
        assert_eq!(find_token(r#"{"detail": [0, {"id": "T"}]}"#, Some(&place)).as_deref(), Some("T"));
        assert_eq!(find_token(r#"{"taskToken": "T"}"#, Some(&place)), None);
    }
}
