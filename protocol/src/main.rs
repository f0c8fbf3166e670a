//! `cargo run --release -p ratchet-protocol -- all`: explores, and prints a table.
//!
//! `quick` are the configurations of every test run, `defects` the wrong readings; else names of either. A
//! counterexample is printed step by step.

use ratchet_protocol::configurations::{Configuration, FULL, QUICK};
use ratchet_protocol::defects::{CASES, Case};
use ratchet_protocol::explore::{Effort, Report, explore};
use std::process::ExitCode;

/// The most steps through a wrong reading: each shows within far fewer.
const MOST_STEPS: usize = 2_000_000;

fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let is_asked = |set: &str, name: &str| names.iter().any(|asked| asked == set || asked == "all" || asked == name);
    let quick = QUICK.iter().filter(|configuration| is_asked("quick", configuration.name));
    let full = FULL.iter().filter(|configuration| is_asked("full", configuration.name));
    let cases: Vec<&Case> = CASES.iter().filter(|case| is_asked("defects", case.name)).collect();
    let chosen: Vec<&Configuration> = quick.chain(full).collect();
    if chosen.is_empty() && cases.is_empty() {
        eprintln!("usage: ratchet-protocol all | quick | full | defects | <name>...");
        for configuration in QUICK.iter().chain(FULL) {
            eprintln!("  {:<24} {}", configuration.name, configuration.about);
        }
        return ExitCode::FAILURE;
    }
    let mut is_fine = true;
    if !chosen.is_empty() {
        println!("{:<24} {:>10} {:>6} {:>8}  result", "configuration", "states", "depth", "time");
    }
    let mut states = 0;
    for configuration in &chosen {
        let effort = Effort { keeps_ways: true, ..Effort::default() };
        let report = explore(configuration.protocol(), effort);
        print(configuration.name, &report, "holds");
        is_fine &= report.holds();
        states += report.states;
    }
    if !chosen.is_empty() {
        println!("protocol: {states} states explored in {} configurations", chosen.len());
    }
    for case in cases {
        let effort = Effort { steps: Some(MOST_STEPS), ..Effort::default() };
        let report = explore(case.protocol(), effort);
        print(case.name, &report, "NOT FOUND");
        is_fine &= report.counterexample.is_some();
    }
    if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One line, and the counterexample if there is one.
fn print(name: &str, report: &Report, otherwise: &str) {
    let result = match (&report.counterexample, report.lost) {
        (Some(found), _) => format!("not so: {}", found.property),
        (None, Some(lost)) if lost > 0 => format!("not so: {lost} states have no way to a good end"),
        (None, Some(_)) => otherwise.to_owned(),
        // Too many steps to follow them back.
        (None, None) => format!("{otherwise}, as far as states at rest tell"),
    };
    let seconds = report.took.as_secs_f64();
    println!("{name:<24} {:>10} {:>6} {seconds:>7.1}s  {result}", report.states, report.depth);
    for step in report.counterexample.iter().flat_map(|found| &found.steps) {
        println!("      {step}");
    }
}
