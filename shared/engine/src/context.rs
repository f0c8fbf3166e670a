//! What a step may know besides the machine, the cursor and the trigger.

use crate::{Hop, Inspection, Inspector, VariableLimits};
use model::{ExecutionArn, Failure, Payload, Seq, StateMachineArn, StrandId, Timestamp};

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
    /// Whether its starter waits for its end: then it knows of no redrives.
    pub is_synchronous: bool,
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
    /// How large variables may be; none: of any size.
    pub variable_limits: Option<VariableLimits>,
    /// Who will make a call that this step claims.
    pub claim: &'a Claim,
    /// The largest payload, in bytes of UTF-8: what a task is given and gives, and what a state hands on; none: any.
    /// AWS: 262,144.
    pub max_payload_bytes: Option<usize>,
    /// Who watches, where a single state is tried out.
    pub inspector: Option<&'a Inspector>,
    /// The task token of a wait that begins at a record: `$$.Task.Token`.
    pub token: &'a dyn Fn(Seq) -> String,
}

impl StepContext<'_> {
    /// The payload, unless it is too large; `of` is the state or task that it comes from, as AWS names it.
    pub(crate) fn within_limit(&self, payload: Payload, of: &str) -> Result<Payload, Failure> {
        if self.max_payload_bytes.is_some_and(|most| payload.text().len() > most) {
            return Err(Failure::too_large(of));
        }
        Ok(payload)
    }

    /// Tells whoever watches.
    pub(crate) fn note(&self, note: impl FnOnce(&mut Inspection)) {
        if let Some(inspector) = self.inspector {
            inspector.note(note);
        }
    }

    /// Shows the data after a hop to whoever watches.
    pub(crate) fn reached(&self, hop: Hop, data: &Payload) {
        self.note(|inspection| inspection.hops.push((hop, data.clone())));
    }
}

/// Who makes a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The worker.
    pub worker: String,
    /// When it is gone for certain.
    pub expires: Timestamp,
}
