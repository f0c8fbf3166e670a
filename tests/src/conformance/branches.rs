//! Histories in which branches or iterations took turns.
//!
//! Each recorded event is matched with one that was found, so that both say the same and follow matching events: the
//! order within each branch, and what it follows, are exact. What stands before the first fork and after the last join
//! has its recorded place, too. Only a join may follow whichever of the branches ended last.

use super::bindings::Bindings;
use super::compare::{Comparer, Mismatch};
use super::events::{about, kind, previous, same_number, same_types, types, without_place};
use serde_json::Value;
use std::ops::Range;

/// How many pairs of events are looked at before a history is given up as too ambiguous.
const MOST_TRIES: usize = 200_000;

impl Comparer {
    /// Compares histories branch by branch.
    pub(crate) fn same_branches(
        &mut self,
        bindings: &Bindings,
        path: &str,
        wanted: &[Value],
        found: &[Value],
    ) -> Result<(), Mismatch> {
        if wanted.len() != found.len() {
            same_types(path, wanted, found)?;
            same_number(path, wanted.len(), found.len())?;
        }
        let free = interleaved(wanted);
        let search = Search { bindings, path, wanted, found, free, tries: 0, furthest: None };
        *self = search.run(self)?;
        Ok(())
    }
}

/// The events that may have any place among themselves.
fn interleaved(events: &[Value]) -> Range<usize> {
    let begins = |event: &Value| matches!(kind(event), "MapStateStarted" | "ParallelStateStarted");
    let ends = |event: &Value| {
        let suffixes = ["Succeeded", "Failed", "Aborted"];
        ["MapState", "ParallelState"]
            .iter()
            .any(|fork| kind(event).strip_prefix(fork).is_some_and(|suffix| suffixes.contains(&suffix)))
    };
    let begin = events.iter().position(begins).map_or(events.len(), |index| index + 1);
    let end = events.iter().rposition(ends).unwrap_or(events.len());
    begin..end.max(begin)
}

/// Whether the event follows whichever branch ended last.
fn is_join(event: &Value) -> bool {
    matches!(kind(event), "MapStateSucceeded" | "ParallelStateSucceeded" | "MapStateExited" | "ParallelStateExited")
}

struct Search<'a> {
    bindings: &'a Bindings,
    path: &'a str,
    wanted: &'a [Value],
    found: &'a [Value],
    free: Range<usize>,
    tries: usize,
    /// The furthest event that matched nothing, and the first way in which something differed from it.
    furthest: Option<(usize, Mismatch)>,
}

impl Search<'_> {
    fn run(mut self, comparer: &Comparer) -> Result<Comparer, Mismatch> {
        let mut pairs = Vec::new();
        match self.next(&mut pairs, comparer) {
            Some(comparer) => Ok(comparer),
            None => Err(match self.furthest {
                Some((_, difference)) => difference,
                None => Mismatch { path: self.path.into(), expected: types(self.wanted), actual: types(self.found) },
            }),
        }
    }

    /// Matches the events after those that are matched; what was captured if that goes to the end.
    fn next(&mut self, pairs: &mut Vec<usize>, comparer: &Comparer) -> Option<Comparer> {
        let index = pairs.len();
        let Some(event) = self.wanted.get(index) else { return Some(comparer.clone()) };
        let candidates: Vec<usize> = if self.free.contains(&index) {
            self.free.clone().filter(|candidate| !pairs.contains(candidate)).collect()
        } else {
            vec![index]
        };
        let mut difference = None;
        for candidate in candidates {
            self.tries += 1;
            if self.tries > MOST_TRIES {
                return None;
            }
            match self.same(pairs, index, candidate, comparer) {
                Ok(comparer) => {
                    pairs.push(candidate);
                    if let Some(done) = self.next(pairs, &comparer) {
                        return Some(done);
                    }
                    pairs.pop();
                }
                Err(found) => difference = difference.or(found),
            }
        }
        if self.furthest.as_ref().is_none_or(|(furthest, _)| *furthest < index) {
            let absent = || Mismatch {
                path: format!("{}.events[{index}]", self.path),
                expected: self.bindings.fill_value(event).to_string(),
                actual: format!("(no such event follows its like) {}", types(self.found)),
            };
            self.furthest = Some((index, difference.map_or_else(absent, |found| about(event, found))));
        }
        None
    }

    /// Whether both events say the same and follow matching ones. If the candidate is of another type or follows
    /// something else, that is no difference worth telling.
    fn same(
        &self,
        pairs: &[usize],
        index: usize,
        candidate: usize,
        comparer: &Comparer,
    ) -> Result<Comparer, Option<Mismatch>> {
        let (event, there) = (&self.wanted[index], &self.found[candidate]);
        if kind(event) != kind(there) || !self.follows(pairs, event, there) {
            return Err(None);
        }
        let mut attempt = comparer.clone();
        match attempt.compare(self.bindings, self.path, &without_place(event), &without_place(there)) {
            Ok(()) => Ok(attempt),
            Err(difference) => Err(Some(difference)),
        }
    }

    fn follows(&self, pairs: &[usize], event: &Value, there: &Value) -> bool {
        let place = |events: &[Value], event: &Value| {
            let id = previous(event).filter(|id| *id > 0)?;
            events.iter().position(|other| other.get("id").and_then(Value::as_u64) == Some(id))
        };
        match (place(self.wanted, event), place(self.found, there)) {
            (None, None) => true,
            (Some(wanted), Some(found)) if is_join(event) => {
                // Both events of one join follow the same branch.
                let partner = (0..pairs.len())
                    .find(|&one| is_join(&self.wanted[one]) && previous(&self.wanted[one]) == previous(event));
                kind(&self.wanted[wanted]) == kind(&self.found[found])
                    && partner.is_none_or(|one| previous(&self.found[pairs[one]]) == previous(there))
            }
            (Some(wanted), Some(found)) => pairs.get(wanted) == Some(&found),
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::events::Order;
    use super::*;
    use serde_json::json;

    /// Events of a Parallel of two branches of a Pass and a Task each: type, name, what it follows.
    fn history(rows: &[(&str, &str, u64)]) -> Value {
        let event = |(index, (kind, name, previous)): (usize, &(&str, &str, u64))| json!({ "id": index + 1, "type": kind, "previousEventId": previous, "timestamp": 1, "details": { "name": name } });
        json!({ "events": rows.iter().enumerate().map(event).collect::<Vec<_>>() })
    }

    const RECORDED: [(&str, &str, u64); 10] = [
        ("ExecutionStarted", "", 0),
        ("ParallelStateEntered", "P", 0),
        ("ParallelStateStarted", "", 2),
        ("PassStateEntered", "A", 3),
        ("PassStateExited", "A", 4),
        ("PassStateEntered", "B", 3),
        ("PassStateExited", "B", 6),
        ("ParallelStateSucceeded", "", 7),
        ("ParallelStateExited", "P", 7),
        ("ExecutionSucceeded", "", 9),
    ];

    fn check(rows: &[(&str, &str, u64)]) -> Result<(), Mismatch> {
        let place = model::arn::Place { partition: "aws".into(), region: "r".into(), account: "1".into() };
        let bindings = Bindings::new(&place, model::Timestamp::default());
        let (expected, actual) = (history(&RECORDED), history(rows));
        Comparer::default().compare_history(&bindings, "s0", &expected, &actual, Order::Interleaved)
    }

    /// The recorded events with some in other places.
    fn with(changes: &[(usize, (&'static str, &'static str, u64))]) -> Vec<(&'static str, &'static str, u64)> {
        let mut rows = RECORDED.to_vec();
        for (index, row) in changes {
            rows[*index] = *row;
        }
        rows
    }

    #[test]
    fn branches_may_take_other_turns() {
        assert_eq!(check(&RECORDED), Ok(()));
        let others = [
            (3, ("PassStateEntered", "B", 3)),
            (4, ("PassStateEntered", "A", 3)),
            (5, ("PassStateExited", "B", 4)),
            (6, ("PassStateExited", "A", 5)),
        ];
        assert_eq!(check(&with(&others)), Ok(()));
    }

    #[test]
    fn an_event_that_follows_the_other_branch_is_found() {
        let crossed =
            [(4, ("PassStateEntered", "B", 3)), (5, ("PassStateExited", "A", 5)), (6, ("PassStateExited", "B", 4))];
        assert!(check(&with(&crossed)).is_err());
        assert!(check(&with(&[(5, ("PassStateEntered", "B", 4))])).is_err());
    }

    #[test]
    fn events_outside_of_the_fork_have_their_places() {
        assert!(check(&with(&[(1, ("ParallelStateEntered", "P", 1))])).is_err());
        let late = [(8, ("ExecutionSucceeded", "", 7)), (9, ("ParallelStateExited", "P", 7))];
        assert!(check(&with(&late)).is_err());
    }

    #[test]
    fn both_events_of_a_join_follow_one_branch() {
        assert_eq!(
            check(&with(&[(7, ("ParallelStateSucceeded", "", 5)), (8, ("ParallelStateExited", "P", 5))])),
            Ok(())
        );
        assert!(check(&with(&[(7, ("ParallelStateSucceeded", "", 5))])).is_err());
        assert!(check(&with(&[(7, ("ParallelStateSucceeded", "", 4)), (8, ("ParallelStateExited", "P", 4))])).is_err());
    }

    #[test]
    fn another_detail_or_another_number_of_events_is_found() {
        assert!(check(&with(&[(3, ("PassStateEntered", "C", 3))])).is_err());
        assert!(check(&RECORDED[..9]).is_err());
    }
}
