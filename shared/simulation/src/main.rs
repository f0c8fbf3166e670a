//! Searches for what the protocol might lose: `cargo run --profile search -p ratchet-simulation -- search 1..20001`.

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use ratchet_simulation::search::{Campaign, Found, Scenario, shrink, try_out};
use std::ops::Range;
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

/// Executions under every fault, as seeds decide.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Tries each of these seeds.
    Search {
        /// `from..to`, the last not included.
        #[arg(value_parser = range)]
        seeds: Range<u64>,
        /// Stops after so many seeds that failed.
        #[arg(long, default_value_t = 5)]
        failures: usize,
    },
    /// Tries one seed again, and makes what failed small.
    Replay {
        /// The seed.
        seed: u64,
        /// With this defect.
        #[cfg(feature = "planted-defects")]
        #[arg(long)]
        defect: Option<String>,
    },
    /// Plants each of the known defects, and searches for it.
    #[cfg(feature = "planted-defects")]
    Defects {
        /// How many seeds may be tried for each.
        #[arg(long, default_value_t = 4_000)]
        budget: u64,
        /// Only this one.
        #[arg(long)]
        only: Option<String>,
    },
}

fn range(text: &str) -> Result<Range<u64>> {
    let (from, to) = text.split_once("..").context("seeds are from..to")?;
    Ok(from.parse()?..to.parse()?)
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn main() -> ExitCode {
    // What panics is noted with its seed.
    std::panic::set_hook(Box::new(|_| {}));
    let done = match Arguments::parse().command {
        Command::Search { seeds, failures } => search(seeds, failures),
        #[cfg(not(feature = "planted-defects"))]
        Command::Replay { seed } => replay(&Scenario::from_seed(seed)),
        #[cfg(feature = "planted-defects")]
        Command::Replay { seed, defect } => {
            let mut scenario = Scenario::from_seed(seed);
            let named = |name: &str| orchestrator::Defect::ALL.into_iter().find(|(it, _)| format!("{it:?}") == name);
            scenario.options.defect = defect.as_deref().and_then(named).map(|(defect, _)| defect);
            replay(&scenario)
        }
        #[cfg(feature = "planted-defects")]
        Command::Defects { budget, only } => defects(budget, only.as_deref()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn search(seeds: Range<u64>, most_failures: usize) -> Result<()> {
    let began = Instant::now();
    let Found { seeds, records, handled, tally, failures } =
        Campaign { seeds, threads: threads(), most_failures }.run(|_| {});
    for failed in &failures {
        println!("cargo run --profile search -p ratchet-simulation -- replay {}: {}", failed.seed, failed.what);
    }
    println!("faults injected, by kind:");
    print!("{tally}");
    println!("{:>12}  in all", tally.total());
    println!("search: {seeds} seeds, {records} records, {handled} messages handled, in {:.1?}", began.elapsed());
    println!("{} passed, {} failed", u64::from(failures.is_empty()), failures.len());
    if failures.is_empty() { Ok(()) } else { bail!("seeds failed; each line above replays one and makes it small") }
}

fn replay(scenario: &Scenario) -> Result<()> {
    let seed = scenario.seed;
    match try_out(scenario) {
        Ok(report) => {
            println!("seed {seed} holds: {} records, {} messages handled", report.records, report.handled);
            Ok(())
        }
        Err(error) => {
            println!("seed {seed}: {error:#}");
            if let Some(small) = shrink::smallest(scenario) {
                println!("the smallest that still fails:\n{small}");
            }
            bail!("seed {seed} failed")
        }
    }
}

#[cfg(feature = "planted-defects")]
fn defects(budget: u64, only: Option<&str>) -> Result<()> {
    use ratchet_simulation::search::planted;
    let began = Instant::now();
    let (mut found, mut missed) = (0, Vec::new());
    for (defect, name) in orchestrator::Defect::ALL {
        if only.is_some_and(|only| only != name && only != format!("{defect:?}")) {
            continue;
        }
        match planted::find(defect, budget, threads()) {
            Some(by) => {
                found += 1;
                let what: String = by.what.chars().take(110).collect();
                println!("found   {name:<13} {defect:?}: seed {}, {}", by.seed, what.replace('\n', " "));
            }
            None => {
                println!("MISSED  {name:<13} {defect:?}: {budget} seeds");
                missed.push(defect);
            }
        }
    }
    println!("planted defects: {found} found, {} missed, in {:.1?}", missed.len(), began.elapsed());
    println!("{found} passed, {} failed", missed.len());
    if missed.is_empty() { Ok(()) } else { bail!("not found: {missed:?}") }
}
