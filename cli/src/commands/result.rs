//! How a run ended: the output on stdout, what went wrong on stderr, the exit code.

use crate::definition::Definition;
use crate::view::plain::readable;
use crate::view::style::{Line, Style, time};
use crate::view::tree::Tree;
use engine::Outcome;
use model::{Failure, Payload};
use std::io::{IsTerminal, Write};
use std::path::Path;

/// The exit code of an execution that failed.
const FAILED: u8 = 1;
/// The exit code of an execution that timed out or was aborted.
const NOT_FINISHED: u8 = 3;

/// What is known about a run, for its last word.
pub(super) struct Ended<'a> {
    pub(super) definition: &'a Definition,
    pub(super) execution: &'a str,
    pub(super) data: &'a Path,
    pub(super) colors: bool,
}

impl Ended<'_> {
    /// Prints the end. `tree` knows where it came to it.
    pub(super) fn tell(&self, outcome: &Outcome<Payload>, tree: &Tree) -> u8 {
        match outcome {
            Outcome::Succeeded { output } => {
                print(output);
                0
            }
            Outcome::Failed(failure) => {
                self.tell_failure("failed", failure, tree);
                FAILED
            }
            Outcome::Aborted(failure) => {
                self.tell_failure("was aborted", failure, tree);
                NOT_FINISHED
            }
            Outcome::TimedOut(failure) => {
                self.tell_failure("timed out", failure, tree);
                NOT_FINISHED
            }
        }
    }

    fn tell_failure(&self, how: &str, failure: &Failure, tree: &Tree) {
        let mut lines = Vec::new();
        let mut head = Line::default();
        head.add(Style::Bad, "error").add(Style::Plain, format!(": the execution {how}"));
        if let (Some(started), Some((ended, _))) = (tree.started, &tree.ended) {
            head.add(Style::Plain, format!(" after {}", time(ended.since(started))));
        }
        let culprit = tree.culprit();
        if let Some((path, step)) = &culprit {
            head.add(Style::Plain, " in state ").add(Style::Bold, &step.name);
            if !path.is_empty() {
                head.add(Style::Plain, format!(" ({path})"));
            }
        }
        lines.push(head);
        let mut field = |name: &str, text: &str| {
            for (number, part) in text.lines().enumerate() {
                let mut line = Line::default();
                line.add(Style::Dim, format!("  {:<9}", if number == 0 { name } else { "" })).add(Style::Plain, part);
                lines.push(line);
            }
        };
        if let Some(error) = &failure.error {
            field("error", error);
        }
        if let Some(cause) = &failure.cause {
            field("cause", &readable(cause));
        }
        if let Some(place) = culprit.as_ref().and_then(|(_, step)| self.definition.place_of(&step.name)) {
            field("state", &place);
        }
        field(
            "history",
            &format!(
                "ratchet local --data {data}\n\
                 aws stepfunctions get-execution-history --endpoint-url http://127.0.0.1:8083 --execution-arn {arn}",
                data = self.data.display(),
                arn = self.execution
            ),
        );
        let mut err = std::io::stderr().lock();
        for line in lines {
            let _ = writeln!(err, "{}", line.render(usize::MAX, self.colors));
        }
    }
}

/// The output on stdout: spread out for people, as it is for programs.
fn print(output: &Payload) {
    let mut out = std::io::stdout().lock();
    let text = if out.is_terminal() {
        serde_json::to_string_pretty(output.value()).unwrap_or_else(|_| output.text().to_owned())
    } else {
        output.value().to_string()
    };
    // A reader that has gone away has seen enough.
    let _ = writeln!(out, "{text}");
}
