//! The examples as a newcomer runs them, and what `ratchet` says when something goes wrong.
#![cfg(unix)]

mod support;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use support::{Ended, PATIENCE, Running, ratchet};

/// A run of an example.
struct Case {
    folder: &'static str,
    /// Its input; none: its own `input.json`.
    input: Option<Value>,
    expected: Result<Value, Failure>,
    /// What progress must tell on the way.
    says: &'static [&'static str],
}

/// How a run fails.
struct Failure {
    error: &'static str,
    cause: &'static str,
    state: &'static str,
}

fn examples() -> Vec<Case> {
    vec![
        Case {
            folder: "order-pipeline",
            input: None,
            expected: Ok(json!({
                "orderId": "A-1001", "status": "SHIPPED", "total": 84, "receipt": "rc_5Kd2", "tracking": "RX-4471-GB"
            })),
            says: &[
                "ChargeCard failed attempt 1: PaymentGatewayBusy",
                "ReserveAndCharge starts 2 branches",
                "WaitForPickup",
            ],
        },
        Case {
            folder: "saga",
            input: None,
            expected: Ok(json!({
                "status": "COMPENSATED",
                "traveller": "grace",
                "reason": "CardDeclined",
                "detail": {"errorMessage": "1050 is over the limit", "errorType": "CardDeclined"}
            })),
            says: &["ChargeTraveller failed and was caught: CardDeclined", "CancelHotel done", "CancelFlight done"],
        },
        Case {
            folder: "human-approval",
            input: None,
            expected: Ok(json!({
                "customer": "linus",
                "amount": 240,
                "reason": "arrived in pieces",
                "approval": {"approved": true, "by": "margaret"},
                "payout": {"paid": true, "reference": "po_93"}
            })),
            says: &["AskForApproval"],
        },
        Case {
            folder: "human-approval",
            input: Some(json!({"customer": "linus", "amount": 20})),
            expected: Ok(json!({
                "customer": "linus", "amount": 20, "payout": {"paid": true, "reference": "po_93"}
            })),
            says: &["PayOut done"],
        },
        Case {
            folder: "human-approval",
            input: Some(json!({"customer": "linus", "amount": 240})),
            expected: Err(Failure { error: "NoReason", cause: "A refund over 50 needs a reason.", state: "NoReason" }),
            says: &[],
        },
        Case {
            folder: "map-fan-out",
            input: None,
            expected: Ok(json!({
                "album": "iceland",
                "count": 10,
                "files": ([1, 2, 3, 4, 5, 6, 8, 9, 10].map(|number| format!("small/iceland/{number}.jpg"))),
                "skipped": ["iceland/7.jpg"]
            })),
            says: &["Resize failed attempt 1: OutOfMemory", "ResizeAll done"],
        },
        Case {
            folder: "restock",
            input: None,
            expected: Ok(json!({
                "status": "RESTOCKED",
                "spent": 259.5,
                "bought": ["beans", "filters"],
                "missed": "milk from dairy: Closed"
            })),
            says: &["Buy failed and was caught: Closed", "BuyAll done"],
        },
        Case {
            folder: "restock",
            input: Some(json!({
                "budget": 50,
                "shelf": [{"sku": "tea", "stock": 1, "target": 5}],
                "offers": [{"supplier": "east", "sku": "tea", "price": 20}]
            })),
            expected: Err(Failure {
                error: "OverBudget",
                cause: "The orders cost 80, the budget is 50.",
                state: "TooDear",
            }),
            says: &[],
        },
    ]
}

#[test]
fn every_example_runs_with_one_command() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let runs: Vec<(Case, Running)> = examples()
        .into_iter()
        .map(|case| {
            let mut arguments = vec!["run".to_owned(), example(case.folder).display().to_string()];
            if let Some(input) = &case.input {
                arguments.extend(["--input".to_owned(), input.to_string()]);
            }
            Ok((case, Running::start(folder.path(), &arguments)?))
        })
        .collect::<anyhow::Result<_>>()?;
    for (case, run) in runs {
        let ended = run.end()?;
        check(&case, &ended).with_context(|| format!("examples/{}: {ended:#?}", case.folder))?;
    }
    Ok(())
}

fn check(case: &Case, ended: &Ended) -> anyhow::Result<()> {
    for text in case.says {
        ensure!(ended.stderr.contains(text), "stderr does not say {text:?}");
    }
    match &case.expected {
        Ok(expected) => {
            ensure!(ended.code == Some(0), "exit code {:?}", ended.code);
            let found: Value = serde_json::from_str(&ended.stdout).context("stdout must be JSON and nothing else")?;
            ensure!(found == *expected, "expected {expected}");
        }
        Err(Failure { error, cause, state }) => {
            ensure!(ended.code == Some(1), "exit code {:?}", ended.code);
            ensure!(ended.stdout.is_empty(), "a failure has no output");
            for text in [error, cause, state] {
                ensure!(ended.stderr.contains(text), "stderr does not name {text:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn every_example_is_checked_here_and_is_valid() -> anyhow::Result<()> {
    let root = example("");
    let mut folders = BTreeSet::new();
    for entry in std::fs::read_dir(&root).with_context(|| format!("failed to list {}", root.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            folders.insert(entry.file_name().to_string_lossy().into_owned());
        }
    }
    let checked: BTreeSet<String> = examples().iter().map(|case| case.folder.to_owned()).collect();
    ensure!(folders == checked, "examples/ has {folders:?}, this test knows {checked:?}");
    let folder = tempfile::tempdir()?;
    for name in &folders {
        let ended = ratchet(folder.path(), &["validate".as_ref(), example(name).as_os_str()])?;
        ensure!(ended.code == Some(0) && ended.stdout.is_empty(), "{name}: {ended:#?}");
    }
    Ok(())
}

#[test]
fn an_interrupted_run_goes_on_under_its_name() -> anyhow::Result<()> {
    for (signal, code) in [("INT", Some(130)), ("KILL", None)] {
        let folder = sleeper()?;
        let run = ["run", "flow.asl.json", "--name", "nap", "--input", "{\"n\": 1.50}"];
        let mut running = Running::start(folder.path(), &run)?;
        wait_for(&mut running, "Nap waits")?;
        send_signal(&running, signal)?;
        let ended = running.end()?;
        ensure!(ended.code == code && ended.stdout.is_empty(), "after SIG{signal}: {ended:#?}");
        ensure!(signal == "KILL" || ended.stderr.contains("--name nap"), "no word on how to go on: {ended:#?}");

        let ended = ratchet(folder.path(), &run)?;
        let expected = "{\"n\":1.50,\"before\":[\"before\"],\"after\":[\"after\"]}\n";
        ensure!(ended.code == Some(0) && ended.stdout == expected, "resumed after SIG{signal}: {ended:#?}");
        // Each task ran once, in whichever process.
        let calls = std::fs::read_to_string(folder.path().join("calls"))?;
        ensure!(calls == "before\nafter\n", "after SIG{signal} the tasks ran as {calls:?}");

        // The result stays.
        let ended = ratchet(folder.path(), &run[..4])?;
        ensure!(ended.code == Some(0) && ended.stdout == expected, "asked again: {ended:#?}");
        let other = ratchet(folder.path(), &["run", "flow.asl.json", "--name", "nap", "--input", "{}"])?;
        ensure!(other.code == Some(2) && other.stderr.contains("another input"), "another input: {other:#?}");
    }
    Ok(())
}

/// Waits until it has said this on stderr.
fn wait_for(running: &mut Running, text: &str) -> anyhow::Result<()> {
    let until = Instant::now() + PATIENCE;
    loop {
        let said = std::fs::read_to_string(&running.stderr)?;
        if said.contains(text) {
            return Ok(());
        }
        ensure!(running.child.try_wait()?.is_none() && Instant::now() < until, "it never said {text:?}, but: {said}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Sends a signal, such as `INT`.
fn send_signal(running: &Running, name: &str) -> anyhow::Result<()> {
    let status = Command::new("kill").args([&format!("-{name}"), &running.child.id().to_string()]).status()?;
    ensure!(status.success(), "kill -{name} ended with {status}");
    Ok(())
}

/// A folder with a workflow that calls, naps and calls.
fn sleeper() -> anyhow::Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    let task = |name: &str| {
        json!({
            "Type": "Task",
            "Resource": format!("arn:aws:lambda:us-east-1:123456789012:function:{name}"),
            "ResultPath": format!("$.{name}")
        })
    };
    let mut before = task("before");
    before["Next"] = "Nap".into();
    let mut after = task("after");
    after["End"] = true.into();
    let definition = json!({
        "StartAt": "Before",
        "States": {"Before": before, "Nap": {"Type": "Wait", "Seconds": 2, "Next": "After"}, "After": after}
    });
    std::fs::write(folder.path().join("flow.asl.json"), format!("{definition:#}"))?;
    let tasks = "[lambda.\"*\"]\ncommand = '''\necho \"$AWS_LAMBDA_FUNCTION_NAME\" >> calls\n\
                 echo \"[\\\"$AWS_LAMBDA_FUNCTION_NAME\\\"]\"\n'''\n";
    std::fs::write(folder.path().join("tasks.toml"), tasks)?;
    Ok(folder)
}

#[test]
fn a_task_that_crashes_is_named_with_its_error_its_cause_and_its_state() -> anyhow::Result<()> {
    let folder = sleeper()?;
    let tasks = "[lambda.\"*\"]\ncommand = 'echo the disk is on fire >&2; exit 3'\n";
    std::fs::write(folder.path().join("tasks.toml"), tasks)?;
    let ended = ratchet(folder.path(), &["run", "flow.asl.json"])?;
    ensure!(ended.code == Some(1) && ended.stdout.is_empty(), "{ended:#?}");
    for text in ["Runtime.ExitError", "the disk is on fire", "exit status: 3", "Before", "flow.asl.json:"] {
        ensure!(ended.stderr.contains(text), "stderr does not say {text:?}: {ended:#?}");
    }
    // A function that nobody described.
    std::fs::write(folder.path().join("tasks.toml"), "[lambda.befor]\necho = true\n")?;
    let ended = ratchet(folder.path(), &["run", "flow.asl.json"])?;
    ensure!(ended.code == Some(1), "{ended:#?}");
    ensure!(ended.stderr.contains("[lambda.before]") && ended.stderr.contains("tasks.toml"), "{ended:#?}");
    Ok(())
}

#[test]
fn a_run_that_exceeds_its_time_limit_has_an_exit_code_of_its_own() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let definition = json!({
        "StartAt": "Nap",
        "TimeoutSeconds": 1,
        "States": {"Nap": {"Type": "Wait", "Seconds": 3600, "End": true}}
    });
    std::fs::write(folder.path().join("flow.asl.json"), definition.to_string())?;
    let ended = ratchet(folder.path(), &["run", "flow.asl.json"])?;
    ensure!(ended.code == Some(3) && ended.stderr.contains("timed out"), "{ended:#?}");
    Ok(())
}

#[test]
fn payloads_are_as_large_as_on_aws_unless_they_may_be_larger() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let large = json!({ "Type": "Pass", "Result": "x".repeat(300_000), "End": true });
    let definition = json!({ "StartAt": "Large", "States": { "Large": large } });
    std::fs::write(folder.path().join("flow.asl.json"), definition.to_string())?;
    let limited = ratchet(folder.path(), &["run", "flow.asl.json"])?;
    ensure!(limited.code == Some(1), "{limited:#?}");
    ensure!(limited.stderr.contains("States.DataLimitExceeded"), "{limited:#?}");
    let unlimited = ratchet(folder.path(), &["run", "flow.asl.json", "--payload-limit", "none"])?;
    ensure!(unlimited.code == Some(0) && unlimited.stdout.len() > 300_000, "{}", unlimited.stderr);
    Ok(())
}

#[test]
fn wrong_arguments_are_explained() -> anyhow::Result<()> {
    let folder = sleeper()?;
    std::fs::write(folder.path().join("broken.toml"), "[lambda.a]\ncomand = 'x'\n")?;
    for (arguments, code, texts) in [
        (&["run", "nothing.asl.json"][..], 2, &["nothing.asl.json"][..]),
        (&["run", "."], 0, &[]),
        (&["run", "flow.asl.json", "--input", "{\"a\": }"], 2, &["--input:1:7", "not JSON"]),
        (&["run", "flow.asl.json", "--input", "@missing.json"], 2, &["missing.json"]),
        (&["run", "flow.asl.json", "--tasks", "missing.toml"], 2, &["missing.toml"]),
        (&["run", "flow.asl.json", "--tasks", "broken.toml"], 2, &["broken.toml:2:1", "did you mean \"command\"?"]),
        (&["run", "flow.asl.json", "--name", "a/b"], 2, &["--name", "a/b"]),
        (&["run", "flow.asl.json", "--frobnicate"], 2, &["--frobnicate", "Usage"]),
        (&["run"], 2, &["Usage"]),
        (&["frobnicate"], 2, &["frobnicate", "--help"]),
        (&["local", "--port", "eighty"], 2, &["eighty", "--port"]),
        (&["local", "--account", "12"], 2, &["--account", "twelve digits"]),
        (&["validate"], 2, &["Usage"]),
        (&["validate", "nothing.asl.json"], 2, &["nothing.asl.json"]),
    ] {
        let ended = ratchet(folder.path(), arguments)?;
        ensure!(ended.code == Some(code), "ratchet {arguments:?}: {ended:#?}");
        if code == 0 {
            continue;
        }
        ensure!(ended.stdout.is_empty(), "ratchet {arguments:?} says on stdout: {ended:#?}");
        for text in texts {
            ensure!(ended.stderr.contains(text), "ratchet {arguments:?} does not say {text:?}: {ended:#?}");
        }
    }
    Ok(())
}

#[test]
fn every_mistake_in_a_definition_has_its_line_and_column() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let definition = r#"{
  "StartAt": "A",
  "States": {
    "A": {"Type": "Pass", "Next": "Nowhere"},
    "B": {"Type": "Wait", "Seconds": -1, "End": true}
  }
}
"#;
    std::fs::write(folder.path().join("bad.asl.json"), definition)?;
    std::fs::write(folder.path().join("cut.asl.json"), "{\n  \"StartAt\": \"A\",\n  \"States\": {\n")?;
    let ended = ratchet(folder.path(), &["validate", "bad.asl.json"])?;
    ensure!(ended.code == Some(1), "{ended:#?}");
    for text in ["bad.asl.json:4:35: error: ", "Nowhere", "MISSING_TRANSITION_TARGET", "bad.asl.json:5:38: error: "] {
        ensure!(ended.stdout.contains(text), "validate does not say {text:?}: {ended:#?}");
    }
    let ended = ratchet(folder.path(), &["validate", "cut.asl.json"])?;
    ensure!(ended.code == Some(1) && ended.stdout.starts_with("cut.asl.json:"), "{ended:#?}");
    // It does not run either, and says the same.
    let ended = ratchet(folder.path(), &["run", "bad.asl.json"])?;
    ensure!(ended.code == Some(2) && ended.stderr.contains("bad.asl.json:4:35: error: "), "{ended:#?}");
    Ok(())
}

/// A folder of `examples/`.
fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name)
}
