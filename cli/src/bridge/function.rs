//! A function behind the Lambda Invoke API on this machine.

use super::Error;
use reqwest::header::CONTENT_TYPE;
use std::error::Error as _;
use std::fmt::Write;
use std::time::Duration;

/// Characters of an answer that are shown in the log.
const MAX_SHOWN_CHARS: usize = 300;

/// What came of an invocation.
#[derive(Debug)]
pub(crate) enum Invoked {
    /// The function's answer.
    Answered(Vec<u8>),
    /// The function did not run, and may run when asked again.
    NotNow(String),
    /// The function failed, or nobody knows whether it ran.
    Failed(String),
}

/// Invokes functions. Clones share their connections.
#[derive(Clone, Debug)]
pub(crate) struct Functions(reqwest::Client);

impl Functions {
    pub(crate) fn new() -> Result<Self, Error> {
        // An invocation is made once: what may have been sent is never sent again.
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .pool_idle_timeout(Duration::from_secs(2))
            .connect_timeout(Duration::from_secs(5))
            .build();
        client.map(Self).map_err(Error::Client)
    }

    /// Invokes the function at this URL, and waits so long at most.
    pub(crate) async fn invoke(&self, url: &str, event: String, trace: Option<&str>, limit: Duration) -> Invoked {
        let mut request = self.0.post(url).header(CONTENT_TYPE, "application/json").timeout(limit).body(event);
        if let Some(trace) = trace {
            request = request.header("X-Amzn-Trace-Id", trace);
        }
        match request.send().await {
            Ok(response) => judge(response).await,
            Err(error) if error.is_connect() => Invoked::NotNow(with_sources(&error)),
            Err(error) => Invoked::Failed(with_sources(&error)),
        }
    }
}

async fn judge(response: reqwest::Response) -> Invoked {
    let status = response.status();
    let function_error = response.headers().contains_key("X-Amz-Function-Error");
    let body = match response.bytes().await {
        Ok(body) => body,
        Err(error) => return Invoked::Failed(with_sources(&error)),
    };
    let shown = || String::from_utf8_lossy(&body).chars().take(MAX_SHOWN_CHARS).collect::<String>();
    if status.as_u16() == 429 {
        Invoked::NotNow(format!("it is throttled: {}", shown()))
    } else if function_error || !status.is_success() {
        Invoked::Failed(format!("it answered {status}: {}", shown()))
    } else {
        Invoked::Answered(body.into())
    }
}

fn with_sources(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        // Writing to a string cannot fail.
        let _ = write!(text, ": {error}");
        source = error.source();
    }
    text
}
