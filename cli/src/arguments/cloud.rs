//! The commands that need the AWS SDK, and so the feature `aws`. Without it they take anything, and say how to get it.

use clap::Args;

#[cfg(feature = "aws")]
use crate::bridge::Mapping;

#[cfg(feature = "aws")]
const BRIDGE: &str = "\
A mapping is QUEUE_URL=FUNCTION, with options after commas:
  batch=10         messages in one event, 1 to 10
  concurrency=5    invocations at once
  timeout=60       seconds that an invocation may take [default: the queue's visibility timeout]

FUNCTION is where it is invoked, as `cargo lambda watch` serves it:
  http://127.0.0.1:9001/2015-03-31/functions/advance/invocations

Region, credentials and endpoint are read from the environment, as by every AWS SDK (AWS_REGION,
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_SQS).

What is delivered is deleted from the queue, but for the messages that the answer names in
batchItemFailures. If the function fails, takes too long or answers what cannot be understood, nothing
is deleted: the messages come again when their visibility timeout ends, and the queue counts.
Ctrl-C takes no more, and waits for invocations under way.

Example:
  ratchet bridge \\
    --map http://127.0.0.1:4566/123456789012/ratchet-steps=http://127.0.0.1:9001/2015-03-31/functions/advance/invocations \\
    --map http://127.0.0.1:4566/123456789012/ratchet-tasks=http://127.0.0.1:9002/2015-03-31/functions/task/invocations,batch=1 \\
    --schedule http://127.0.0.1:9003/2015-03-31/functions/timer/invocations";

/// Messages from queues to functions.
#[cfg(feature = "aws")]
#[derive(Debug, Args)]
#[command(after_help = BRIDGE)]
pub(crate) struct Bridge {
    /// From which queue to which function; may be given several times
    #[arg(long, short, value_name = "MAPPING", required_unless_present = "schedule")]
    pub(crate) map: Vec<Mapping>,
    /// Invoke this function each minute, as an EventBridge schedule does; may be given several times
    #[arg(long, short, value_name = "FUNCTION", value_parser = crate::bridge::function_url)]
    pub(crate) schedule: Vec<String>,
    /// Count the rounds of each function in a chain of calls as Lambda does (Lineage in the trace header), and deliver
    /// no more after 16
    #[arg(long)]
    pub(crate) lineage: bool,
}

#[cfg(feature = "aws")]
const DOCTOR: &str = "\
NOT YET RUN against AWS: these checks are written from AWS's documentation. Whoever runs them first should
read what they print with care.

Needs credentials that may call the stack's API (execute-api:Invoke, lambda:InvokeFunctionUrl and
lambda:InvokeFunction) and read it (cloudformation:DescribeStacks, cloudformation:DescribeStackResources,
cloudwatch:GetMetricStatistics). Creates state machines named ratchet-doctor-*, starts some fifty
executions' worth of states, and deletes the machines again; executions stay until their retention ends.
Costs less than one cent.

Exit code: 0 nothing found wrong, 1 something is wrong, or could not be checked.

Examples:
  ratchet doctor --list
  ratchet doctor --aws --stack ratchet
  ratchet doctor --aws --stack ratchet --function arn:aws:lambda:eu-west-1:123456789012:function:orders-echo";

/// Checks of a deployed stack.
#[cfg(feature = "aws")]
#[derive(Debug, Args)]
#[command(after_help = DOCTOR)]
pub(crate) struct Doctor {
    /// Check a stack in an AWS account
    #[arg(long, required_unless_present = "list")]
    pub(crate) aws: bool,
    /// The stack's name
    #[arg(long, value_name = "NAME", default_value = "ratchet")]
    pub(crate) stack: String,
    /// A function that Task states of the stack may call (parameter TaskFunctionArns): it is called 30 times with {}
    #[arg(long, value_name = "ARN")]
    pub(crate) function: Option<String>,
    /// Print all checks, those too that are steps for a person, and do nothing
    #[arg(long)]
    pub(crate) list: bool,
}

/// What is typed after `bridge`.
#[cfg(not(feature = "aws"))]
#[derive(Debug, Args)]
pub(crate) struct Bridge {
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    _rest: Vec<String>,
}

/// What is typed after `doctor`.
#[cfg(not(feature = "aws"))]
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    _rest: Vec<String>,
}
