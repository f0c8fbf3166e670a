//! What a step may know besides the machine, the cursor and the trigger.

use model::{ExecutionArn, Payload, Seq, StateMachineArn, StrandId, Timestamp};

/// What never changes while an execution runs.
#[derive(Clone, Debug, PartialEq)]
pub struct ExecutionFacts {
    /// The execution.
    pub arn: ExecutionArn,
    /// Its machine.
    pub machine: StateMachineArn,
    /// Its machine's role, as given at creation.
    pub role_arn: String,
    /// The execution's input: `$$.Execution.Input`.
    pub input: Payload,
    /// When it started.
    pub started: Timestamp,
}

/// What a step may know besides the machine, the cursor and the trigger.
pub struct StepContext<'a> {
    /// The wall clock, read once for this step.
    pub now: Timestamp,
    /// The seed of all randomness in this step.
    pub seed: u64,
    /// The strand.
    pub strand: &'a StrandId,
    /// The record that this step will be part of.
    pub seq: Seq,
    /// How many events that record already has from steps before this one.
    pub events_before: u32,
    /// The execution.
    pub execution: &'a ExecutionFacts,
    /// Who will make a call that this step claims.
    pub claim: &'a Claim,
    /// The task token of a wait that begins at a record: `$$.Task.Token`.
    pub token: &'a dyn Fn(Seq) -> String,
}

/// Who makes a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The worker.
    pub worker: String,
    /// When it is gone for certain.
    pub expires: Timestamp,
}
