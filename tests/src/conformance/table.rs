//! The rows of the table: how many cases of a category ran and match, and how many of them must.

use super::format::Case;
use super::report::CaseResult;
use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// How many of the cases that must match do.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Share {
    matching: usize,
    required: usize,
}

impl Share {
    pub(crate) fn add(&mut self, case: &Case, result: &CaseResult) {
        if counts(case) {
            self.required += 1;
            self.matching += usize::from(result.matches());
        }
    }

    pub(crate) fn is_below(self, permille: usize) -> bool {
        self.matching * 1_000 < self.required * permille
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { matching, required } = *self;
        write!(f, "{matching} of {required} match, {}", percentage(matching, required))
    }
}

/// A row of the table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    cases: usize,
    ran: usize,
    matching: usize,
    runs: usize,
    pub(crate) share: Share,
    skipped: BTreeMap<&'static str, usize>,
}

impl Row {
    pub(crate) fn add(&mut self, case: &Case, result: &CaseResult) {
        self.cases += 1;
        self.share.add(case, result);
        match result {
            CaseResult::Skipped(reason) => *self.skipped.entry(*reason).or_default() += 1,
            CaseResult::Ran(verdict) => {
                self.ran += 1;
                self.runs += verdict.runs;
                self.matching += usize::from(result.matches());
            }
        }
    }

    pub(crate) fn write(&self, name: &str, text: &mut String) {
        let skipped: Vec<_> = self.skipped.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        let Self { cases, ran, matching, runs, share, .. } = self;
        let Share { matching: as_required, required } = *share;
        let share = if required == 0 { "-".to_owned() } else { percentage(as_required, required) };
        let line = format!(
            "{name:<21}{cases:>6}{ran:>6}{matching:>6}{runs:>7}{required:>10}{as_required:>6}{share:>8}  {}",
            skipped.join(", ")
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

/// Whether the case is one of those that are counted: it must match.
pub(crate) fn counts(case: &Case) -> bool {
    case.is_required() && case.unreliable().is_none()
}

pub(crate) fn percentage(part: usize, whole: usize) -> String {
    // Tenths of a percent, rounded down, so that 100.0% means all.
    let tenths = (part * 1_000).checked_div(whole).unwrap_or(1_000);
    format!("{}.{}%", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_all_is_a_hundred_percent() {
        assert_eq!(percentage(1999, 2000), "99.9%");
        assert_eq!(percentage(7, 7), "100.0%");
    }
}
