//! An execution that is about to enter its first state: for measurements, here and in `benches`.

use language::Machine;
use model::{ExecutionArn, Payload, StrandId, Timestamp};
use ratchet_engine::{Claim, Cursor, ExecutionFacts, Step, StepContext, Trigger, VariableLimits, start, step};
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

/// An execution, and the cursor that its steps begin with.
pub(crate) struct First {
    pub(crate) machine: Machine,
    facts: ExecutionFacts,
    claim: Claim,
    pub(crate) cursor: Cursor<Payload>,
}

impl First {
    /// Of a machine with this state first, then `Next`.
    pub(crate) fn new(state: &Value, input: &Value) -> Self {
        let definition = json!({ "StartAt": "S", "States": { "S": state, "Next": { "Type": "Succeed" } } });
        let machine = language::parse(&definition.to_string()).expect("a definition").machine;
        let arn: ExecutionArn = "arn:aws:states:us-east-1:123456789012:execution:shop:order-1".parse().expect("an ARN");
        let facts = ExecutionFacts {
            machine: arn.state_machine(),
            arn,
            role_arn: "arn:aws:iam::123456789012:role/shop".to_owned(),
            input: Payload::from_text(input.to_string()).expect("JSON"),
            started: NOW,
            is_synchronous: false,
        };
        let cursor = start(&machine, &facts, None).cursor;
        let claim = Claim { worker: "worker-1".to_owned(), expires: NOW.plus_seconds(900) };
        Self { machine, facts, claim, cursor }
    }

    /// The next step.
    pub(crate) fn step(&self, trigger: Trigger) -> Option<Step> {
        self.with_context(&StrandId::root(), |context| step(&self.machine, &self.cursor, trigger, context))
    }

    /// With what a step of a strand may know.
    pub(crate) fn with_context<T>(&self, strand: &StrandId, run: impl FnOnce(&StepContext<'_>) -> T) -> T {
        run(&StepContext {
            now: NOW,
            seed: 7,
            strand,
            seq: 1,
            events_before: 0,
            execution: &self.facts,
            variable_limits: Some(VariableLimits::AWS),
            max_payload_bytes: Some(model::limits::AWS_MAX_PAYLOAD_BYTES),
            inspector: None,
            claim: &self.claim,
            token: &|since| format!("token {since}"),
        })
    }
}
