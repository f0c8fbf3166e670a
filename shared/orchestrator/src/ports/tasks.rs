//! The world that tasks call.

use crate::FunctionReply;
use async_trait::async_trait;
use model::{ExecutionArn, Failure};

/// Calls functions.
#[async_trait]
pub trait Tasks: Send + Sync {
    /// Invokes the function once, without retries of its own, and waits for its answer.
    ///
    /// A function that fails is an answer ([`FunctionReply::Failed`]). `Err` is for a call that did not get
    /// through: its failure is recorded as the task's, so it carries an error name of the Lambda integration
    /// (`Lambda.ResourceNotFoundException`, `Lambda.SdkClientException`, `Lambda.Unknown`, ...).
    async fn invoke(&self, call: FunctionCall<'_>) -> Result<FunctionReply, Failure>;
}

/// One invocation of a function.
#[derive(Clone, Copy, Debug)]
pub struct FunctionCall<'a> {
    /// The function: a name, a partial ARN or a whole one, as the definition gave it.
    pub function: &'a str,
    /// The event, JSON text.
    pub payload: &'a str,
    /// Who calls.
    pub context: CallContext<'a>,
}

/// Who calls a function, and how often it was called before for the same visit of the state.
#[derive(Clone, Copy, Debug)]
pub struct CallContext<'a> {
    /// The execution.
    pub execution: &'a ExecutionArn,
    /// The state.
    pub state: &'a str,
    /// Retries before this call, from 0.
    pub attempt: u64,
    /// `RequestResponse` or `Event` as the task asks, `DryRun` never.
    pub asynchronous: bool,
}
