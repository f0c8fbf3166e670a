//! The orchestrator as a node of a simulated world, called without the API around it.

use crate::{Node, Problem, World};
use async_trait::async_trait;
use orchestrator::ports::Clock;
use orchestrator::{Acknowledge, Error, ExpressStart, Orchestrator, Ports, Settings, Wake};
use std::sync::Arc;
use std::time::Duration;

/// The orchestrator.
pub struct Engine {
    /// It.
    pub orchestrator: Arc<Orchestrator>,
    clock: Arc<dyn Clock>,
}

/// Builds it over the ports of a world.
pub(crate) fn build(ports: Ports, settings: Settings) -> Arc<Engine> {
    let clock = Arc::clone(&ports.clock);
    Arc::new(Engine { orchestrator: Orchestrator::new(ports, settings), clock })
}

#[async_trait]
impl Node for Engine {
    async fn handle(&self, wake: Wake) -> Result<Acknowledge, Problem> {
        Ok(self.orchestrator.handle(wake).await?)
    }

    #[cfg(feature = "planted-defects")]
    async fn handle_dead(&self, wake: Wake) -> Result<Acknowledge, Problem> {
        if self.orchestrator.settings().defect == Some(orchestrator::Defect::DeadLetterFails) {
            self.orchestrator.fail_dead_letter(&wake).await?;
            return Ok(Acknowledge::Delete);
        }
        self.handle(wake).await
    }

    async fn run_express(&self, start: ExpressStart) -> Result<(), Problem> {
        self.orchestrator.run_express(start).await?;
        Ok(())
    }

    async fn recover(&self) -> Result<(), Problem> {
        self.orchestrator.recover().await?;
        Ok(())
    }

    async fn sweep(&self) -> Result<(), Problem> {
        self.orchestrator.sweep_timers(self.clock.now() + Duration::from_secs(50)).await?;
        Ok(())
    }

    async fn reconcile(&self) -> Result<(), Problem> {
        let mut after = None;
        loop {
            after = self.orchestrator.reconcile(after.as_deref(), 10).await?.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}

/// The longest pause before a caller calls again.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Calls until it is answered with something else than "try again", as a client does.
pub(crate) async fn insist<A, F>(world: &World<Engine>, request: impl Fn(Arc<Orchestrator>) -> F) -> Result<A, Error>
where
    F: Future<Output = Result<A, Error>>,
{
    loop {
        if let Some(answer) = insist_unless(world, || false, &request).await {
            return answer;
        }
    }
}

/// The same, for a caller that does not call again if its process died and what it asked for has happened: nothing then.
pub(crate) async fn insist_unless<A, F>(
    world: &World<Engine>,
    has_happened: impl Fn() -> bool,
    request: impl Fn(Arc<Orchestrator>) -> F,
) -> Option<Result<A, Error>>
where
    F: Future<Output = Result<A, Error>>,
{
    let mut pause = Duration::from_millis(100);
    loop {
        match world.call_once(|node: Arc<Engine>| request(Arc::clone(&node.orchestrator))).await {
            Some(Err(error)) if error.is_transient() => {
                world.clock().sleep(pause).await;
                pause = LONGEST_PAUSE.min(pause * 2);
            }
            Some(answer) => return Some(answer),
            None if has_happened() => return None,
            None => {}
        }
    }
}
