//! What came of all cases: a table, and the list of those that do not match yet, which only shrinks.

use super::compare::Mismatch;
use super::format::{Case, REQUIRED_CATEGORIES};
use super::variation::{Variation, Verdict};
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What became of one case.
#[derive(Debug)]
pub enum CaseResult {
    /// It did not run.
    Skipped(&'static str),
    /// It ran.
    Ran(Box<Verdict>),
}

/// All cases with what became of them.
pub struct Report<'a> {
    results: Vec<(&'a Case, CaseResult)>,
}

/// A row of the table.
#[derive(Clone, Debug, Default)]
struct Row {
    cases: usize,
    ran: usize,
    matching: usize,
    runs: usize,
    skipped: BTreeMap<&'static str, usize>,
}

impl Row {
    fn add(&mut self, result: &CaseResult) {
        self.cases += 1;
        match result {
            CaseResult::Skipped(reason) => *self.skipped.entry(*reason).or_default() += 1,
            CaseResult::Ran(verdict) => {
                self.ran += 1;
                self.runs += verdict.runs;
                self.matching += usize::from(verdict.first().is_none());
            }
        }
    }

    fn write(&self, name: &str, text: &mut String) {
        let skipped: Vec<_> = self.skipped.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        let pending = self.ran - self.matching;
        let _ = writeln!(
            text,
            "{name:<24}{:>7}{:>7}{:>7}{:>9}{:>7}  {}",
            self.cases,
            self.ran,
            self.matching,
            pending,
            self.runs,
            skipped.join(", ")
        );
    }
}

impl<'a> Report<'a> {
    /// A report on these results.
    pub fn new(results: Vec<(&'a Case, CaseResult)>) -> Self {
        Self { results }
    }

    /// The table, per category: required ones first.
    pub fn table(&self) -> String {
        let mut rows: BTreeMap<(bool, &str), Row> = BTreeMap::new();
        let mut totals = [Row::default(), Row::default()];
        let (mut texts, mut equal_texts) = (0, 0);
        let mut extra = BTreeSet::new();
        for (case, result) in &self.results {
            let optional = !case.is_required();
            rows.entry((optional, &case.category)).or_default().add(result);
            totals[usize::from(optional)].add(result);
            if let CaseResult::Ran(verdict) = result {
                texts += verdict.straight.texts;
                equal_texts += verdict.straight.texts - verdict.straight.unequal_texts.len();
                extra.extend(verdict.straight.extra.iter().map(String::as_str));
            }
        }
        let mut text = format!(
            "{:<24}{:>7}{:>7}{:>7}{:>9}{:>7}  skipped\n",
            "category", "cases", "run", "match", "pending", "runs"
        );
        let mut last = false;
        for ((optional, category), row) in &rows {
            if *optional && !last {
                totals[0].write("REQUIRED", &mut text);
                last = true;
            }
            row.write(category, &mut text);
        }
        totals[1].write("OTHER", &mut text);
        let required = &totals[0];
        let _ = writeln!(
            text,
            "required categories ({}): {} of {} match, {}",
            REQUIRED_CATEGORIES.len(),
            required.matching,
            required.ran,
            percentage(required.matching, required.ran)
        );
        let _ = writeln!(text, "texts equal to AWS's byte for byte: {equal_texts} of {texts}");
        let extra: Vec<_> = extra.into_iter().collect();
        let _ = writeln!(text, "members that no recording has: {}", extra.join(", "));
        text
    }

    /// The differences of every case that ran, for people.
    pub fn differences(&self) -> String {
        let mut text = String::new();
        for (case, result) in &self.results {
            let CaseResult::Ran(verdict) = result else { continue };
            let _ = writeln!(text, "\n{} ({} records)", case.id, verdict.straight.records);
            for mismatch in &verdict.straight.mismatches {
                let _ = writeln!(text, "  straight: {mismatch}");
            }
            for unequal in &verdict.straight.unequal_texts {
                let _ = writeln!(text, "  other bytes (which is allowed): {unequal}");
            }
            if let Some((variation, outcome)) = &verdict.varied {
                for mismatch in &outcome.mismatches {
                    let _ = writeln!(text, "  {variation}: {mismatch}");
                }
                for problem in &outcome.problems {
                    let _ = writeln!(text, "  {variation}: handler: {problem}");
                }
            }
            for problem in &verdict.straight.problems {
                let _ = writeln!(text, "  handler: {problem}");
            }
            if verdict.first().is_none() {
                let _ = writeln!(text, "  matches, in {} runs", verdict.runs);
            }
        }
        text
    }

    /// What the list says that is not so, and what is so that it does not say.
    pub fn against(&self, pending: &Pending) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut known = BTreeSet::new();
        for (case, result) in &self.results {
            known.insert(case.id.as_str());
            let listed = pending.reasons.contains_key(&case.id);
            match result {
                CaseResult::Skipped(reason) if listed => {
                    wrong.push(format!("{}: listed, but skipped ({reason}); delete its line", case.id));
                }
                CaseResult::Skipped(_) => {}
                CaseResult::Ran(verdict) => match (verdict.first(), listed) {
                    (Some((variation, mismatch)), false) => {
                        wrong.push(format!("{}\n    {variation}: {mismatch}", case.id));
                    }
                    (None, true) => wrong.push(format!("{}: matches now; delete its line", case.id)),
                    (Some(_), true) | (None, false) => {}
                },
            }
        }
        for id in pending.reasons.keys().filter(|id| !known.contains(id.as_str())) {
            wrong.push(format!("{id}: listed, but there is no such case; delete its line"));
        }
        wrong
    }

    /// The list as it should be; reasons that are there stay.
    pub fn pending(&self, before: &Pending) -> Pending {
        let mut reasons = BTreeMap::new();
        for (case, result) in &self.results {
            let CaseResult::Ran(verdict) = result else { continue };
            let Some((variation, mismatch)) = verdict.first() else { continue };
            let new = || reason(variation, mismatch);
            let reason = before.reasons.get(&case.id).cloned().unwrap_or_else(new);
            reasons.insert(case.id.clone(), reason);
        }
        Pending { reasons }
    }
}

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

    /// Reads a list: a case's id, a tab and a reason on each line.
    pub fn parse(text: &str) -> Self {
        let entry = |line: &str| {
            let (id, reason) = line.split_once('\t').unwrap_or((line, ""));
            (id.to_owned(), reason.to_owned())
        };
        Self { reasons: text.lines().filter(|line| !line.is_empty()).map(entry).collect() }
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
}

/// Why a case does not match, in a line: what is not supported yet, or else the first difference.
fn reason(variation: Variation, mismatch: &Mismatch) -> String {
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

fn percentage(part: usize, whole: usize) -> String {
    // Tenths of a percent, rounded down, so that 100.0% means all.
    let tenths = (part * 1_000).checked_div(whole).unwrap_or(1_000);
    format!("{}.{}%", tenths / 10, tenths % 10)
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
    fn only_all_is_a_hundred_percent() {
        assert_eq!(percentage(1999, 2000), "99.9%");
        assert_eq!(percentage(7, 7), "100.0%");
    }
}
