//! What holds of every execution that has ended, whatever went wrong.

use super::jsonata::{DRAWS, drawn_in};
use super::node::{Engine, insist};
use super::people::Noted;
use super::story::{Story, is_redrive};
use crate::{Deployment, FaultKind, World};
use anyhow::{Context, Result, ensure};
use engine::{Outcome, Phase, TaskRequest};
use model::history::{Event, Kind, StateType};
use model::{ExecutionArn, Payload, Seq, StrandId, Timestamp};
use orchestrator::ports::{ExecutionStatus, Journal};
use orchestrator::{Cause, HistoryRequest, Record};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What the checks need to know beside the records.
pub(crate) struct Circumstances<'c> {
    pub(crate) execution: &'c ExecutionArn,
    pub(crate) noted: &'c Noted,
    /// How many records were put and how many calls were made when the first StopExecution was answered.
    pub(crate) stop: Option<(usize, usize)>,
    /// Calls that were received before the execution started.
    pub(crate) calls_before: usize,
}

/// Checks everything, and tells how the execution went.
pub(crate) async fn check(world: &World<Engine>, of: &Circumstances<'_>) -> Result<Story> {
    let story = Story::read(world, of.execution).await?;
    each_strand_ends_once(&story)?;
    ensure!(world.journal().changed().is_empty(), "records were changed: {:?}", world.journal().changed());
    meta_says_what_the_root_says(world, of.execution, &story).await?;
    if story.redrives() == 0 {
        forks_are_structured(&story)?;
    }
    calls_are_claimed(world, &story, of)?;
    answers_are_kept(&story, of.noted)?;
    what_is_drawn_is_kept(&story)?;
    timers_are_not_early(world, &story)?;
    history_is_sound(world, of.execution, &story).await?;
    messages_are_few(world)?;
    let problems = world.problems();
    let bad = problems.iter().find(|problem| problem.contains("panicked") || problem.contains("given up"));
    ensure!(bad.is_none(), "a handler: {bad:?} of {problems:#?}");
    ensure!(of.noted.wrong.is_empty(), "people say: {:#?}", of.noted.wrong);
    Ok(story)
}

/// No chain of messages runs beside another: their number grows as the number of records does, and as that of faults.
fn messages_are_few(world: &World<Engine>) -> Result<()> {
    let options = world.options();
    if options.faults.outage.is_some() || options.fleet.purge_at.is_some() {
        return Ok(());
    }
    let records = u64::try_from(world.journal().record_count())?;
    let (sent, handled) = (world.messages_sent(), world.messages_handled());
    // Each new life settles every strand, and whatever failed is tried again.
    let tally = world.tally();
    let faults = tally.total() - tally.of(FaultKind::Late) - tally.of(FaultKind::Skewed);
    let lives = u64::from(world.generations());
    ensure!(
        sent <= 4 * records + 40 * lives + 10 * faults + 100,
        "{sent} messages for {records} records, {lives} lives, {faults} faults"
    );
    // Where several processes work, the claim of a dead one is waited for: its message comes again and again until then.
    let waits = match options.deployment {
        Deployment::OneProcess => 80,
        Deployment::Functions => 400,
    };
    ensure!(
        handled <= 8 * records + waits * lives + 20 * faults + 200,
        "{handled} handled for {records} records, {lives} lives, {faults} faults"
    );
    Ok(())
}

fn each_strand_ends_once(story: &Story) -> Result<()> {
    for (strand, records) in &story.strands {
        let mut before: Option<&Record> = None;
        for (index, record) in records.iter().enumerate() {
            ensure!(record.key.seq == u64::try_from(index)?, "strand {strand} has a gap before {}", record.key.seq);
            let is_last = index + 1 == records.len() || (strand.is_root() && is_redrive(&records[index + 1]));
            ensure!(record.cursor.is_terminal() == is_last, "strand {strand}: record {index} of {}", records.len());
            if let Some(before) = before {
                ensure!(record.time > before.time, "strand {strand}: time goes back at {index}");
                ensure!(story.position(record) > story.position(before), "strand {strand}: {index} was put too soon");
            }
            before = Some(record);
        }
    }
    let root = story.root()?.last().context("the root has no record")?;
    for record in story.records() {
        let is_root_end = record.key == root.key;
        ensure!(
            is_root_end || story.position(record) < story.position(root),
            "record {} of strand {} was put after the root's end",
            record.key.seq,
            record.key.strand
        );
        ensure!(record.time <= root.time, "strand {} goes on after the root's end", record.key.strand);
    }
    Ok(())
}

async fn meta_says_what_the_root_says(world: &World<Engine>, execution: &ExecutionArn, story: &Story) -> Result<()> {
    let meta = world.journal().meta(execution).await?.context("there is no META")?;
    let end = story.root()?.last().context("the root has no record")?;
    let status = match &end.cursor.phase {
        Phase::Ended(Outcome::Succeeded { .. }) => ExecutionStatus::Succeeded,
        Phase::Ended(Outcome::Failed(failure)) => {
            let broken = failure.cause.as_deref().is_some_and(|cause| cause.contains("cannot go on"));
            ensure!(!broken, "it was broken off: {failure:?}");
            ExecutionStatus::Failed
        }
        Phase::Ended(Outcome::Aborted(_)) => ExecutionStatus::Aborted,
        Phase::Ended(Outcome::TimedOut(_)) => ExecutionStatus::TimedOut,
        other => anyhow::bail!("the root stands at {other:?}"),
    };
    let found = (meta.status, meta.seq, meta.stopped);
    ensure!(found == (status, end.key.seq, Some(end.time)), "META {found:?}, root {status:?} {end:?}");
    Ok(())
}

/// One fork, from the record that began it to the one that left it.
struct Fork<'s> {
    total: u32,
    next: u32,
    limit: u32,
    /// The Map's name; none for a Parallel.
    map: Option<&'s str>,
    left_by: &'s Record,
    succeeded: bool,
}

fn forks_of(records: &[Record]) -> Result<BTreeMap<Seq, Fork<'_>>> {
    let mut forks = BTreeMap::new();
    for pair in records.windows(2) {
        let Phase::Forked(forked) = &pair[0].cursor.phase else { continue };
        let fork = &forked.fork;
        let goes_on = matches!(&pair[1].cursor.phase, Phase::Forked(next) if next.fork.seq == fork.seq);
        ensure!(fork.running.len() <= usize::try_from(fork.limit)?, "more children than allowed: {fork:?}");
        if !goes_on {
            let has =
                |wanted: fn(&Kind<Payload>) -> bool| pair[1].events.first().is_some_and(|event| wanted(&event.kind));
            forks.insert(
                fork.seq,
                Fork {
                    total: fork.total,
                    next: fork.next,
                    limit: fork.limit,
                    map: (forked.visit.state_type == StateType::Map).then_some(forked.visit.state.as_str()),
                    left_by: &pair[1],
                    succeeded: has(|kind| matches!(kind, Kind::MapStateSucceeded | Kind::ParallelStateSucceeded)),
                },
            );
        }
    }
    Ok(forks)
}

fn forks_are_structured(story: &Story) -> Result<()> {
    let mut children: HashMap<(StrandId, Seq), BTreeMap<u32, &[Record]>> = HashMap::new();
    for (strand, records) in &story.strands {
        if let Some((parent, fork, index)) = strand.parent() {
            children.entry((parent, fork)).or_default().insert(index, records);
        }
    }
    for (strand, records) in &story.strands {
        for (seq, fork) in forks_of(records)? {
            let at = format!("fork {seq} of strand {strand}");
            let children = children.remove(&(strand.clone(), seq)).unwrap_or_default();
            let expected: Vec<u32> = (0..fork.next).collect();
            ensure!(children.keys().copied().eq(expected), "{at}: {} of {} children", children.len(), fork.next);
            let mut live_at: Vec<(usize, i64)> = Vec::new();
            for (index, child) in children {
                let (Some(first), Some(last)) = (child.first(), child.last()) else { continue };
                ensure!(story.position(last) < story.position(fork.left_by), "{at} was left before {index} ended");
                ensure!(last.time < fork.left_by.time, "{at} was left at a time before {index} ended");
                let well = matches!(last.cursor.phase, Phase::Ended(Outcome::Succeeded { .. }));
                ensure!(well || !fork.succeeded, "{at} succeeded, but child {index} did not");
                live_at.extend([
                    (story.position(first), 1),
                    (story.position(last) + usize::from(first.key == last.key), -1),
                ]);
                let is_fence = first.key == last.key && first.events.is_empty();
                if let Some(map) = fork.map.filter(|_| !is_fence) {
                    // Of an iteration that failed its parent says so, later than in the record that begins the fork: that
                    // one may leave another fork of the same Map.
                    let of_fork = |record: &&Record| (seq + 1..=fork.left_by.key.seq).contains(&record.key.seq);
                    let said = child.iter().chain(records.iter().filter(of_fork)).flat_map(|record| &record.events);
                    iteration_is_whole(map, index, said).with_context(|| at.clone())?;
                }
            }
            ensure!(!fork.succeeded || fork.next == fork.total, "{at} succeeded with {} of {}", fork.next, fork.total);
            live_at.sort_unstable();
            let mut live = 0;
            for (_, change) in live_at {
                live += change;
                ensure!(live <= i64::from(fork.limit), "{at}: {live} children at once");
            }
        }
    }
    ensure!(children.is_empty(), "children of nobody: {:?}", children.keys().collect::<Vec<_>>());
    Ok(())
}

/// The iteration of this Map started and ended once, as far as these events say.
fn iteration_is_whole<'e>(map: &str, index: u32, events: impl Iterator<Item = &'e Event<Payload>>) -> Result<()> {
    let (mut started, mut ended) = (0, 0);
    for event in events {
        match &event.kind {
            Kind::MapIterationStarted { name, index: noted } if name == map && *noted == index => started += 1,
            Kind::MapIterationSucceeded { name, index: noted }
            | Kind::MapIterationFailed { name, index: noted }
            | Kind::MapIterationAborted { name, index: noted }
                if name == map && *noted == index =>
            {
                ended += 1;
            }
            _ => {}
        }
    }
    ensure!((started, ended) == (1, 1), "iteration {index} started {started} times and ended {ended} times");
    Ok(())
}

/// The nonce that a claimed call carries.
fn nonce(request: &TaskRequest<Payload>) -> Option<String> {
    let event = match request {
        TaskRequest::LambdaFunction { input, .. } => input.value().clone(),
        TaskRequest::LambdaInvoke { parameters, .. } => parameters.value()["Payload"].clone(),
    };
    event["nonce"].as_str().map(str::to_owned)
}

fn calls_are_claimed(world: &World<Engine>, story: &Story, of: &Circumstances<'_>) -> Result<()> {
    let mut claims: HashMap<String, &Record> = HashMap::new();
    for record in story.records() {
        if let Phase::Calling(call) = &record.cursor.phase {
            let nonce = nonce(&call.request).context("a claim without a nonce")?;
            ensure!(claims.insert(nonce, record).is_none(), "two claims for one nonce: {:?}", record.key);
        }
    }
    let mut called = HashSet::new();
    for (number, call) in world.functions().received().iter().enumerate().skip(of.calls_before) {
        let event: Value = serde_json::from_str(&call.payload)?;
        let nonce = event["nonce"].as_str().context("a call without a nonce")?.to_owned();
        let claim = claims.get(&nonce).with_context(|| format!("a call that nobody claimed: {call:?}"))?;
        ensure!(called.insert(nonce), "called twice for one claim: {call:?}");
        if let Some((records, calls)) = of.stop {
            let late = number >= calls && story.position(claim) >= records;
            ensure!(!late, "claimed and called after the stop was answered: {call:?}");
        }
    }
    Ok(())
}

/// Every answer that was accepted is in the history, once; and every success in it was sent.
fn answers_are_kept(story: &Story, noted: &Noted) -> Result<()> {
    let mut kept = HashSet::new();
    for event in story.records().flat_map(|record| &record.events) {
        if let Kind::TaskSucceeded { output, .. } | Kind::ActivitySucceeded { output } = &event.kind
            && let Some(nonce) = output.value()["nonce"].as_str()
        {
            ensure!(kept.insert(nonce.to_owned()), "an answer that was recorded twice: {nonce}");
        }
    }
    for nonce in &noted.accepted {
        ensure!(kept.contains(nonce), "an answer that was accepted and lost: {nonce}");
    }
    Ok(())
}

/// What is drawn at random is drawn once, and what is read is what was drawn.
fn what_is_drawn_is_kept(story: &Story) -> Result<()> {
    let (mut drawn, mut read) = (HashSet::new(), HashSet::new());
    for event in story.records().flat_map(|record| &record.events) {
        match &event.kind {
            Kind::StateEntered { input, .. } => read.extend(drawn_in(input.text())),
            Kind::StateExited { name, output, assigned, .. } => {
                read.extend(drawn_in(output.text()));
                let shown = output.value()[name].as_str().unwrap_or_default();
                let texts = assigned.texts().into_values().chain([shown.to_owned()]);
                for new in texts.filter(|_| name.starts_with(DRAWS)).flat_map(|text| drawn_in(&text)) {
                    ensure!(drawn.insert(new.clone()), "drawn twice: {new}");
                }
            }
            _ => {}
        }
    }
    let unknown: Vec<_> = read.difference(&drawn).collect();
    ensure!(unknown.is_empty(), "read, but never drawn: {unknown:?}");
    Ok(())
}

fn timers_are_not_early(world: &World<Engine>, story: &Story) -> Result<()> {
    // A wait that was closed to heartbeats by one clock may be over by another one.
    let skew = world.options().fleet.skew * 2;
    for records in story.strands.values() {
        for pair in records.windows(2) {
            let is_timer = matches!(pair[1].cause, Cause::Timer(_));
            let due: Option<Timestamp> = match &pair[0].cursor.phase {
                Phase::Waiting(waiting) => Some(waiting.until),
                Phase::Pending(pending) => pending.next_deadline(None).map(|(at, _)| at),
                Phase::Calling(call) => call.unanswered_deadline().map(|(at, _)| at),
                Phase::Ready { .. } | Phase::Forked(_) | Phase::Ended(_) => None,
            };
            if is_timer {
                let due = due.with_context(|| format!("a timer for nothing: {:?}", pair[1].key))?;
                ensure!(pair[1].time + skew >= due, "a timer was early: {:?}", pair[1].key);
            }
        }
    }
    Ok(())
}

async fn history_is_sound(world: &World<Engine>, execution: &ExecutionArn, story: &Story) -> Result<()> {
    let written: usize = story.records().map(|record| record.events.len()).sum();
    let (mut events, mut after) = (Vec::new(), None);
    loop {
        // Three pages: each reads the whole journal.
        let limit = u32::try_from(written / 3 + 1)?;
        let request = HistoryRequest { after: after.clone(), limit, reverse: false };
        let page = insist(world, async |node| node.execution_history(execution, &request).await).await?;
        events.extend(page.events);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    ensure!(written == events.len(), "{written} events were written, {} read", events.len());
    let is_end = |kind: &Kind<Payload>| {
        matches!(
            kind,
            Kind::ExecutionSucceeded { .. }
                | Kind::ExecutionFailed(_)
                | Kind::ExecutionAborted(_)
                | Kind::ExecutionTimedOut(_)
        )
    };
    let mut last_time = None;
    for (index, event) in events.iter().enumerate() {
        let id = u64::try_from(index)? + 1;
        ensure!(event.id == id, "event {id} is {event:?}");
        ensure!(event.previous_event_id < id, "an event before the one it follows: {event:?}");
        // What was stopped before its first state enters it when it is redriven. What fails as a state is entered follows
        // what that follows.
        let may_follow_none = id <= 2
            || is_end(&event.kind)
            || matches!(event.kind, Kind::StateEntered { .. } | Kind::EvaluationFailed { .. });
        ensure!(event.previous_event_id > 0 || may_follow_none, "an event that follows none: {event:?}");
        let is_last = index + 1 == events.len();
        let is_redriven =
            matches!(events.get(index + 1), Some(next) if matches!(next.kind, Kind::ExecutionRedriven { .. }));
        ensure!(is_end(&event.kind) == (is_last || is_redriven), "an end amid the history: {event:?}");
        ensure!(last_time.is_none_or(|last| last <= event.timestamp), "time goes back: {event:?}");
        last_time = Some(event.timestamp);
    }
    Ok(())
}
