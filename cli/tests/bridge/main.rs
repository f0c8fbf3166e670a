//! `ratchet bridge` as a process, between a queue and a function that play SQS and Lambda on this machine.

mod fake_function;
mod fake_sqs;

use anyhow::{Context as _, ensure};
use axum::Router;
use fake_function::{FakeFunction, Reply};
use fake_sqs::FakeSqs;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// How long anything may take. Only a hang takes as long.
const PATIENCE: Duration = Duration::from_mins(1);
const SECOND: Duration = Duration::from_secs(1);

/// A bridge between a queue and a function; killed when dropped.
struct Bridge {
    process: Child,
    said: PathBuf,
    _folder: tempfile::TempDir,
}

impl Bridge {
    /// Serves both, and starts a bridge with these options of its mapping, and these arguments.
    async fn start(
        queue: &FakeSqs,
        function: &FakeFunction,
        options: &str,
        arguments: &[&str],
    ) -> anyhow::Result<Self> {
        let sqs = serve(queue.router()).await?;
        let function = format!("{}/2015-03-31/functions/advance/invocations", serve(function.router()).await?);
        let mapping = format!("{sqs}/123456789012/steps={function}{options}");
        let folder = tempfile::tempdir()?;
        let said = folder.path().join("said");
        let process = Command::new(env!("CARGO_BIN_EXE_ratchet"))
            .args(["bridge", "--map", &mapping])
            .args(arguments.iter().map(|argument| argument.replace("FUNCTION", &function)))
            .env("AWS_ENDPOINT_URL", &sqs)
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_CONFIG_FILE", folder.path().join("none"))
            .env("AWS_SHARED_CREDENTIALS_FILE", folder.path().join("none"))
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_ENDPOINT_URL_SQS")
            .env_remove("RATCHET_LOG")
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&said)?)
            .spawn()
            .context("failed to start ratchet")?;
        Ok(Self { process, said, _folder: folder })
    }

    /// Waits until it is so.
    async fn until(&mut self, what: &str, is_so: impl Fn() -> bool) -> anyhow::Result<()> {
        let began = Instant::now();
        while !is_so() {
            let ended = self.process.try_wait()?;
            ensure!(ended.is_none() && began.elapsed() < PATIENCE, "{what}: not so; it said:\n{}", self.said());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.said).unwrap_or_default()
    }

    /// What Ctrl-C does.
    fn interrupt(&self) -> anyhow::Result<()> {
        let sent = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status()?;
        ensure!(sent.success(), "kill failed");
        Ok(())
    }

    async fn end(&mut self) -> anyhow::Result<ExitStatus> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait()? {
                return Ok(status);
            }
            ensure!(began.elapsed() < PATIENCE, "it does not end; it said:\n{}", self.said());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves this on a free port; its URL.
async fn serve(router: Router) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(url)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_the_function_deletes_nothing_of_the_batch() -> anyhow::Result<()> {
    let sick = [
        Reply::status(500),
        Reply::function_error(),
        Reply::ok("no JSON"),
        Reply::ok(r#"{"batchItemFailures":[{"itemIdentifier":"m0"},{"itemIdentifier":"unknown"}]}"#),
        Reply::ok("{}").after(3 * SECOND),
    ];
    let queue = FakeSqs::new(SECOND);
    let sent: Vec<String> = ["a", "b", "c"].iter().map(|body| queue.send(body, None)).collect();
    let rounds = sick.len();
    let function = FakeFunction::new(move |_, before| sick.get(before).cloned().unwrap_or_else(|| Reply::ok("null")));
    let mut bridge = Bridge::start(&queue, &function, ",concurrency=1,timeout=1", &[]).await?;
    bridge.until("all are deleted", || queue.left().is_empty()).await?;
    let calls = function.calls();
    assert_eq!(calls.len(), rounds + 1);
    for (index, call) in calls.iter().enumerate() {
        assert_eq!(call.all("/messageId"), sent);
        assert_eq!(call.all("/body"), ["a", "b", "c"]);
        assert_eq!(call.all("/attributes/ApproximateReceiveCount"), vec![(index + 1).to_string(); 3]);
        assert_eq!(call.all("/eventSourceARN"), ["arn:aws:sqs:us-east-1:123456789012:steps"; 3]);
    }
    assert_eq!(bridge.said().matches("the whole batch failed").count(), rounds, "{}", bridge.said());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_messages_that_the_answer_names_come_again() -> anyhow::Result<()> {
    let queue = FakeSqs::new(SECOND);
    let sent: Vec<String> = (0..5).map(|index| queue.send(&index.to_string(), None)).collect();
    let (odd, all) = ([sent[1].clone(), sent[3].clone()], sent);
    let failures: Vec<_> = odd.iter().map(|id| json!({ "itemIdentifier": id })).collect();
    let first = json!({ "batchItemFailures": failures }).to_string();
    let left_then = queue.clone();
    let function = FakeFunction::new(move |_, before| match before {
        0 => Reply::ok(first.clone()),
        _ => Reply::ok(json!({ "batchItemFailures": [], "left": left_then.left() }).to_string()),
    });
    let mut bridge = Bridge::start(&queue, &function, ",concurrency=1", &[]).await?;
    bridge.until("the others are deleted", || queue.left() == odd).await?;
    bridge.until("all are deleted", || queue.left().is_empty()).await?;
    let calls = function.calls();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].all("/messageId"), all);
    assert_eq!(calls[1].all("/messageId"), odd);
    assert_eq!(calls[1].all("/attributes/ApproximateReceiveCount"), ["2", "2"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_event_is_larger_than_lambda_takes() -> anyhow::Result<()> {
    let queue = FakeSqs::new(30 * SECOND);
    let sent: BTreeSet<String> = (0..9).map(|_| queue.send(&"x".repeat(1_000_000), None)).collect();
    let function = FakeFunction::new(|_, _| Reply::ok("{}"));
    let mut bridge = Bridge::start(&queue, &function, ",concurrency=1", &[]).await?;
    bridge.until("all are deleted", || queue.left().is_empty()).await?;
    let calls = function.calls();
    let sizes: Vec<usize> = calls.iter().map(|call| call.bytes).collect();
    assert!(sizes.iter().all(|bytes| *bytes <= 6 * 1024 * 1024), "{sizes:?}");
    let batches: Vec<usize> = calls.iter().map(|call| call.all("/messageId").len()).collect();
    assert_eq!(batches, [6, 3]);
    let delivered: BTreeSet<String> = calls.iter().flat_map(|call| call.all("/messageId")).collect();
    assert_eq!(delivered, sent);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_invocations_run_at_once_as_the_mapping_says() -> anyhow::Result<()> {
    let queue = FakeSqs::new(30 * SECOND);
    for index in 0..35 {
        queue.send(&index.to_string(), None);
    }
    let function = FakeFunction::new(|_, _| Reply::ok("{}").after(SECOND / 2));
    let mut bridge = Bridge::start(&queue, &function, ",batch=1,concurrency=7", &[]).await?;
    bridge.until("all are deleted", || queue.left().is_empty()).await?;
    assert_eq!(function.calls().len(), 35);
    assert_eq!(function.most_running(), 7);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_function_is_asked_again_without_a_new_receive() -> anyhow::Result<()> {
    let queue = FakeSqs::new(30 * SECOND);
    queue.send("a", None);
    let function = FakeFunction::new(|_, before| if before < 2 { Reply::status(429) } else { Reply::ok("{}") });
    let mut bridge = Bridge::start(&queue, &function, "", &[]).await?;
    bridge.until("it is deleted", || queue.left().is_empty()).await?;
    let counts: Vec<_> =
        function.calls().iter().flat_map(|call| call.all("/attributes/ApproximateReceiveCount")).collect();
    assert_eq!(counts, ["1"; 3]);
    Ok(())
}

/// A function that sends one message for each that it gets, with what header it is told to.
fn looping(queue: &FakeSqs, rounds: usize, header: impl Fn(&str) -> String + Send + Sync + 'static) -> FakeFunction {
    let queue = queue.clone();
    FakeFunction::new(move |call, before| {
        if before + 1 < rounds {
            queue.send("again", Some(&header(call.trace.as_deref().unwrap_or_default())));
        }
        Reply::ok("{}")
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_sends_its_lineage_on_is_cut_after_sixteen_rounds() -> anyhow::Result<()> {
    let queue = FakeSqs::new(30 * SECOND);
    queue.send("first", None);
    let function = looping(&queue, 100, str::to_owned);
    let mut bridge = Bridge::start(&queue, &function, "", &["--lineage"]).await?;
    let said = bridge.said.clone();
    let is_cut = || std::fs::read_to_string(&said).unwrap_or_default().contains("RecursiveInvocationException");
    bridge.until("the chain is cut", is_cut).await?;
    assert_eq!(function.calls().len(), 16);
    assert_eq!(queue.left(), ["m16"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_sends_a_header_of_its_own_goes_round_for_ever() -> anyhow::Result<()> {
    let queue = FakeSqs::new(30 * SECOND);
    queue.send("first", None);
    let function = looping(&queue, 40, |_| "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0".to_owned());
    let mut bridge = Bridge::start(&queue, &function, "", &["--lineage"]).await?;
    bridge.until("the chain has come to its end", || function.calls().len() == 40 && queue.left().is_empty()).await?;
    let traces: BTreeSet<_> = function.calls().iter().skip(1).map(|call| call.trace.clone()).collect();
    let [Some(trace)] = &traces.into_iter().collect::<Vec<_>>()[..] else { anyhow::bail!("several traces") };
    ensure!(trace.starts_with("Root=1-5759e988-") && trace.ends_with(":1"), "{trace}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_waits_for_what_runs_and_takes_no_more() -> anyhow::Result<()> {
    let queue = FakeSqs::new(30 * SECOND);
    queue.send("a", None);
    let function = FakeFunction::new(|_, _| Reply::ok("{}").after(SECOND));
    let mut bridge = Bridge::start(&queue, &function, ",concurrency=1", &[]).await?;
    bridge.until("it runs", || function.calls().len() == 1).await?;
    let late = queue.send("b", None);
    bridge.interrupt()?;
    let status = bridge.end().await?;
    ensure!(status.success(), "{status}: {}", bridge.said());
    assert_eq!(queue.left(), [late]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_invokes_its_function_at_once() -> anyhow::Result<()> {
    let queue = FakeSqs::new(30 * SECOND);
    let function = FakeFunction::new(|_, _| Reply::ok("{}"));
    let mut bridge = Bridge::start(&queue, &function, "", &["--schedule", "FUNCTION"]).await?;
    bridge.until("it ran", || !function.calls().is_empty()).await?;
    let event = &function.calls()[0].event;
    assert_eq!((&event["detail-type"], &event["account"]), (&json!("Scheduled Event"), &json!("123456789012")));
    Ok(())
}
