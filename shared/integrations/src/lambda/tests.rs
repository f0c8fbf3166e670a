//! Each call is one request, whatever becomes of it.

use super::*;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use model::ExecutionArn;
use orchestrator::ports::{CallContext, InvocationType, InvokeOptions};
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

type Outcome = Result<(), Box<dyn Error>>;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:charge";

/// A server that answers each request with this text, then closes: an empty one closes without an answer.
struct Server {
    address: SocketAddr,
    requests: JoinHandle<std::io::Result<()>>,
    seen: tokio::sync::mpsc::UnboundedReceiver<String>,
}

impl Server {
    async fn answering(answer: String) -> Result<Self, std::io::Error> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (sender, seen) = tokio::sync::mpsc::unbounded_channel();
        let requests = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await?;
                let request = read(&mut stream).await?;
                // The test may have ended.
                let _ = sender.send(String::from_utf8_lossy(&request).into_owned());
                stream.write_all(answer.as_bytes()).await?;
                stream.shutdown().await?;
            }
        });
        Ok(Self { address, requests, seen })
    }

    fn tasks(&self) -> Result<LambdaTasks, ConnectionError> {
        LambdaTasks::new(&Connection::to_endpoint(&format!("http://{}", self.address)))
    }

    fn finish(mut self) -> Vec<String> {
        self.requests.abort();
        std::iter::from_fn(|| self.seen.try_recv().ok()).collect()
    }
}

/// One request, as long as its `Content-Length` says.
async fn read(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut request = Vec::new();
    let mut needed = None;
    while needed.is_none_or(|needed| request.len() < needed) && stream.read_buf(&mut request).await? > 0 {
        needed = needed.or_else(|| {
            let text = String::from_utf8_lossy(&request).to_lowercase();
            let (head, _) = text.split_once("\r\n\r\n")?;
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            Some(head.len() + 4 + length.unwrap_or(0))
        });
    }
    Ok(request)
}

fn answer(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// Options under which the answer is waited for, and nothing more is asked.
const PLAIN: InvokeOptions<'static> =
    InvokeOptions { kind: InvocationType::RequestResponse, client_context: None, tails_log: false };

async fn call(tasks: &LambdaTasks, payload: &str, options: InvokeOptions<'_>) -> Result<FunctionReply, Box<dyn Error>> {
    let execution: ExecutionArn = "arn:aws:states:us-east-1:123456789012:execution:Orders:one".parse()?;
    let context = CallContext { execution: &execution, state: "Charge", attempt: 0 };
    let reply = tasks.invoke(FunctionCall { function: FUNCTION, payload, options, context }).await;
    reply.map_err(|failure| {
        let (error, cause) = (failure.error.unwrap_or_default(), failure.cause.unwrap_or_default());
        format!("{error}: {cause}").into()
    })
}

/// Calls a function of a service that answers so, and gives what it was asked.
async fn check(answer: String, expected: &str) -> Result<String, Box<dyn Error>> {
    let server = Server::answering(answer).await?;
    let found = match call(&server.tasks()?, "{\"n\":1}", PLAIN).await {
        Ok(FunctionReply::Returned { payload, version, .. }) => format!("{payload} by {version}"),
        Ok(FunctionReply::Failed { payload }) => format!("failed {payload}"),
        Err(failure) => failure.to_string(),
    };
    assert!(found.starts_with(expected), "{found}");
    let mut seen = server.finish();
    assert_eq!(seen.len(), 1, "a call is one request: {seen:?}");
    seen.pop().ok_or_else(|| "nothing was asked".into())
}

#[tokio::test]
async fn a_function_returns() -> Outcome {
    let seen =
        check(answer("200 OK\r\nX-Amz-Executed-Version: 7", "{\"total\": 1.50}"), "{\"total\": 1.50} by 7").await?;
    let name = FUNCTION.replace(':', "%3A");
    assert!(seen.starts_with(&format!("POST /2015-03-31/functions/{name}/invocations HTTP/1.1\r\n")), "{seen}");
    assert!(seen.to_lowercase().contains("\r\nx-amz-invocation-type: requestresponse\r\n"), "{seen}");
    assert!(seen.ends_with("\r\n\r\n{\"n\":1}"), "{seen}");
    check(answer("200 OK", ""), "null by $LATEST").await?;
    Ok(())
}

#[tokio::test]
async fn a_function_that_fails_has_answered() -> Outcome {
    let error = r#"{"errorMessage": "no funds", "errorType": "Declined"}"#;
    check(answer("200 OK\r\nX-Amz-Function-Error: Unhandled", error), &format!("failed {error}")).await?;
    Ok(())
}

#[tokio::test]
async fn refusals_are_named_after_the_exception() -> Outcome {
    let refusal = |status: &str, name: &str, message: &str| {
        let head = format!("{status}\r\nx-amzn-ErrorType: {name}\r\nx-amzn-RequestId: 6b2f-11");
        answer(&head, &format!(r#"{{"Type":"User","Message":"{message}"}}"#))
    };
    check(
        refusal("404 Not Found", "ResourceNotFoundException", "Function not found: charge"),
        "Lambda.ResourceNotFoundException: Function not found: charge (Service: Lambda, Status Code: 404, Request ID: \
         6b2f-11)",
    )
    .await?;
    check(
        refusal("429 Too Many Requests", "TooManyRequestsException", "Rate Exceeded."),
        "Lambda.TooManyRequestsException: Rate Exceeded. (Service: Lambda, Status Code: 429, Request ID: 6b2f-11)",
    )
    .await?;
    check(
        refusal("500 Internal Server Error", "ServiceException", "An error occurred"),
        "Lambda.ServiceException: An error occurred (Service: Lambda, Status Code: 500, Request ID: 6b2f-11)",
    )
    .await?;
    check(
        refusal("403 Forbidden", "AccessDeniedException", "not authorized"),
        "Lambda.AWSLambdaException: not authorized (Service: Lambda, Status Code: 403, Request ID: 6b2f-11)",
    )
    .await?;
    Ok(())
}

#[tokio::test]
async fn refusals_without_a_name_are_named_after_the_status() -> Outcome {
    check(answer("502 Bad Gateway", "<html>oops"), "Lambda.ServiceException: <html>oops (Service: Lambda, Status")
        .await?;
    check(answer("429 Too Many Requests", ""), "Lambda.TooManyRequestsException: ").await?;
    check(answer("400 Bad Request", "no"), "Lambda.AWSLambdaException: no (Service: Lambda, Status Code: 400").await?;
    Ok(())
}

#[tokio::test]
async fn a_lost_answer_is_an_outcome_that_nobody_knows() -> Outcome {
    let unknown = "Lambda.Unknown: The connection was lost, so that the function may have run: ";
    check(String::new(), unknown).await?;
    check("HTTP/1.1 200 OK\r\nContent-Le".to_owned(), unknown).await?;
    check("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"tot".to_owned(), unknown).await?;
    Ok(())
}

#[tokio::test]
async fn a_service_that_cannot_be_reached_was_asked_nothing() -> Outcome {
    // The port was free a moment ago, and nobody listens on it now.
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let tasks = LambdaTasks::new(&Connection::to_endpoint(&format!("http://127.0.0.1:{port}")))?;
    let failure = call(&tasks, "{}", PLAIN).await.err().ok_or("it answered")?.to_string();
    assert!(failure.starts_with("Lambda.SdkClientException: Unable to execute HTTP request: "), "{failure}");
    assert!(failure.contains("refused"), "{failure}");
    Ok(())
}

/// Sends its first request to a port where nobody listens, and the others where they belong.
#[derive(Clone, Debug)]
struct Astray {
    connector: SharedHttpConnector,
    nowhere: String,
    calls: Arc<AtomicUsize>,
}

impl HttpConnector for Astray {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        if self.calls.fetch_add(1, Ordering::SeqCst) == 0 {
            let moved = request.set_uri(self.nowhere.as_str());
            moved.expect("the URI of nowhere is one");
        }
        self.connector.call(request)
    }
}

#[tokio::test]
async fn a_request_that_found_no_connection_is_sent_again() -> Outcome {
    let server = Server::answering(answer("200 OK", "7")).await?;
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let nowhere = format!("http://127.0.0.1:{port}/");
    let astray = Astray { connector: aws::connector(), nowhere, calls: Arc::default() };
    let tasks = LambdaTasks::new(&Connection::over(astray.clone(), Some(&format!("http://{}", server.address))))?;
    let reply = call(&tasks, "{}", PLAIN).await?;
    assert!(matches!(&reply, FunctionReply::Returned { payload, .. } if payload == "7"), "{reply:?}");
    assert_eq!((astray.calls.load(Ordering::SeqCst), server.finish().len()), (2, 1));
    Ok(())
}

/// A call may be silent for 15 minutes, and what lies between forgets connections that are silent for less.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_silent_call_keeps_its_connection_alive() -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let tasks = LambdaTasks::new(&Connection::to_endpoint(&format!("http://{address}")))?;
    let calling = call(&tasks, "{}", PLAIN);
    let service = async {
        let (mut stream, peer) = listener.accept().await?;
        read(&mut stream).await?;
        let sockets = std::fs::read_to_string("/proc/net/tcp")?;
        stream.write_all(answer("200 OK", "7").as_bytes()).await?;
        Ok::<_, std::io::Error>((peer, sockets))
    };
    let (reply, service) = tokio::join!(calling, service);
    reply?;
    let (peer, sockets) = service?;
    // Fields: number, local address, remote address, state, queues, timer (02: keep-alive) and when it fires.
    let local = format!(":{:04X}", peer.port());
    let timers: Vec<&str> = sockets
        .lines()
        .map(|line| line.split_ascii_whitespace().collect::<Vec<_>>())
        // The one that is established (01), not one of before with the same port.
        .filter(|fields| fields.get(1).is_some_and(|found| found.ends_with(&local)) && fields.get(3) == Some(&"01"))
        .filter_map(|fields| fields.get(5).copied())
        .collect();
    assert!(timers.len() == 1 && timers[0].starts_with("02:"), "{timers:?}");
    Ok(())
}

#[tokio::test]
async fn nobody_waits_for_an_event() -> Outcome {
    let server = Server::answering(answer("202 Accepted\r\nx-amzn-RequestId: 6b2f-11", "")).await?;
    let options = InvokeOptions { kind: InvocationType::Event, ..PLAIN };
    let reply = call(&server.tasks()?, "{}", options).await?;
    let headers = [("Content-Length", "0"), ("x-amzn-RequestId", "6b2f-11")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    assert_eq!(reply, FunctionReply::Returned { payload: "\"\"".into(), version: "$LATEST".into(), headers });
    let seen = server.finish().join("\n").to_lowercase();
    assert!(seen.contains("\r\nx-amz-invocation-type: event\r\n"), "{seen}");
    Ok(())
}

#[tokio::test]
async fn a_dry_run_asks_whether_it_could() -> Outcome {
    let server = Server::answering(answer("204 No Content", "")).await?;
    let options = InvokeOptions { kind: InvocationType::DryRun, ..PLAIN };
    let reply = call(&server.tasks()?, "{}", options).await?;
    assert!(matches!(&reply, FunctionReply::Returned { payload, .. } if payload == "\"\""), "{reply:?}");
    let seen = server.finish().join("\n").to_lowercase();
    assert!(seen.contains("\r\nx-amz-invocation-type: dryrun\r\n"), "{seen}");
    Ok(())
}

#[tokio::test]
async fn a_log_and_the_callers_context_pass_both_ways() -> Outcome {
    let server = Server::answering(answer("200 OK\r\nX-Amz-Log-Result: RU5E", "7")).await?;
    let options = InvokeOptions { client_context: Some("e30="), tails_log: true, ..PLAIN };
    let FunctionReply::Returned { headers, .. } = call(&server.tasks()?, "{}", options).await? else {
        return Err("it failed".into());
    };
    assert!(headers.contains(&("X-Amz-Log-Result".to_owned(), "RU5E".to_owned())), "{headers:?}");
    let seen = server.finish().join("\n");
    let lower = seen.to_lowercase();
    assert!(
        lower.contains("\r\nx-amz-log-type: tail\r\n") && lower.contains("\r\nx-amz-client-context: e30=\r\n"),
        "{seen}"
    );
    Ok(())
}

#[tokio::test]
async fn six_megabytes_go_there_and_come_back() -> Outcome {
    let payload = format!("\"{}\"", "x".repeat(6 * 1024 * 1024 - 2));
    let server = Server::answering(answer("200 OK", &payload)).await?;
    let FunctionReply::Returned { payload: returned, .. } = call(&server.tasks()?, &payload, PLAIN).await? else {
        return Err("it failed".into());
    };
    assert!(returned == payload, "{} bytes came back", returned.len());
    let seen = server.finish();
    assert!(seen.len() == 1 && seen.iter().all(|request| request.ends_with(&payload)), "{} requests", seen.len());
    Ok(())
}
