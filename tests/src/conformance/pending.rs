//! The list of cases that do not match yet, with a reason for each. It only shrinks.

use super::compare::Mismatch;
use super::variation::Variation;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// How a reason begins that explains why AWS cannot be matched, ever; any other says what is missing so far.
const EXPLANATION: &str = "cannot match: ";

/// The cases that do not match yet.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pending {
    reasons: BTreeMap<String, String>,
}

impl Pending {
    /// Where the list lies.
    pub fn path() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance-pending.txt")
    }

    /// A list of these cases.
    pub fn new(reasons: BTreeMap<String, String>) -> Self {
        Self { reasons }
    }

    /// Reads a list: a case's id, a tab and a reason on each line.
    pub fn parse(text: &str) -> Self {
        let entry = |line: &str| {
            let (id, reason) = line.split_once('\t').unwrap_or((line, ""));
            (id.to_owned(), reason.to_owned())
        };
        Self::new(text.lines().filter(|line| !line.is_empty()).map(entry).collect())
    }

    /// Reads the list; an absent one is empty.
    pub fn read() -> Result<Self> {
        match std::fs::read_to_string(Self::path()) {
            Ok(text) => Ok(Self::parse(&text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("failed to read {}", Self::path().display())),
        }
    }

    /// Writes the list.
    pub fn write(&self) -> Result<()> {
        std::fs::write(Self::path(), self.to_text())
            .with_context(|| format!("failed to write {}", Self::path().display()))
    }

    /// The list as it is written, sorted by id.
    pub fn to_text(&self) -> String {
        self.reasons.iter().fold(String::new(), |mut text, (id, reason)| {
            let _ = writeln!(text, "{id}\t{reason}");
            text
        })
    }

    /// The ids, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.reasons.keys().map(String::as_str)
    }

    /// Why this case is on the list, if it is.
    pub fn reason(&self, id: &str) -> Option<&str> {
        self.reasons.get(id).map(String::as_str)
    }

    /// Whether the list explains why this case can never match, rather than say what is missing.
    pub fn explains(&self, id: &str) -> bool {
        self.reason(id).and_then(|reason| reason.strip_prefix(EXPLANATION)).is_some_and(|why| !why.trim().is_empty())
    }
}

/// Why a case does not match, in a line: what is not supported yet, or else the first difference.
pub(crate) fn reason(variation: Variation, mismatch: &Mismatch) -> String {
    let refused = || {
        let ends = [" is an operation of AWS", " are not supported yet", " is not supported yet"];
        let before = &mismatch.actual[..ends.iter().find_map(|end| mismatch.actual.find(end))?];
        let starts = ["NOT_SUPPORTED: ", "\"message\":\""];
        let begin = starts.iter().find_map(|start| Some(before.find(start)? + start.len()))?;
        Some(format!("not supported yet: {}", &before[begin..]))
    };
    let Mismatch { path, expected, actual } = mismatch;
    let differs = || format!("{variation}: {path}: expected {expected}, found {actual}");
    one_line(&refused().unwrap_or_else(differs))
}

/// The text on one line of bearable length.
fn one_line(text: &str) -> String {
    const LONGEST: usize = 300;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST { line } else { line.chars().take(LONGEST).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_written_as_it_was_read() {
        let text = "a::b[c]\treason: one\nz\tother\n";
        assert_eq!(Pending::parse(text).to_text(), text);
    }

    #[test]
    fn what_is_missing_explains_nothing() {
        let list =
            Pending::parse("a\tnot supported yet: Assign\nb\tcannot match: AWS reads its clock\nc\tcannot match: \n");
        assert_eq!(["a", "b", "c", "d"].map(|id| list.explains(id)), [false, true, false, false]);
    }
}
