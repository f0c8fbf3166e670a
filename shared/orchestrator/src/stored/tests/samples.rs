//! A record of every shape: each phase, each kind of event, each cause.
//!
//! The fixtures are these records as written once. A sample is never changed: a new shape is a new sample.

use crate::{Cause, Record, RecordKey, RunKey};
use engine::{
    Awaits, Call, Cursor, Ending, Fork, Forked, MapItem, Origin, Outcome, Pending, Phase, Place, Redriven, Scopes,
    TaskRequest, Visit, Waiting,
};
use model::history::{Event, Kind, Service, StateType};
use model::{EventRef, Failure, Home, Payload, RunId, Seq, StrandId, Timestamp, Variables, WriterId};
use serde_json::{Value, json};

const TIME: Timestamp = Timestamp::from_micros(1_700_000_000_000_001);

/// Every sample with its name.
pub(super) fn samples() -> Vec<(&'static str, Record)> {
    let (function, invoke) = (
        TaskRequest::LambdaFunction { arn: "arn:aws:lambda:us-east-1:1:function:f".to_owned(), input: big() },
        TaskRequest::LambdaInvoke { parameters: payload(r#"{"FunctionName":"f"}"#), wait_for_token: true },
    );
    let ending = |ending| Phase::Forked(Forked { ending: Some(ending), ..map() });
    let failure = || Failure::new("E", "because");
    let worker = Awaits::ActivityWorker { arn: "arn:activity".to_owned(), input: big() };
    let waiting = |state_type, retry| Phase::Waiting(Waiting { visit: visit(state_type), until: TIME, retry });
    let parallel = Forked {
        visit: visit(StateType::Parallel),
        fork: Fork { effective_input: None, follows: None, fresh: vec![], input: big(), ..map().fork },
        ending: None,
    };
    vec![
        ("ready", Cause::Started, Phase::Ready { state: "Next \"state\"".to_owned(), input: big() }),
        ("calling-function", Cause::Step(6), Phase::Calling(call(function))),
        ("calling-invoke", Cause::Step(6), Phase::Calling(call(invoke.clone()))),
        ("pending-callback", Cause::Call(5), Phase::Pending(pending(Awaits::Callback(invoke)))),
        ("pending-activity", Cause::Step(6), Phase::Pending(pending(worker))),
        (
            "pending-result",
            Cause::Answer(6),
            Phase::Pending(pending(Awaits::ActivityResult { arn: "arn:activity".to_owned() })),
        ),
        ("waiting", Cause::Step(6), waiting(StateType::Wait, false)),
        ("waiting-retry", Cause::Timer(4), waiting(StateType::Task, true)),
        ("forked-parallel", Cause::Step(6), Phase::Forked(parallel)),
        ("forked-map", Cause::Children(5), Phase::Forked(map())),
        (
            "ending-child-failed",
            Cause::Children(5),
            ending(Ending::ChildFailed { failure: failure(), at: Some(event(3)), after: Timestamp::default() }),
        ),
        ("ending-aborted", Cause::Abort, ending(Ending::Aborted { at: None, after: Timestamp::default() })),
        ("ending-stopped", Cause::Abort, ending(Ending::Stopped(failure()))),
        ("ending-timed-out", Cause::Abort, ending(Ending::TimedOut(Failure::named("States.Timeout")))),
        ("ending-broken", Cause::Abort, ending(Ending::Broken(Failure::default()))),
        (
            "succeeded",
            Cause::Step(6),
            Phase::Ended(Outcome::Succeeded { output: payload("{\"n\":  1.00,\n\"é\":1e400}") }),
        ),
        ("failed", Cause::Call(6), Phase::Ended(Outcome::Failed(failure()))),
        ("aborted", Cause::Abort, Phase::Ended(Outcome::Aborted(Failure::default()))),
        ("timed-out", Cause::Abort, Phase::Ended(Outcome::TimedOut(failure()))),
    ]
    .into_iter()
    .map(|(name, cause, phase)| (name, record(cause, every_kind(), phase)))
    .collect()
}

/// Every sample that version 3 brought, with its name: records after a redrive.
pub(super) fn redriven_samples() -> Vec<(&'static str, Record)> {
    let again = Phase::Waiting(Waiting { visit: visit(StateType::Task), until: TIME, retry: true });
    let before = [(7, StrandId::root().child(2, 1)), (3, StrandId::root().child(0, 1))];
    let before = before.map(|(fork, strand)| Origin { strand, fork }).to_vec();
    let fork = Fork { again: vec![0, 2], before, running: vec![1], effective_input: None, ..map().fork };
    let forked = Phase::Forked(Forked { fork, ..map() });
    [
        ("redriven", Cause::Redriven { token: Some("token-1".to_owned()) }, again.clone()),
        ("redriven-without-token", Cause::Redriven { token: None }, again),
        ("forked-again", Cause::Children(5), forked),
    ]
    .into_iter()
    .map(|(name, cause, phase)| {
        let mut record = record(cause, vec![Kind::ExecutionRedriven { redrive_count: 2 }], phase);
        record.cursor.place.redriven = Some(Redriven { count: 2, at: TIME.plus_seconds(1), seq: 6 });
        (name, record)
    })
    .collect()
}

/// Every sample that version 4 brought, with its name: records with variables.
pub(super) fn variable_samples() -> Vec<(&'static str, Record)> {
    // What the record's event sets, and which scopes have the same.
    [("assigned", 1, 1, 0), ("assigned-before", 0, 1, 1), ("set-around", 0, 0, 1), ("assigned-last", 1, 0, 0)]
        .into_iter()
        .map(|(name, sets, own, around)| {
            let assigned = variables(&json!({ "n": 1.0, "text": "v".repeat(510) }));
            let kinds = vec![exited(assigned.clone()); sets];
            let mut record = record(Cause::Step(6), kinds, Phase::Ready { state: "Next".to_owned(), input: big() });
            let mut outer = vec![variables(&json!({ "a": [1] })); around];
            outer.extend(vec![assigned.clone(); around]);
            let own = if own > 0 { assigned } else { Variables::none() };
            record.cursor.place.variables = Scopes { own, outer };
            (name, record)
        })
        .collect()
}

/// The samples of every version.
pub(super) fn all_samples() -> Vec<(&'static str, Record)> {
    samples().into_iter().chain(redriven_samples()).chain(variable_samples()).chain(evaluation_samples()).collect()
}

/// Records of version 5: an expression failed.
pub(super) fn evaluation_samples() -> Vec<(&'static str, Record)> {
    [("evaluated", Some("Output/v[0]".to_owned())), ("evaluated-nowhere", None)]
        .into_iter()
        .map(|(name, location)| {
            let failure = Failure::new("States.QueryEvaluationError", "because");
            let kind = Kind::EvaluationFailed { state: "S".to_owned(), failure: failure.clone(), location };
            (name, record(Cause::Step(2), vec![kind], Phase::Ended(Outcome::Failed(failure))))
        })
        .collect()
}

/// The name of the sample that has this phase. A new phase does not compile here: add a sample and its fixture.
pub(super) fn name_of(phase: &Phase<Payload>) -> &'static str {
    match phase {
        Phase::Ready { .. } => "ready",
        Phase::Calling(call) => match call.request {
            TaskRequest::LambdaFunction { .. } => "calling-function",
            TaskRequest::LambdaInvoke { .. } => "calling-invoke",
        },
        Phase::Pending(pending) => match pending.awaits {
            Awaits::Callback(_) => "pending-callback",
            Awaits::ActivityWorker { .. } => "pending-activity",
            Awaits::ActivityResult { .. } => "pending-result",
        },
        Phase::Waiting(waiting) => {
            if waiting.retry {
                "waiting-retry"
            } else {
                "waiting"
            }
        }
        Phase::Forked(forked) => match &forked.ending {
            None if forked.fork.effective_input.is_none() => "forked-parallel",
            None => "forked-map",
            Some(Ending::ChildFailed { .. }) => "ending-child-failed",
            Some(Ending::Aborted { .. }) => "ending-aborted",
            Some(Ending::Stopped(_)) => "ending-stopped",
            Some(Ending::TimedOut(_)) => "ending-timed-out",
            Some(Ending::Broken(_)) => "ending-broken",
        },
        Phase::Ended(outcome) => match outcome {
            Outcome::Succeeded { .. } => "succeeded",
            Outcome::Failed(_) => "failed",
            Outcome::Aborted(_) => "aborted",
            Outcome::TimedOut(_) => "timed-out",
        },
    }
}

/// A record of strand `0/2.1` with number 7.
pub(super) fn record(cause: Cause, kinds: Vec<Kind<Payload>>, phase: Phase<Payload>) -> Record {
    let count = u32::try_from(kinds.len()).unwrap_or(u32::MAX);
    let previous = (0..count).map(|index| match index {
        // None, another record's, and, for most, the one before.
        0 => None,
        1 => Some(EventRef { strand: StrandId::root(), seq: 2, index: 5 }),
        2 => Some(event(0)),
        index => Some(event(index - 1)),
    });
    let events = previous.zip(kinds).map(|(previous, kind)| Event { previous, kind }).collect();
    let item = MapItem { index: 1, value: payload("\"item\"") };
    let iteration_of = Some("Each".to_owned());
    let variables = Scopes::none();
    let place = Place { iteration_of, item: Some(item), events_before: 9, siblings: None, redriven: None, variables };
    let cursor = Cursor { since: 6, last: Some(event(count.saturating_sub(1))), events: 60, place, phase };
    Record { key: key(7), writer: WriterId("writer-1".into()), cause, time: TIME, events, cursor }
}

pub(super) fn key(seq: Seq) -> RecordKey {
    let execution = "arn:aws:states:us-east-1:123456789012:execution:shop:order-1".parse().expect("an ARN");
    let run = RunKey { execution, run: RunId("run-1".into()) };
    RecordKey { run, strand: StrandId::root().child(2, 1), seq }
}

/// A payload that is looked up rather than written again, and lies in the root's first record.
pub(super) fn big() -> Payload {
    let payload = payload(&format!("{:?}", "x".repeat(510)));
    payload.settle_at(Home { strand: StrandId::root(), seq: 0, slot: 0 });
    payload
}

pub(super) fn payload(text: &str) -> Payload {
    Payload::from_text(text).expect("JSON")
}

/// One event of each kind.
pub(super) fn every_kind() -> Vec<Kind<Payload>> {
    let service = || Service { resource_type: "lambda".to_owned(), resource: "invoke".to_owned() };
    let (name, resource) = (|| "Each".to_owned(), || "arn".to_owned());
    let failure = || Failure::new("E", "because");
    let small = || payload(r#"{"a":1}"#);
    vec![
        Kind::ExecutionStarted { input: small(), role_arn: "role".to_owned(), version_arn: None, alias_arn: None },
        Kind::ExecutionSucceeded { output: big() },
        Kind::ExecutionFailed(failure()),
        Kind::ExecutionAborted(Failure::default()),
        Kind::ExecutionTimedOut(Failure::named("E")),
        Kind::StateEntered { state_type: StateType::Choice, name: name(), input: small() },
        exited(Variables::none()),
        Kind::TaskScheduled {
            service: service(),
            region: "r".to_owned(),
            parameters: small(),
            timeout: Some(1),
            heartbeat: None,
        },
        Kind::TaskStarted(service()),
        Kind::TaskSubmitted { service: service(), output: small() },
        Kind::TaskSubmitFailed { service: service(), failure: failure() },
        Kind::TaskSucceeded { service: service(), output: payload("[2]") },
        Kind::TaskFailed { service: service(), failure: failure() },
        Kind::TaskTimedOut { service: service(), failure: failure() },
        Kind::TaskStateAborted,
        Kind::WaitStateAborted,
        Kind::LambdaFunctionScheduled { resource: resource(), input: small(), timeout: None },
        Kind::LambdaFunctionStarted,
        Kind::LambdaFunctionSucceeded { output: small() },
        Kind::LambdaFunctionFailed(failure()),
        Kind::LambdaFunctionTimedOut(failure()),
        Kind::ActivityScheduled { resource: resource(), input: small(), timeout: None, heartbeat: Some(2) },
        Kind::ActivityStarted { worker_name: Some("w".to_owned()) },
        Kind::ActivitySucceeded { output: small() },
        Kind::ActivityFailed(failure()),
        Kind::ActivityTimedOut(failure()),
        Kind::ParallelStateStarted,
        Kind::ParallelStateSucceeded,
        Kind::ParallelStateFailed,
        Kind::ParallelStateAborted,
        Kind::MapStateStarted { length: 3 },
        Kind::MapStateSucceeded,
        Kind::MapStateFailed,
        Kind::MapStateAborted,
        Kind::MapIterationStarted { name: name(), index: 0 },
        Kind::MapIterationSucceeded { name: name(), index: 1 },
        Kind::MapIterationFailed { name: name(), index: 2 },
        Kind::MapIterationAborted { name: name(), index: 3 },
    ]
}

fn exited(assigned: Variables<Payload>) -> Kind<Payload> {
    Kind::StateExited { state_type: StateType::Succeed, name: "Each".to_owned(), output: big(), assigned }
}

/// Variables of these values.
pub(super) fn variables(values: &Value) -> Variables<Payload> {
    Variables::from_values(values.as_object().cloned().unwrap_or_default())
}

fn event(index: u32) -> EventRef {
    EventRef { strand: key(7).strand, seq: 7, index }
}

fn visit(state_type: StateType) -> Visit<Payload> {
    let (state, input) = ("Each".to_owned(), payload("[1,2,3]"));
    Visit { state, state_type, input, entered: TIME, entered_id: 12, attempts: vec![2, 0] }
}

fn call(request: TaskRequest<Payload>) -> Call<Payload> {
    let (visit, worker) = (visit(StateType::Task), "worker-1".to_owned());
    let expires = TIME.plus_seconds(900);
    Call { visit, request, timeout: Some(60), heartbeat: None, started: TIME, worker, expires }
}

fn pending(awaits: Awaits<Payload>) -> Pending<Payload> {
    let (visit, awaited_from) = (visit(StateType::Task), TIME.plus_seconds(3));
    Pending { visit, awaits, timeout: None, heartbeat: Some(9), started: TIME, awaited_from }
}

fn map() -> Forked<Payload> {
    let fork = Fork {
        seq: 5,
        total: 3,
        next: 2,
        limit: 2,
        running: vec![0, 1],
        fresh: vec![1],
        input: payload("[1,2,3]"),
        effective_input: Some(big()),
        follows: Some(event(4)),
        again: vec![],
        before: vec![],
    };
    Forked { visit: visit(StateType::Map), fork, ending: None }
}
