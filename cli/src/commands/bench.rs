//! `ratchet bench`: the numbers, as a table.

use crate::arguments::Bench;
use crate::bench::{Client, OwnServer, SCENARIOS, Spread};
use crate::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a server that does nothing is left alone before its memory is read.
const IDLE: Duration = Duration::from_millis(500);

pub(super) fn run(arguments: &Bench) -> Result<u8, Error> {
    let runtime = tokio::runtime::Runtime::new().map_err(Error::io("start the runtime"))?;
    runtime.block_on(measure(arguments)).map_err(|error| Error::Bench(error.to_string()))?;
    Ok(0)
}

async fn measure(arguments: &Bench) -> Result<(), Box<dyn std::error::Error>> {
    if cfg!(debug_assertions) {
        eprintln!("this is a debug build: numbers that mean something need --release");
    }
    if let Some(endpoint) = &arguments.endpoint {
        Client::connect(endpoint).await?;
        table_head();
        return Ok(scenarios(endpoint, arguments.runs).await?);
    }
    // A folder of its own unless one was named: gone at the end.
    let temporary = tempfile::tempdir()?;
    let data = arguments.data.clone().unwrap_or_else(|| temporary.path().join("data"));
    table_head();
    let server = starts(&data, arguments.runs).await?;
    scenarios(&server.endpoint, arguments.runs).await?;
    if let Some(bytes) = server.resident_bytes() {
        row("memory after all that", "MB", &Spread::of(vec![megabytes(bytes)]));
    }
    server.stop().await;
    Ok(())
}

/// Starts the server several times on an empty folder; the last one goes on.
async fn starts(data: &Path, runs: u32) -> Result<OwnServer, Box<dyn std::error::Error>> {
    let (mut ready, mut memory) = (Vec::new(), Vec::new());
    let mut last = None;
    for run in 0..runs {
        let folder: PathBuf = data.join(run.to_string());
        let server = OwnServer::start(&folder).await?;
        ready.push(server.ready_after.as_secs_f64() * 1_000.0);
        tokio::time::sleep(IDLE).await;
        memory.extend(server.resident_bytes().map(megabytes));
        if let Some(before) = last.replace(server) {
            OwnServer::stop(before).await;
        }
    }
    row("from start until ready", "ms", &Spread::of(ready));
    if !memory.is_empty() {
        row("memory when idle", "MB", &Spread::of(memory));
    }
    last.ok_or_else(|| "no run was asked for".into())
}

async fn scenarios(endpoint: &str, runs: u32) -> Result<(), crate::bench::Error> {
    let mut client = Client::connect(endpoint).await?;
    let suffix = uuid::Uuid::new_v4().simple().to_string();
    for scenario in SCENARIOS {
        let machine = scenario.create(&mut client, &suffix[..8]).await?;
        // The first run finds cold caches.
        scenario.measure(endpoint, &machine).await?;
        let mut values = Vec::new();
        for _ in 0..runs {
            values.push(scenario.measure(endpoint, &machine).await?);
        }
        row(scenario.label(), scenario.unit(), &Spread::of(values));
    }
    Ok(())
}

fn table_head() {
    println!("{:<48} {:>10} {:>10} {:>10}", "", "median", "min", "max");
}

fn row(label: &str, unit: &str, spread: &Spread) {
    println!(
        "{label:<48} {:>10} {:>10} {:>10}  {unit}",
        number(spread.median()),
        number(spread.min()),
        number(spread.max())
    );
}

fn number(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

#[expect(clippy::cast_precision_loss, reason = "memory is far below what an f64 holds exactly")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}
