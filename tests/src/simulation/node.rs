//! The orchestrator as a node of a simulated world, called without the API around it.

use async_trait::async_trait;
use orchestrator::ports::Clock;
use orchestrator::{Acknowledge, Error, Orchestrator, Ports, Settings, Wake};
use simulation::{Node, Problem, World};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
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

    async fn recover(&self) -> Result<(), Problem> {
        self.orchestrator.recover().await?;
        Ok(())
    }

    async fn sweep(&self) -> Result<(), Problem> {
        let until = self.clock.now() + Duration::from_secs(50);
        match at_once(self.orchestrator.sweep_timers(until)) {
            Some(swept) => drop(swept?),
            None => std::future::pending().await,
        }
        Ok(())
    }
}

/// What the future gives. Ports in memory answer at once, or never when their process has crashed: then none.
///
/// `sweep_timers` cannot be awaited here: its future is not [`Send`].
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
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
