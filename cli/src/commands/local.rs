//! `ratchet local`: the Step Functions API on this machine, until it is told to stop.

use super::test_cases;
use crate::arguments::Local;
use crate::callbacks;
use crate::error::Error;
use crate::host::{self, Host, Server, endpoint};
use embedded::tasks::LocalTasks;
use model::arn::Place;
use orchestrator::ports::Unobserved;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What calls and steps under way get to end when the server is told to stop.
const GRACE: Duration = Duration::from_secs(3);

pub(super) fn run(arguments: &Local) -> Result<u8, Error> {
    bootstrap::tracing::init(bootstrap::tracing::Format::Automatic, "info")?;
    let (tasks, has_mocks) = tasks(&arguments.tasks)?;
    if let Some(name) = &arguments.test_case {
        tasks.choose_test_case(None, name)?;
    }
    let runtime = tokio::runtime::Runtime::new().map_err(Error::io("start the runtime"))?;
    let result = runtime.block_on(serve(arguments, tasks, has_mocks));
    // Kills the commands that still run, and everything that they started.
    runtime.shutdown_timeout(Duration::from_millis(500));
    result
}

fn tasks(files: &[PathBuf]) -> Result<(LocalTasks, bool), Error> {
    let default = Path::new("tasks.toml");
    if !files.is_empty() {
        let has_mocks = files.iter().any(|file| file.extension().is_some_and(|extension| extension == "json"));
        return Ok((LocalTasks::read(files)?, has_mocks));
    }
    if default.is_file() {
        return Ok((LocalTasks::read(&[default])?, false));
    }
    Ok((LocalTasks::none(default), false))
}

async fn serve(arguments: &Local, tasks: LocalTasks, has_mocks: bool) -> Result<u8, Error> {
    let stopped = stop_signal()?;
    let place = Place {
        partition: partition(&arguments.region).into(),
        region: arguments.region.as_str().into(),
        account: arguments.account.as_str().into(),
    };
    host::keep_out_of_git(&arguments.data);
    let host = Host::open(&arguments.data, tasks, place, Arc::new(Unobserved), arguments.limits)?;
    let backlog = host.backlog();
    let mut router = backlog.beside(host.router());
    if has_mocks {
        router = test_cases::chosen_by_arn(router, Arc::clone(&host.tasks));
    }
    let server = Server::start(SocketAddr::new(arguments.host, arguments.port), router).await?;
    let endpoint = endpoint(server.address);
    host.tasks.set_endpoint(endpoint.clone());
    host.start();
    let watch = tokio::spawn(backlog.watch());
    announce(&endpoint, &arguments.data);
    // Clients are answered meanwhile: what they start is recovered by nobody, and need not be.
    let recovered = host.orchestrator.recover().await?;
    if recovered > 0 {
        tracing::info!(executions = recovered, "going on with what was running");
    }
    callbacks::resume(&host).await;
    stopped.await;
    tracing::info!("stopping");
    watch.abort();
    server.stop(GRACE).await;
    host.stop(GRACE).await;
    Ok(0)
}

fn announce(endpoint: &str, data: &Path) {
    let mut out = std::io::stdout();
    // Whoever started it may not read what it says.
    let _ = writeln!(
        out,
        "Ratchet serves Step Functions on {endpoint} (data in {}); try: aws stepfunctions list-state-machines \
         --endpoint-url {endpoint}",
        data.display()
    );
    let _ = out.flush();
}

fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// Resolves when the process is told to stop. The second time it stops at once, as if nobody listened.
pub(super) fn stop_signal() -> Result<impl Future<Output = ()>, Error> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .map_err(Error::io("listen for SIGTERM"))?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
        tokio::spawn(async {
            let _ = tokio::signal::ctrl_c().await;
            std::process::exit(130);
        });
    })
}
