//! The protocol holds in every quick configuration, to the last state.
//!
//! What was explored goes to the standard error past the test harness, which would keep it to itself.

use ratchet_protocol::configurations::QUICK;
use ratchet_protocol::explore::{Effort, explore};
use std::io::{self, Write as _};

#[test]
fn the_protocol_holds_in_every_quick_configuration() -> io::Result<()> {
    let mut lines = io::stderr();
    let mut states = 0;
    let mut wrong = Vec::new();
    for configuration in QUICK {
        let report = explore(configuration.protocol(), Effort { keeps_ways: true, ..Effort::default() });
        writeln!(
            lines,
            "protocol: {:<20} {:>8} states, depth {:>3}, {:>5.1} s: {}",
            configuration.name,
            report.states,
            report.depth,
            report.took.as_secs_f64(),
            if report.holds() { "holds" } else { "DOES NOT HOLD" }
        )?;
        states += report.states;
        if !report.holds() {
            let found =
                report.counterexample.map(|found| format!("{}\n  {}", found.property, found.steps.join("\n  ")));
            let lost = || format!("{:?} states have no way to a good end", report.lost);
            wrong.push(format!("{}: {}", configuration.name, found.unwrap_or_else(lost)));
        }
    }
    writeln!(lines, "protocol: {states} states explored in {} configurations", QUICK.len())?;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
