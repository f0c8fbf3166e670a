//! No request of ours carries `Lineage`, by which Lambda counts loops: a workflow is none, and a user's function that is
//! called from one is none either.
//!
//! The environment that Lambda sets is that of a process, so this test runs itself in a child that has it. The way
//! around our connection shows that the SDK would have sent it.

use acceptance::cloud::system::{Options, Stores, System};
use acceptance::cloud::{Request, Service};
use anyhow::{Context, Result, ensure};
use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};
use orchestrator::ports::ExecutionStatus;
use serde_json::{Value, json};
use std::process::{Command, ExitCode};

const CHILD: &str = "RATCHET_HEADERS_CHILD";
const LINEAGE: &str =
    "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:a87bd80c:15";

fn main() -> ExitCode {
    let result = if std::env::var_os(CHILD).is_some() { child() } else { parent() };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}

/// Runs this program as a function that is the sixteenth of a chain.
fn parent() -> Result<()> {
    let program = std::env::current_exe()?;
    let status = Command::new(program)
        .env(CHILD, "1")
        .env("_X_AMZN_TRACE_ID", LINEAGE)
        .env("AWS_LAMBDA_FUNCTION_NAME", "advance")
        .status()
        .context("failed to start the child")?;
    ensure!(status.success(), "{status}");
    println!("test no_request_carries_lineage ... ok");
    Ok(())
}

fn child() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    runtime.block_on(async {
        the_sdk_by_itself_sends_it().await?;
        our_requests_do_not().await
    })
}

/// Otherwise what follows would prove nothing.
async fn the_sdk_by_itself_sends_it() -> Result<()> {
    let system = System::deploy(&Options::default()).await?;
    let wire = SharedHttpConnector::new(system.cloud.wire("bare"));
    let Stores { connection, .. } = Stores::open(&system.cloud, "bare").await?;
    let bare = connection.sdk_config().to_builder().http_client(http_client_fn(move |_, _| wire.clone())).build();
    system.take_requests();
    let url = format!("https://sqs.us-east-1.amazonaws.com/123456789012/{}", system.step_queue());
    aws_sdk_sqs::Client::new(&bare).get_queue_attributes().queue_url(url).send().await?;
    let requests = system.take_requests();
    ensure!(requests.iter().any(has_lineage), "the SDK sent no Lineage: {requests:?}");
    Ok(())
}

async fn our_requests_do_not() -> Result<()> {
    // Large enough for the bucket.
    let system = System::deploy(&Options { inline_payload_bytes: 1_024, ..Options::default() }).await?;
    system.cloud.lambda().create("work", |_| async { Ok(json!({ "done": true })) });
    let machine = system.create("machine", &definition()).await?;
    let input = json!({ "text": "x".repeat(5_000), "items": [1, 2, 3] });
    let execution = system.start(&machine, "one", input).await?;
    let described = system.settled(&execution).await?;
    ensure!(described.summary.status == ExecutionStatus::Succeeded, "{:?}", described.failure);
    let ours: Vec<_> = system.take_requests().into_iter().filter(|request| &*request.caller != "mapping").collect();
    for request in &ours {
        ensure!(!has_lineage(request), "{request:?}");
    }
    for (service, operation) in [
        (Service::DynamoDb, "PutItem"),
        (Service::DynamoDb, "UpdateItem"),
        (Service::Sqs, "SendMessageBatch"),
        (Service::Sqs, "ChangeMessageVisibilityBatch"),
        (Service::S3, "PutObject"),
        (Service::Lambda, "Invoke"),
    ] {
        let is_one = |request: &&Request| request.service == service && request.operation == operation;
        let found = ours.iter().find(is_one).with_context(|| format!("no {operation} was sent"))?;
        if operation == "SendMessageBatch" {
            ensure!(found.mentions("AWSTraceHeader") && found.mentions("Root=1-"), "{}", found.text());
        }
    }
    Ok(())
}

fn definition() -> Value {
    json!({ "StartAt": "Each", "States": {
        "Each": {
            "Type": "Map", "ItemsPath": "$.items", "ResultPath": "$.results", "Next": "Pause",
            "ItemProcessor": { "StartAt": "Work", "States": { "Work": {
                "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": { "FunctionName": "work", "Payload.$": "$" }, "OutputPath": "$.Payload", "End": true
            } } }
        },
        "Pause": { "Type": "Wait", "Seconds": 5, "End": true }
    } })
}

fn has_lineage(request: &Request) -> bool {
    let contains = |text: &str| text.to_ascii_lowercase().contains("lineage");
    contains(&request.text()) || request.headers.iter().any(|(name, value)| contains(name) || contains(value))
}
