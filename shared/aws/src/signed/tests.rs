//! What the client sends, and what it makes of answers.

use super::*;
use crate::TraceHeader;
use aws_smithy_runtime_api::client::http::HttpConnectorFuture;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use http::Method;
use std::sync::Mutex;

/// Answers with these in turn (`None`: the connection breaks), and remembers what it was asked.
#[derive(Clone, Debug)]
struct Scripted {
    answers: Arc<Mutex<Vec<Option<u16>>>>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    fn new(answers: &[Option<u16>]) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.iter().rev().copied().collect())), seen: Arc::default() }
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().map(|seen| seen.clone()).unwrap_or_default()
    }
}

impl HttpConnector for Scripted {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let trace = request.headers().get("x-amzn-trace-id").unwrap_or("-");
        let seen = format!("{} {} {trace}", request.method(), request.uri());
        let answer = self.answers.lock().ok().and_then(|mut answers| answers.pop()).flatten();
        if let Ok(mut all) = self.seen.lock() {
            all.push(seen);
        }
        HttpConnectorFuture::ready(match answer {
            Some(status) => {
                let status = status.try_into().map_err(|_| ConnectorError::user("no such status".into()));
                status.map(|status| HttpResponse::new(status, SdkBody::from("body")))
            }
            None => Err(ConnectorError::io("connection reset".into())),
        })
    }
}

async fn check(request: SignedRequest, answers: &[Option<u16>], expected: Result<u16, &str>, requests: usize) {
    let connector = Scripted::new(answers);
    let client = Connection::over(connector.clone(), None).bucket("data");
    let found = client.send(request).await;
    match (&found, expected) {
        (Ok(found), Ok(status)) => assert_eq!(found.status(), status),
        (Err(error), Err(text)) => assert_eq!(error.to_string(), text),
        _ => panic!("{found:?}"),
    }
    assert_eq!(connector.seen().len(), requests, "{:?}", connector.seen());
}

const BROKEN: &str = "failed to get an answer from https://data.s3.us-east-1.amazonaws.com";

#[tokio::test]
async fn idempotent_requests_are_sent_again() {
    let get = || SignedRequest::new(Method::GET, "key");
    check(get(), &[Some(503), None, Some(200)], Ok(200), 3).await;
    check(get(), &[None, None, None, Some(200)], Err(BROKEN), 3).await;
    check(get(), &[Some(429), Some(404)], Ok(404), 2).await;
    let slow = "the service refused: Internal Server Error: body (status 500)";
    check(get(), &[Some(500), Some(500), Some(500)], Err(slow), 3).await;
}

#[tokio::test]
async fn other_requests_are_sent_once() {
    let post = || SignedRequest::new(Method::POST, "key");
    check(post(), &[None, Some(200)], Err(BROKEN), 1).await;
    check(post(), &[Some(503)], Err("the service refused: Service Unavailable: body (status 503)"), 1).await;
    check(post().idempotent(), &[None, Some(200)], Ok(200), 2).await;
    check(SignedRequest::new(Method::PUT, "key").at_most_once(), &[None, Some(200)], Err(BROKEN), 1).await;
}

#[tokio::test]
async fn a_request_carries_the_present_trace() -> Result<(), SignedError> {
    let connector = Scripted::new(&[Some(200), Some(200), Some(200)]);
    let send = |endpoint| {
        let client = Connection::over(connector.clone(), endpoint).bucket("data");
        let request = SignedRequest::new(Method::GET, "/executions/a b/1").query("x-id", "a/b");
        async move { client.send(request).await }
    };
    send(None).await?;
    let trace = TraceHeader::parse("Root=1-a;Lineage=b:3;Sampled=0").expect("it has a root");
    trace.scope(send(Some("http://127.0.0.1:1/"))).await?;
    assert_eq!(
        connector.seen(),
        [
            "GET https://data.s3.us-east-1.amazonaws.com/executions/a%20b/1?x-id=a%2Fb -",
            "GET http://127.0.0.1:1/data/executions/a%20b/1?x-id=a%2Fb Root=1-a;Sampled=0",
        ]
    );
    Ok(())
}

#[tokio::test]
async fn an_endpoint_that_refuses_was_never_sent_anything() -> Result<(), Box<dyn std::error::Error>> {
    // The port was free a moment ago, and nobody listens on it now.
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let client = Connection::to_endpoint(&format!("http://127.0.0.1:{port}")).service("EventBridge", "events");
    let error = client.send(SignedRequest::new(Method::POST, "/")).await.err().ok_or("it answered")?;
    assert!(error.was_never_sent() && error.is_transient(), "{error:?}");
    Ok(())
}

/// The body is sent whole, and an answer that is cut is an error that may have been acted upon.
#[tokio::test]
async fn a_cut_answer_may_have_been_acted_upon() -> Result<(), Box<dyn std::error::Error>> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        let mut seen = Vec::new();
        while !seen.ends_with(b"{\"n\":1}") {
            if stream.read_buf(&mut seen).await? == 0 {
                break;
            }
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort").await?;
        Ok::<_, std::io::Error>(String::from_utf8_lossy(&seen).into_owned())
    });
    let client = Connection::to_endpoint(&endpoint).service("EventBridge", "events");
    let request = SignedRequest::new(Method::POST, "/").header("X-Amz-Target", "AWSEvents.PutEvents").body("{\"n\":1}");
    let error = client.send(request).await.err().ok_or("it answered")?;
    assert!(!error.was_never_sent() && error.is_transient(), "{error:?}");
    let seen = server.await??.to_lowercase();
    assert!(seen.contains("content-length: 7\r\n") && seen.contains("x-amz-target: awsevents.putevents"), "{seen}");
    assert!(seen.contains("signedheaders=host;x-amz-date;x-amz-target,"), "{seen}");
    Ok(())
}
