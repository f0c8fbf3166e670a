//! The text of a tasks file, and what is wrong with it: every problem with its line and column.

use std::fmt;
use std::ops::Range;
use std::path::Path;

/// One thing that is wrong with a tasks file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `tasks.toml:3:5`: file, line, column; without the last two where they are not known.
    pub place: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

pub(super) fn in_lines(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// A file's text.
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl Source<'_> {
    /// A problem with this part of the text.
    pub(super) fn problem(&self, span: &Range<usize>, message: impl Into<String>) -> Problem {
        let (line, column) = self.position(span.start);
        Problem { place: format!("{}:{line}:{column}", self.path.display()), message: message.into() }
    }

    /// `tasks.toml:3`.
    pub(super) fn place(&self, span: &Range<usize>) -> String {
        format!("{}:{}", self.path.display(), self.position(span.start).0)
    }

    /// Line and column, both from 1; columns count characters.
    fn position(&self, offset: usize) -> (usize, usize) {
        let before = &self.text.get(..offset.min(self.text.len())).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }
}
