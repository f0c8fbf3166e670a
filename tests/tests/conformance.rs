//! Every recorded case, straight and in all its variations; what does not match yet is on a list that only shrinks.
//!
//! `CONFORMANCE_DIR` says where the recordings are. `CONFORMANCE_CASE=text` runs the cases whose ids have that text
//! and shows their differences. `CONFORMANCE_UPDATE=1` writes the list anew.

use acceptance::conformance::format::{self, Case};
use acceptance::conformance::pending::Pending;
use acceptance::conformance::report::{BOUNDS, CaseResult, Report};
use acceptance::conformance::{server, variation};
use anyhow::{Context, Result};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Deep values are walked recursively, and a debug build's frames are large.
const STACK_BYTES: usize = 64 << 20;

fn main() -> Result<ExitCode> {
    if std::env::args().any(|argument| argument == "--list") {
        println!("conformance: test");
        return Ok(ExitCode::SUCCESS);
    }
    let Some(directory) = format::directory() else {
        println!("conformance: no recordings on this machine (set CONFORMANCE_DIR); nothing was compared");
        return Ok(ExitCode::SUCCESS);
    };
    let cases = format::load(&directory)?;
    let pending = Pending::read()?;
    if let Some(text) = std::env::var_os("CONFORMANCE_CASE") {
        let text = text.into_string().ok().context("CONFORMANCE_CASE is not UTF-8")?;
        let chosen: Vec<_> = cases.into_iter().filter(|case| case.id.contains(&text)).collect();
        let report = Report::new(run_all(&chosen));
        println!("{}\n{}", report.differences(), report.table(&pending));
        return Ok(ExitCode::SUCCESS);
    }
    let report = Report::new(run_all(&cases));
    println!("{}", report.table(&pending));
    if std::env::var_os("CONFORMANCE_UPDATE").is_some() {
        report.pending(&pending).write()?;
        println!("wrote {}", Pending::path().display());
        return Ok(ExitCode::SUCCESS);
    }
    let wrong = report.against(&pending, BOUNDS);
    for line in &wrong {
        println!("{line}");
    }
    if wrong.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    println!("conformance: {} differences from conformance-pending.txt", wrong.len());
    Ok(ExitCode::FAILURE)
}

/// Runs the cases on as many threads as there are cores, each case in a runtime of its own.
fn run_all(cases: &[Case]) -> Vec<(&Case, CaseResult)> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let work = || {
                while let Some((index, case)) = take(cases, &next) {
                    let result = match case.skipped() {
                        Some(reason) => CaseResult::Skipped(reason),
                        None => CaseResult::Ran(Box::new(variation::run_all(case, server::build))),
                    };
                    results.lock().expect("no thread panics with it").push((index, case, result));
                }
            };
            let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
            thread.spawn_scoped(scope, work).expect("the system gives as many threads as it has cores");
        }
    });
    let mut results = results.into_inner().expect("all threads have ended");
    results.sort_by_key(|(index, ..)| *index);
    results.into_iter().map(|(_, case, result)| (case, result)).collect()
}

fn take<'a>(cases: &'a [Case], next: &AtomicUsize) -> Option<(usize, &'a Case)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    Some((index, cases.get(index)?))
}
