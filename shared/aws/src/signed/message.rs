//! A request before it is signed, and its answer.

use super::SignedError;
use super::address::{self, Address};
use aws_smithy_runtime_api::http::Headers;
use bytes::Bytes;
use http::Method;

/// A request to the service that a client is for.
#[derive(Clone, Debug)]
pub struct SignedRequest {
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Bytes,
    is_idempotent: bool,
}

impl SignedRequest {
    /// A request for this path, whose text is plain: what needs escaping in a URL is escaped here. `/` parts it.
    ///
    /// GET, HEAD, PUT and DELETE are taken as idempotent, other methods are not.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        let is_idempotent = method.is_idempotent();
        Self { method, path: path.into(), query: Vec::new(), headers: Vec::new(), body: Bytes::new(), is_idempotent }
    }

    /// Adds a parameter to the query, plain text.
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Adds a header, which is signed.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Allows the request to be sent again when its outcome is not known.
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        self.is_idempotent = true;
        self
    }

    /// Forbids that the request is sent again when its outcome is not known.
    #[must_use]
    pub fn at_most_once(mut self) -> Self {
        self.is_idempotent = false;
        self
    }

    pub(super) fn is_idempotent(&self) -> bool {
        self.is_idempotent
    }

    pub(super) fn to_http(&self, address: &Address) -> Result<http::Request<Bytes>, SignedError> {
        let mut uri = address.as_str().to_owned();
        uri.push('/');
        address::push_encoded(&mut uri, self.path.trim_start_matches('/'), b"/");
        for (index, (name, value)) in self.query.iter().enumerate() {
            uri.push(if index == 0 { '?' } else { '&' });
            address::push_encoded(&mut uri, name, b"");
            uri.push('=');
            address::push_encoded(&mut uri, value, b"");
        }
        let mut request = http::Request::builder().method(self.method.clone()).uri(uri);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(self.body.clone()).map_err(|error| SignedError::Request { source: Box::new(error) })
    }
}

/// A service's answer.
#[derive(Clone, Debug)]
pub struct SignedResponse {
    status: u16,
    headers: Headers,
    body: Bytes,
}

impl SignedResponse {
    pub(super) fn new(status: u16, headers: Headers, body: Bytes) -> Self {
        Self { status, headers, body }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether the service did as it was asked.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first header of this name, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get_bytes(name).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// The body.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The body alone.
    pub fn into_body(self) -> Bytes {
        self.body
    }

    /// The answer as an error: what XML or JSON in the body say of it.
    pub fn refusal(&self) -> SignedError {
        let text = String::from_utf8_lossy(&self.body);
        let code = self
            .header("x-amzn-errortype")
            .or_else(|| between(&text, "<Code>", "</Code>"))
            .or_else(|| json_text(&text, "__type"))
            .map(|code| code.split(':').next().unwrap_or(code))
            .map(|code| code.rsplit('#').next().unwrap_or(code).to_owned());
        let message = between(&text, "<Message>", "</Message>")
            .or_else(|| json_text(&text, "message"))
            .or_else(|| json_text(&text, "Message"))
            .map_or_else(|| text.chars().take(MAX_SHOWN_CHARS).collect(), str::to_owned);
        let reason = || {
            let status = http::StatusCode::from_u16(self.status).ok();
            status.and_then(|status| status.canonical_reason()).unwrap_or("no error code").to_owned()
        };
        SignedError::Refused { status: self.status, code: code.unwrap_or_else(reason), message }
    }
}

/// Most characters of a body that is no error message as we know them.
const MAX_SHOWN_CHARS: usize = 200;

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

/// The text under this key, if no character of it is escaped: good enough for the name of an error.
fn json_text<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("\"{key}\""))?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    rest.split_once('"').map(|(found, _)| found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, body: &'static str, expected: &str, is_transient: bool) {
        let refusal = SignedResponse::new(status, Headers::new(), Bytes::from_static(body.as_bytes())).refusal();
        assert_eq!(refusal.to_string(), format!("the service refused: {expected} (status {status})"));
        assert_eq!(refusal.is_transient(), is_transient, "{refusal}");
    }

    #[test]
    fn refusals_say_what_the_service_said() {
        check(
            503,
            "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Reduce your rate.</Message></Error>",
            "SlowDown: Reduce your rate.",
            true,
        );
        check(
            403,
            "<Error><Code>AccessDenied</Code></Error>",
            "AccessDenied: <Error><Code>AccessDenied</Code></Error>",
            false,
        );
        check(
            400,
            r#"{"__type" : "com.amazon#ThrottlingException", "message":"slow"}"#,
            "ThrottlingException: slow",
            true,
        );
        check(400, "<Error><Code>RequestTimeout</Code><Message>idle</Message></Error>", "RequestTimeout: idle", true);
        check(412, "", "Precondition Failed: ", false);
        check(502, "oops", "Bad Gateway: oops", true);
    }
}
