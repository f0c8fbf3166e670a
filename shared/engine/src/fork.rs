//! Parallel and Map: children, begun in windows by their parent alone.
//!
//! A fork is left only when every child begun has ended. A child's failure first records an `ending`, whose
//! effect is to abort the children that still run; when they have ended too, Retry and Catch decide.

use crate::evaluate::{Came, Clause, Evaluation};
use crate::leave::Exit;
use crate::writer::Writer;
use crate::{
    ChildEnd, Cursor, Ending, Failed, Fork, Forked, Hop, MapItem, Outcome, Phase, Place, Resumed, Siblings, Step,
    StepContext, Visit, abort, failure, give_up, leave, redrive,
};
use language::Machine;
use language::machine::{Data, Items, Map, MaxConcurrency, Parallel, PayloadTemplate, State};
use model::history::{Kind, StateType};
use model::limits::{INLINE_MAP_CONCURRENCY, MAX_NESTING};
use model::{Failure, Payload, error_name};
use serde_json::Value;

/// The most that an expression may ask for in `MaxConcurrency`: what fits a signed number of 32 bits, as Java has it.
const MAX_CONCURRENCY: u64 = 2_147_483_647;

/// Begins the branches of a Parallel.
pub(crate) fn begin_parallel(
    machine: &Machine,
    mut writer: Writer<'_>,
    place: Place<Payload>,
    parallel: &Parallel,
    visit: Visit<Payload>,
) -> Step {
    let input = match input_of_branches(&Evaluation::at(&writer, &place, &visit), parallel) {
        Ok(input) => input,
        Err(failed) => return failure::fail(machine, writer, place, visit, failed),
    };
    writer.put(Kind::ParallelStateStarted);
    let total = u32::try_from(parallel.branches.len()).unwrap_or(u32::MAX);
    let plan = Plan { total, limit: total, input, effective_input: None };
    begin(machine, writer, place, visit, plan)
}

/// What each branch of a Parallel gets.
pub(crate) fn input_of_branches(evaluation: &Evaluation<'_>, parallel: &Parallel) -> Result<Payload, Failed> {
    let input = evaluation.input(&parallel.data)?;
    Ok(evaluation.within_limit(evaluation.arguments(&parallel.data, &input)?)?)
}

/// Begins the iterations of a Map.
pub(crate) fn begin_map(
    machine: &Machine,
    mut writer: Writer<'_>,
    place: Place<Payload>,
    map: &Map,
    visit: Visit<Payload>,
) -> Step {
    let plan = match plan_map(&Evaluation::at(&writer, &place, &visit), map, None) {
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
    resume: Option<Resumed>,
    context: &StepContext<'_>,
) -> Option<Step> {
    let Phase::Forked(Forked { visit, fork, ending: None }) = &parent.phase else { return None };
    let mut place = parent.place.clone();
    place.iteration_of = None;
    place.variables = parent.place.variables.of_child();
    place.events_before = parent.events;
    // Of a fork that goes on with another one only some children are in its set, and no number says that all are.
    place.siblings = fork.before.is_empty().then_some(Siblings { total: fork.total, at_once: fork.limit });
    let mut writer = Writer::after(context, fork.follows.clone(), parent.events);
    let at = usize::try_from(index).ok()?;
    let (start, input) = match machine.state(&visit.state)? {
        State::Parallel(parallel) => (parallel.branches.get(at)?, fork.input.clone()),
        State::Map(map) => {
            let item = Payload::from_value(fork.input.value().get(at)?.clone());
            place.iteration_of = Some(visit.state.clone());
            place.item = Some(MapItem { index, value: item.clone() });
            if let Some(resume) = resume {
                return Some(redrive::resume_child(writer, place, resume));
            }
            writer.put(Kind::MapIterationStarted { name: visit.state.clone(), index });
            let evaluation = Evaluation::new(context, &place, visit);
            match input_of_iteration(&evaluation, map, &item, fork.effective_input.as_ref()) {
                Ok(input) => (&map.start_at, input),
                Err(failed) => {
                    failed.note(&mut writer, &visit.state);
                    return Some(failure::end_failed(writer, place, failed.failure));
                }
            }
        }
        State::Pass(_) | State::Task(_) | State::Choice(_) | State::Wait(_) | State::Succeed(_) | State::Fail(_) => {
            return None;
        }
    };
    if let Some(resume) = resume {
        return Some(redrive::resume_child(writer, place, resume));
    }
    Some(writer.finish(context.seq, place, Phase::Ready { state: start.as_str().to_owned(), input }))
}

/// What an iteration gets, whose place has its item.
pub(crate) fn input_of_iteration(
    evaluation: &Evaluation<'_>,
    map: &Map,
    item: &Payload,
    effective_input: Option<&Payload>,
) -> Result<Payload, Failed> {
    let Some(selector) = &map.item_selector else { return Ok(item.clone()) };
    let came = Came::Input(effective_input.unwrap_or(item));
    let selected = evaluation.payload(Clause::State, "ItemSelector", selector, came)?;
    Ok(evaluation.within_limit(Payload::from_value(selected))?)
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
    let news: Vec<&ChildEnd> = ends.iter().collect();
    forked.ending = give_up::ending(&mut writer, &forked.visit, forked.ending, &news);
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
    let news: Vec<&ChildEnd> = ends.iter().filter(|end| forked.fork.running.contains(&end.index)).collect();
    for end in &news {
        writer.count_others(end.events);
    }
    forked.fork.running.clear();
    forked.ending = give_up::ending(&mut writer, &forked.visit, forked.ending, &news);
    if let Some(ending) = forked.ending.clone() {
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

/// How a fork begins.
pub(crate) struct Plan {
    pub(crate) total: u32,
    limit: u32,
    /// What the branches get, or the items.
    pub(crate) input: Payload,
    /// The Map's own input, if its items are selected from it.
    pub(crate) effective_input: Option<Payload>,
}

/// How a Map begins, whose items may have been read elsewhere.
pub(crate) fn plan_map(evaluation: &Evaluation<'_>, map: &Map, read: Option<&Payload>) -> Result<Plan, Failed> {
    let effective = evaluation.input(&map.data)?;
    let items = match read {
        Some(read) => read.clone(),
        None => items(evaluation, map, &effective)?,
    };
    let Value::Array(array) = items.value() else { return Err(no_array(evaluation, map, &items)) };
    let total = u32::try_from(array.len()).unwrap_or(u32::MAX);
    evaluation.context().note(|inspection| inspection.iterations = Some(total));
    if read.is_none()
        && let Data::JsonPath(_) = map.data
    {
        evaluation.reached(Hop::ItemsPath, &items);
    }
    let wanted = max_concurrency(evaluation, map, &effective)?;
    evaluation.context().note(|inspection| inspection.max_concurrency = Some(wanted));
    let limit = match u32::try_from(wanted).unwrap_or(u32::MAX) {
        0 => INLINE_MAP_CONCURRENCY,
        wanted => wanted.min(INLINE_MAP_CONCURRENCY),
    };
    // JSONata selects from the state's input, which the visit has.
    let is_selected = matches!(map.item_selector, Some(PayloadTemplate::JsonPath(_)));
    Ok(Plan { total, limit, input: items, effective_input: is_selected.then_some(effective) })
}

fn items(evaluation: &Evaluation<'_>, map: &Map, effective: &Payload) -> Result<Payload, Failed> {
    match &map.items {
        Items::Input => Ok(effective.clone()),
        Items::Path(path) => Ok(Payload::from_value(evaluation.reference(path, effective)?)),
        Items::Query(template) => evaluation.items(template),
    }
}

/// The items are not an array.
fn no_array(evaluation: &Evaluation<'_>, map: &Map, items: &Payload) -> Failed {
    match &map.data {
        Data::JsonPath(_) => {
            let source = match &map.items {
                Items::Path(path) => path.source(),
                Items::Input | Items::Query(_) => "$",
            };
            let text = format!("Reference path \"{source}\" must point to array.");
            evaluation.failure(error_name::RUNTIME, &text).into()
        }
        Data::Jsonata(_) => {
            let items = expression::json_text(items.value());
            evaluation.evaluation_failed(None, &format!("Map state input must be an array but was: {items}"))
        }
    }
}

/// How many iterations at once are wanted.
fn max_concurrency(evaluation: &Evaluation<'_>, map: &Map, effective: &Payload) -> Result<u64, Failed> {
    let path = match &map.max_concurrency {
        MaxConcurrency::Fixed(wanted) => return Ok(*wanted),
        MaxConcurrency::Query(query) => return evaluation.whole_number("MaxConcurrency", query, MAX_CONCURRENCY),
        MaxConcurrency::Path(path) => path,
    };
    let value = evaluation.reference(path, effective)?;
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
        evaluation.failure(error_name::RUNTIME, &text).into()
    })
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
        let failed = Evaluation::at(&writer, &place, &visit).failure(error_name::RUNTIME, &text);
        return failure::fail(machine, writer, place, visit, failed);
    }
    match exit(machine, &visit.state) {
        Some(exit) => leave::with_result(machine, writer, place, exit, visit, result),
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
            failure::fail(machine, writer, cursor.place.clone(), forked.visit, Failed::child(failure))
        }
        Ending::Aborted { .. } | Ending::Stopped(_) | Ending::TimedOut(_) | Ending::Broken(_) => {
            abort::end(writer, cursor, ending)
        }
    }
}

fn exit<'m>(machine: &'m Machine, state: &str) -> Option<Exit<'m>> {
    match machine.state(state)? {
        State::Parallel(parallel) => Some(parallel.into()),
        State::Map(map) => Some(map.into()),
        State::Pass(_) | State::Task(_) | State::Choice(_) | State::Wait(_) | State::Succeed(_) | State::Fail(_) => {
            None
        }
    }
}

fn no_fork(writer: Writer<'_>, place: Place<Payload>, visit: &Visit<Payload>) -> Step {
    let cause = format!("The state '{}' forks nothing in the definition that this execution runs.", visit.state);
    failure::end_failed(writer, place, Failure::new(error_name::RUNTIME, cause))
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
