//! The API and the orchestrator as one node of a simulated world.

use super::run::{Answer, Server};
use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use http::Request;
use orchestrator::{Acknowledge, ExpressStart, Orchestrator, Ports, Settings, Wake};
use serde_json::Value;
use simulation::{Node, Problem};
use std::sync::Arc;
use tower::ServiceExt;

/// The API and the orchestrator.
pub struct InProcess {
    orchestrator: Arc<Orchestrator>,
    router: Router,
}

/// Builds both over the ports of a world.
pub fn build(ports: Ports, settings: Settings) -> Arc<InProcess> {
    let orchestrator = Orchestrator::new(ports, settings);
    let router = api::router(Arc::clone(&orchestrator), api::Options::default());
    Arc::new(InProcess { orchestrator, router })
}

impl InProcess {
    /// What the API is about.
    pub fn orchestrator(&self) -> &Arc<Orchestrator> {
        &self.orchestrator
    }
}

#[async_trait]
impl Node for InProcess {
    async fn handle(&self, wake: Wake) -> Result<Acknowledge, Problem> {
        Ok(self.orchestrator.handle(wake).await?)
    }

    async fn run_express(&self, start: ExpressStart) -> Result<(), Problem> {
        self.orchestrator.run_express(start).await?;
        Ok(())
    }

    async fn recover(&self) -> Result<(), Problem> {
        self.orchestrator.recover().await?;
        Ok(())
    }
}

#[async_trait]
impl Server for InProcess {
    async fn post(&self, operation: &str, body: String) -> Answer {
        let broken = |problem: String| Answer { status: 0, body: problem.into() };
        let request = Request::post("/")
            .header("Host", "states.us-east-1.amazonaws.com")
            .header("Content-Type", "application/x-amz-json-1.0")
            .header("X-Amz-Target", format!("AWSStepFunctions.{operation}"))
            .body(Body::from(body));
        let request = match request {
            Ok(request) => request,
            Err(error) => return broken(error.to_string()),
        };
        let Ok(response) = self.router.clone().oneshot(request).await;
        let status = response.status().as_u16();
        match to_bytes(response.into_body(), usize::MAX).await {
            Ok(bytes) => match serde_json::from_slice::<Value>(&bytes) {
                Ok(body) => Answer { status, body },
                Err(error) => broken(format!("{status}, not JSON ({error}): {}", String::from_utf8_lossy(&bytes))),
            },
            Err(error) => broken(error.to_string()),
        }
    }
}
