//! What came of all cases: a table, and what the list of pending ones says that is not so.

use super::format::{Case, Marker};
use super::pending::{Pending, reason};
use super::variation::Verdict;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// What must hold of the required cases.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The least share of them that must match, in thousandths.
    pub least_matching_permille: usize,
    /// How many of them may be pending whose recording is validated, and that the list does not explain.
    pub most_unexplained: usize,
}

/// What must hold today.
pub const BOUNDS: Bounds = Bounds { least_matching_permille: 980, most_unexplained: 0 };

/// What became of one case.
#[derive(Debug)]
pub enum CaseResult {
    /// It did not run.
    Skipped(&'static str),
    /// It ran.
    Ran(Box<Verdict>),
}

impl CaseResult {
    fn matches(&self) -> bool {
        matches!(self, Self::Ran(verdict) if verdict.first().is_none())
    }
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
    required: usize,
    required_matching: usize,
    skipped: BTreeMap<&'static str, usize>,
}

impl Row {
    fn add(&mut self, case: &Case, result: &CaseResult) {
        self.cases += 1;
        if counts(case) {
            self.required += 1;
            self.required_matching += usize::from(result.matches());
        }
        match result {
            CaseResult::Skipped(reason) => *self.skipped.entry(*reason).or_default() += 1,
            CaseResult::Ran(verdict) => {
                self.ran += 1;
                self.runs += verdict.runs;
                self.matching += usize::from(result.matches());
            }
        }
    }

    fn write(&self, name: &str, text: &mut String) {
        let skipped: Vec<_> = self.skipped.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        let share = if self.required == 0 { "-".to_owned() } else { percentage(self.required_matching, self.required) };
        let Self { cases, ran, matching, runs, required, required_matching, .. } = self;
        let line = format!(
            "{name:<21}{cases:>6}{ran:>6}{matching:>6}{runs:>7}{required:>10}{required_matching:>6}{share:>8}  {}",
            skipped.join(", ")
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

impl<'a> Report<'a> {
    /// A report on these results.
    pub fn new(results: Vec<(&'a Case, CaseResult)>) -> Self {
        Self { results }
    }

    /// The table per category, the required cases summed up, and those of them that are not counted or do not match.
    pub fn table(&self, pending: &Pending) -> String {
        let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
        let mut all = Row::default();
        let (mut texts, mut planted) = (0, 0);
        let mut extra = BTreeSet::new();
        for (case, result) in &self.results {
            rows.entry(&case.category).or_default().add(case, result);
            all.add(case, result);
            if let CaseResult::Ran(verdict) = result {
                texts += verdict.straight.texts;
                planted += verdict.straight.planted;
                extra.extend(verdict.straight.extra.iter().map(String::as_str));
            }
        }
        let mut text = format!(
            "{:<21}{:>6}{:>6}{:>6}{:>7}{:>10}{:>6}{:>8}  skipped\n",
            "category", "cases", "run", "match", "runs", "required", "match", ""
        );
        for (category, row) in &rows {
            row.write(category, &mut text);
        }
        all.write("ALL", &mut text);
        let (matching, required) = (all.required_matching, all.required);
        let share = percentage(matching, required);
        let _ = writeln!(text, "REQUIRED (JSONPath, no service but Lambda): {matching} of {required} match, {share}");
        for (case, reason) in self.unreliable() {
            let _ = writeln!(text, "not counted: {}: {reason}", case.id);
        }
        for (case, _) in self.results.iter().filter(|(case, result)| counts(case) && !result.matches()) {
            let _ = writeln!(text, "pending: {}: {}", case.id, pending.reason(&case.id).unwrap_or("not on the list"));
        }
        let _ = writeln!(text, "texts that AWS gave byte for byte, and that were compared so: {texts}");
        let _ = writeln!(text, "wrong answers that were planted, and found: {planted}");
        let extra: Vec<_> = extra.into_iter().collect();
        let _ = writeln!(text, "members that some recording lacks: {}", extra.join(", "));
        text
    }

    /// Cases that would be required if their recordings could be relied on, and why they cannot.
    fn unreliable(&self) -> impl Iterator<Item = (&Case, &'static str)> {
        let required = self.results.iter().map(|(case, _)| *case).filter(|case| case.is_required());
        required.filter_map(|case| Some((case, case.unreliable()?)))
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
            if result.matches() {
                let _ = writeln!(text, "  matches, in {} runs", verdict.runs);
            }
        }
        text
    }

    /// What is wrong: too few of the required cases match, or too many are pending unexplained; what the list says
    /// that is not so, and what is so that it does not say.
    pub fn against(&self, pending: &Pending, bounds: Bounds) -> Vec<String> {
        let mut wrong = self.shortfalls(pending, bounds);
        let mut known = BTreeSet::new();
        for (case, result) in &self.results {
            known.insert(case.id.as_str());
            let listed = pending.reason(&case.id).is_some();
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
        for id in pending.ids().filter(|id| !known.contains(id)) {
            wrong.push(format!("{id}: listed, but there is no such case; delete its line"));
        }
        wrong
    }

    fn shortfalls(&self, pending: &Pending, bounds: Bounds) -> Vec<String> {
        let Bounds { least_matching_permille, most_unexplained } = bounds;
        let mut wrong = Vec::new();
        let required: Vec<_> = self.results.iter().filter(|(case, _)| counts(case)).collect();
        let matching = required.iter().filter(|(_, result)| result.matches()).count();
        if matching * 1_000 < required.len() * least_matching_permille {
            let least = percentage(least_matching_permille, 1_000);
            wrong.push(format!(
                "{} of the required cases match, fewer than {least}",
                percentage(matching, required.len())
            ));
        }
        let unexplained: Vec<_> = required
            .iter()
            .filter(|(case, result)| {
                case.source.marker == Marker::Validated && !result.matches() && !pending.explains(&case.id)
            })
            .map(|(case, _)| format!("\n    {}", case.id))
            .collect();
        if unexplained.len() > most_unexplained {
            let ids = unexplained.concat();
            wrong.push(format!("pending, validated, and nothing explains why AWS cannot be matched:{ids}"));
        }
        wrong
    }

    /// The list as it should be; reasons that are there stay.
    pub fn pending(&self, before: &Pending) -> Pending {
        let mut reasons = BTreeMap::new();
        for (case, result) in &self.results {
            let CaseResult::Ran(verdict) = result else { continue };
            let Some((variation, mismatch)) = verdict.first() else { continue };
            let known = before.reason(&case.id).map(ToOwned::to_owned);
            reasons.insert(case.id.clone(), known.unwrap_or_else(|| reason(variation, mismatch)));
        }
        Pending::new(reasons)
    }
}

/// Whether the case is one of those that are counted: it must match.
fn counts(case: &Case) -> bool {
    case.is_required() && case.unreliable().is_none()
}

fn percentage(part: usize, whole: usize) -> String {
    // Tenths of a percent, rounded down, so that 100.0% means all.
    let tenths = (part * 1_000).checked_div(whole).unwrap_or(1_000);
    format!("{}.{}%", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::super::compare::Mismatch;
    use super::super::run::Outcome;
    use super::*;
    use serde_json::json;

    fn case(id: &str, marker: &str) -> Case {
        let case = json!({
            "id": id, "category": "base", "kind": "execution", "query_language": "jsonpath", "requires": ["lambda"],
            "source": { "marker": marker }, "definitions": {}, "steps": [],
        });
        serde_json::from_value(case).expect("a case")
    }

    fn ran(matches: bool) -> CaseResult {
        let mismatch = || Mismatch { path: "s0".into(), expected: "1".into(), actual: "2".into() };
        let mismatches = if matches { Vec::new() } else { vec![mismatch()] };
        let straight = Outcome { mismatches, ..Outcome::default() };
        CaseResult::Ran(Box::new(Verdict { straight, varied: None, runs: 1 }))
    }

    /// What is wrong with so many cases that match, and one that does not and is on the list for this reason.
    fn wrong(matching: usize, marker: &str, reason: &str) -> Vec<String> {
        let good: Vec<_> = (0..matching).map(|index| case(&index.to_string(), "validated")).collect();
        let bad = case("bad", marker);
        let mut results: Vec<_> = good.iter().map(|case| (case, ran(true))).collect();
        results.push((&bad, ran(false)));
        let bounds = Bounds { least_matching_permille: 980, most_unexplained: 0 };
        Report::new(results).against(&Pending::parse(&format!("bad\t{reason}\n")), bounds)
    }

    const WHY: &str = "cannot match: AWS was asleep";

    #[test]
    fn too_few_that_match_are_wrong() {
        assert_eq!(wrong(49, "validated", WHY), Vec::<String>::new());
        let too_few = wrong(48, "validated", WHY);
        assert!(too_few[0].starts_with("97.9% of the required cases match"), "{too_few:?}");
    }

    #[test]
    fn a_validated_case_is_pending_only_with_an_explanation() {
        let unexplained = wrong(99, "validated", "not supported yet: naps");
        assert!(unexplained[0].ends_with("\n    bad"), "{unexplained:?}");
        assert_eq!(wrong(99, "unconfirmed", "not supported yet: naps"), Vec::<String>::new());
    }

    #[test]
    fn a_case_whose_recording_nobody_relies_on_does_not_count() {
        assert_eq!(wrong(0, "needs_fixing", "its ids are wrong"), Vec::<String>::new());
    }

    #[test]
    fn the_list_says_what_is_so() {
        let (good, bad) = (case("good", "validated"), case("bad", "validated"));
        let report = Report::new(vec![(&good, ran(true)), (&bad, ran(false))]);
        let bounds = Bounds { least_matching_permille: 0, most_unexplained: 1 };
        let wrong = report.against(&Pending::parse("good\twhy\ngone\twhy\n"), bounds);
        assert_eq!(wrong.len(), 3, "one matches, one is unlisted, one is not there: {wrong:?}");
    }

    #[test]
    fn only_all_is_a_hundred_percent() {
        assert_eq!(percentage(1999, 2000), "99.9%");
        assert_eq!(percentage(7, 7), "100.0%");
    }
}
