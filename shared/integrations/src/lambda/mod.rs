//! Functions, invoked once each.

mod exchange;
mod failure;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use aws::{Connection, ConnectionError};
use aws_sdk_lambda::Client;
use aws_sdk_lambda::error::SdkError;
use aws_sdk_lambda::operation::invoke::{InvokeError, InvokeOutput};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::LogType;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use exchange::Exchange;
use failure::Sent;
use model::Failure;
use orchestrator::FunctionReply;
use orchestrator::ports::{FunctionCall, InvocationType, InvokeOptions, Tasks};
use std::time::Duration;

/// Invokes Lambda functions, each call at most once.
///
/// Nothing is sent a second time but a request that found no connection. A call ends when its answer comes, when its
/// connection breaks, or when the caller drops it: there is no time limit here.
#[derive(Clone, Debug)]
pub struct LambdaTasks {
    client: Client,
}

/// A request that found no connection is tried again after these.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];
/// What an invocation returns that nobody waits for, or that never was: an empty text.
const NO_ANSWER: &str = "\"\"";
/// What a function returned that returned nothing.
const NOTHING: &str = "null";
/// The version of a function that is neither published nor called by an alias.
const LATEST: &str = "$LATEST";

impl LambdaTasks {
    /// Makes the client. Its connections are its own, so that long calls and short requests do not share any.
    pub fn new(connection: &Connection) -> Result<Self, ConnectionError> {
        Ok(Self { client: Client::new(&connection.without_retries()?) })
    }

    async fn attempt(&self, call: FunctionCall<'_>) -> Result<FunctionReply, (Failure, Sent)> {
        let exchange = Exchange::default();
        let InvokeOptions { kind, client_context, tails_log } = call.options;
        let answer = self
            .client
            .invoke()
            .function_name(call.function)
            .invocation_type(kind.as_str().into())
            .set_client_context(client_context.map(ToOwned::to_owned))
            .set_log_type(tails_log.then_some(LogType::Tail))
            .payload(Blob::new(call.payload))
            .customize()
            .interceptor(exchange.clone())
            .send()
            .await;
        answer.map(|output| reply(&output, &exchange, kind)).map_err(|error| {
            let sent = failure::sent(&error, exchange.was_begun());
            (failure::failure(&error, sent), sent)
        })
    }
}

#[async_trait]
impl Tasks for LambdaTasks {
    async fn invoke(&self, call: FunctionCall<'_>) -> Result<FunctionReply, Failure> {
        for pause in PAUSES {
            match self.attempt(call).await {
                Err((failure, Sent::NoConnection)) => {
                    tracing::info!(function = call.function, "no connection, trying again: {failure:?}");
                    tokio::time::sleep(pause).await;
                }
                answered => return answered.map_err(|(failure, _)| failure),
            }
        }
        self.attempt(call).await.map_err(|(failure, _)| failure)
    }
}

/// The error of one attempt, as the SDK has it.
type InvokeFailure = SdkError<InvokeError, HttpResponse>;

fn reply(output: &InvokeOutput, exchange: &Exchange, kind: InvocationType) -> FunctionReply {
    let payload = output.payload().map(|blob| String::from_utf8_lossy(blob.as_ref()).into_owned()).unwrap_or_default();
    if output.function_error().is_some() {
        return FunctionReply::Failed { payload };
    }
    let payload = match payload.trim() {
        "" if kind != InvocationType::RequestResponse => NO_ANSWER.to_owned(),
        "" => NOTHING.to_owned(),
        _ => payload,
    };
    let version = output.executed_version().unwrap_or(LATEST).to_owned();
    FunctionReply::Returned { payload, version, headers: exchange.headers() }
}
