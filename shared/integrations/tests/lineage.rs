//! No `Lineage` leaves with an invocation: else the called function would be taken for part of a loop.
//!
//! The variables that Lambda sets cannot be set safely in a running process, so the test starts itself with them.

use aws::{Connection, TraceHeader};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use orchestrator::ports::{CallContext, FunctionCall, InvocationType, InvokeOptions, Tasks};
use ratchet_integrations::LambdaTasks;
use std::error::Error;
use std::sync::{Arc, Mutex};

const IN_LAMBDA: [(&str, &str); 2] = [
    ("AWS_LAMBDA_FUNCTION_NAME", "task"),
    ("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0;Lineage=1:a87bd80c:15"),
];

/// Remembers the headers of each request, and answers `null`.
#[derive(Clone, Debug, Default)]
struct Recorder(Arc<Mutex<Vec<String>>>);

impl HttpConnector for Recorder {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let headers: Vec<String> = request.headers().iter().map(|(name, value)| format!("{name}: {value}")).collect();
        if let Ok(mut seen) = self.0.lock() {
            seen.push(headers.join("\n"));
        }
        let status = 200.try_into().map_err(|_| ConnectorError::user("no such status".into()));
        HttpConnectorFuture::ready(status.map(|status| HttpResponse::new(status, SdkBody::from("null"))))
    }
}

#[tokio::test]
async fn no_lineage_leaves_with_an_invocation() -> Result<(), Box<dyn Error>> {
    if IN_LAMBDA.iter().any(|(name, _)| std::env::var_os(name).is_none()) {
        let test = std::process::Command::new(std::env::current_exe()?)
            .args(["--exact", "no_lineage_leaves_with_an_invocation", "--nocapture"])
            .envs(IN_LAMBDA)
            .output()?;
        let log = String::from_utf8_lossy(&test.stdout);
        assert!(test.status.success() && log.contains("1 passed"), "{log}{}", String::from_utf8_lossy(&test.stderr));
        return Ok(());
    }

    let recorder = Recorder::default();
    let tasks = LambdaTasks::new(&Connection::over(recorder.clone(), None))?;
    let execution = "arn:aws:states:us-east-1:123456789012:execution:Orders:one".parse()?;
    for kind in [InvocationType::RequestResponse, InvocationType::Event] {
        let context = CallContext { execution: &execution, state: "Charge", attempt: 0 };
        let options = InvokeOptions { kind, ..InvokeOptions::default() };
        let call = FunctionCall { function: "charge", payload: "{}", options, context };
        tasks.invoke(call).await.map_err(|failure| format!("{failure:?}"))?;
        let own = TraceHeader::parse("Root=1-of-the-execution;Sampled=1;Lineage=1:b:2").ok_or("no root")?;
        own.scope(tasks.invoke(call)).await.map_err(|failure| format!("{failure:?}"))?;
    }
    let seen = recorder.0.lock().map(|seen| seen.clone()).unwrap_or_default();
    assert_eq!(seen.len(), 4);
    assert!(seen.iter().all(|headers| !headers.to_lowercase().contains("lineage")), "{seen:?}");
    let adopted = "x-amzn-trace-id: Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0";
    for (headers, expected) in
        seen.iter().zip([adopted, "x-amzn-trace-id: Root=1-of-the-execution;Sampled=1"].iter().cycle())
    {
        assert!(headers.lines().any(|header| header == *expected), "{headers}");
    }
    Ok(())
}
