//! Everything that goes wrong as a seed decides: refused calls, answers that are lost, crashes, messages twice and late.

use crate::support::{FUNCTION, Stage, machine};
use ratchet_orchestrator::ports::ExecutionStatus;
use serde_json::{Value, json};
use simulation::{Deliveries, Deployment, Faults, Options};
use std::time::Duration;

/// Three branches: a task, a wait and a task, a Map of tasks two at once.
fn definition() -> Value {
    let call = |n: &str| json!({"Type": "Task", "Resource": FUNCTION, "Parameters": {"n.$": n, "ms": 20}, "End": true});
    let branch = |start: &str, states: Value| json!({"StartAt": start, "States": states});
    let waits = json!({"W": {"Type": "Wait", "Seconds": 1, "Next": "T"}, "T": call("$.b")});
    let maps = json!({"M": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "End": true,
        "ItemProcessor": branch("I", json!({"I": call("$")}))}});
    let branches = json!([branch("L", json!({"L": call("$.a")})), branch("W", waits), branch("M", maps)]);
    machine(json!({
        "A": {"Type": "Pass", "Next": "P"},
        "P": {"Type": "Parallel", "Branches": branches, "Next": "Z"},
        "Z": {"Type": "Pass", "End": true},
    }))
}

/// Redrives until it succeeds, with less failing each time; the stops come in between.
async fn check(options: Options, stops: bool) -> u32 {
    let seed = options.seed;
    let input = json!({"a": 1, "b": 2, "items": [10, 11, 12, 13, 14, 15]});
    let stage = Stage::begin(options, &definition(), input, &[2, 13, 15]).await;
    let mut redrives = 0;
    for (number, failing) in [&[13, 15][..], &[15], &[], &[], &[], &[], &[]].into_iter().enumerate() {
        if stops && number == 1 {
            stage.sleep(Duration::from_millis(30 * (seed % 40))).await;
            stage.stop().await;
        }
        let end = stage.ended().await;
        if end.summary.status == ExecutionStatus::Succeeded {
            break;
        }
        stage.fail_only(failing);
        stage.redrive_as(Some(&format!("call-{number}"))).await.expect("it ended without success");
        redrives += 1;
        // An answer may come twice; the count says how many there were.
        let count = stage.described().await.summary.redriven.map_or(0, |redriven| redriven.count);
        assert_eq!(count, redrives, "seed {seed}");
    }
    assert_eq!(stage.output().await, json!([1, 2, [10, 11, 12, 13, 14, 15]]), "seed {seed}");
    // Late messages of all times come, and nothing comes of them.
    let (records, calls) = (stage.world.journal().record_count(), stage.calls().len());
    stage.sleep(Duration::from_hours(1)).await;
    assert_eq!((stage.world.journal().record_count(), stage.calls().len()), (records, calls), "seed {seed}");
    let end = stage.ended_as(ExecutionStatus::Succeeded).await;
    assert_eq!(end.summary.redriven.map_or(0, |redriven| redriven.count), redrives, "seed {seed}");
    let history = stage.history().await;
    let count = |wanted: &str| history.iter().filter(|line| line.contains(wanted)).count();
    assert_eq!(count(" ExecutionRedriven <"), usize::try_from(redrives).expect("few"), "seed {seed}");
    assert_eq!((count(" ExecutionSucceeded <"), count(" ParallelStateSucceeded <")), (1, 1), "seed {seed}");
    assert_eq!(count(" MapIterationSucceeded <"), 6, "seed {seed}: {history:#?}");
    redrives
}

fn options(seed: u64) -> Options {
    let deliveries = match seed % 3 {
        0 => Deliveries::Once,
        1 => Deliveries::Twice,
        _ => Deliveries::TwiceWithin(Duration::from_secs(30)),
    };
    let lateness = Duration::from_millis([0, 50, 3_000][usize::try_from(seed / 3 % 3).unwrap_or_default()]);
    let crashes = [0, 3, 9][usize::try_from(seed / 9 % 3).unwrap_or_default()];
    let faults = Faults {
        refused: [0, 24, 80][usize::try_from(seed / 5 % 3).unwrap_or_default()],
        crashes,
        at_most: 60,
        ..Faults::default()
    };
    // Who redrives dies over it, too; and calls of the journal take time, so that others come in between.
    let callers_die = [0, 30][usize::try_from(seed / 7 % 2).unwrap_or_default()];
    let faults = Faults { callers_die, ..faults };
    let latency = Duration::from_millis([0, 4][usize::try_from(seed / 2 % 2).unwrap_or_default()]);
    let states_per_invocation = [1, 8][usize::try_from(seed % 2).unwrap_or_default()];
    Options { seed, deliveries, lateness, latency, faults, states_per_invocation, ..Options::default() }
}

#[tokio::test(start_paused = true)]
async fn one_process_gets_there_whatever_goes_wrong() {
    let mut redrives = 0;
    for seed in 1..60 {
        redrives += check(options(seed), seed % 4 == 0).await;
    }
    assert!(redrives > 150, "only {redrives} redrives");
}

#[tokio::test(start_paused = true)]
async fn functions_get_there_whatever_goes_wrong() {
    let mut redrives = 0;
    for seed in 1..60 {
        let deployment = Deployment::Functions;
        let settings = |settings: &mut ratchet_orchestrator::Settings| settings.inline_payload_bytes = 40;
        redrives += check(Options { deployment, settings, ..options(seed) }, seed % 4 == 0).await;
    }
    assert!(redrives > 150, "only {redrives} redrives");
}

/// The volatile part is lost at each record in turn, also at the one that redrives.
#[tokio::test(start_paused = true)]
async fn a_cut_after_any_record_changes_nothing() {
    for cut_after in 1..60 {
        let options = Options { seed: cut_after, cut_after: Some(cut_after), ..Options::default() };
        check(options, false).await;
    }
}
