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
    /// How.
    pub options: InvokeOptions<'a>,
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
}

/// How a function is invoked, besides its event: parameters of Lambda's Invoke. By default it is waited for, and nothing
/// more is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InvokeOptions<'a> {
    /// Whether it is waited for, or even run.
    pub kind: InvocationType,
    /// What the caller says of itself, in Base64.
    pub client_context: Option<&'a str>,
    /// Whether the answer is to have the last 4 KB of the function's log, in Base64, as the header `X-Amz-Log-Result`.
    pub tails_log: bool,
}

/// Whether a function is waited for, or even run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InvocationType {
    /// Its answer is waited for.
    #[default]
    RequestResponse,
    /// It runs later, and its answer is nobody's.
    Event,
    /// It does not run: whether it could is what is asked.
    DryRun,
}

impl InvocationType {
    /// As Lambda writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequestResponse => "RequestResponse",
            Self::Event => "Event",
            Self::DryRun => "DryRun",
        }
    }

    /// The status of the HTTP answer when all is well.
    pub fn status(self) -> u16 {
        match self {
            Self::RequestResponse => 200,
            Self::Event => 202,
            Self::DryRun => 204,
        }
    }
}
