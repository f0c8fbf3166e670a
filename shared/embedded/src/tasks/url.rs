//! A function behind the Lambda Invoke API over HTTP: an emulator, `cargo lambda watch`.

use super::Request;
use super::config::Endpoint;
use super::reply;
use model::Failure;
use orchestrator::FunctionReply;
use reqwest::Response;
use serde_json::Value;
use std::sync::OnceLock;
use std::time::Duration;

/// The HTTP client, made when it is first needed.
#[derive(Default)]
pub(super) struct Client(OnceLock<reqwest::Client>);

impl Client {
    /// Invokes the function once: the client retries nothing that may have been sent.
    pub(super) async fn invoke(&self, endpoint: &Endpoint, request: &Request) -> Result<FunctionReply, Failure> {
        let unreachable = |error: reqwest::Error| {
            let cause = format!("failed to reach {} ({}): {}", endpoint.url, endpoint.place, with_sources(&error));
            Failure::new("Lambda.SdkClientException", cause)
        };
        let client = match self.0.get() {
            Some(client) => client,
            None => {
                let client = build().map_err(unreachable)?;
                self.0.get_or_init(|| client)
            }
        };
        let mut call = client
            .post(invocations(&endpoint.url, &request.name))
            .header("Content-Type", "application/json")
            .header("X-Amz-Invocation-Type", request.kind.as_str());
        if let Some(context) = &request.client_context {
            call = call.header("X-Amz-Client-Context", context);
        }
        if request.tails_log {
            call = call.header("X-Amz-Log-Type", "Tail");
        }
        let response = call.body(request.event.clone()).send().await.map_err(unreachable)?;
        judge(request, endpoint, response).await
    }
}

fn build() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .pool_idle_timeout(Duration::from_secs(2))
        .connect_timeout(Duration::from_secs(5))
        .build()
}

/// Where the function is invoked. A URL that ends in `/invocations` is taken as it is.
fn invocations(url: &str, name: &str) -> String {
    let url = url.trim_end_matches('/');
    if url.ends_with("/invocations") {
        url.to_owned()
    } else {
        format!("{url}/2015-03-31/functions/{name}/invocations")
    }
}

async fn judge(request: &Request, endpoint: &Endpoint, response: Response) -> Result<FunctionReply, Failure> {
    let status = response.status();
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let function_error = header("X-Amz-Function-Error");
    let error_type = header("x-amzn-ErrorType");
    let version = header("X-Amz-Executed-Version");
    let log = header("X-Amz-Log-Result");
    let body = response.text().await.map_err(|error| {
        // The function may well have run.
        let cause = format!("lost the answer of {} ({}): {}", endpoint.url, endpoint.place, with_sources(&error));
        Failure::new("Lambda.SdkClientException", cause)
    })?;
    if function_error.is_some() {
        return Ok(FunctionReply::Failed { payload: body });
    }
    if !status.is_success() {
        return Err(refusal(endpoint, status.as_u16(), error_type.as_deref(), &body));
    }
    let text = match body.trim() {
        "" => "null",
        text => text,
    };
    if serde_json::from_str::<Value>(text).is_err() {
        let shown: String = body.chars().take(200).collect();
        let message = format!("{} ({}) answered {status} with what is not JSON: {shown}", endpoint.url, endpoint.place);
        return Ok(FunctionReply::Failed { payload: reply::error_payload("Runtime.InvalidResponse", &message) });
    }
    Ok(match reply::returned(request, text.to_owned()) {
        FunctionReply::Returned { payload, version: own, mut headers } => {
            headers.retain(|(name, _)| name != reply::LOG_RESULT);
            headers.extend(log.map(|log| (reply::LOG_RESULT.to_owned(), log)));
            FunctionReply::Returned { payload, version: version.unwrap_or(own), headers }
        }
        failed @ FunctionReply::Failed { .. } => failed,
    })
}

/// The service would not invoke the function.
fn refusal(endpoint: &Endpoint, status: u16, error_type: Option<&str>, body: &str) -> Failure {
    let named = error_type.map(|name| name.split([':', ',']).next().unwrap_or(name).to_owned());
    let name = named.unwrap_or_else(|| {
        match status {
            404 => "ResourceNotFoundException",
            429 => "TooManyRequestsException",
            400..=499 => "InvalidRequestContentException",
            _ => "ServiceException",
        }
        .to_owned()
    });
    let message = serde_json::from_str::<Value>(body)
        .ok()
        .and_then(|value| value.get("Message").or(value.get("message"))?.as_str().map(str::to_owned))
        .unwrap_or_else(|| body.chars().take(500).collect());
    let cause = format!("{message} (Service: Lambda, Status Code: {status}, {} of {})", endpoint.url, endpoint.place);
    Failure::new(format!("Lambda.{name}"), cause)
}

fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use orchestrator::ports::InvocationType;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// One exchange with a server that answers like this: the request as it saw it, and what became of the call.
    async fn check(answer: &'static str, expected: &str) -> Result<String, Box<dyn std::error::Error>> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = Endpoint { url: format!("http://{}", listener.local_addr()?), place: "tasks.toml:2".into() };
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await?;
            let mut seen = Vec::new();
            while !seen.ends_with(b"{\"n\": 1}") {
                if stream.read_buf(&mut seen).await? == 0 {
                    break;
                }
            }
            stream.write_all(answer.as_bytes()).await?;
            Ok::<_, std::io::Error>(String::from_utf8_lossy(&seen).into_owned())
        });
        let request = Request {
            name: "pay".into(),
            version: "$LATEST".into(),
            event: "{\"n\": 1}".into(),
            execution: String::new(),
            state: String::new(),
            attempt: 0,
            kind: InvocationType::RequestResponse,
            client_context: Some("e30=".into()),
            tails_log: true,
        };
        let found = match Client::default().invoke(&endpoint, &request).await {
            Ok(FunctionReply::Returned { payload, version, .. }) => format!("{payload} by {version}"),
            Ok(FunctionReply::Failed { payload }) => format!("failed {payload}"),
            Err(failure) => failure.error.unwrap_or_default(),
        };
        assert_eq!(found, expected);
        Ok(server.await??)
    }

    #[tokio::test]
    async fn the_invoke_api_is_spoken() -> Result<(), Box<dyn std::error::Error>> {
        let seen =
            check("HTTP/1.1 200 OK\r\nX-Amz-Executed-Version: 7\r\nContent-Length: 2\r\n\r\n{}", "{} by 7").await?;
        assert!(seen.starts_with("POST /2015-03-31/functions/pay/invocations HTTP/1.1\r\n"), "{seen}");
        let seen = seen.to_lowercase();
        for header in ["invocation-type: requestresponse", "client-context: e30=", "log-type: tail"] {
            assert!(seen.contains(&format!("x-amz-{header}\r\n")), "{seen}");
        }
        Ok(())
    }

    #[tokio::test]
    async fn failures_of_the_function_and_of_the_service_differ() -> Result<(), Box<dyn std::error::Error>> {
        check(
            "HTTP/1.1 200 OK\r\nX-Amz-Function-Error: Unhandled\r\nContent-Length: 17\r\n\r\n{\"errorType\":\"E\"}",
            "failed {\"errorType\":\"E\"}",
        )
        .await?;
        check("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "Lambda.ResourceNotFoundException").await?;
        check("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "Lambda.ServiceException").await?;
        Ok(())
    }

    #[test]
    fn a_whole_invocation_url_is_taken_as_it_is() {
        assert_eq!(invocations("http://x:9000/", "f"), "http://x:9000/2015-03-31/functions/f/invocations");
        let whole = "http://x:8080/2015-03-31/functions/function/invocations";
        assert_eq!(invocations(whole, "f"), whole);
    }
}
