//! `ratchet doctor --aws` as a process. The API behind the doors is `ratchet local`; doors, CloudFormation and CloudWatch
//! are played: they show that the doctor sees what is wrong, not what AWS does.

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use tokio::net::TcpListener;

const DROPPED: &str = "RecursiveInvocationsDropped";

/// What is wrong with the account.
#[derive(Clone, Copy, Default)]
struct Ills {
    /// The doors let in whoever signs for anything.
    doors_are_open: bool,
    /// CloudWatch counts invocations that were dropped as loops.
    loops_are_cut: bool,
    /// The door answers what is too large with 500.
    large_bodies_crash: bool,
}

struct Account {
    ills: Ills,
    url: String,
    /// Where `ratchet local` answers.
    api: String,
    client: reqwest::Client,
}

/// A server process; killed when dropped.
struct Local(Child, String);

impl Local {
    fn start(folder: &std::path::Path) -> anyhow::Result<Self> {
        let mut process = Command::new(env!("CARGO_BIN_EXE_ratchet"))
            .args(["local", "--port", "0", "--data"])
            .arg(folder)
            .current_dir(folder)
            .env_remove("RATCHET_LOG")
            .env("RUST_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("stdout is piped")?).read_line(&mut line)?;
        let url = line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned);
        Ok(Self(process, url.with_context(|| format!("it said {line:?}"))?))
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs the doctor in an account with these ills.
async fn doctor(ills: Ills) -> anyhow::Result<Output> {
    let folder = tempfile::tempdir()?;
    let local = Local::start(folder.path())?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    // A connection on which a body was refused is gone.
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build()?;
    let account = Account { ills, url: url.clone(), api: local.1.clone(), client };
    let router = Router::new()
        .route("/", post(aws_itself))
        .route("/door/{service}/", any(door))
        .layer(DefaultBodyLimit::disable())
        .with_state(Arc::new(account));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let none = folder.path().join("none");
    let mut command = Command::new(env!("CARGO_BIN_EXE_ratchet"));
    command
        .args(["doctor", "--aws", "--stack", "ratchet"])
        .env("AWS_ENDPOINT_URL", &url)
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_CONFIG_FILE", &none)
        .env("AWS_SHARED_CREDENTIALS_FILE", &none)
        .env_remove("AWS_PROFILE")
        .env_remove("RATCHET_LOG")
        .env_remove("RUST_LOG");
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    drop(local);
    Ok(output)
}

/// CloudFormation and CloudWatch.
async fn aws_itself(State(account): State<Arc<Account>>, body: String) -> Response {
    let output = |key: &str, value: &str| {
        format!("<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>")
    };
    let function = |name: &str| {
        format!(
            "<member><LogicalResourceId>{name}</LogicalResourceId><PhysicalResourceId>ratchet-{name}</PhysicalResourceId>\
             <ResourceType>AWS::Lambda::Function</ResourceType></member>"
        )
    };
    let sum = |sum: f64| format!("<Datapoints><member><Sum>{sum:.1}</Sum></member></Datapoints>");
    let url = &account.url;
    let action = |name: &str| body.starts_with(&format!("Action={name}&"));
    if action("DescribeStackResources") {
        [function("Api"), function("Advance")].concat()
    } else if action("DescribeStacks") {
        let role = output("TaskRoleArn", "arn:aws:iam::123456789012:role/task");
        let doors = ["ApiEndpoint", "FunctionUrl"].into_iter().zip(["execute-api", "lambda"]);
        let doors: String = doors.map(|(key, service)| output(key, &format!("{url}/door/{service}/"))).collect();
        doors + &role
    } else if action("GetMetricStatistics") && body.contains("MetricName=Invocations&") {
        sum(41.0)
    } else if action("GetMetricStatistics") && body.contains(&format!("MetricName={DROPPED}&")) {
        let is_cut = account.ills.loops_are_cut && body.contains("Value=ratchet-Advance&");
        sum(if is_cut { 3.0 } else { 0.0 })
    } else {
        return (StatusCode::BAD_REQUEST, "<Error><Code>InvalidAction</Code></Error>").into_response();
    }
    .into_response()
}

/// An HTTP API or a function URL, with IAM before it.
async fn door(
    State(account): State<Arc<Account>>,
    axum::extract::Path(service): axum::extract::Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !header("authorization").contains(&format!("/{service}/aws4_request")) && !account.ills.doors_are_open {
        return (StatusCode::FORBIDDEN, r#"{"message":"Forbidden"}"#).into_response();
    }
    if body.len().div_ceil(3) * 4 > 6 * 1024 * 1024 {
        let status = if account.ills.large_bodies_crash {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            StatusCode::PAYLOAD_TOO_LARGE
        };
        return (status, r#"{"message":"Request Too Long"}"#).into_response();
    }
    let forwarded = account
        .client
        .post(&account.api)
        .header("content-type", header("content-type"))
        .header("x-amz-target", header("x-amz-target"))
        .body(body);
    let answered = match forwarded.send().await {
        Ok(answered) => answered,
        Err(error) => return (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    };
    let status = answered.status();
    match answered.bytes().await {
        Ok(body) => (status, Body::from(body)).into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

fn check(output: &Output, code: i32, expected: &[&str]) -> anyhow::Result<()> {
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    for text in expected {
        ensure!(said.contains(text), "it does not say {text:?}, but:\n{said}{complaint}");
    }
    assert_eq!(output.status.code(), Some(code), "{said}{complaint}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_right_with_a_stack_is_found_good() -> anyhow::Result<()> {
    let output = doctor(Ills::default()).await?;
    let expected = [
        "have not yet been run against AWS",
        "good: all four as expected",
        "good: 40 Pass states: SUCCEEDED; no Map was run: name a function with --function; nothing was dropped",
        "good: 39 hops: p50 ",
        "3 good, 1 to mend, 0 skipped",
    ];
    check(&output, 1, &expected)?;
    let said = String::from_utf8_lossy(&output.stdout);
    // `ratchet local` has AWS's limit for payloads, and that is all that is wrong with it.
    let wrong: Vec<&str> = said.lines().filter(|line| line.contains("BAD: ")).collect();
    ensure!(matches!(wrong[..], [line] if line.contains("an input of 3 MB") && line.contains("262144")), "{said}");
    ensure!(!said.contains("a body of 5 MB was") && !said.contains("left behind"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_stack_is_found() -> anyhow::Result<()> {
    let ills = Ills { doors_are_open: true, loops_are_cut: true, large_bodies_crash: true };
    let expected = [
        "BAD: the HTTP API answers 200 to a request signed for another service, not 403; the function URL answers 200",
        "ratchet-Advance: 3 invocations were dropped as loops",
        "; a body of 5 MB was answered 500",
        "1 good, 3 to mend, 0 skipped",
    ];
    check(&doctor(ills).await?, 1, &expected)
}

#[test]
fn the_list_has_every_check_of_the_documentation() -> anyhow::Result<()> {
    let output = Command::new(env!("CARGO_BIN_EXE_ratchet")).args(["doctor", "--list"]).output()?;
    check(&output, 0, &["have not yet been run against AWS", "For a person:"])?;
    let said = String::from_utf8_lossy(&output.stdout);
    for number in 1..=10 {
        ensure!(said.lines().any(|line| line.starts_with(&format!("{number}. "))), "no check {number}");
    }
    Ok(())
}
