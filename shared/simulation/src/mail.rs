//! Messages on their way: late, twice, and again when whoever handled one could not.

use crate::clock::sleep;
use crate::generation::{Generation, Node, Problem};
use crate::world::{Deliveries, Deployment, LONGEST_DELAY, MOST_TRIES, Shared};
use futures::FutureExt;
use orchestrator::ports::Error;
use orchestrator::{Acknowledge, Wake};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

/// How long a message on a durable queue is out of sight of others once somebody handles it.
const VISIBILITY: Duration = Duration::from_secs(30);

/// How often timers are swept.
const SWEEP: Duration = Duration::from_mins(1);

/// Counts, and the messages of durable queues.
#[derive(Default)]
pub(crate) struct Mail {
    sent: AtomicU64,
    handled: AtomicU64,
    durable: Mutex<Vec<AbortHandle>>,
}

/// What became of a message that was handled.
enum Handled {
    Done(Result<Acknowledge, Problem>),
    Panicked,
    /// Whoever handled it is dead.
    Killed,
}

impl Mail {
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn handled(&self) -> u64 {
        self.handled.load(Ordering::Relaxed)
    }

    /// Brings nothing any more.
    pub(crate) fn stop(&self) {
        for message in self.durable.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            message.abort();
        }
    }

    fn keep(&self, message: AbortHandle) {
        let mut durable = self.durable.lock().unwrap_or_else(PoisonError::into_inner);
        if durable.len() > 64 && durable.len().is_power_of_two() {
            durable.retain(|message| !message.is_finished());
        }
        durable.push(message);
    }
}

impl<N: Node> Shared<N> {
    /// Brings the message after the delay, as often as the options say.
    pub(crate) fn post(self: &Arc<Self>, wake: &Wake, delay: Duration) -> Result<(), Error> {
        let Some(generation) = self.current() else { return Ok(()) };
        let wake = match self.options.deployment {
            Deployment::OneProcess => wake.clone(),
            Deployment::Functions => travelled(wake, delay)?,
        };
        self.mail.sent.fetch_add(1, Ordering::Relaxed);
        let late = match self.options.lateness {
            Duration::ZERO => Duration::ZERO,
            lateness => self.clock.random_below(lateness),
        };
        self.dispatch(&generation, wake.clone(), delay + late);
        let within = match self.options.deliveries {
            Deliveries::Once => return Ok(()),
            Deliveries::Twice => Duration::from_millis(100),
            Deliveries::TwiceWithin(within) => within,
        };
        let at_once = self.clock.random_below(Duration::from_micros(2)).is_zero();
        let later = if at_once { Duration::ZERO } else { self.clock.random_below(within) };
        self.dispatch(&generation, wake, delay + later);
        Ok(())
    }

    fn dispatch(self: &Arc<Self>, generation: &Arc<Generation<N>>, wake: Wake, delay: Duration) {
        match self.options.deployment {
            Deployment::OneProcess => {
                generation.spawn(Arc::clone(self).bring(Some(Arc::clone(generation)), wake, delay));
            }
            Deployment::Functions => {
                let message = tokio::spawn(Arc::clone(self).bring(None, wake, delay));
                self.mail.keep(message.abort_handle());
            }
        }
    }

    /// Brings the message to this generation, or to whichever lives then.
    async fn bring(self: Arc<Self>, generation: Option<Arc<Generation<N>>>, mut wake: Wake, delay: Duration) {
        sleep(delay).await;
        // One that outlives a cut handles its message to the end.
        let own = match &generation {
            Some(generation) => match generation.node() {
                Some(node) => Some(node),
                None => return,
            },
            None => None,
        };
        let mut failures = 0;
        while failures < MOST_TRIES {
            self.mail.handled.fetch_add(1, Ordering::Relaxed);
            let handled = match &own {
                Some(node) => handle(node, &wake).await,
                None => self.have_handled(&wake).await,
            };
            let again_after = match handled {
                Handled::Done(Ok(Acknowledge::Delete)) => return,
                Handled::Done(Ok(Acknowledge::Return(after))) => {
                    failures = 0;
                    after.max(Duration::from_millis(1))
                }
                Handled::Done(Err(error)) => {
                    failures += 1;
                    self.note(format!("{} {:?}: {error}", wake.strand, wake.kind));
                    Duration::from_secs(u64::from(failures))
                }
                Handled::Panicked => {
                    self.note(format!("{} {:?}: panicked", wake.strand, wake.kind));
                    return;
                }
                Handled::Killed => VISIBILITY,
            };
            wake.redelivered = true;
            sleep(again_after).await;
        }
        self.note(format!("{} {:?}: given up", wake.strand, wake.kind));
    }

    /// Has the message handled by a process that lives now, of its lane.
    async fn have_handled(&self, wake: &Wake) -> Handled {
        let Some(generation) = self.current() else { return Handled::Killed };
        let Some(node) = generation.node_of(wake.lane) else { return Handled::Killed };
        let wake = wake.clone();
        let (sender, outcome) = oneshot::channel();
        generation.spawn(async move {
            // The message may have been taken away, together with its world.
            let _ = sender.send(handle(&node, &wake).await);
        });
        outcome.await.unwrap_or(Handled::Killed)
    }

    /// Has timers that are due sent, for as long as the generation lives.
    pub(crate) async fn sweep_each_minute(self: Arc<Self>, generation: Arc<Generation<N>>) {
        loop {
            sleep(SWEEP).await;
            let Some(node) = generation.node() else { return };
            // Most worlds have none most of the time.
            if self.timers.count() == 0 {
                continue;
            }
            match AssertUnwindSafe(node.sweep()).catch_unwind().await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => self.note(format!("sweep: {error}")),
                Err(_) => self.note("sweep: panicked".to_owned()),
            }
        }
    }
}

async fn handle<N: Node>(node: &Arc<N>, wake: &Wake) -> Handled {
    match AssertUnwindSafe(node.handle(wake.clone())).catch_unwind().await {
        Ok(done) => Handled::Done(done),
        Err(_) => Handled::Panicked,
    }
}

/// The wake as it comes out of a durable queue.
fn travelled(wake: &Wake, delay: Duration) -> Result<Wake, Error> {
    let refused = |source: Box<dyn std::error::Error + Send + Sync>| Error::Unreadable {
        what: format!("the message {:?} for {}", wake.kind, wake.strand),
        source,
    };
    if delay > LONGEST_DELAY {
        return Err(refused(format!("it is to be delayed by {delay:?}").into()));
    }
    Wake::from_text(&wake.to_text()).map_err(|error| refused(error.into()))
}
