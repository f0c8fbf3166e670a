//! The workflows in the texts that asked for this project all parse and run, or are refused by name.
//!
//! Whole definitions are taken as they stand; single states and fields get a definition around them. What uses a
//! service that Ratchet does not call yet must be refused with that service's name, and runs with a function in the
//! service's place. `SEEDS_DIR` says where the texts are.
#![cfg(unix)]

mod cases;
mod extract;
#[path = "../support/mod.rs"]
mod support;

use anyhow::{Context as _, bail, ensure};
use cases::{Case, End};
use extract::{Found, Piece};
use serde_json::Value;
use std::path::{Path, PathBuf};
use support::{Ended, Running, ratchet};

/// Runs at the same time.
const AT_ONCE: usize = 6;

/// Every piece of a definition in the texts; none where there are no texts.
fn texts() -> anyhow::Result<Option<Vec<Found>>> {
    let folder = std::env::var_os("SEEDS_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/seeds"), PathBuf::from);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        // Past the test runner, which keeps what a passing test prints.
        let _ = std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!("no texts in {}: nothing to check\n", folder.display()),
        );
        return Ok(None);
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).with_context(|| format!("failed to read {}", file.display()))?;
        let pieces = extract::pieces(&file, &text);
        // Not one was overlooked: each machine and each branch says where it starts.
        let starts = |text: &str| text.matches("\"StartAt\"").count();
        let seen: usize = pieces.iter().map(|found| starts(&found.json)).sum();
        ensure!(seen == starts(&text), "{}: {seen} of {} StartAt were found", file.display(), starts(&text));
        found.extend(pieces);
    }
    ensure!(!found.is_empty(), "no definition in {}", folder.display());
    Ok(Some(found))
}

#[test]
fn each_definition_is_valid_or_refused_by_the_name_of_what_is_missing() -> anyhow::Result<()> {
    let Some(found) = texts()? else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    for (number, Found { at, piece, .. }) in found.iter().enumerate() {
        let (start, definition) = extract::whole(piece);
        let name = format!("{number}.asl.json");
        std::fs::write(folder.path().join(&name), format!("{definition:#}"))?;
        let ended = ratchet(folder.path(), &["validate", &name])?;
        let errors: Vec<&str> = ended.stdout.lines().filter(|line| line.contains(": error: ")).collect();
        let refused = extract::refused(&definition);
        let what = || format!("{at} {start}: must be refused for {refused:?}: {ended:#?}");
        if definition.to_string().contains(":stateMachine:") {
            // No resource of a Task on AWS either, though the text says so.
            ensure!(ended.code == Some(1) && errors.len() == 1 && errors[0].contains(":stateMachine:"), what());
            continue;
        }
        ensure!(ended.code == Some(i32::from(!refused.is_empty())), what());
        ensure!(errors.len() == refused.len(), what());
        for service in &refused {
            let names = |line: &&&str| {
                line.ends_with("[NOT_SUPPORTED]") && line.contains(&service.word) && line.contains(&service.pointer)
            };
            ensure!(errors.iter().filter(names).count() == 1, "{service:?}: {}", what());
        }
    }
    Ok(())
}

#[test]
fn each_definition_runs_as_its_text_says() -> anyhow::Result<()> {
    let Some(found) = texts()? else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let mut runs = Vec::new();
    for Found { at, piece, .. } in &found {
        let (start, definition) = extract::whole(piece);
        let definition = extract::mirrored(&definition);
        let states = match piece {
            Piece::Definition(_) => definition["States"].as_object().map_or(0, serde_json::Map::len),
            Piece::State(..) | Piece::Fields(_) => 1,
        };
        let kind = definition["States"][&start]["Type"].as_str().unwrap_or_default();
        let Some(cases) = cases::cases(&start, kind, states) else {
            bail!("{at}: nobody has said yet what {start} (a {kind}, {states} states) does");
        };
        for case in cases {
            runs.push((format!("{at} {start}"), definition.clone(), case));
        }
    }
    let total = runs.len();
    let mut problems = Vec::new();
    for (batch, chunk) in runs.chunks(AT_ONCE).enumerate() {
        let mut running = Vec::new();
        for (index, (what, definition, case)) in chunk.iter().enumerate() {
            let own = folder.path().join(format!("{batch}-{index}"));
            running.push((what, case, start(&own, definition, case)?));
        }
        for (what, case, run) in running {
            let ended = run.end()?;
            if let Err(problem) = check(case, &ended) {
                problems.push(format!("{what}: {problem:#}\n  {case:?}\n  {ended:?}"));
            }
        }
    }
    println!("{} definitions, {total} runs", found.len());
    ensure!(problems.is_empty(), "{} of {total}:\n{}", problems.len(), problems.join("\n"));
    Ok(())
}

/// Runs a definition in a folder of its own.
fn start(folder: &Path, definition: &Value, case: &Case) -> anyhow::Result<Running> {
    std::fs::create_dir(folder)?;
    std::fs::write(folder.join("workflow.asl.json"), format!("{definition:#}"))?;
    std::fs::write(folder.join("input.json"), case.input.to_string())?;
    std::fs::write(folder.join("tasks.toml"), format!("{}[lambda.\"*\"]\necho = true\n", case.tasks))?;
    Running::start(folder, &["run", "."])
}

fn check(case: &Case, ended: &Ended) -> anyhow::Result<()> {
    let output = || -> anyhow::Result<Value> {
        ensure!(ended.code == Some(0), "exit code {:?}", ended.code);
        serde_json::from_str(&ended.stdout).context("stdout must be JSON and nothing else")
    };
    match &case.end {
        End::Output(expected) => {
            let found = output()?;
            ensure!(same(&found, expected), "expected {expected}, found {found}");
        }
        End::Reached(state, expected) => {
            let mut found = output()?;
            if state.is_empty() {
                ensure!(holds(&found, expected), "expected {expected} in {found}");
            } else {
                ensure!(found["reached"] == *state, "expected to reach {state}, found {found}");
                ensure!(holds(&found["with"].take(), expected), "expected {expected} with {state}");
            }
        }
        End::Error(error) => {
            ensure!(ended.code == Some(1), "exit code {:?}", ended.code);
            ensure!(ended.stdout.is_empty(), "a failure has no output");
            ensure!(ended.stderr.contains(error), "stderr does not name {error}");
        }
    }
    Ok(())
}

/// Equal, numbers by value.
fn same(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Object(found_fields), Value::Object(fields)) => {
            found_fields.len() == fields.len() && fields.iter().all(|(name, value)| same(&found[name], value))
        }
        (Value::Array(found), Value::Array(items)) => {
            found.len() == items.len() && found.iter().zip(items).all(|(found, item)| same(found, item))
        }
        (Value::Number(found), Value::Number(number)) => found.as_f64() == number.as_f64(),
        (found, expected) => found == expected,
    }
}

/// Whether the value has at least what is expected, here or anywhere within.
fn holds(found: &Value, expected: &Value) -> bool {
    let here = match (found, expected) {
        (Value::Object(_), Value::Object(fields)) => {
            fields.iter().all(|(name, value)| found.get(name).is_some_and(|own| same(own, value) || partly(own, value)))
        }
        (found, expected) => same(found, expected),
    };
    let within = || match found {
        Value::Object(fields) => fields.values().any(|value| holds(value, expected)),
        Value::Array(items) => items.iter().any(|value| holds(value, expected)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    here || within()
}

/// An object with more fields than expected.
fn partly(found: &Value, expected: &Value) -> bool {
    match expected {
        Value::Object(fields) => {
            fields.iter().all(|(name, value)| found.get(name).is_some_and(|own| same(own, value) || partly(own, value)))
        }
        Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
