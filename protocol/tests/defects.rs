//! The check can fail: every wrong reading yields a counterexample.

use ratchet_protocol::defects::{CASES, Case};
use ratchet_protocol::explore::{Effort, explore};
use std::io::{self, Write as _};

/// The most steps within which a wrong reading shows.
const MOST_STEPS: usize = 400_000;

#[test]
fn every_wrong_reading_yields_a_counterexample() -> io::Result<()> {
    let mut lines = io::stderr();
    let mut unseen = Vec::new();
    for case in CASES {
        let report = explore(case.protocol(), Effort { steps: Some(MOST_STEPS), ..Effort::default() });
        match &report.counterexample {
            Some(found) => writeln!(
                lines,
                "protocol: {:<58} {:>7} states, {:>2} steps: not so: {}",
                case.name,
                report.states,
                found.steps.len() - 1,
                found.property
            )?,
            None => unseen.push(format!("{}: nothing in {} states", case.name, report.states)),
        }
    }
    writeln!(lines, "protocol: {} of {} wrong readings shown", CASES.len() - unseen.len(), CASES.len())?;
    assert!(unseen.is_empty(), "{}", unseen.join("\n"));
    Ok(())
}

#[test]
fn a_counterexample_reads_step_by_step() {
    let shows = |case: &&Case| case.name.starts_with("B11");
    let report = CASES.iter().find(shows).map(|case| explore(case.protocol(), Effort::default()));
    let steps = report.and_then(|report| report.counterexample).map(|found| found.steps).unwrap_or_default();
    assert!(steps.iter().any(|step| step.starts_with("SendTaskSuccess is called")), "{steps:?}");
    assert!(steps.last().is_some_and(|end| end.starts_with("then: 0: ")), "{steps:?}");
}
