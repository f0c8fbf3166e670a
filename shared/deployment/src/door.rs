//! The API's router behind an HTTP API and a function URL.

use crate::Deployment;
use api::Front;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use lambda_http::request::RequestContext;
use std::sync::Arc;

/// What Lambda hands to a function at most. A body that is not plain text comes in base64, a third longer.
///
/// Source: Lambda quotas, "Invocation payload (request and response)", synchronous: 6 MB.
const LAMBDA_MAX_REQUEST_BYTES: usize = 6 * 1024 * 1024;

impl Deployment {
    /// The API, as it is behind Lambda's doors.
    pub fn router(&self) -> Router {
        let options = api::Options {
            max_payload_bytes: self.settings.max_payload_bytes,
            max_request_bytes: Some(LAMBDA_MAX_REQUEST_BYTES),
            max_response_bytes: Some(api::LAMBDA_MAX_RESPONSE_BYTES),
            front: Front::HttpApi,
            ..api::Options::default()
        };
        api::router(Arc::clone(&self.orchestrator), options).layer(from_fn(told_its_front))
    }
}

/// Notes through which door the request came: both lead to one function.
async fn told_its_front(mut request: Request, next: Next) -> Response {
    if let Some(RequestContext::ApiGatewayV2(context)) = request.extensions().get::<RequestContext>() {
        let front = front_of(context.domain_name.as_deref());
        request.extensions_mut().insert(front);
    }
    next.run(request).await
}

/// A function URL's host has `lambda-url` in it; an HTTP API's is `execute-api` or a domain of its owner's.
fn front_of(domain: Option<&str>) -> Front {
    match domain {
        Some(domain) if domain.split('.').any(|label| label == "lambda-url") => Front::FunctionUrl,
        Some(_) | None => Front::HttpApi,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_url_is_known_by_its_host() {
        let url = "x4yz.lambda-url.eu-central-1.on.aws";
        assert_eq!(front_of(Some(url)), Front::FunctionUrl);
        for other in ["a1b2.execute-api.eu-central-1.amazonaws.com", "workflows.example.com"] {
            assert_eq!(front_of(Some(other)), Front::HttpApi);
        }
        assert_eq!(front_of(None), Front::HttpApi);
    }
}
