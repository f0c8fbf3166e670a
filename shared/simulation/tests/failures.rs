//! The rows of the failure table in ARCHITECTURE.md, one kind of trouble at a time: it comes, and nothing is lost.

use anyhow::{Result, ensure};
use ratchet_simulation::search::{Campaign, Generated, Interference, Scenario, Size};
use ratchet_simulation::{Deliveries, Deployment, FaultKind, Faults, Fleet, Options, Outage, OutageOf};
use std::time::Duration;

/// How many executions each row has.
const SEEDS: u64 = 40;

/// Functions on durable queues where nothing goes wrong but what the row says.
fn row(what: impl Fn(&mut Scenario) + Sync, kinds: &[FaultKind]) -> Result<()> {
    let campaign = Campaign { seeds: 1..SEEDS + 1, threads: 2, most_failures: 3 };
    let found = campaign.run(|scenario| {
        let Options { seed, settings, states_per_invocation, most_messages, .. } = scenario.options.clone();
        scenario.options = Options {
            seed,
            settings,
            states_per_invocation,
            most_messages,
            deployment: Deployment::Functions,
            latency: Duration::from_millis(10),
            fleet: Fleet { callers: 40, calls: 1, batch: 10, sweeps_each_minute: false, ..Fleet::default() },
            ..Options::default()
        };
        scenario.interference = Interference::None;
        what(scenario);
    });
    for failed in &found.failures {
        println!("seed {}: {}", failed.seed, failed.what);
    }
    ensure!(found.failures.is_empty(), "{} of {SEEDS} executions lost something", found.failures.len());
    for kind in kinds {
        ensure!(found.tally.of(*kind) > 0, "there were no {}", kind.label());
    }
    Ok(())
}

#[test]
fn a_function_killed_before_its_put_or_amid_its_sends_loses_nothing() -> Result<()> {
    let crashes = Faults { crashes: 40, at_most: 20, ..Faults::default() };
    row(|scenario| scenario.options.faults = crashes, &[FaultKind::CrashBefore, FaultKind::CrashAfter])
}

#[test]
fn a_function_killed_right_after_any_record_loses_nothing() -> Result<()> {
    row(|scenario| scenario.options.cut_after = Some(1 + scenario.seed % 12), &[FaultKind::Cut])
}

#[test]
fn a_put_that_was_answered_with_a_time_out_is_known_by_its_writer() -> Result<()> {
    let refusals = Faults { refused: 80, at_most: 40, ..Faults::default() };
    row(|scenario| scenario.options.faults = refusals, &[FaultKind::RefusedBefore, FaultKind::RefusedAfter])
}

#[test]
fn messages_twice_late_and_while_their_first_worker_lives_make_no_second_chain() -> Result<()> {
    let what = |scenario: &mut Scenario| {
        scenario.options.deliveries = Deliveries::TwiceWithin(Duration::from_secs(5));
        scenario.options.lateness = Duration::from_secs(3);
        scenario.options.fleet.visibility = Duration::from_secs(1);
        scenario.options.faults =
            Faults { slow: 100, slowness: Duration::from_secs(4), dropped: 50, at_most: 40, ..Faults::default() };
    };
    row(what, &[FaultKind::Duplicated, FaultKind::Late, FaultKind::Lapsed, FaultKind::Dropped])
}

#[test]
fn a_worker_that_is_lost_while_its_task_runs_leaves_it_to_retry_and_catch() -> Result<()> {
    let what = |scenario: &mut Scenario| {
        scenario.machine = Generated::from_seed(scenario.seed, Size::Call);
        scenario.options.fleet.claim_lifetime = Duration::from_secs(4);
        scenario.options.faults = Faults { crashes: 150, at_most: 20, ..Faults::default() };
    };
    row(what, &[FaultKind::CrashAfter])
}

#[test]
fn stops_ends_and_redrives_at_the_same_instant_leave_one_end() -> Result<()> {
    let what = |scenario: &mut Scenario| {
        scenario.interference =
            if scenario.seed.is_multiple_of(2) { Interference::Stops } else { Interference::Redriven };
        scenario.options.deliveries = Deliveries::Twice;
    };
    row(what, &[FaultKind::Stopped, FaultKind::Redriven])
}

#[test]
fn a_time_out_at_the_end_of_the_last_state_leaves_one_end() -> Result<()> {
    row(|scenario| scenario.interference = Interference::Limit, &[])
}

#[test]
fn minutes_of_outage_become_no_failures() -> Result<()> {
    let what = |scenario: &mut Scenario| {
        let of = if scenario.seed.is_multiple_of(2) { OutageOf::Journal } else { OutageOf::Queue };
        let from = Duration::from_millis(scenario.seed * 97);
        let outage = Outage { of, from, until: from + Duration::from_mins(10) };
        scenario.options.faults = Faults { outage: Some(outage), ..Faults::default() };
        scenario.options.fleet.most_receives = 3;
    };
    row(what, &[FaultKind::Outage, FaultKind::DeadLettered])
}

#[test]
fn clocks_that_differ_by_seconds_keep_the_order_of_events() -> Result<()> {
    row(|scenario| scenario.options.fleet.skew = Duration::from_secs(3), &[FaultKind::Skewed])
}

#[test]
fn executions_whose_messages_were_purged_go_on_once_a_day() -> Result<()> {
    let what = |scenario: &mut Scenario| {
        scenario.options.fleet.purge_at = Some(Duration::from_millis(scenario.seed * 211));
    };
    row(what, &[FaultKind::Purged])
}

#[test]
fn a_name_that_is_used_again_takes_nothing_of_its_last_execution() -> Result<()> {
    let what = |scenario: &mut Scenario| {
        scenario.interference = Interference::NameReused;
        scenario.options.retention = Some(Duration::from_hours(1));
    };
    row(what, &[])
}
