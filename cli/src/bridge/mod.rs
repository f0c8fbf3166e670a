//! `ratchet bridge`: what Lambda does between SQS and a function, for functions on this machine.
//!
//! `cargo lambda watch` and most emulators have no event source mappings, or serve them one message at a time. Here are
//! batches, concurrency, whole-batch and partial failures, throttling, the limit of 6 MB, and on request the count by
//! which Lambda cuts loops. It knows nothing of what the messages mean.

mod answer;
mod event;
mod function;
mod lineage;
mod mapping;
mod schedule;
mod source;

pub(crate) use mapping::{Mapping, function_url};

use crate::arguments::Bridge;
use aws::{Connection, ConnectionError};
use function::Functions;
use mapping::function_name;
use schedule::Place;
use source::Source;
use std::io::Write;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The account of a schedule's event where no queue tells one.
const ANY_ACCOUNT: &str = "123456789012";

/// Why the bridge cannot work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error("failed to prepare an HTTP client: {0}")]
    Client(#[source] reqwest::Error),
    #[error("failed to ask {url} what queue it is: {}", aws_sdk_sqs::error::DisplayErrorContext(source.as_ref()))]
    Queue {
        url: String,
        #[source]
        source: Box<aws_sdk_sqs::Error>,
    },
    #[error("{url} does not tell its {name}")]
    QueueAttribute { url: String, name: &'static str },
}

/// Works until it is told to stop, and then until what runs is done.
pub(crate) async fn run(arguments: &Bridge, stopped: impl Future<Output = ()>) -> Result<(), Error> {
    let connection = Connection::from_environment().await?;
    let functions = Functions::new()?;
    let (stop, stop_seen) = watch::channel(false);
    let mut sources = Vec::new();
    for mapping in &arguments.map {
        let opened =
            Source::open(&connection, mapping.clone(), functions.clone(), arguments.lineage, stop_seen.clone());
        sources.push(Arc::new(opened.await?));
    }
    let mut work = JoinSet::new();
    for source in &sources {
        for _ in 0..source.mapping().concurrency {
            let source = Arc::clone(source);
            work.spawn(async move { source.work().await });
        }
    }
    for url in &arguments.schedule {
        let place = sources.first().map_or_else(
            || Place { region: connection.region().to_owned(), account: ANY_ACCOUNT.to_owned() },
            |source| Place::of(source.queue_arn()),
        );
        let (functions, url, stopped) = (functions.clone(), url.clone(), stop_seen.clone());
        work.spawn(async move { schedule::each_minute(&functions, &url, &place, stopped).await });
    }
    announce(arguments);
    stopped.await;
    tracing::info!("stopping: waiting for invocations under way; Ctrl-C again ends at once");
    // Whoever does not listen any more has ended.
    let _ = stop.send(true);
    while let Some(ended) = work.join_next().await {
        if let Err(error) = ended {
            tracing::error!("a part of the bridge broke: {error}");
        }
    }
    Ok(())
}

fn announce(arguments: &Bridge) {
    let mut out = std::io::stdout();
    // Whoever started it may not read what it says.
    for mapping in &arguments.map {
        let _ = writeln!(
            out,
            "{} -> {}: at most {} messages in an event, {} invocations at once",
            mapping.queue_name(),
            function_name(&mapping.function),
            mapping.batch,
            mapping.concurrency
        );
    }
    for url in &arguments.schedule {
        let _ = writeln!(out, "each minute -> {}", function_name(url));
    }
    let _ = out.flush();
}
