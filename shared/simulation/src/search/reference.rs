//! Whether a history is one that a sequential run could give.
//!
//! Random machines come to the same end whatever goes wrong, and each strand takes the same way there: the reference is
//! a run in which nothing goes wrong. Two things may differ. An attempt whose outcome was lost (a worker died, a token
//! was never received) is made again, and counts: so attempts that were made again are left out. And a strand that was aborted may have come less far, in either run.

use super::jsonata::{EVALUATION, drawn_in};
use super::machine::BOOM;
use super::story::Story;
use anyhow::{Context, Result, ensure};
use engine::{Outcome, Phase};
use model::history::Kind;
use model::{Payload, Seq, StrandId, Variables};
use std::collections::BTreeMap;

/// What a strand did, without times and numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    steps: Vec<Step>,
    /// Whether it was ended from outside: then it is only the beginning of what it would have been.
    is_cut: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Did(&'static str, String),
    /// An attempt failed.
    Failed(&'static str),
    Forked(BTreeMap<u32, Line>),
}

/// What an execution did, strand by strand: for comparison with what another did.
#[derive(Clone, Debug)]
pub(crate) struct Course(Line);

impl Course {
    /// That of this story.
    pub(crate) fn of(story: &Story) -> Result<Self> {
        let mut children: BTreeMap<(StrandId, Seq), BTreeMap<u32, StrandId>> = BTreeMap::new();
        for strand in story.strands.keys() {
            if let Some((parent, fork, index)) = strand.parent() {
                children.entry((parent, fork)).or_default().insert(index, strand.clone());
            }
        }
        Ok(Self(line(story, &children, &StrandId::root())?))
    }

    /// Whether a run that goes this way could have gone that way too.
    pub(crate) fn agrees_with(&self, reference: &Self) -> Result<()> {
        agree(&self.0, &reference.0, "0")
    }
}

fn line(
    story: &Story,
    children: &BTreeMap<(StrandId, Seq), BTreeMap<u32, StrandId>>,
    strand: &StrandId,
) -> Result<Line> {
    let records = story.strands.get(strand).context("a strand without records")?;
    let mut steps = Vec::new();
    for record in records {
        steps.extend(record.events.iter().filter_map(|event| step(&event.kind)));
        if let Phase::Forked(forked) = &record.cursor.phase
            && forked.fork.seq == record.key.seq
        {
            let of = children.get(&(strand.clone(), forked.fork.seq));
            let lines = of.into_iter().flatten().map(|(index, child)| Ok((*index, line(story, children, child)?)));
            steps.push(Step::Forked(lines.collect::<Result<_>>()?));
        }
    }
    let end = records.last().map(|record| &record.cursor.phase);
    let is_cut = matches!(end, Some(Phase::Ended(Outcome::Aborted(_) | Outcome::TimedOut(_))));
    Ok(Line { steps: without_failed_attempts(steps, is_cut), is_cut })
}

/// What of a text is the same in each run: nothing that was drawn at random, nor which of two kinds of failure ended a fork.
pub(crate) fn same(text: &str) -> String {
    let without_draws = drawn_in(text).into_iter().fold(text.to_owned(), |text, drawn| text.replace(&drawn, "drawn"));
    without_draws.replace(EVALUATION, BOOM)
}

/// Whether this is what a catcher of a fork hands on, or has handed on.
fn tells_of_boom(payload: &Payload) -> bool {
    [BOOM, EVALUATION].iter().any(|error| payload.text().contains(&format!(r#""Error":"{error}""#)))
}

/// What of an event is the same in each run.
fn step(kind: &Kind<Payload>) -> Option<Step> {
    let name = kind.type_name();
    match kind {
        // Which of several failures ends a fork depends on which comes first; all of them are this one.
        Kind::StateExited { name: state, output, assigned, .. } if tells_of_boom(output) => {
            Some(Step::Did(name, format!("{state} failed {}", same_of(assigned))))
        }
        Kind::StateEntered { name: state, input, .. } if tells_of_boom(input) => {
            Some(Step::Did(name, format!("{state} after a failure")))
        }
        Kind::StateEntered { name: state, input, .. } => Some(Step::Did(name, format!("{state} {}", same(input.text())))),
        Kind::StateExited { name: state, output, assigned, .. } => {
            Some(Step::Did(name, format!("{state} {} {}", same(output.text()), same_of(assigned))))
        }
        Kind::ExecutionSucceeded { output } => Some(Step::Did(name, same(output.text()))),
        Kind::EvaluationFailed { state, location, .. } => Some(Step::Did(name, format!("{state} {location:?}"))),
        Kind::TaskFailed { .. }
        | Kind::TaskTimedOut { .. }
        | Kind::TaskSubmitFailed { .. }
        | Kind::LambdaFunctionFailed(_)
        | Kind::LambdaFunctionTimedOut(_)
        | Kind::ActivityFailed(_)
        | Kind::ActivityTimedOut(_) => Some(Step::Failed(name)),
        // Whether these come at all depends on who is faster: an answer or what it answers.
        Kind::TaskStarted(_)
        | Kind::TaskSubmitted { .. }
        | Kind::LambdaFunctionStarted
        | Kind::ActivityStarted { .. }
        // How far a strand had come when it was ended from outside.
        | Kind::TaskStateAborted
        | Kind::WaitStateAborted
        | Kind::ParallelStateAborted
        | Kind::MapStateAborted
        | Kind::MapIterationAborted { .. }
        | Kind::ExecutionAborted(_)
        | Kind::ExecutionTimedOut(_) => None,
        _ => Some(Step::Did(name, String::new())),
    }
}

fn same_of(assigned: &Variables<Payload>) -> String {
    same(&format!("{:?}", assigned.texts()))
}

fn is_scheduled(step: &Step) -> bool {
    matches!(step, Step::Did("TaskScheduled" | "LambdaFunctionScheduled" | "ActivityScheduled", _))
}

/// Takes out attempts that were made again; of a strand that was cut, also one that was not made again yet.
fn without_failed_attempts(steps: Vec<Step>, is_cut: bool) -> Vec<Step> {
    let mut kept: Vec<Step> = Vec::with_capacity(steps.len());
    let mut steps = steps.into_iter().peekable();
    while let Some(step) = steps.next() {
        let is_made_again = match steps.peek() {
            Some(next) => is_scheduled(next),
            None => is_cut,
        };
        if matches!(step, Step::Failed(_)) && is_made_again && kept.last().is_some_and(is_scheduled) {
            kept.pop();
        } else {
            kept.push(step);
        }
    }
    kept
}

fn agree(found: &Line, expected: &Line, at: &str) -> Result<()> {
    let mut pairs = found.steps.iter().zip(&expected.steps).enumerate().peekable();
    while let Some((number, (one, other))) = pairs.next() {
        match (one, other) {
            (Step::Forked(children), Step::Forked(references)) => {
                // A fork that did not succeed may have begun more children in one run than in the other.
                for (index, child) in children {
                    if let Some(reference) = references.get(index) {
                        agree(child, reference, &format!("{at}, step {number}, child {index}"))?;
                    }
                }
                let goes_on = pairs.peek().is_some();
                let succeeded = pairs.peek().is_some_and(|(_, (next, _))| {
                    matches!(next, Step::Did("ParallelStateSucceeded" | "MapStateSucceeded", _))
                });
                ensure!(
                    !goes_on || !succeeded || children.len() == references.len(),
                    "strand {at}, step {number}: {} children, {} in the reference",
                    children.len(),
                    references.len()
                );
            }
            (one, other) => {
                // What a cut strand was at when it was cut may not have been noted.
                let is_last_of_cut = (found.is_cut && number + 1 == found.steps.len())
                    || (expected.is_cut && number + 1 == expected.steps.len());
                ensure!(
                    one == other
                        || (is_last_of_cut && (matches!(one, Step::Failed(_)) || matches!(other, Step::Failed(_)))),
                    "strand {at}, step {number}: {one:?}, in the reference {other:?}"
                );
            }
        }
    }
    let (found_steps, expected_steps) = (found.steps.len(), expected.steps.len());
    let is_whole = found_steps == expected_steps
        || (found.is_cut && found_steps < expected_steps)
        || (expected.is_cut && expected_steps < found_steps);
    ensure!(is_whole, "strand {at} took {found_steps} steps, {expected_steps} in the reference");
    Ok(())
}
