//! One strand, driven by hand: each trigger that fits makes one record.

use model::history::Event;
use model::{ExecutionArn, Failure, Payload, Seq, StrandId, Timestamp, Variables};
use ratchet_engine::{
    ChildEnd, Claim, Cursor, Effect, ExecutionFacts, Outcome, Phase, Resume, Resumed, Step, StepContext, Trigger,
    VariableLimits, begin_child, effects, start, step,
};
use serde_json::{Value, json};
use std::time::Duration;

/// The time at which every strand begins.
pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

/// The function of the tasks here.
pub(crate) const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:pay";

/// The activity of the tasks here.
pub(crate) const ACTIVITY: &str = "arn:aws:states:us-east-1:123456789012:activity:pack";

/// A strand and what its driver knows.
#[derive(Clone)]
pub(crate) struct Strand {
    pub(crate) machine: language::Machine,
    pub(crate) facts: ExecutionFacts,
    pub(crate) id: StrandId,
    /// The last record.
    pub(crate) seq: Seq,
    pub(crate) now: Timestamp,
    pub(crate) seed: u64,
    pub(crate) max_payload_bytes: Option<usize>,
    pub(crate) variable_limits: Option<VariableLimits>,
    /// The last record's events.
    pub(crate) events: Vec<Event<Payload>>,
    pub(crate) cursor: Cursor<Payload>,
}

impl Strand {
    /// An execution's root after record 0.
    pub(crate) fn start(definition: &Value, input: &Value) -> Self {
        let parsed = language::parse(&definition.to_string()).unwrap_or_else(|found| panic!("{found:?}"));
        let arn: ExecutionArn = "arn:aws:states:us-east-1:123456789012:execution:shop:order-1".parse().expect("an ARN");
        let facts = ExecutionFacts {
            machine: arn.state_machine(),
            arn,
            role_arn: "arn:aws:iam::123456789012:role/shop".to_owned(),
            input: Payload::from_value(input.clone()),
            started: NOW,
            is_synchronous: false,
        };
        let Step { events, cursor } = start(&parsed.machine, &facts, None);
        Self {
            machine: parsed.machine,
            facts,
            id: StrandId::root(),
            seq: 0,
            now: NOW,
            seed: 7,
            max_payload_bytes: None,
            variable_limits: None,
            events,
            cursor,
        }
    }

    /// A root whose machine is this one state, `S`, then `Next`, a Succeed; the state is entered.
    pub(crate) fn enter(state: Value, input: &Value) -> Self {
        Self::start(&single(state), input).after(Trigger::Entered)
    }

    /// What the next step is at a place in the next record.
    pub(crate) fn step_at(&self, cursor: &Cursor<Payload>, trigger: Trigger, seq: Seq, events: u32) -> Option<Step> {
        self.with_context(&self.id, seq, events, |context| step(&self.machine, cursor, trigger, context))
    }

    /// The next record, if the trigger fits.
    pub(crate) fn try_step(&self, trigger: Trigger) -> Option<Step> {
        self.step_at(&self.cursor, trigger, self.seq + 1, 0)
    }

    /// The strand with one more record, for a trigger that must fit.
    pub(crate) fn after(mut self, trigger: Trigger) -> Self {
        let said = format!("{trigger:?} in {:?}", self.cursor.phase);
        let Step { events, cursor } = self.try_step(trigger).unwrap_or_else(|| panic!("{said} does not fit"));
        self.seq += 1;
        self.events = events;
        self.cursor = cursor;
        self
    }

    /// The strand some seconds later.
    pub(crate) fn later(mut self, seconds: u64) -> Self {
        self.now = self.now.plus_seconds(seconds);
        self
    }

    /// The child that the last record begins, after its own record 0.
    pub(crate) fn child(&self, index: u32) -> Option<Self> {
        self.begun_child(index, None)
    }

    /// The same for one that goes on where another one was.
    pub(crate) fn resumed_child(&self, index: u32, resume: Resume, before: &Self) -> Option<Self> {
        self.begun_child(index, Some(Resumed { resume, variables: before.cursor.place.variables.clone() }))
    }

    fn begun_child(&self, index: u32, resume: Option<Resumed>) -> Option<Self> {
        let Phase::Forked(forked) = &self.cursor.phase else { return None };
        let id = self.id.child(forked.fork.seq, index);
        let begun =
            self.with_context(&id, 0, 0, |context| begin_child(&self.machine, &self.cursor, index, resume, context));
        let Step { events, cursor } = begun?;
        Some(Self { id, seq: 0, events, cursor, ..self.clone() })
    }

    /// The failure that it ended with.
    #[track_caller]
    pub(crate) fn failure(&self) -> &Failure {
        match &self.cursor.phase {
            Phase::Ended(Outcome::Failed(failure)) => failure,
            phase => panic!("{phase:?} is no failure"),
        }
    }

    /// How this child ended, as its parent hears it.
    pub(crate) fn end(&self) -> ChildEnd {
        let (_, _, index) = self.id.parent().expect("a child");
        let time = self.now + Duration::from_micros(self.seq);
        let end = ChildEnd::of(index, &self.cursor, &self.events, time);
        end.unwrap_or_else(|| panic!("it has not ended: {:?}", self.cursor.phase))
    }

    pub(crate) fn effects(&self) -> Vec<Effect> {
        effects(&self.cursor, self.id.is_root())
    }

    /// The last record's events, one a line: `TaskStateEntered S {} < 0.0`, the place being that of the event before.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.events.iter().map(|event| self.line(event)).collect()
    }

    /// Panics unless the last record has these events.
    #[track_caller]
    pub(crate) fn check(self, expected: &[&str]) -> Self {
        assert_eq!(self.lines(), expected);
        self
    }

    fn line(&self, event: &Event<Payload>) -> String {
        let mut line = event.kind.type_name().to_owned();
        for (field, value) in event.kind.details(true).map(|(_, fields)| fields).into_iter().flatten() {
            match value {
                _ if field == "roleArn" || field == "region" || field == "resourceType" => {}
                Value::String(text) => line = format!("{line} {text}"),
                Value::Number(number) => line = format!("{line} {number}"),
                _ => {}
            }
        }
        match &event.previous {
            None => line + " < -",
            Some(place) if place.strand == self.id => format!("{line} < {}.{}", place.seq, place.index),
            Some(place) => format!("{line} < {}:{}.{}", place.strand, place.seq, place.index),
        }
    }

    pub(crate) fn with_context<T>(
        &self,
        strand: &StrandId,
        seq: Seq,
        events: u32,
        f: impl FnOnce(&StepContext<'_>) -> T,
    ) -> T {
        let claim = Claim { worker: "worker-1".to_owned(), expires: self.now.plus_seconds(900) };
        let token = |since: Seq| format!("token of {strand} since {since}");
        f(&StepContext {
            now: self.now,
            seed: self.seed,
            strand,
            seq,
            events_before: events,
            execution: &self.facts,
            variable_limits: self.variable_limits,
            inspector: None,
            claim: &claim,
            max_payload_bytes: self.max_payload_bytes,
            token: &token,
        })
    }
}

/// A machine of this state, `S`, then `Next`; states that its Catch names are there too.
pub(crate) fn single(mut state: Value) -> Value {
    let fields = state.as_object_mut().expect("a state");
    let ends = matches!(fields.get("Type").and_then(Value::as_str), Some("Succeed" | "Fail" | "Choice"));
    if !ends {
        fields.insert("Next".to_owned(), json!("Next"));
    }
    let uses = |name: &str| state.to_string().contains(&format!("\"Next\":\"{name}\""));
    let mut states = json!({});
    for name in ["Next", "Caught"].into_iter().filter(|name| uses(name)) {
        states[name] = json!({ "Type": "Succeed" });
    }
    states["S"] = state;
    json!({ "StartAt": "S", "States": states })
}

/// A state that speaks JSONata.
pub(crate) fn jsonata(state: Value) -> Value {
    with(state, &json!({ "QueryLanguage": "JSONata" }))
}

/// A task that names its function directly, with more fields.
pub(crate) fn function(more: &Value) -> Value {
    with(json!({ "Type": "Task", "Resource": FUNCTION }), more)
}

/// A task that calls `lambda:invoke`, with more fields.
pub(crate) fn invoke(more: &Value) -> Value {
    let parameters = json!({ "FunctionName": "pay", "Payload.$": "$" });
    with(json!({ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": parameters }), more)
}

/// A task that waits for its token, with more fields.
pub(crate) fn callback(more: &Value) -> Value {
    let parameters = json!({ "FunctionName": "pay", "Payload": { "token.$": "$$.Task.Token" } });
    let resource = "arn:aws:states:::lambda:invoke.waitForTaskToken";
    with(json!({ "Type": "Task", "Resource": resource, "Parameters": parameters }), more)
}

/// A task that an activity's worker does, with more fields.
pub(crate) fn activity(more: &Value) -> Value {
    with(json!({ "Type": "Task", "Resource": ACTIVITY }), more)
}

/// A Map whose iterations each are one Pass, `I`, with more fields.
pub(crate) fn map(more: &Value) -> Value {
    let processor = json!({ "StartAt": "I", "States": { "I": { "Type": "Pass", "End": true } } });
    with(json!({ "Type": "Map", "ItemProcessor": processor }), more)
}

/// A Parallel of one Pass a branch, `B0`, `B1`, ..., with more fields.
pub(crate) fn parallel(branches: usize, more: &Value) -> Value {
    let branch = |index| {
        let name = format!("B{index}");
        let mut branch = json!({ "StartAt": name, "States": {} });
        branch["States"][&name] = json!({ "Type": "Pass", "End": true });
        branch
    };
    let branches: Vec<Value> = (0..branches).map(branch).collect();
    with(json!({ "Type": "Parallel", "Branches": branches }), more)
}

fn with(mut state: Value, more: &Value) -> Value {
    let fields = state.as_object_mut().expect("a state");
    fields.extend(more.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
    state
}

/// A payload of this text.
pub(crate) fn text(text: &str) -> Payload {
    Payload::from_text(text).expect("JSON")
}

/// Variables of these values.
pub(crate) fn variables(values: &Value) -> Variables<Payload> {
    Variables::from_values(values.as_object().cloned().unwrap_or_default())
}

/// A payload of a value.
pub(crate) fn payload(value: Value) -> Payload {
    Payload::from_value(value)
}
