//! A router over the simulation, and calls as an SDK makes them.

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use orchestrator::{Acknowledge, ExpressStart, Orchestrator, Settings, Wake};
use ratchet_api::{Options, router};
use serde_json::{Value, json};
use simulation::{Node, Problem, World};
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt as _;

/// Whatever goes wrong in a test.
pub(crate) type Fault = Box<dyn std::error::Error + Send + Sync>;

/// What happened, for `?` at the end of a test.
pub(crate) type Done = Result<(), Fault>;

pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/r";
pub(crate) const MACHINE: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:m";
pub(crate) const ACTIVITY: &str = "arn:aws:states:us-east-1:123456789012:activity:a";

pub(crate) struct Local(Arc<Orchestrator>);

#[async_trait]
impl Node for Local {
    async fn handle(&self, wake: Wake) -> Result<Acknowledge, Problem> {
        Ok(self.0.handle(wake).await?)
    }

    async fn run_express(&self, start: ExpressStart) -> Result<(), Problem> {
        self.0.run_express(start).await?;
        Ok(())
    }

    async fn recover(&self) -> Result<(), Problem> {
        self.0.recover().await?;
        Ok(())
    }
}

/// The API over a world of its own.
pub(crate) struct Api {
    pub(crate) router: Router,
    pub(crate) orchestrator: Arc<Orchestrator>,
    pub(crate) world: World<Local>,
}

/// An answer: status, headers, body as JSON.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Api {
    pub(crate) async fn new() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        Self::of(options, simulation::Options::default()).await
    }

    /// The API over a world that is like this.
    pub(crate) async fn of(options: Options, world: simulation::Options) -> Self {
        let max_payload_bytes = options.max_payload_bytes;
        let world = World::new(world, move |ports, settings| {
            Arc::new(Local(Orchestrator::new(ports, Settings { max_payload_bytes, ..settings })))
        });
        let orchestrator = world.call(async |node| Arc::clone(&node.0)).await;
        Self { router: router(Arc::clone(&orchestrator), options), orchestrator, world }
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Answer, Fault> {
        let response = self.router.clone().oneshot(request).await?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        let text = String::from_utf8(body.to_vec())?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    }

    /// Makes a call.
    pub(crate) async fn call(&self, operation: &str, input: &Value) -> Result<Answer, Fault> {
        self.send(call(operation, input.to_string())?).await
    }

    /// Makes a call that must succeed.
    pub(crate) async fn ok(&self, operation: &str, input: Value) -> Result<Value, Fault> {
        let answer = self.call(operation, &input).await?;
        if answer.status != StatusCode::OK {
            return Err(format!("{operation} {input}: {} {}", answer.status, answer.body).into());
        }
        Ok(answer.body)
    }

    /// Makes a call that must be refused with this code and message.
    pub(crate) async fn refused(&self, operation: &str, input: Value, code: &str, message: &str) -> Done {
        let answer = self.call(operation, &input).await?;
        assert_eq!(answer.body["__type"], code, "{operation} {input}");
        assert_eq!(answer.body["message"], message, "{operation} {input}");
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{operation} {input}");
        Ok(())
    }

    /// Makes a call of the plain door. A body is sent as JSON.
    pub(crate) async fn plain(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Answer, Fault> {
        let request = Request::builder().method(method).uri(path);
        self.send(match body {
            Some(body) => request.header("content-type", "application/json").body(Body::from(body.to_string()))?,
            None => request.body(Body::empty())?,
        })
        .await
    }

    /// Creates the machine `m` with these states, of which `A` is the first.
    pub(crate) async fn machine(&self, states: Value) -> Result<Value, Fault> {
        let definition = json!({"StartAt": "A", "States": states}).to_string();
        self.ok("CreateStateMachine", json!({"name": "m", "definition": definition, "roleArn": ROLE})).await
    }

    /// Starts an execution of the machine `m` and waits for its end.
    pub(crate) async fn run(&self, input: Value) -> Result<Value, Fault> {
        let start = json!({"stateMachineArn": MACHINE, "input": input.to_string()});
        let started = self.ok("StartExecution", start).await?;
        self.end_of(&started["executionArn"]).await
    }

    /// Waits for the end of an execution.
    pub(crate) async fn end_of(&self, execution: &Value) -> Result<Value, Fault> {
        for _ in 0..100 {
            let described = self.ok("DescribeExecution", json!({"executionArn": execution})).await?;
            if described["status"] != "RUNNING" {
                return Ok(described);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Err("the execution goes on and on".into())
    }
}

/// A call as an SDK makes it.
pub(crate) fn call(operation: &str, body: String) -> Result<Request<Body>, http::Error> {
    Request::post("/")
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", format!("AWSStepFunctions.{operation}"))
        .body(Body::from(body))
}
