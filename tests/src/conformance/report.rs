//! What came of all cases: a table, and what the list of pending ones says that is not so.

use super::format::{Case, Marker, QueryLanguage};
use super::pending::{Pending, reason};
use super::table::{Row, Share, counts, percentage};
use super::variation::Verdict;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

const QUERY_LANGUAGES: [QueryLanguage; 2] = [QueryLanguage::JsonPath, QueryLanguage::Jsonata];

/// What must hold of the required cases.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The least share of those in each query language that must match, in thousandths.
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
    pub(crate) fn matches(&self) -> bool {
        matches!(self, Self::Ran(verdict) if verdict.first().is_none())
    }
}

/// All cases with what became of them.
pub struct Report<'a> {
    results: Vec<(&'a Case, CaseResult)>,
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
        let [paths, queries] = QUERY_LANGUAGES.map(|language| self.share(language));
        let both = all.share;
        let _ = writeln!(text, "REQUIRED (no service but Lambda): JSONPath {paths}; JSONata {queries}; both {both}");
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

    /// How many of the cases in this language that must match do.
    fn share(&self, language: QueryLanguage) -> Share {
        let mut share = Share::default();
        for (case, result) in self.results.iter().filter(|(case, _)| case.query_language == language) {
            share.add(case, result);
        }
        share
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
        for language in QUERY_LANGUAGES {
            let share = self.share(language);
            if share.is_below(least_matching_permille) {
                let least = percentage(least_matching_permille, 1_000);
                wrong.push(format!("of the required cases in {language} {share}, fewer than {least}"));
            }
        }
        let unexplained: Vec<_> = self
            .results
            .iter()
            .filter(|(case, result)| {
                counts(case)
                    && case.source.marker == Marker::Validated
                    && !result.matches()
                    && !pending.explains(&case.id)
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

#[cfg(test)]
mod tests {
    use super::super::compare::Mismatch;
    use super::super::run::Outcome;
    use super::*;
    use serde_json::json;

    fn case(id: &str, marker: &str) -> Case {
        case_in("jsonpath", id, marker)
    }

    fn case_in(language: &str, id: &str, marker: &str) -> Case {
        let case = json!({
            "id": id, "category": "base", "kind": "execution", "query_language": language, "requires": ["lambda"],
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
        assert_eq!(too_few, ["of the required cases in JSONPath 48 of 49 match, 97.9%, fewer than 98.0%"]);
    }

    #[test]
    fn the_bound_holds_in_each_query_language() {
        let many: Vec<_> = (0..99).map(|index| case(&index.to_string(), "validated")).collect();
        let bad = case_in("jsonata", "bad", "validated");
        let mut results: Vec<_> = many.iter().map(|case| (case, ran(true))).collect();
        results.push((&bad, ran(false)));
        let report = Report::new(results);
        let pending = Pending::parse(&format!("bad\t{WHY}\n"));
        let bounds = Bounds { least_matching_permille: 980, most_unexplained: 0 };
        let wrong = ["of the required cases in JSONata 0 of 1 match, 0.0%, fewer than 98.0%"];
        assert_eq!(report.against(&pending, bounds), wrong);
        let summary = "JSONPath 99 of 99 match, 100.0%; JSONata 0 of 1 match, 0.0%; both 99 of 100 match, 99.0%";
        assert!(report.table(&pending).contains(summary), "{}", report.table(&pending));
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
}
