//! The journal's, the timers' and the activities' contracts against AWS's own DynamoDB Local, where it is installed.
//!
//! It comes with the npm package `amplify-dynamodb-simulator`, which is looked for where
//! `AMPLIFY_DYNAMODB_SIMULATOR` says, or else in `tests/deployment/node_modules`; and it needs Java. It listens to
//! this machine alone, which takes a launcher of its own: by itself it listens to everybody.

use acceptance::cloud::system::{Catalogued, TABLE, table_definition};
use acceptance::contracts;
use anyhow::{Context, Result, bail, ensure};
use aws::Connection;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Bucket, Store};

/// How long Java may take to start.
const PATIENCE: Duration = Duration::from_mins(3);

/// The ports on one table.
#[derive(Clone)]
struct Ports {
    journal: Arc<Catalogued>,
    store: Arc<Store>,
}

type Body = fn(Ports) -> BoxFuture<'static, Result<()>>;

macro_rules! bodies {
    ($($port:ident: $($module:ident :: $body:ident),+);+ $(;)?) => {
        &[$($((
            concat!(stringify!($module), "::", stringify!($body)),
            (|ports| contracts::$module::$body(ports.$port).boxed()) as Body,
        )),+),+]
    };
}

const BODIES: &[(&str, Body)] = bodies![
    journal:
    journal::a_start_puts_meta_and_the_first_record,
    journal::a_name_is_taken_once,
    journal::one_of_many_concurrent_starts_wins,
    journal::a_put_wins_once_and_the_loser_sees_the_winner,
    journal::one_of_many_concurrent_puts_wins,
    journal::a_body_comes_back_byte_for_byte,
    journal::a_body_near_the_limit_that_nobody_can_compress_comes_back,
    journal::a_head_is_the_last_record_of_its_strand_alone,
    journal::records_of_a_strand_come_in_the_order_of_their_numbers,
    journal::records_of_many_large_ones_come_all,
    journal::those_records_that_are_there_come_by_their_keys,
    journal::many_large_records_come_by_their_keys,
    journal::what_is_not_there_is_none,
    journal::runs_do_not_see_each_other,
    journal::the_first_stop_mark_stays,
    journal::an_end_follows_the_record_with_the_higher_number,
    journal::a_heartbeat_never_goes_back,
    journal::a_wait_that_is_closed_takes_no_heartbeat,
    redrives::a_redrive_puts_its_record_and_opens_meta,
    redrives::a_redrive_that_loses_changes_nothing,
    redrives::one_of_many_concurrent_redrives_wins,
    redrives::meta_is_opened_again_once,
    redrives::what_is_late_for_the_time_before_a_redrive_changes_nothing,
    redrives::a_redriven_run_is_listed_as_running,
    redrives::a_redriven_run_is_kept_for_longer_and_never_for_less,
    joins::a_child_that_joined_is_in_the_set,
    joins::the_last_of_concurrent_joins_finds_the_set_complete,
    joins::a_join_tells_how_many_of_its_shard_have_joined,
    joins::the_last_of_a_shards_concurrent_joins_is_told_of_all,
    joins::children_come_by_their_indexes,
    joins::forks_have_sets_of_their_own,
    retention::a_name_is_free_when_its_execution_has_expired,
    retention::one_of_many_concurrent_starts_of_an_expired_name_wins,
    retention::what_is_kept_for_longer_is_never_kept_for_less,
    retention::what_is_kept_for_longer_is_all_there,
    retention::a_run_that_is_not_there_is_not_kept,
    retention::when_a_record_expires_is_not_read_back,
    lists::lists_are_newest_first_and_page_without_gaps,
    lists::lists_keep_to_a_machine_and_a_status,
    lists::a_page_token_that_was_not_given_out_is_unreadable;
    store:
    timers::a_timer_comes_back_whole,
    timers::a_timer_parked_twice_is_there_once,
    timers::timers_of_one_time_and_times_of_one_wake_are_kept_apart,
    timers::a_minute_pages_without_gaps,
    timers::a_page_goes_on_when_its_timers_are_gone,
    timers::minutes_do_not_see_each_other,
    timers::a_timer_that_was_removed_is_gone,
    timers::the_watermark_never_goes_back,
    activities::tasks_come_oldest_first_and_stay_until_removed,
    activities::the_same_task_is_there_once,
    activities::activities_do_not_see_each_others_tasks,
    activities::a_wait_ends_when_a_task_is_offered,
    activities::a_wait_ends_at_once_while_there_is_a_task,
    activities::a_wait_ends_when_its_time_has_passed;
];

/// The lists of bodies, as the contracts have them.
const LISTS: [&str; 3] = [
    include_str!("../../src/contracts/journal.rs"),
    include_str!("../../src/contracts/timers.rs"),
    include_str!("../../src/contracts/activities.rs"),
];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    no_contract_is_missing()?;
    let Some(emulator) = emulator() else {
        println!("skipped: DynamoDB Local is not installed (npm package amplify-dynamodb-simulator)");
        return Ok(());
    };
    let Ok(java) = Command::new("java").arg("-version").stderr(Stdio::null()).status() else {
        println!("skipped: DynamoDB Local is installed, but there is no java");
        return Ok(());
    };
    ensure!(java.success(), "java -version: {java}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(check(&emulator))
}

async fn check(emulator: &Path) -> Result<()> {
    let local = Local::start(emulator)?;
    let url = format!("http://127.0.0.1:{}", local.port);
    create_table(&url).await?;
    let connection = Connection::to_endpoint(&url);
    let store = Arc::new(Store::open(connection.sdk_config(), TABLE).await?);
    // No definition here is large enough for a bucket.
    let catalog = Arc::new(store.catalog(Bucket::new(&connection, "none")));
    let ports = Ports { journal: Arc::new(Catalogued { store: Arc::clone(&store), catalog }), store };
    let mut failed = Vec::new();
    for (name, body) in BODIES {
        match AssertUnwindSafe(body(ports.clone())).catch_unwind().await {
            Ok(Ok(())) => println!("test {name} ... ok"),
            Ok(Err(error)) => {
                println!("test {name} ... FAILED\n{error:?}");
                failed.push(*name);
            }
            Err(_) => failed.push(*name),
        }
    }
    ensure!(failed.is_empty(), "failed on DynamoDB Local: {failed:?}");
    Ok(())
}

/// A contract that is new is run here too, or this fails.
fn no_contract_is_missing() -> Result<()> {
    let listed = |list: &str| {
        let body = list.split("macro_rules!").nth(1)?.split("\n}").next()?.to_owned();
        Some(body)
    };
    for list in LISTS {
        let list = listed(list).context("a file of contracts has no list")?;
        for name in list.lines().map(|line| line.trim().trim_end_matches(',')) {
            let is_body =
                name.contains("::") && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':');
            ensure!(!is_body || BODIES.iter().any(|(known, _)| *known == name), "{name} is not run on DynamoDB Local");
        }
    }
    Ok(())
}

/// The folder with the emulator.
fn emulator() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("deployment/node_modules/amplify-dynamodb-simulator");
    let package = std::env::var_os("AMPLIFY_DYNAMODB_SIMULATOR").map_or(here, PathBuf::from);
    let emulator = package.join("emulator");
    emulator.join("DynamoDBLocal.jar").exists().then_some(emulator)
}

/// DynamoDB Local, until it is dropped.
struct Local {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Local {
    fn start(emulator: &Path) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let folder = tempfile::tempdir()?;
        let launcher = folder.path().join("Loopback.java");
        std::fs::write(&launcher, include_str!("Loopback.java"))?;
        let process = Command::new("java")
            .arg(format!("-Djava.library.path={}", emulator.join("DynamoDBLocal_lib").display()))
            .arg("-cp")
            .arg(emulator.join("DynamoDBLocal.jar"))
            .arg(&launcher)
            .args(["-inMemory", "-sharedDb", "-disableTelemetry", "-port", &port.to_string()])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .context("failed to start java")?;
        let mut local = Self { process, port, _folder: folder };
        let began = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if let Some(status) = local.process.try_wait()? {
                bail!("DynamoDB Local ended: {status}");
            }
            ensure!(began.elapsed() < PATIENCE, "DynamoDB Local did not start");
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(local)
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn create_table(url: &str) -> Result<()> {
    let mut request = HttpRequest::new(SdkBody::from(table_definition(TABLE).to_string()));
    request.set_method("POST")?;
    request.set_uri(format!("{url}/"))?;
    for (name, value) in [
        ("content-type", "application/x-amz-json-1.0"),
        ("x-amz-target", "DynamoDB_20120810.CreateTable"),
        ("x-amz-date", "20260101T000000Z"),
        // Looked at, not checked.
        (
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/dynamodb/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature=0",
        ),
    ] {
        request.headers_mut().insert(name, value);
    }
    let answer = aws::connector().call(request).await?;
    ensure!(answer.status().is_success(), "CreateTable: {:?}", answer.status());
    Ok(())
}
