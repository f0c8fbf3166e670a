//! One process: from its start to its death. What it remembers dies with it.
//!
//! A port of a process that is dead never answers: whoever asks it is dead and does not know it yet. The exception is a
//! worker that has claimed a call when its process is cut off at a record: it lives on, as the outcome of its call would
//! be unknown by design otherwise.

use crate::activities::MemoryActivities;
use async_trait::async_trait;
use model::Timestamp;
use orchestrator::ports::Clock;
use orchestrator::{Acknowledge, ExpressStart, Wake};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// Why a message could not be handled.
pub type Problem = Box<dyn std::error::Error + Send + Sync>;

/// What handles messages: an orchestrator.
#[async_trait]
pub trait Node: Send + Sync + 'static {
    /// Does what the message asks for.
    async fn handle(&self, wake: Wake) -> Result<Acknowledge, Problem>;

    /// Does so for a message that others gave up.
    async fn handle_dead(&self, wake: Wake) -> Result<Acknowledge, Problem> {
        self.handle(wake).await
    }

    /// Settles every execution that runs: what a process does first after a crash.
    async fn recover(&self) -> Result<(), Problem>;

    /// Runs an Express execution that was started.
    async fn run_express(&self, start: ExpressStart) -> Result<(), Problem> {
        Err(format!("nobody here runs {}", start.execution()).into())
    }

    /// Sends the timers that are due, where there are any.
    async fn sweep(&self) -> Result<(), Problem> {
        Ok(())
    }

    /// Looks for executions to which nobody is on the way.
    async fn reconcile(&self) -> Result<(), Problem> {
        Ok(())
    }
}

/// What a process is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Everything.
    Whole,
    /// Answers callers.
    Api,
    /// Takes steps.
    Steps,
    /// Takes steps that make calls.
    Tasks,
    /// Sweeps timers.
    Timer,
    /// Runs Express executions.
    Express,
    /// Takes what others gave up.
    Dead,
}

/// A message on its way, or the handler that it has come to.
#[derive(Default)]
struct Worker {
    holds_claim: AtomicBool,
    survives: AtomicBool,
}

tokio::task_local! {
    static WORKER: Arc<Worker>;
}

/// One process.
pub(crate) struct Process<N> {
    pub(crate) part: Part,
    pub(crate) activities: MemoryActivities,
    node: Mutex<Option<Arc<N>>>,
    busy: AtomicUsize,
    ended: watch::Sender<bool>,
    workers: Mutex<Vec<(AbortHandle, Arc<Worker>)>>,
}

impl<N: Node> Process<N> {
    pub(crate) fn new(part: Part) -> Self {
        Self {
            part,
            activities: MemoryActivities::default(),
            node: Mutex::default(),
            busy: AtomicUsize::new(0),
            ended: watch::Sender::new(false),
            workers: Mutex::default(),
        }
    }

    /// What handles its messages; none before it is built and after its death.
    pub(crate) fn node(&self) -> Option<Arc<N>> {
        self.node.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Node, ports and process hold each other: death opens the ring.
    pub(crate) fn set_node(&self, node: Option<Arc<N>>) {
        *self.node.lock().unwrap_or_else(PoisonError::into_inner) = node;
    }

    /// How many messages it handles.
    pub(crate) fn busy(&self) -> usize {
        self.busy.load(Ordering::Relaxed)
    }

    /// Counts as one message until it is dropped.
    pub(crate) fn occupy(self: &Arc<Self>) -> Seat<N> {
        self.busy.fetch_add(1, Ordering::Relaxed);
        Seat(Arc::clone(self))
    }

    /// Starts a task that dies with this process.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        if *self.ended.borrow() {
            return;
        }
        let worker = Arc::new(Worker::default());
        let task = tokio::spawn(WORKER.scope(Arc::clone(&worker), work));
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        if workers.len() > 64 && workers.len().is_power_of_two() {
            workers.retain(|(task, _)| !task.is_finished());
        }
        workers.push((task.abort_handle(), worker));
    }

    /// Dies. Workers that have claimed a call live on.
    pub(crate) fn cut_off(&self) {
        self.ended.send_replace(true);
        self.set_node(None);
        for (task, worker) in self.workers.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            if worker.holds_claim.load(Ordering::Relaxed) {
                worker.survives.store(true, Ordering::Relaxed);
            } else {
                task.abort();
            }
        }
    }

    /// Dies with everything in it.
    pub(crate) fn die(&self) {
        self.ended.send_replace(true);
        self.set_node(None);
        for (task, _) in self.workers.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            task.abort();
        }
    }

    /// Returns when this process is dead.
    pub(crate) async fn ended(&self) {
        let mut ended = self.ended.subscribe();
        // The sender lives as long as `self`.
        let _ = ended.wait_for(|ended| *ended).await;
    }

    /// Whether who asks is alive.
    pub(crate) fn is_alive(&self) -> bool {
        !*self.ended.borrow() || WORKER.try_with(|worker| worker.survives.load(Ordering::Relaxed)).unwrap_or(false)
    }

    /// Notes whether who asks holds the claim of a call from now on.
    pub(crate) fn note_claim(holds: bool) {
        let _ = WORKER.try_with(|worker| worker.holds_claim.store(holds, Ordering::Relaxed));
    }
}

/// One message's place in a process.
pub(crate) struct Seat<N>(Arc<Process<N>>);

impl<N> Drop for Seat<N> {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A process's clock: ahead of the true time, or behind it.
pub(crate) struct SkewedClock {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ahead_micros: i64,
}

#[async_trait]
impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.clock.now().as_micros() + self.ahead_micros)
    }

    async fn sleep(&self, duration: Duration) {
        self.clock.sleep(duration).await;
    }

    fn random(&self) -> u64 {
        self.clock.random()
    }
}
