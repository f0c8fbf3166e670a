//! Some of the search with each run of the tests: enough to see that it works, and that what it found once stays mended.
//!
//! `SIMULATION_SEEDS=from..to` searches others. The search itself is a program: see `src/main.rs`.

use anyhow::{Context as _, Result, ensure};
use ratchet_simulation::search::{Campaign, Scenario, ends_alike, speaks_alike, try_out};
use std::ops::Range;
use std::thread;

fn seeds() -> Result<Range<u64>> {
    let Ok(text) = std::env::var("SIMULATION_SEEDS") else { return Ok(1..401) };
    let (from, to) = text.split_once("..").context("SIMULATION_SEEDS is not from..to")?;
    Ok(from.parse()?..to.parse()?)
}

#[test]
fn nothing_is_lost_whatever_goes_wrong() -> Result<()> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let found = Campaign { seeds: seeds()?, threads, most_failures: 3 }.run(|_| {});
    for failed in &found.failures {
        println!("cargo run --profile search -p ratchet-simulation -- replay {}: {}", failed.seed, failed.what);
    }
    println!("{}search: {} seeds, {} records", found.tally, found.seeds, found.records);
    ensure!(
        found.failures.is_empty(),
        "seeds failed: {:?}",
        found.failures.iter().map(|it| it.seed).collect::<Vec<_>>()
    );
    Ok(())
}

#[test]
fn an_express_run_ends_as_the_durable_run_of_the_same_machine() -> Result<()> {
    for seed in seeds()?.take(150) {
        ends_alike(seed).with_context(|| format!("seed {seed}"))?;
    }
    Ok(())
}

#[test]
fn a_machine_ends_in_jsonata_as_it_does_in_jsonpath() -> Result<()> {
    for seed in seeds()?.take(150) {
        speaks_alike(seed).with_context(|| format!("seed {seed}"))?;
    }
    Ok(())
}

#[test]
fn a_seed_means_the_same_each_time() -> Result<()> {
    for seed in [3, 18, 42] {
        let figures = || -> Result<_> {
            let report = try_out(&Scenario::from_seed(seed))?;
            Ok((report.records, report.sent, report.handled, report.tally.to_string()))
        };
        ensure!(figures()? == figures()?, "seed {seed} gave two stories");
    }
    Ok(())
}

#[cfg(feature = "planted-defects")]
mod planted {
    use super::*;
    use orchestrator::Defect;
    use ratchet_simulation::search::{planted, shrink};

    /// Those that show within a few seeds; the program looks for all of them.
    const SOON: [Defect; 6] = [
        Defect::JoinMatchedBySeq,
        Defect::ForkLeftEarly,
        Defect::LoserAcknowledges,
        Defect::CallMadeByTheNext,
        Defect::PutWithoutCondition,
        Defect::HostClockOrders,
    ];

    #[test]
    fn what_is_planted_is_found() -> Result<()> {
        for defect in SOON {
            let found = planted::find(defect, 100, 2);
            ensure!(found.is_some(), "{defect:?} was not found");
        }
        Ok(())
    }

    #[test]
    fn what_fails_is_made_small() -> Result<()> {
        let found = planted::find(Defect::PutWithoutCondition, 100, 1).context("nothing was found")?;
        let mut scenario = Scenario::from_seed(found.seed);
        scenario.options.defect = Some(Defect::PutWithoutCondition);
        let small = shrink::smallest(&scenario).context("it does not fail again")?;
        let length = |scenario: &Scenario| scenario.machine.definition.to_string().len();
        ensure!(length(&small.scenario) <= length(&scenario), "it grew: {small}");
        ensure!(small.what.contains("changed"), "it fails otherwise now: {small}");
        Ok(())
    }
}
