//! Starts of Express executions on their way: as often as the options say, and again when whoever ran one is dead.

use crate::clock::sleep;
use crate::faults::FaultKind;
use crate::options::{Deliveries, Deployment};
use crate::process::{Node, Part};
use crate::world::Shared;
use orchestrator::ExpressStart;
use orchestrator::ports::{Clock as _, Error};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// How soon a start comes again that could not be run.
const AGAIN: Duration = Duration::from_secs(2);

impl<N: Node> Shared<N> {
    /// Brings the start, as often as the options say.
    pub(crate) fn post_start(self: &Arc<Self>, start: ExpressStart) -> Result<(), Error> {
        let start = match self.options.deployment {
            Deployment::OneProcess => start,
            Deployment::Functions => ExpressStart::from_text(&start.to_text()).map_err(|error| Error::Unreadable {
                what: format!("the start of {}", start.execution()),
                source: error.into(),
            })?,
        };
        let is_twice = match self.options.deliveries {
            Deliveries::Once => false,
            Deliveries::SomeTwice(percent, _) => self.clock.random() % 100 < percent,
            Deliveries::Twice | Deliveries::TwiceWithin(_) => true,
        };
        if is_twice {
            self.tally.add(FaultKind::Duplicated);
            self.dispatch_start(start.clone());
        }
        self.dispatch_start(start);
        Ok(())
    }

    fn dispatch_start(self: &Arc<Self>, start: ExpressStart) {
        match self.options.deployment {
            // With its process the start dies too.
            Deployment::OneProcess => {
                if let Some(process) = self.current() {
                    process.spawn(Arc::clone(self).deliver_start(Part::Whole, start));
                }
            }
            Deployment::Functions => {
                let message = tokio::spawn(Arc::clone(self).deliver_start(Part::Express, start));
                self.mail.keep(message.abort_handle());
            }
        }
    }

    /// Until it has run, or was received as often as may be.
    async fn deliver_start(self: Arc<Self>, part: Part, start: ExpressStart) {
        for _ in 0..self.options.fleet.most_receives {
            let Some((process, node)) = self.process_for(part).and_then(|process| {
                let node = process.node()?;
                Some((process, node))
            }) else {
                sleep(AGAIN).await;
                continue;
            };
            let (sender, ended) = oneshot::channel();
            let message = start.clone();
            process.spawn(async move {
                // Whoever waits for it may be gone.
                let _ = sender.send(node.run_express(message).await);
            });
            match ended.await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => {
                    self.note(format!("{}: {error}", start.execution()));
                    sleep(AGAIN).await;
                }
                Err(_) => sleep(self.options.fleet.visibility).await,
            }
        }
        self.note(format!("{}: given up", start.execution()));
    }
}
