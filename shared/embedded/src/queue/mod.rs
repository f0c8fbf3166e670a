//! The port `Queue`: wakes between steps, in memory, each handled by a task of its own.
//!
//! - Wakes of one strand are handled one after another ([`lanes`]), except those that end a wait or the strand.
//! - A delayed wake waits among the timers ([`timers`]); so does one that failed or was returned.
//! - A handler that fails or panics gets its wake again, later each time; nothing is ever given up.
//!
//! Nothing is stored. When the process dies, whoever starts the next one pages through the running executions
//! and settles each: that sends again all that was lost. It knows nothing of what a handler does.

mod lanes;
mod starts;
#[cfg(test)]
mod tests;
mod timers;

use async_trait::async_trait;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use lanes::{Admitted, Delivery, Lanes};
use orchestrator::ports::{self, Queue};
use orchestrator::{Acknowledge, Wake};
use std::any::Any;
use std::error::Error as StdError;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use timers::Timers;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};

pub use starts::StartQueue;

/// How soon a wake comes again after its first failure, before jitter.
pub const FIRST_RETRY: Duration = Duration::from_millis(50);

/// How late a wake comes again at most, however often it failed.
pub const LAST_RETRY: Duration = Duration::from_secs(30);

/// How long a handler keeps the other wakes of its strand waiting. A step takes some milliseconds; what takes longer
/// is a task that is being called.
const PATIENCE: Duration = Duration::from_millis(200);

/// How the queue works.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How many strands are handled at once; 4,096 by default. Those whose task is being called do not count,
    /// except for the first moments, nor do wakes that end waits or strands.
    pub strands_at_once: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { strands_at_once: 4_096 }
    }
}

/// How much there is in the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Handlers that run.
    pub running: usize,
    /// Wakes that wait for another handler to finish.
    pub waiting: usize,
    /// How long the oldest of them has waited; none: none waits.
    pub oldest: Option<Duration>,
    /// Wakes whose time has not come.
    pub delayed: usize,
}

/// The queue. Clones are the same queue.
#[derive(Clone)]
pub struct WakeQueue(Arc<Shared>);

type Failed = Box<dyn StdError + Send + Sync>;
type Handler = Box<dyn Fn(Wake) -> BoxFuture<'static, Result<Acknowledge, Failed>> + Send + Sync>;

struct Shared {
    lanes: Mutex<Lanes>,
    timers: Arc<Timers>,
    /// From the start to the stop.
    consumer: Mutex<Option<Arc<Consumer>>>,
    finished: Notify,
}

struct Consumer {
    handler: Handler,
    runtime: Handle,
    timers: AbortHandle,
}

impl WakeQueue {
    /// An empty queue that delivers nothing yet.
    pub fn new(settings: Settings) -> Self {
        Self(Arc::new(Shared {
            lanes: Mutex::new(Lanes::new(settings.strands_at_once)),
            timers: Arc::new(Timers::new()),
            consumer: Mutex::new(None),
            finished: Notify::new(),
        }))
    }

    /// Begins to deliver, on this runtime, what was sent and what will be. A second call does nothing.
    ///
    /// An error or a panic of the handler brings the wake again, with a growing delay.
    pub fn start<F, E>(&self, handler: impl Fn(Wake) -> F + Send + Sync + 'static)
    where
        F: Future<Output = Result<Acknowledge, E>> + Send + 'static,
        E: StdError + Send + Sync + 'static,
    {
        {
            let mut consumer = self.0.consumer();
            if consumer.is_some() {
                return;
            }
            let timers = timers::deliver_due(Arc::clone(&self.0.timers), Arc::downgrade(&self.0));
            *consumer = Some(Arc::new(Consumer {
                handler: Box::new(move |wake| {
                    let future = handler(wake);
                    Box::pin(async move { future.await.map_err(Failed::from) })
                }),
                runtime: Handle::current(),
                timers: tokio::spawn(timers).abort_handle(),
            }));
        }
        let held = self.0.lanes().open();
        for admitted in held {
            self.0.run(admitted);
        }
    }

    /// Delivers nothing more, and waits for the handlers that run, for so long at most.
    ///
    /// Nothing depends on it for safety.
    pub async fn stop(&self, at_most: Duration) {
        self.0.lanes().close();
        // Also lets go of the handler, and of all that it holds.
        if let Some(consumer) = self.0.consumer().take() {
            consumer.timers.abort();
        }
        let all_finished = async {
            loop {
                let finished = self.0.finished.notified();
                if self.0.lanes().running() == 0 {
                    return;
                }
                finished.await;
            }
        };
        if timeout(at_most, all_finished).await.is_err() {
            tracing::info!(running = self.0.lanes().running(), "stopped while handlers run");
        }
    }

    /// How much there is in it now.
    pub fn counts(&self) -> Counts {
        let lanes = self.0.lanes();
        let oldest = lanes.oldest().map(|since| since.elapsed());
        Counts { running: lanes.running(), waiting: lanes.waiting(), oldest, delayed: self.0.timers.len() }
    }
}

#[async_trait]
impl Queue for WakeQueue {
    async fn send(&self, wake: Wake, delay: Duration) -> Result<(), ports::Error> {
        let delivery = Delivery::new(wake, 0);
        if delay.is_zero() {
            self.0.deliver(delivery);
        } else {
            self.0.timers.add(delivery, delay);
        }
        Ok(())
    }
}

impl Shared {
    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn consumer(&self) -> MutexGuard<'_, Option<Arc<Consumer>>> {
        self.consumer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deliver(self: &Arc<Self>, delivery: Delivery) {
        let delivery = Delivery { since: Instant::now(), ..delivery };
        let admitted = self.lanes().admit(delivery);
        if let Some(admitted) = admitted {
            self.run(admitted);
        }
    }

    fn run(self: &Arc<Self>, first: Admitted) {
        let consumer = self.consumer().clone();
        let Some(consumer) = consumer else {
            // It was stopped a moment ago.
            self.lanes().finish(&first.turn);
            return;
        };
        let shared = Arc::clone(self);
        consumer.runtime.clone().spawn(async move {
            let mut next = Some(first);
            while let Some(Admitted { delivery, turn }) = next {
                let mut handling = pin!(shared.handle(&consumer, delivery));
                if turn.is_in_a_lane() && timeout(PATIENCE, &mut handling).await.is_err() {
                    let beside = shared.lanes().step_aside(&turn);
                    if let Some(beside) = beside {
                        shared.run(beside);
                    }
                    handling.await;
                } else if !turn.is_in_a_lane() {
                    handling.await;
                }
                next = shared.lanes().finish(&turn);
                shared.finished.notify_waiters();
            }
        });
    }

    async fn handle(&self, consumer: &Consumer, delivery: Delivery) {
        let wake = delivery.wake.clone();
        // The call itself is inside too: what it does before its first await may panic as well.
        let outcome = AssertUnwindSafe(async { (consumer.handler)(wake).await }).catch_unwind().await;
        let failed: Failed = match outcome {
            Ok(Ok(Acknowledge::Delete)) => return,
            Ok(Ok(Acknowledge::Return(after))) => {
                self.timers.add(Delivery::new(again(delivery.wake), 0), after);
                return;
            }
            Ok(Err(error)) => error,
            Err(panic) => format!("the handler panicked: {}", text_of(&*panic)).into(),
        };
        let after = retry_after(delivery.failures);
        tracing::warn!(
            execution = %delivery.wake.run.execution,
            strand = %delivery.wake.strand,
            failures = delivery.failures + 1,
            again_in = ?after,
            error = failed,
            "failed to handle a wake"
        );
        let failures = delivery.failures.saturating_add(1);
        self.timers.add(Delivery::new(again(delivery.wake), failures), after);
    }
}

fn again(wake: Wake) -> Wake {
    Wake { redelivered: true, ..wake }
}

/// Doubles with each failure; a random part of it, at least half.
fn retry_after(failures: u32) -> Duration {
    let longest = FIRST_RETRY.saturating_mul(2_u32.saturating_pow(failures)).min(LAST_RETRY);
    longest.mul_f64(rand::random_range(0.5..=1.0))
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("it did not say why")
}
