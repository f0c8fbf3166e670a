//! A connection is what the environment says.
//!
//! Variables cannot be set safely in a running process, so each test starts itself with them.

use ratchet_aws::{Connection, ConnectionError};
use std::error::Error;
use std::process::Output;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Set in the process that a test started.
const INSIDE: &str = "RATCHET_TEST_INSIDE";
const COMMON: [(&str, &str); 6] = [
    (INSIDE, "1"),
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "secret"),
    ("AWS_EC2_METADATA_DISABLED", "true"),
    ("AWS_CONFIG_FILE", "/nowhere/config"),
    ("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/credentials"),
];

fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

async fn start_again(test: &str, variables: &[(&str, &str)]) -> Result<(), Box<dyn Error>> {
    let mut command = tokio::process::Command::new(std::env::current_exe()?);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    let variables = COMMON.iter().chain(variables).copied();
    let Output { status, stdout, stderr } =
        command.args(["--exact", test, "--nocapture"]).envs(variables).output().await?;
    let (log, errors) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success() && log.contains("1 passed"), "{log}{errors}");
    Ok(())
}

#[tokio::test]
async fn endpoints_and_region_are_those_of_the_environment() -> Result<(), Box<dyn Error>> {
    if is_inside() {
        let connection = Connection::from_environment().await?;
        assert_eq!(connection.region(), "eu-central-1");
        assert_eq!(connection.bucket("data").address(), "http://127.0.0.1:18200/data");
        assert_eq!(connection.service("EventBridge", "events").address(), "http://127.0.0.1:18201");
        for config in [connection.sdk_config(), &connection.without_retries()?] {
            let client = aws_sdk_sqs::Client::new(config);
            let sent = client.send_message().queue_url("https://queue").message_body("{}").send().await;
            assert!(sent.is_err_and(|error| format!("{error:?}").contains("QueueDoesNotExist")));
        }
        return Ok(());
    }

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let queues = format!("http://{}", listener.local_addr()?);
    let server = tokio::spawn(async move {
        let mut seen = String::new();
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().await?;
            let mut request = Vec::new();
            while !request.ends_with(b"}") && stream.read_buf(&mut request).await? > 0 {}
            seen.push_str(&String::from_utf8_lossy(&request));
            let body = r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist"}"#;
            let head =
                format!("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            stream.write_all((head + body).as_bytes()).await?;
        }
        Ok::<_, std::io::Error>(seen)
    });
    let variables = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:18201"),
        ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:18200/"),
        ("AWS_ENDPOINT_URL_SQS", queues.as_str()),
    ];
    start_again("endpoints_and_region_are_those_of_the_environment", &variables).await?;
    let seen = server.await??;
    assert_eq!(seen.matches("/eu-central-1/sqs/aws4_request").count(), 2, "{seen}");
    Ok(())
}

#[tokio::test]
async fn without_a_region_there_is_no_connection() -> Result<(), Box<dyn Error>> {
    if is_inside() {
        let found = Connection::from_environment().await;
        assert!(matches!(found, Err(ConnectionError::NoRegion)), "{found:?}");
        return Ok(());
    }
    start_again("without_a_region_there_is_no_connection", &[]).await
}
