//! A way through the model as lines to read.

use crate::model::{Action, Choice};
use crate::protocol::Protocol;
use crate::record::{Phase, Record, Strand};
use crate::state::{Kind, Message, State};
use crate::worker::{Op, Worker};
use stateright::Path;

/// The steps of a path, one a line, and where they lead.
pub fn steps(_protocol: &Protocol, path: Path<State, Action>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut last = None;
    for (state, action) in path.into_vec() {
        if let Some(action) = action {
            lines.push(step(&state, action));
        }
        last = Some(state);
    }
    lines.extend(last.as_ref().map(end));
    lines
}

fn step(state: &State, action: Action) -> String {
    match action {
        Action::Stop => "StopExecution is called".to_owned(),
        Action::Redrive => "RedriveExecution is called".to_owned(),
        Action::Answer(token) => {
            let token = state.tokens[token];
            format!("SendTaskSuccess is called for strand {} since {}", token.strand, token.since)
        }
        Action::Deliver { message, process, copy } => {
            let message = &state.queue[message];
            let again = if message.receives > 0 { " again" } else { "" };
            let dead = if message.dead { " as a dead letter" } else { "" };
            let copy = if copy { "; a copy stays behind" } else { "" };
            format!("{} is brought{again}{dead} to process {process}{copy}", describe(message))
        }
        Action::Crash(worker) => {
            format!("{}: DIES before: {}", who(&state.workers[worker]), next(&state.workers[worker]))
        }
        Action::Expire(worker) => format!("{}: its message becomes visible again", who(&state.workers[worker])),
        Action::LoseAnswer { worker, is_applied } => {
            let worker = &state.workers[worker];
            let fate = if is_applied { "carried out, answer lost" } else { "not carried out, answer lost" };
            format!("{}: {}: {fate}", who(worker), next(worker))
        }
        Action::Act { worker, choice: Choice::GiveBack } => {
            format!("{}: gives the message back: the record is young or its call is live", who(&state.workers[worker]))
        }
        Action::Act { worker, choice: Choice::GoOn } => {
            let worker = &state.workers[worker];
            let lost = match worker.stack.last() {
                Some(Op::Put { strand, seq, .. }) if state.record(*strand, *seq).is_some() => " (loses)",
                _ => "",
            };
            format!("{}: {}{lost}", who(worker), next(worker))
        }
    }
}

fn who(worker: &Worker) -> String {
    format!("[{}]", describe(&worker.message))
}

fn describe(message: &Message) -> String {
    let Message { strand, kind, .. } = message;
    match kind {
        Kind::Step(seq) => format!("Step {seq} of {strand}"),
        Kind::Timer(since) => format!("Timer {since} of {strand}"),
        Kind::Children(fork) => format!("Children of {strand}/{fork}"),
        Kind::Abort(ending) => format!("Abort {strand} {ending:?}"),
        Kind::ExecutionTimeout(_) => "ExecutionTimeout".to_owned(),
        Kind::Settle { .. } => format!("Settle {strand}"),
        Kind::CallClaimed(claim) => format!("Call {claim} of {strand}"),
        Kind::Start => "StartExecution".to_owned(),
        Kind::Stop(_) => "StopExecution".to_owned(),
        Kind::Callback(since) => format!("SendTaskSuccess {strand} {since}"),
        Kind::Redrive => "RedriveExecution".to_owned(),
    }
}

fn next(worker: &Worker) -> String {
    match worker.stack.last() {
        None => "nothing".to_owned(),
        Some(Op::Start) => "put META and record 0".to_owned(),
        Some(Op::ReadMeta | Op::MustStop) => "read META".to_owned(),
        Some(Op::Head { strand, then }) => format!("read the head of {strand} ({then:?})"),
        Some(Op::Put { strand, seq, record, .. }) => format!("put {strand}#{seq} {}", shape(record)),
        Some(Op::Send(message)) => format!("send {}", describe(message)),
        Some(Op::Join { child, .. }) => format!("add {child} to its set"),
        Some(Op::Joined { strand, .. }) => format!("read the set of {strand}"),
        Some(Op::Close { seq, outcome }) => format!("write {outcome:?} of record {seq} to META"),
        Some(Op::Reopen { .. }) => "write to META that it runs".to_owned(),
        Some(Op::Mark { ending }) => format!("write the stop mark {ending:?}"),
        Some(Op::StopMark { .. }) => "read the stop mark".to_owned(),
        Some(Op::Call { strand, claim }) => format!("CALL for claim {claim} of {strand}"),
        Some(Op::Acted { .. } | Op::Held { .. }) => "nothing".to_owned(),
        Some(Op::Done) => "acknowledge".to_owned(),
    }
}

fn shape(record: &Record) -> String {
    let phase = match record.phase {
        Phase::Ready { at } => format!("Ready({at})"),
        Phase::Calling { at, .. } => format!("Calling({at})"),
        Phase::Pending { at } => format!("Pending({at})"),
        Phase::Waiting { at, retry } => format!("Waiting({at}{})", if retry { ", retry" } else { "" }),
        Phase::Forked { next, running, fresh, ending, .. } => {
            format!("Forked(next {next}, running {running:b}, fresh {fresh:b}, {ending:?})")
        }
        Phase::Ended(outcome) => format!("Ended({outcome:?})"),
    };
    format!("{phase} for {:?}", record.cause)
}

/// What is there at the end of the way.
fn end(state: &State) -> String {
    let strand = |(strand, records): &(Strand, Vec<Record>)| {
        let shapes: Vec<String> = records.iter().map(shape).collect();
        format!("{strand}: {}", shapes.join(" | "))
    };
    let strands: Vec<String> = state.journal.iter().map(strand).collect();
    let queue: Vec<String> = state.queue.iter().map(describe).collect();
    format!(
        "then: {}; META {:?}; queue [{}]; {} at work; {:?}",
        strands.join("; "),
        state.meta,
        queue.join(", "),
        state.workers.len(),
        state.violations,
    )
}
