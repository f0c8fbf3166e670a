//! The plain door: resources under paths, JSON as people expect it.
//!
//! Each route is a row of data: which operation it is, and how a request becomes that operation's members. The
//! operation then checks and answers as it does for AWS's protocol; `openapi.json` describes both, and a test holds
//! the two against each other.
//!
//! What is different here, everywhere alike: instants are ISO 8601, inputs, outputs and definitions are JSON and not
//! texts of JSON, a refusal is `{"error", "message"}` with a status that says what is the matter, and machines and
//! executions may be named without their ARNs.

mod body;
mod executions;
mod names;
mod percent;
mod query;
mod state_machines;
mod tasks;

use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::service::{Call, Service};
use crate::wire::Dialect;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::path::RawPathParams;
use axum::extract::rejection::RawPathParamsRejection;
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderValue, StatusCode};
use model::arn::Place;
use query::Query;
use serde_json::{Map, Value};

/// A method on a path.
pub(crate) struct Route {
    pub(crate) verb: Verb,
    pub(crate) path: &'static str,
    operation: Operation,
    /// What the operation is given.
    members: fn(&Asked<'_>) -> Result<Map<String, Value>, Refusal>,
    success: Success,
}

/// The methods that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Post,
    Put,
    Delete,
}

impl Verb {
    fn filter(self) -> MethodFilter {
        match self {
            Self::Get => MethodFilter::GET,
            Self::Post => MethodFilter::POST,
            Self::Put => MethodFilter::PUT,
            Self::Delete => MethodFilter::DELETE,
        }
    }

    fn has_body(self) -> bool {
        match self {
            Self::Get | Self::Delete => false,
            Self::Post | Self::Put => true,
        }
    }
}

/// How success is answered.
#[derive(Clone, Copy, Debug)]
enum Success {
    /// 200 with the operation's answer.
    Answer,
    /// 201 with the operation's answer, the name in its ARN, and where it is: a path made of name and ARN.
    Created { arn: &'static str, at: fn(&str, &str) -> String },
    /// 204 without a body.
    Nothing,
}

/// What a request asks for.
struct Asked<'a> {
    place: &'a Place,
    /// The part of the path that is not given; empty if there is none.
    named: &'a str,
    query: Query,
    body: Bytes,
}

/// All routes.
pub(crate) fn routes() -> impl Iterator<Item = &'static Route> {
    state_machines::ROUTES.iter().chain(executions::ROUTES).chain(tasks::ROUTES)
}

/// Adds all routes.
pub(crate) fn add_to(router: Router<Service>) -> Router<Service> {
    routes().fold(router, |router, route| {
        let answer =
            move |State(service): State<Service>,
                  parameters: Result<RawPathParams, RawPathParamsRejection>,
                  request: axum::extract::Request| answer(service, route, parameters, request);
        router.route(route.path, on(route.verb.filter(), answer))
    })
}

async fn answer(
    service: Service,
    route: &'static Route,
    parameters: Result<RawPathParams, RawPathParamsRejection>,
    request: axum::extract::Request,
) -> Response {
    let call = service.call(&request, Dialect::Plain);
    match perform(&service, &call, route, parameters, request).await {
        Ok(body) => succeed(&call, route.success, body),
        Err(refusal) => call.refuse(refusal),
    }
}

async fn perform(
    service: &Service,
    call: &Call,
    route: &Route,
    parameters: Result<RawPathParams, RawPathParamsRejection>,
    request: axum::extract::Request,
) -> Result<Vec<u8>, Refusal> {
    let parameters = parameters.map_err(|_| Refusal::validation("The path is not UTF-8"))?;
    let named = parameters.iter().next().map_or("", |(_, value)| value);
    let (parts, body) = request.into_parts();
    let members = {
        let body = if route.verb.has_body() {
            check_content_type(&parts.headers)?;
            service.read(&parts.headers, body).await?
        } else {
            Bytes::new()
        };
        let query = Query::parse(parts.uri.query().unwrap_or_default())?;
        (route.members)(&Asked { place: service.place(), named, query, body })?
    };
    service.perform(call, route.operation, members).await
}

/// Refuses bodies that do not say that they are JSON, also empty ones. Browsers send nothing that says so to another
/// site without asking that site first, so no page can start anything on the machine of its reader.
fn check_content_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if media_type == "application/json" || (media_type.starts_with("application/") && media_type.ends_with("+json")) {
        return Ok(());
    }
    let message = format!("The Content-Type of a POST or PUT is application/json; this one has '{given}'");
    Err(Refusal { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, ..Refusal::new("UnsupportedMediaType", message) })
}

fn succeed(call: &Call, success: Success, body: Vec<u8>) -> Response {
    match success {
        Success::Answer => call.answer(StatusCode::OK, body),
        Success::Nothing => call.answer(StatusCode::NO_CONTENT, Vec::new()),
        Success::Created { arn, at } => match created(&body, arn) {
            Some((name, arn, body)) => {
                let mut response = call.answer(StatusCode::CREATED, body);
                if let Ok(location) = HeaderValue::try_from(at(&name, &arn)) {
                    response.headers_mut().insert(LOCATION, location);
                }
                response
            }
            None => call.refuse(Refusal::internal("The answer has no ARN of what was created")),
        },
    }
}

/// The name and the ARN of what was created, and the answer with the name in it.
fn created(body: &[u8], arn: &str) -> Option<(String, String, Vec<u8>)> {
    let mut answer: Map<String, Value> = serde_json::from_slice(body).ok()?;
    let arn = answer.get(arn)?.as_str()?.to_owned();
    let name = arn.rsplit(':').next()?.to_owned();
    answer.insert("name".to_owned(), name.clone().into());
    Some((name, arn, Value::Object(answer).to_string().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_body_says_that_it_is_json() {
        let check = |given: &'static str| {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(given))]);
            check_content_type(&headers).err().map(|refusal| refusal.plain_status().as_u16())
        };
        for json in ["application/json", "Application/JSON; charset=utf-8", "application/vnd.orders+json"] {
            assert_eq!(check(json), None, "{json}");
        }
        for other in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/x+json", ""] {
            assert_eq!(check(other), Some(415), "{other}");
        }
        assert!(check_content_type(&HeaderMap::new()).is_err());
    }

    /// The document, as far as routes and operations go; `tests/http/openapi.rs` makes the calls that are in it.
    #[test]
    fn the_document_has_every_route_and_no_other() -> Result<(), Box<dyn std::error::Error>> {
        let document: Value = serde_json::from_str(crate::router::OPENAPI)?;
        let mut described = BTreeSet::new();
        for (path, methods) in document["paths"].as_object().into_iter().flatten() {
            described.extend(methods.as_object().into_iter().flatten().map(|(method, _)| format!("{method} {path}")));
        }
        let routes = routes().map(|route| format!("{:?} {}", route.verb, route.path).to_lowercase());
        let fixed = ["get /", "get /health", "get /openapi.json"].map(str::to_owned);
        let doors = crate::rights::Rights::ALL.map(|rights| format!("post {}", rights.path()));
        assert_eq!(described, routes.chain(fixed).chain(doors).collect());
        Ok(())
    }
}
