//! The orchestrator as a node of a simulated world, called without the API around it.

use async_trait::async_trait;
use orchestrator::ports::Clock;
use orchestrator::{Acknowledge, Error, Orchestrator, Ports, Settings, Wake};
use simulation::{Node, Problem, World};
use std::sync::Arc;
use std::time::Duration;

/// The orchestrator.
pub struct Engine {
    /// It.
    pub orchestrator: Arc<Orchestrator>,
}

/// Builds it over the ports of a world.
pub(crate) fn build(ports: Ports, settings: Settings) -> Arc<Engine> {
    Arc::new(Engine { orchestrator: Orchestrator::new(ports, settings) })
}

#[async_trait]
impl Node for Engine {
    async fn handle(&self, wake: Wake) -> Result<Acknowledge, Problem> {
        Ok(self.orchestrator.handle(wake).await?)
    }

    async fn recover(&self) -> Result<(), Problem> {
        self.orchestrator.recover().await?;
        Ok(())
    }
}

/// Calls until it is answered with something else than "try again", as a client does.
pub(crate) async fn insist<A, F>(world: &World<Engine>, request: impl Fn(Arc<Orchestrator>) -> F) -> Result<A, Error>
where
    F: Future<Output = Result<A, Error>>,
{
    loop {
        match world.call(|node| request(Arc::clone(&node.orchestrator))).await {
            Err(error) if error.is_transient() => world.clock().sleep(Duration::from_millis(100)).await,
            answer => return answer,
        }
    }
}
