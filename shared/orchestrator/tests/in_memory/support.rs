//! A machine, a function, and one run in memory on virtual time.

use engine::{ExecutionFacts, Outcome};
use language::Machine;
use model::history::HistoryEvent;
use model::{Failure, Payload, StateMachineArn};
use ratchet_orchestrator::ports::Clock as _;
use ratchet_orchestrator::{Finished, FunctionReply, InMemory, Limits};
use serde_json::{Value, json};
use simulation::{Functions, ReceivedCall, VirtualClock};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The function that all tasks here call: it takes `ms`, and fails with `Boom` while `$$.State.RetryCount` is below `fails`.
pub(crate) const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:work";

/// A machine, its input, and the world around them.
pub(crate) struct Stage {
    machine: Machine,
    facts: ExecutionFacts,
    pub(crate) clock: Arc<VirtualClock>,
    pub(crate) functions: Functions,
    /// The most calls that were under way at once.
    pub(crate) most_calls: Arc<AtomicUsize>,
    pub(crate) limits: Limits,
}

impl Stage {
    pub(crate) fn new(definition: &Value, input: &Value) -> Self {
        let machine = language::parse(&definition.to_string()).unwrap_or_else(|found| panic!("{found:?}")).machine;
        let arn: StateMachineArn = "arn:aws:states:us-east-1:123456789012:stateMachine:quick".parse().expect("an ARN");
        let clock = Arc::new(VirtualClock::new(7));
        let facts = ExecutionFacts {
            arn: arn.express_execution("one", "u-1"),
            machine: arn,
            role_arn: "arn:aws:iam::123456789012:role/quick".to_owned(),
            input: Payload::from_value(input.clone()),
            started: clock.now(),
            is_synchronous: true,
        };
        let functions = Functions::new(Arc::clone(&clock));
        let most_calls = Arc::new(AtomicUsize::new(0));
        let under_way = Arc::new(AtomicUsize::new(0));
        let (most, time) = (Arc::clone(&most_calls), Arc::clone(&clock));
        functions.define_custom("work", move |call: ReceivedCall| {
            let (most, time, under_way) = (Arc::clone(&most), Arc::clone(&time), Arc::clone(&under_way));
            async move {
                let _counted = Counted::new(&under_way, &most);
                let event: Value = serde_json::from_str(&call.payload).unwrap_or(Value::Null);
                time.sleep(Duration::from_millis(event["ms"].as_u64().unwrap_or(5))).await;
                let fails = event["fails"].as_u64().is_some_and(|fails| event["attempt"].as_u64() < Some(fails));
                Ok::<_, Failure>(if fails {
                    FunctionReply::Failed { payload: json!({"errorType": "Boom", "errorMessage": "no"}).to_string() }
                } else {
                    let (payload, version) = (event["n"].to_string(), "$LATEST".to_owned());
                    FunctionReply::Returned { payload, version, headers: Vec::new() }
                })
            }
        });
        let limits = Limits { events: 100_000, ..Limits::default() };
        Self { machine, facts, clock, functions, most_calls, limits }
    }

    pub(crate) fn limited(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    pub(crate) async fn run(&self) -> Finished {
        let world = InMemory {
            machine: &self.machine,
            facts: &self.facts,
            clock: &*self.clock,
            tasks: &self.functions,
            limits: self.limits,
        };
        world.run().await
    }

    /// The `n` of every call, in order.
    pub(crate) fn calls(&self) -> Vec<i64> {
        let number = |call: &ReceivedCall| serde_json::from_str::<Value>(&call.payload).ok()?["n"].as_i64();
        self.functions.received().iter().filter_map(number).collect()
    }
}

/// A call that is under way.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(under_way: &Arc<AtomicUsize>, most: &AtomicUsize) -> Self {
        let now = under_way.fetch_add(1, Ordering::Relaxed) + 1;
        most.fetch_max(now, Ordering::Relaxed);
        Self(Arc::clone(under_way))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A Task that calls the function with `n` and this.
pub(crate) fn task(more: &Value) -> Value {
    let mut payload = json!({"n.$": "$", "attempt.$": "$$.State.RetryCount"});
    for (name, value) in more.as_object().into_iter().flatten() {
        payload[name] = value.clone();
    }
    json!({"Type": "Task", "Resource": FUNCTION, "Parameters": payload, "End": true})
}

/// A machine of this one state, whose name no other has.
pub(crate) fn single(state: &Value) -> Value {
    static NAMES: AtomicUsize = AtomicUsize::new(0);
    let name = format!("S{}", NAMES.fetch_add(1, Ordering::Relaxed));
    json!({"StartAt": name, "States": {name.clone(): state}})
}

pub(crate) fn output(finished: &Finished) -> Value {
    match &finished.outcome {
        Outcome::Succeeded { output } => output.value().clone(),
        other => panic!("it did not succeed: {other:?}"),
    }
}

pub(crate) fn types(events: &[HistoryEvent]) -> Vec<&'static str> {
    events.iter().map(|event| event.kind.type_name()).collect()
}
