//! The connector: takes requests as the SDK signs them, and hands them to the service they are for.

use super::dynamodb::Units;
use super::{Cloud, Effect, Request, Service};
use super::{lambda, s3};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// One process's way into a [`Cloud`].
#[derive(Clone)]
pub struct Wire {
    cloud: Cloud,
    caller: Arc<str>,
}

/// What a service answers.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
    pub(crate) units: Units,
    pub(crate) sqs_requests: u64,
}

/// A request as a service sees it.
pub(crate) struct Call {
    pub(crate) service: Service,
    pub(crate) operation: String,
    pub(crate) resource: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self { status, headers, body: body.into(), units: Units::default(), sqs_requests: 0 }
    }

    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::new(status, "application/x-amz-json-1.0", body.to_string())
    }

    /// An error of a service that speaks AWS JSON.
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        let mut answer = Self::json(status, &serde_json::json!({ "__type": code, "message": message }));
        answer.headers.push(("x-amzn-ErrorType".to_owned(), code.to_owned()));
        answer
    }
}

impl Call {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_default()
    }
}

impl Wire {
    pub(crate) fn new(cloud: Cloud, caller: &str) -> Self {
        Self { cloud, caller: caller.into() }
    }

    async fn answer(self, call: Call) -> Result<HttpResponse, ConnectorError> {
        // As a real request would, it lets others run.
        match self.cloud.latency() {
            Duration::ZERO => tokio::task::yield_now().await,
            latency => tokio::time::sleep(latency).await,
        }
        let effect = self.cloud.faults().strike(call.service, &call.operation, call.text());
        if let Some(Effect::Slow(time)) = &effect {
            tokio::time::sleep(*time).await;
        }
        let answer = match &effect {
            Some(Effect::Throttled) => throttled(call.service),
            Some(Effect::ServerError) => failed(call.service),
            effect => self.serve(&call, effect.as_ref()).await,
        };
        let is_lost = matches!(effect, Some(Effect::AnswerLost | Effect::ConnectionCut));
        self.cloud.record(Request {
            caller: self.caller,
            service: call.service,
            operation: call.operation,
            resource: call.resource,
            headers: call.headers,
            body: call.body,
            status: (!is_lost).then_some(answer.status),
            answer_bytes: answer.body.len(),
            units: answer.units,
            sqs_requests: answer.sqs_requests,
        });
        match effect {
            Some(Effect::AnswerLost) => Err(ConnectorError::timeout("the answer did not come".into())),
            Some(Effect::ConnectionCut) => Err(ConnectorError::io("the connection was cut".into())),
            _ => response(answer),
        }
    }

    async fn serve(&self, call: &Call, effect: Option<&Effect>) -> Answer {
        match call.service {
            Service::DynamoDb => {
                let keep = match effect {
                    Some(Effect::Unprocessed(keep)) => Some(*keep),
                    _ => None,
                };
                self.cloud.dynamodb().serve(&call.operation, call.text(), keep)
            }
            Service::Sqs => {
                let refused: &[usize] = match effect {
                    Some(Effect::EntriesFailed(places)) => places,
                    _ => &[],
                };
                let answer = self.cloud.sqs().serve(&call.operation, call.text(), refused).await;
                if effect == Some(&Effect::Purged) {
                    self.cloud.sqs().lose(&call.resource);
                }
                answer
            }
            Service::S3 => self.cloud.s3().serve(call),
            Service::Lambda => self.cloud.lambda().serve(call).await,
        }
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wire({})", self.caller)
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let wire = self.clone();
        HttpConnectorFuture::new(async move { wire.answer(recognize(&request)?).await })
    }
}

/// Which service, operation and thing a request is for.
fn recognize(request: &HttpRequest) -> Result<Call, ConnectorError> {
    let refuse = |why: String| ConnectorError::user(why.into());
    let headers: Vec<(String, String)> =
        request.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let uri: http::Uri = request.uri().parse().map_err(|error| refuse(format!("{}: {error}", request.uri())))?;
    let body = request.body().bytes().ok_or_else(|| refuse("a body that is a stream".to_owned()))?;
    let mut call = Call {
        service: Service::S3,
        operation: String::new(),
        resource: String::new(),
        method: request.method().to_owned(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        headers,
        body: Bytes::copy_from_slice(body),
    };
    let target = call.header("x-amz-target").unwrap_or_default().to_owned();
    let host = uri.host().unwrap_or_default();
    if let Some(operation) = target.strip_prefix("DynamoDB_20120810.") {
        call.service = Service::DynamoDb;
        operation.clone_into(&mut call.operation);
        call.resource = super::dynamodb::table_of(call.text());
    } else if let Some(operation) = target.strip_prefix("AmazonSQS.") {
        call.service = Service::Sqs;
        operation.clone_into(&mut call.operation);
        call.resource = super::sqs::queue_of(call.text());
    } else if let Some((operation, function)) = lambda::recognize(&call.method, &call.path) {
        call.service = Service::Lambda;
        operation.clone_into(&mut call.operation);
        call.resource = function;
    } else if let Some((operation, resource, path)) = s3::recognize(&call.method, host, &call.path, &call.query) {
        operation.clone_into(&mut call.operation);
        call.resource = resource;
        call.path = path;
    } else {
        return Err(refuse(format!("this cloud has nothing at {} {} {target}", call.method, request.uri())));
    }
    Ok(call)
}

fn throttled(service: Service) -> Answer {
    match service {
        Service::DynamoDb => Answer::error(
            400,
            "com.amazonaws.dynamodb.v20120810#ThrottlingException",
            "Throughput exceeds the current capacity of your table or index.",
        ),
        Service::Sqs => Answer::error(400, "com.amazonaws.sqs#RequestThrottled", "Request throttled."),
        Service::S3 => s3::error(503, "SlowDown", "Please reduce your request rate."),
        Service::Lambda => Answer::error(429, "TooManyRequestsException", "Rate Exceeded."),
    }
}

fn failed(service: Service) -> Answer {
    match service {
        Service::DynamoDb => {
            Answer::error(500, "com.amazonaws.dynamodb.v20120810#InternalServerError", "Internal error")
        }
        Service::Sqs => Answer::error(500, "com.amazonaws.sqs#InternalError", "Internal error"),
        Service::S3 => s3::error(500, "InternalError", "We encountered an internal error. Please try again."),
        Service::Lambda => Answer::error(500, "ServiceException", "Internal error"),
    }
}

fn response(answer: Answer) -> Result<HttpResponse, ConnectorError> {
    let broken = |error: Box<dyn std::error::Error + Send + Sync>| ConnectorError::user(error);
    let status = answer.status.try_into().map_err(|error| broken(Box::new(error)))?;
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
    for (name, value) in answer.headers {
        response.headers_mut().try_insert(name, value).map_err(|error| broken(Box::new(error)))?;
    }
    Ok(response)
}
