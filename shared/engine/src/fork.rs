//! Parallel and Map: children, begun in windows by their parent alone.
//!
//! A fork is left only when every child begun has ended. A child's failure first records an `ending`, whose
//! effect is to abort the children that still run; when they have ended too, Retry and Catch decide.

use crate::evaluate::Evaluation;
use crate::writer::Writer;
use crate::{
    ChildEnd, Cursor, Ending, Fork, Forked, MapItem, Outcome, Phase, Place, Resume, Siblings, Step, StepContext, Visit,
    abort, failure, leave, redrive,
};
use language::Machine;
use language::machine::{DataFlow, Map, MaxConcurrency, Next, Parallel, State, StateName};
use model::history::{Kind, StateType};
use model::limits::{INLINE_MAP_CONCURRENCY, MAX_NESTING};
use model::{Failure, Payload, error_name};
use serde_json::Value;

/// Begins the branches of a Parallel.
pub(crate) fn begin_parallel(
    machine: &Machine,
    mut writer: Writer<'_>,
    place: Place<Payload>,
    parallel: &Parallel,
    visit: Visit<Payload>,
) -> Step {
    let evaluation = Evaluation::new(writer.context(), &place, &visit);
    let input = evaluation
        .path(&parallel.data.input_path, &visit.input)
        .and_then(|input| evaluation.template(parallel.data.parameters.as_ref(), &input));
    let input = match input {
        Ok(input) => input,
        Err(failed) => return failure::fail(machine, writer, place, visit, failed),
    };
    writer.put(Kind::ParallelStateStarted);
    let total = u32::try_from(parallel.branches.len()).unwrap_or(u32::MAX);
    let plan = Plan { total, limit: total, input, effective_input: None };
    begin(machine, writer, place, visit, plan)
}

/// Begins the iterations of a Map.
pub(crate) fn begin_map(
    machine: &Machine,
    mut writer: Writer<'_>,
    place: Place<Payload>,
    map: &Map,
    visit: Visit<Payload>,
) -> Step {
    let plan = match plan_map(&Evaluation::new(writer.context(), &place, &visit), map, &visit) {
        Ok(plan) => plan,
        Err(failed) => return failure::fail(machine, writer, place, visit, failed),
    };
    writer.put(Kind::MapStateStarted { length: u64::from(plan.total) });
    begin(machine, writer, place, visit, plan)
}

/// Record 0 of a child: what it gets, and the state that it is about to enter.
///
/// `parent` is the parent's cursor at the record that begins the child; none if it does not begin it. With `resume` the
/// child goes on from where one before it was, which had the same index and no success.
pub fn begin_child(
    machine: &Machine,
    parent: &Cursor<Payload>,
    index: u32,
    resume: Option<Resume>,
    context: &StepContext<'_>,
) -> Option<Step> {
    let Phase::Forked(Forked { visit, fork, ending: None }) = &parent.phase else { return None };
    let mut place = parent.place.clone();
    place.iteration_of = None;
    place.events_before = parent.events;
    // Of a fork that goes on with another one only some children are in its set, and no number says that all are.
    place.siblings = fork.before.is_empty().then_some(Siblings { total: fork.total, at_once: fork.limit });
    let seed = Cursor {
        since: 0,
        last: fork.follows.clone(),
        events: parent.events,
        place: place.clone(),
        phase: parent.phase.clone(),
    };
    let mut writer = Writer::new(context, &seed);
    let at = usize::try_from(index).ok()?;
    let (start, input) = match machine.states.get(&StateName::from(visit.state.as_str()))? {
        State::Parallel(parallel) => (parallel.branches.get(at)?, fork.input.clone()),
        State::Map(map) => {
            let item = Payload::from_value(fork.input.value().get(at)?.clone());
            place.iteration_of = Some(visit.state.clone());
            place.item = Some(MapItem { index, value: item.clone() });
            if let Some(resume) = resume {
                return Some(redrive::resume(writer, place, resume));
            }
            writer.put(Kind::MapIterationStarted { name: visit.state.clone(), index });
            let selector = map.item_selector.as_ref();
            let effective = fork.effective_input.as_ref().unwrap_or(&item);
            let selected = match selector {
                None => Ok(item),
                Some(_) => Evaluation::new(context, &place, visit).template(selector, effective),
            };
            match selected {
                Ok(input) => (&map.start_at, input),
                Err(failed) => return Some(failure::end_failed(writer, place, None, failed)),
            }
        }
        State::Pass(_) | State::Task(_) | State::Choice(_) | State::Wait(_) | State::Succeed(_) | State::Fail(_) => {
            return None;
        }
    };
    if let Some(resume) = resume {
        return Some(redrive::resume(writer, place, resume));
    }
    Some(writer.finish(context.seq, place, Phase::Ready { state: start.as_str().to_owned(), input }))
}

/// Some children have ended: begin the next ones, or give up the rest.
pub(crate) fn children_ended(
    machine: &Machine,
    mut writer: Writer<'_>,
    cursor: &Cursor<Payload>,
    mut forked: Forked<Payload>,
    mut ends: Vec<ChildEnd>,
) -> Step {
    let place = cursor.place.clone();
    ends.retain(|end| forked.fork.running.contains(&end.index));
    for end in &ends {
        forked.fork.running.retain(|index| *index != end.index);
        writer.count_others(end.events);
    }
    forked.fork.fresh.clear();
    if forked.ending.is_none() {
        forked.ending = first_failure(&ends);
    }
    match forked.ending.clone() {
        Some(ending) if forked.fork.running.is_empty() => finish_early(machine, writer, cursor, forked, ending),
        Some(_) => writer.finish(cursor.since, place, Phase::Forked(forked)),
        None => {
            if forked.fork.limit == 1
                && let Some(end) = ends.last()
            {
                forked.fork.follows.clone_from(&end.inner);
            }
            fill(&mut forked.fork);
            writer.finish(cursor.since, place, Phase::Forked(forked))
        }
    }
}

/// Every child begun has ended, and no more begins.
pub(crate) fn children_done(
    machine: &Machine,
    mut writer: Writer<'_>,
    cursor: &Cursor<Payload>,
    mut forked: Forked<Payload>,
    ends: &[ChildEnd],
) -> Step {
    for end in ends.iter().filter(|end| forked.fork.running.contains(&end.index)) {
        writer.count_others(end.events);
    }
    forked.fork.running.clear();
    if let Some(ending) = forked.ending.clone().or_else(|| first_failure(ends)) {
        return finish_early(machine, writer, cursor, forked, ending);
    }
    let last = ends.iter().max_by_key(|end| (end.time, end.index)).and_then(|end| end.last.clone());
    writer.continue_after(last);
    let outputs = ends.iter().filter_map(|end| match &end.outcome {
        Outcome::Succeeded { output } => Some(output.text()),
        Outcome::Failed(_) | Outcome::Aborted(_) | Outcome::TimedOut(_) => None,
    });
    let result = array(outputs);
    succeed(machine, writer, cursor.place.clone(), forked.visit, &result)
}

struct Plan {
    total: u32,
    limit: u32,
    input: Payload,
    effective_input: Option<Payload>,
}

fn plan_map(evaluation: &Evaluation<'_>, map: &Map, visit: &Visit<Payload>) -> Result<Plan, Failure> {
    let effective = evaluation.path(&map.data.input_path, &visit.input)?;
    let (items, source) = match &map.items_path {
        None => (effective.clone(), "$"),
        Some(path) => (Payload::from_value(evaluation.field(path, &effective)?), path.source()),
    };
    let Value::Array(array) = items.value() else {
        let text = format!("Reference path \"{source}\" must point to array.");
        return Err(evaluation.failure(error_name::RUNTIME, &text));
    };
    let total = u32::try_from(array.len()).unwrap_or(u32::MAX);
    let wanted = match &map.max_concurrency {
        MaxConcurrency::Fixed(wanted) => *wanted,
        MaxConcurrency::Path(path) => {
            let value = evaluation.field(path, &effective)?;
            let number = match &value {
                Value::Number(number) => number.as_u64(),
                _ => None,
            };
            number.ok_or_else(|| {
                let text = format!(
                    "The MaxConcurrencyPath field refers to value \"{}\" which is not a valid integer: {}",
                    crate::task::plain(&value),
                    path.source()
                );
                evaluation.failure(error_name::RUNTIME, &text)
            })?
        }
    };
    let limit = match u32::try_from(wanted).unwrap_or(u32::MAX) {
        0 => INLINE_MAP_CONCURRENCY,
        wanted => wanted.min(INLINE_MAP_CONCURRENCY),
    };
    let effective_input = map.item_selector.is_some().then_some(effective);
    Ok(Plan { total, limit, input: items, effective_input })
}

fn begin(machine: &Machine, writer: Writer<'_>, place: Place<Payload>, visit: Visit<Payload>, plan: Plan) -> Step {
    // Nobody else would wake the parent of no children.
    if plan.total == 0 {
        return succeed(machine, writer, place, visit, &array(std::iter::empty()));
    }
    let seq = writer.context().seq;
    let mut fork = Fork {
        seq,
        total: plan.total,
        next: 0,
        limit: plan.limit,
        running: Vec::new(),
        fresh: Vec::new(),
        input: plan.input,
        effective_input: plan.effective_input,
        follows: writer.last().cloned(),
        again: Vec::new(),
        before: Vec::new(),
    };
    fill(&mut fork);
    writer.finish(seq, place, Phase::Forked(Forked { visit, fork, ending: None }))
}

/// Begins as many children as the limit allows: first those that are to begin again.
pub(crate) fn fill(fork: &mut Fork<Payload>) {
    while !fork.has_begun_all() && fork.running.len() < usize::try_from(fork.limit).unwrap_or(usize::MAX) {
        let index = if fork.again.is_empty() {
            fork.next += 1;
            fork.next - 1
        } else {
            fork.again.remove(0)
        };
        fork.running.push(index);
        fork.fresh.push(index);
    }
}

/// Leaves the fork with its result. Both events follow the last child, as on AWS.
fn succeed(
    machine: &Machine,
    mut writer: Writer<'_>,
    place: Place<Payload>,
    visit: Visit<Payload>,
    result: &Payload,
) -> Step {
    let last = writer.last().cloned();
    let is_map = visit.state_type == StateType::Map;
    writer.put_aside(last, if is_map { Kind::MapStateSucceeded } else { Kind::ParallelStateSucceeded });
    if depth(result.text()) > MAX_NESTING {
        let text = format!("the value is nested deeper than {MAX_NESTING} levels");
        let failed = Evaluation::new(writer.context(), &place, &visit).failure(error_name::RUNTIME, &text);
        return failure::fail(machine, writer, place, visit, failed);
    }
    match flow(machine, &visit.state) {
        Some((data, next)) => leave::with_result(machine, writer, place, data, next, visit, result),
        None => no_fork(writer, place, &visit),
    }
}

/// Leaves the fork before all its children succeeded; none of them lives any more.
fn finish_early(
    machine: &Machine,
    mut writer: Writer<'_>,
    cursor: &Cursor<Payload>,
    forked: Forked<Payload>,
    ending: Ending,
) -> Step {
    match ending {
        Ending::ChildFailed { failure, at, .. } => {
            writer.continue_after(at);
            let is_map = forked.visit.state_type == StateType::Map;
            failure::fail_with(machine, writer, cursor.place.clone(), forked.visit, failure, |writer| {
                writer.put(if is_map { Kind::MapStateFailed } else { Kind::ParallelStateFailed });
            })
        }
        Ending::Aborted { .. } | Ending::Stopped(_) | Ending::TimedOut(_) | Ending::Broken(_) => {
            abort::end(writer, cursor, ending)
        }
    }
}

/// The earliest failure among the ends.
fn first_failure(ends: &[ChildEnd]) -> Option<Ending> {
    let failed = ends.iter().filter(|end| !matches!(end.outcome, Outcome::Succeeded { .. }));
    let end = failed.min_by_key(|end| (end.time, end.index))?;
    match &end.outcome {
        Outcome::Succeeded { .. } => None,
        Outcome::Failed(failure) => {
            Some(Ending::ChildFailed { failure: failure.clone(), at: end.last.clone(), after: end.time })
        }
        // The child read the execution's stop mark before its parent was told.
        Outcome::Aborted(failure) => Some(Ending::Stopped(failure.clone())),
        Outcome::TimedOut(failure) => Some(Ending::TimedOut(failure.clone())),
    }
}

fn flow<'m>(machine: &'m Machine, state: &str) -> Option<(&'m DataFlow, &'m Next)> {
    match machine.states.get(&StateName::from(state))? {
        State::Parallel(parallel) => Some((&parallel.data, &parallel.next)),
        State::Map(map) => Some((&map.data, &map.next)),
        State::Pass(_) | State::Task(_) | State::Choice(_) | State::Wait(_) | State::Succeed(_) | State::Fail(_) => {
            None
        }
    }
}

fn no_fork(writer: Writer<'_>, place: Place<Payload>, visit: &Visit<Payload>) -> Step {
    let cause = format!("The state '{}' forks nothing in the definition that this execution runs.", visit.state);
    failure::end_failed(writer, place, None, Failure::new(error_name::RUNTIME, cause))
}

/// A JSON array of texts, each as it is: children's outputs keep their spaces, as on AWS.
fn array<'t>(texts: impl Iterator<Item = &'t str>) -> Payload {
    let mut text = String::from("[");
    for (index, item) in texts.enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(item);
    }
    text.push(']');
    Payload::from_checked(text)
}

/// How deep arrays and objects are nested in a JSON text.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
