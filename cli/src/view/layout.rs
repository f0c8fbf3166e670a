//! The tree of an execution as lines: which steps are shown, in which order, with which words.

use super::style::{Line, Style, columns, time};
use super::tree::{Children, MAX_CHILDREN_SHOWN, Status, Step, Tree};
use engine::Outcome;
use model::history::StateType;
use model::{Failure, StrandId, Timestamp};

/// Running children of a large fork that are shown; the others are counted.
const MAX_RUNNING_SHOWN: usize = 6;
/// Forks within forks that are shown.
const MAX_DEPTH: usize = 16;
/// Steps of one strand that are shown while the execution runs.
const MAX_STEPS_SHOWN: usize = 24;

const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// The whole picture: a title, and the states below it.
pub(crate) fn picture(tree: &Tree, title: &str, now: Timestamp, frame: usize) -> Vec<Line> {
    let mut lines = vec![head(tree, title, now, frame)];
    let layout = Layout { tree, now, frame, names: name_column(tree) };
    layout.strand(&StrandId::root(), "  ", "  ", 0, &mut lines);
    lines
}

fn head(tree: &Tree, title: &str, now: Timestamp, frame: usize) -> Line {
    let mut line = Line::default();
    let (glyph, style, word) = match tree.ended.as_ref().map(|(_, outcome)| outcome) {
        None => (SPINNER[frame % SPINNER.len()], Style::Busy, "running"),
        Some(Outcome::Succeeded { .. }) => ("✓", Style::Good, "succeeded"),
        Some(Outcome::Failed(_)) => ("✗", Style::Bad, "failed"),
        Some(Outcome::Aborted(_)) => ("⊘", Style::Warn, "aborted"),
        Some(Outcome::TimedOut(_)) => ("✗", Style::Bad, "timed out"),
    };
    let until = tree.ended.as_ref().map_or(now, |(at, _)| *at);
    line.add(style, glyph).add(Style::Plain, " ").add(Style::Bold, title).add(Style::Plain, "  ").add(style, word);
    if let Some(started) = tree.started {
        line.add(Style::Dim, format!("  {}", time(until.since(started))));
    }
    line
}

struct Layout<'a> {
    tree: &'a Tree,
    now: Timestamp,
    frame: usize,
    /// Where notes begin.
    names: usize,
}

impl Layout<'_> {
    /// The steps of a strand. `first` leads its first line, `rest` the others.
    fn strand(&self, id: &StrandId, first: &str, rest: &str, depth: usize, lines: &mut Vec<Line>) {
        let Some(strand) = self.tree.strand(id) else { return };
        let mut lead = first;
        let hidden = strand.steps.len().saturating_sub(MAX_STEPS_SHOWN);
        let earlier = strand.forgotten + u64::try_from(hidden).unwrap_or(0);
        if earlier > 0 {
            let mut line = Line::default();
            line.add(Style::Dim, format!("{lead}… {earlier} earlier steps"));
            lines.push(line);
            lead = rest;
        }
        for step in &strand.steps[hidden..] {
            lines.push(self.step(step, lead, id));
            lead = rest;
            if let Some((fork, total)) = step.fork
                && let Some(children) = self.tree.children(id, fork).filter(|_| depth < MAX_DEPTH)
            {
                self.children(step, children, total, rest, depth, lines);
            }
        }
        if strand.steps.is_empty() {
            let mut line = Line::default();
            line.add(Style::Dim, format!("{first}…"));
            lines.push(line);
        }
    }

    fn children(&self, step: &Step, children: &Children, total: u32, lead: &str, depth: usize, lines: &mut Vec<Line>) {
        // A large fork that is over shows what went wrong in it, if anything.
        let all = total <= MAX_CHILDREN_SHOWN;
        let is_open = |id: &StrandId| self.tree.strand(id).is_some_and(|strand| !strand.ended);
        let shown: Vec<(u32, &StrandId)> = children
            .kept
            .iter()
            .map(|(index, id)| (*index, id))
            .filter(|(_, id)| all || is_open(id) || self.tree.strand(id).is_some_and(|strand| strand.ended))
            .take(if all { usize::MAX } else { MAX_RUNNING_SHOWN })
            .collect();
        let hidden = children.kept.len() - shown.len();
        let is_map = step.state_type == StateType::Map;
        for (place, (index, id)) in shown.iter().enumerate() {
            let last = hidden == 0 && place + 1 == shown.len();
            let label = if is_map { format!("#{index} ") } else { String::new() };
            let first = format!("{lead}{} {label}", if last { "└─" } else { "├─" });
            let rest = format!("{lead}{}  {}", if last { " " } else { "│" }, " ".repeat(label.len()));
            self.strand(id, &first, &rest, depth + 1, lines);
        }
        if hidden > 0 {
            let mut line = Line::default();
            line.add(Style::Dim, format!("{lead}└─ … {hidden} more running"));
            lines.push(line);
        }
    }

    fn step(&self, step: &Step, lead: &str, id: &StrandId) -> Line {
        let mut line = Line::default();
        let (glyph, style) = self.glyph(&step.status);
        line.add(Style::Dim, lead).add(style, glyph).add(Style::Plain, " ");
        let name = if step.left.is_none() { Style::Bold } else { Style::Plain };
        line.add(name, &step.name).pad_to(self.names).add(Style::Plain, "  ");
        line.add(Style::Dim, format!("{:<9}", step.state_type.as_str()));
        for (style, note) in self.notes(step, id) {
            line.add(Style::Plain, "  ").add(style, note);
        }
        line
    }

    fn glyph(&self, status: &Status) -> (&'static str, Style) {
        match status {
            Status::Running => (SPINNER[self.frame % SPINNER.len()], Style::Busy),
            Status::Waiting(_) | Status::Callback | Status::Worker(_) => ("◷", Style::Warn),
            Status::Retrying(_) => ("↻", Style::Warn),
            Status::Succeeded => ("✓", Style::Good),
            Status::Caught => ("↷", Style::Warn),
            Status::Failed => ("✗", Style::Bad),
            Status::Aborted => ("⊘", Style::Dim),
        }
    }

    fn notes(&self, step: &Step, id: &StrandId) -> Vec<(Style, String)> {
        let mut notes = Vec::new();
        let until = step.left.unwrap_or(self.now);
        let spent = until.since(step.entered);
        if step.left.is_none() || spent.as_millis() > 0 {
            notes.push((Style::Dim, time(spent)));
        }
        if let Some((fork, total)) = step.fork {
            notes.push((Style::Dim, self.progress(step, id, fork, total)));
        }
        match &step.status {
            Status::Running if step.retries > 0 => {
                notes.push((Style::Warn, format!("attempt {}", step.retries + 1)));
            }
            Status::Running | Status::Aborted => {}
            Status::Waiting(until) => notes.push((Style::Warn, format!("{} left", time(until.since(self.now))))),
            Status::Retrying(until) => {
                notes.push((Style::Warn, format!("{}, again in {}", trouble(step), time(until.since(self.now)))));
            }
            Status::Callback => notes.push((Style::Warn, "waits for its task token to be answered".into())),
            Status::Worker(arn) => {
                let name = arn.rsplit(':').next().unwrap_or(arn);
                notes.push((Style::Warn, format!("waits for a worker of activity {name}")));
            }
            Status::Succeeded if step.retries > 0 => {
                notes.push((Style::Warn, format!("{} attempts, {}", step.retries + 1, trouble(step))));
            }
            Status::Succeeded => {}
            Status::Caught => notes.push((Style::Warn, format!("caught {}", trouble(step)))),
            Status::Failed => notes.push((Style::Bad, trouble(step))),
        }
        notes
    }

    fn progress(&self, step: &Step, id: &StrandId, fork: u64, total: u32) -> String {
        let children = self.tree.children(id, fork).cloned().unwrap_or_default();
        let what = match (step.state_type, total) {
            (StateType::Map, 1) => "item",
            (StateType::Map, _) => "items",
            (_, 1) => "branch",
            _ => "branches",
        };
        let done = children.succeeded + children.failed + children.aborted;
        let mut text = if done == total { format!("{total} {what}") } else { format!("{done} of {total} {what} done") };
        for (count, word) in [(children.failed, "failed"), (children.aborted, "aborted")] {
            if count > 0 {
                text.extend([", ", &count.to_string(), " ", word]);
            }
        }
        text
    }
}

/// What went wrong, in few words: the error's name, or the cause's first line if there is none.
fn trouble(step: &Step) -> String {
    match &step.trouble {
        Some(Failure { error: Some(error), .. }) => error.clone(),
        Some(Failure { cause: Some(cause), .. }) => cause.lines().next().unwrap_or_default().to_owned(),
        Some(Failure { error: None, cause: None }) | None => "an error".into(),
    }
}

/// The column where notes begin: beyond the names of the root's steps, with room for those within.
fn name_column(tree: &Tree) -> usize {
    let names = tree.strand(&StrandId::root()).map(|strand| strand.steps.as_slice()).unwrap_or_default();
    let longest = names.iter().map(|step| columns(&step.name)).max().unwrap_or(0);
    let forks = names.iter().any(|step| step.fork.is_some());
    (longest + 4 + if forks { 8 } else { 0 }).clamp(24, 56)
}
