//! A single state tried out: entered as in an execution, with what its work would come to given in place of the work.
//!
//! A state without a mock takes the same step as in an execution. A mocked one works out what its work would get, then
//! is left with the mocked result, or fails with the mocked failure, as after its work.

use crate::evaluate::Evaluation;
use crate::leave::Exit;
use crate::task::plain;
use crate::writer::Writer;
use crate::{Cursor, Failed, Hop, MapItem, Phase, Place, Step, StepContext, Visit, failure, fork, leave, step, task};
use expression::Expression;
use language::Machine;
use language::machine::{Map, State, StateName, Tolerated};
use model::{Failure, Payload, error_name};
use serde_json::{Number, Value};

/// A state that is tried out.
#[derive(Clone, Debug)]
pub struct TryOut<'a> {
    /// Which state.
    pub state: &'a StateName,
    /// Its raw input.
    pub input: Payload,
    /// Where it is, with the variables that it reads.
    pub place: Place<Payload>,
    /// How often the retrier has retried that is for the mocked failure.
    pub retries: u64,
    /// What its work comes to; none: it does its work itself.
    pub mock: Option<&'a Mock>,
    /// The items that a Map reads from elsewhere.
    pub items: Option<&'a Payload>,
}

/// What the work of a state comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Mock {
    /// This result. Of the iterations of a Map so many failed, which it may not tolerate.
    Result {
        /// The result.
        result: Payload,
        /// How many iterations failed.
        failed_iterations: u64,
    },
    /// This failure.
    Failure(Failure),
}

/// The first step of the state; none if the machine does not have it.
pub fn try_out(machine: &Machine, tried: TryOut<'_>, context: &StepContext<'_>) -> Option<Step> {
    let TryOut { state: name, input, place, retries, mock, items } = tried;
    let state = machine.states.get(name)?;
    // An execution has noted its start before.
    let phase = Phase::Ready { state: name.as_str().to_owned(), input: input.clone() };
    let before = Cursor { since: 0, last: None, events: 1, place: place.clone(), phase };
    let mut writer = Writer::new(context, &before);
    let mut visit = step::visit(&mut writer, state, name.as_str(), &input);
    let Some(mock) = mock else { return Some(step::run(machine, writer, place, state, visit)) };
    let exit = match state {
        State::Task(task) => Exit::from(task),
        State::Parallel(parallel) => parallel.into(),
        State::Map(map) => map.into(),
        State::Pass(_) | State::Choice(_) | State::Wait(_) | State::Succeed(_) | State::Fail(_) => {
            return Some(step::run(machine, writer, place, state, visit));
        }
    };
    // `$$.State.RetryCount` is the sum of them.
    if let Some(attempts) = visit.attempts.first_mut() {
        *attempts = retries;
    }
    Some(match mocked(context, state, &visit, &place, mock, items) {
        Ok(result) => leave::with_result(machine, writer, place, exit, visit, &result),
        Err(failed) => {
            let retrier = failure::retrier_of(state.retry(), &failed.failure);
            visit.attempts =
                (0..state.retry().len()).map(|index| if Some(index) == retrier { retries } else { 0 }).collect();
            failure::fail(machine, writer, place, visit, failed)
        }
    })
}

/// What comes of the state's work, once it is certain that the work would have begun.
fn mocked(
    context: &StepContext<'_>,
    state: &State,
    visit: &Visit<Payload>,
    place: &Place<Payload>,
    mock: &Mock,
    items: Option<&Payload>,
) -> Result<Payload, Failed> {
    let evaluation = Evaluation::new(context, place, visit);
    match state {
        State::Task(task) => drop(task::prepare(evaluation, task)?),
        State::Parallel(parallel) => drop(fork::input_of_branches(&evaluation, parallel)?),
        State::Map(map) => iterations(&evaluation, map, visit, place, mock, items)?,
        State::Pass(_) | State::Choice(_) | State::Wait(_) | State::Succeed(_) | State::Fail(_) => {}
    }
    match mock {
        Mock::Result { result, .. } => {
            if matches!(state, State::Task(_)) {
                context.reached(Hop::Result, result);
            }
            Ok(result.clone())
        }
        Mock::Failure(failure) => Err(failure.clone().clipped().into()),
    }
}

/// The iterations of a Map: what each gets, and whether it tolerates those that failed.
fn iterations(
    evaluation: &Evaluation<'_>,
    map: &Map,
    visit: &Visit<Payload>,
    place: &Place<Payload>,
    mock: &Mock,
    items: Option<&Payload>,
) -> Result<(), Failed> {
    let context = evaluation.context();
    let plan = fork::plan_map(evaluation, map, items)?;
    let items = plan.input.value().as_array().map(Vec::as_slice).unwrap_or_default();
    if map.item_selector.is_some() {
        let mut selected = Vec::with_capacity(items.len());
        for (index, item) in (0_u32..).zip(items) {
            let item = Payload::from_value(item.clone());
            let place = Place { item: Some(MapItem { index, value: item.clone() }), ..place.clone() };
            let evaluation = Evaluation::new(context, &place, visit);
            let input = fork::input_of_iteration(&evaluation, map, &item, plan.effective_input.as_ref())?;
            selected.push(input.value().clone());
        }
        evaluation.reached(Hop::ItemSelector, &Payload::from_value(selected.into()));
    }
    let Some(distribution) = &map.distribution else { return Ok(()) };
    let effective = evaluation.effective_input(&map.data)?;
    let tolerated = |field, tolerated: &Option<Tolerated>, most| {
        tolerated.as_ref().map(|tolerated| number(evaluation, field, tolerated, &effective, most)).transpose()
    };
    let count = tolerated("ToleratedFailureCount", &distribution.tolerated_failure_count, u32::MAX.into())?;
    let percentage = tolerated("ToleratedFailurePercentage", &distribution.tolerated_failure_percentage, 100)?;
    let too_many = match mock {
        Mock::Result { failed_iterations, .. } => {
            exceeds(*failed_iterations, plan.total, count.as_ref(), percentage.as_ref())
        }
        Mock::Failure(_) => false,
    };
    context.note(|inspection| {
        inspection.tolerated_failure_count = count;
        inspection.tolerated_failure_percentage = percentage;
    });
    if too_many {
        let cause = "The specified tolerated failure threshold was exceeded";
        return Err(Failure::new(error_name::EXCEED_TOLERATED_FAILURE_THRESHOLD, cause).into());
    }
    Ok(())
}

/// Whether more failed than is tolerated. Recorded: where nothing says what is tolerated, everything is.
fn exceeds(failed: u64, total: u32, count: Option<&Number>, percentage: Option<&Number>) -> bool {
    let limit = |number: Option<&Number>| number.and_then(Number::as_f64);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let failed = failed as f64;
    limit(count).is_some_and(|most| failed > most)
        || limit(percentage).is_some_and(|most| failed * 100.0 > most * f64::from(total))
}

/// How much is tolerated. An expression gives at most `most`.
fn number(
    evaluation: &Evaluation<'_>,
    field: &str,
    tolerated: &Tolerated,
    input: &Payload,
    most: u64,
) -> Result<Number, Failed> {
    let path: &Expression = match tolerated {
        Tolerated::Fixed(number) => return Ok(number.clone()),
        Tolerated::Path(path) => path,
        Tolerated::Query(query) => return evaluation.number(field, query, most),
    };
    match evaluation.field(path, input)? {
        Value::Number(number) if number.as_f64().is_some_and(|number| number >= 0.0) => Ok(number),
        other => Err(evaluation
            .failure(
                error_name::RUNTIME,
                &format!(
                    "The {field}Path field refers to value \"{}\" which is not a valid number: {}",
                    plain(&other),
                    path.source()
                ),
            )
            .into()),
    }
}
