//! No `Lineage` leaves a process that Lambda runs.
//!
//! The variables that Lambda sets cannot be set safely in a running process, so the test starts itself with them.

use aws_sdk_sqs::config::{BehaviorVersion, Builder};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_types::SdkConfig;
use ratchet_aws::{Connection, SignedRequest, TraceHeader};
use std::error::Error;
use std::sync::{Arc, Mutex};

const IN_LAMBDA: [(&str, &str); 2] = [
    ("AWS_LAMBDA_FUNCTION_NAME", "advance"),
    (
        "_X_AMZN_TRACE_ID",
        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=1:a87bd80c:15",
    ),
];
const CLEAN: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0";

/// Remembers the trace header of each request, and answers none.
#[derive(Clone, Debug, Default)]
struct Recorder(Arc<Mutex<Vec<Option<String>>>>);

impl HttpConnector for Recorder {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if let Ok(mut seen) = self.0.lock() {
            seen.push(request.headers().get("x-amzn-trace-id").map(str::to_owned));
        }
        HttpConnectorFuture::ready(Err(ConnectorError::user("nobody is there".into())))
    }
}

impl Recorder {
    fn drain(&self) -> Vec<Option<String>> {
        self.0.lock().map(|mut seen| seen.drain(..).collect()).unwrap_or_default()
    }
}

async fn send(config: impl Into<Builder>) {
    let client = aws_sdk_sqs::Client::from_conf(config.into().build());
    let sent = client.send_message().queue_url("http://127.0.0.1:1/queue").message_body("{}").send().await;
    assert!(sent.is_err(), "the recorder answers none");
}

#[tokio::test]
async fn no_lineage_leaves_a_function() -> Result<(), Box<dyn Error>> {
    if IN_LAMBDA.iter().any(|(name, _)| std::env::var_os(name).is_none()) {
        let test = std::process::Command::new(std::env::current_exe()?)
            .args(["--exact", "no_lineage_leaves_a_function", "--nocapture"])
            .envs(IN_LAMBDA)
            .output()?;
        let log = String::from_utf8_lossy(&test.stdout);
        assert!(test.status.success() && log.contains("1 passed"), "{log}{}", String::from_utf8_lossy(&test.stderr));
        return Ok(());
    }

    let recorder = Recorder::default();
    let connection = Connection::over(recorder.clone(), None);
    // The SDK alone lets it out: else this test would prove nothing.
    let connector = SharedHttpConnector::new(recorder.clone());
    let bare = http_client_fn(move |_, _| connector.clone());
    let plain: SdkConfig =
        connection.sdk_config().to_builder().http_client(bare).behavior_version(BehaviorVersion::latest()).build();
    send(&plain).await;
    assert_eq!(recorder.drain(), [Some(format!("{CLEAN};Lineage=1:a87bd80c:15"))]);

    send(connection.sdk_config()).await;
    send(&connection.without_retries()?).await;
    assert_eq!(recorder.drain(), [Some(CLEAN.to_owned()), Some(CLEAN.to_owned())]);

    let own = TraceHeader::parse("Root=1-of-the-execution;Sampled=1;Lineage=1:b:2").ok_or("no root")?;
    own.clone().scope(send(connection.sdk_config())).await;
    let request = SignedRequest::new(http::Method::GET, "key").at_most_once();
    let answer = own.scope(connection.bucket("data").send(request)).await;
    assert!(answer.is_err(), "the recorder answers none");
    let own = Some("Root=1-of-the-execution;Sampled=1".to_owned());
    assert_eq!(recorder.drain(), [own.clone(), own]);
    Ok(())
}
