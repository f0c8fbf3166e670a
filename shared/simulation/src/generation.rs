//! One life of the volatile part of a world: from the start, or from a cut, to the next cut.
//!
//! A port of a generation that has ended never answers: whoever asks it is dead and does not know it yet. The
//! exception is a worker that has claimed a call: it is a process of its own, which outlives the cut, as the
//! outcome of its call would be unknown by design otherwise.

use crate::activities::MemoryActivities;
use crate::faults::Fault;
use crate::world::{Deployment, Shared};
use async_trait::async_trait;
use bytes::Bytes;
use model::{ActivityArn, ExecutionArn, Seq, StateMachineArn, StrandId, Timestamp};
use orchestrator::ports::{
    ActivityQueue, ActivityTask, BlobKey, Blobs, EndedChild, Error, ExecutionStatus, JoinKey, Journal, Meta, Minute,
    Page, ParkedTimer, Put, Queue, StartOutcome, StopMark, StoredRecord, Timers, WaitKey,
};
use orchestrator::{Acknowledge, Lane, RecordKey, RunKey, Wake};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
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

    /// Settles every execution that runs: what a process does first after a crash.
    async fn recover(&self) -> Result<(), Problem>;

    /// Sends the timers that are due, where there are any.
    async fn sweep(&self) -> Result<(), Problem> {
        Ok(())
    }
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

/// One life of the volatile part.
pub(crate) struct Generation<N> {
    pub(crate) number: u32,
    node: Mutex<Option<Arc<N>>>,
    caller: Mutex<Option<Arc<N>>>,
    activities: MemoryActivities,
    ended: watch::Sender<bool>,
    workers: Mutex<Vec<(AbortHandle, Arc<Worker>)>>,
}

impl<N: Node> Generation<N> {
    pub(crate) fn new(number: u32) -> Self {
        Self {
            number,
            node: Mutex::default(),
            caller: Mutex::default(),
            activities: MemoryActivities::default(),
            ended: watch::Sender::new(false),
            workers: Mutex::default(),
        }
    }

    /// What handles its messages; none before it is built and after it has ended.
    pub(crate) fn node(&self) -> Option<Arc<N>> {
        self.node.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_node(&self, node: Option<Arc<N>>) {
        *self.node.lock().unwrap_or_else(PoisonError::into_inner) = node;
    }

    /// Makes calls, where they are for a process of its own.
    pub(crate) fn set_caller(&self, node: Arc<N>) {
        *self.caller.lock().unwrap_or_else(PoisonError::into_inner) = Some(node);
    }

    /// What handles the messages of this lane.
    pub(crate) fn node_of(&self, lane: Lane) -> Option<Arc<N>> {
        match lane {
            Lane::Steps => self.node(),
            Lane::Tasks => self.caller.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Forgets what handles its messages. Node, ports and generation hold each other: this is where the ring is opened.
    fn take_nodes(&self) {
        self.set_node(None);
        self.caller.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Starts a task that dies with this generation.
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

    /// Ends this generation. Workers that have claimed a call live on.
    pub(crate) fn end(&self) {
        self.ended.send_replace(true);
        self.take_nodes();
        for (task, worker) in self.workers.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            if worker.holds_claim.load(Ordering::Relaxed) {
                worker.survives.store(true, Ordering::Relaxed);
            } else {
                task.abort();
            }
        }
    }

    /// Ends this generation with everything in it.
    pub(crate) fn end_for_good(&self) {
        self.ended.send_replace(true);
        self.take_nodes();
        for (task, _) in self.workers.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            task.abort();
        }
    }

    /// Returns when this generation has ended.
    pub(crate) async fn ended(&self) {
        let mut ended = self.ended.subscribe();
        // The sender lives as long as `self`.
        let _ = ended.wait_for(|ended| *ended).await;
    }

    /// Whether who asks is alive.
    fn is_alive(&self) -> bool {
        !*self.ended.borrow() || WORKER.try_with(|worker| worker.survives.load(Ordering::Relaxed)).unwrap_or(false)
    }
}

/// The ports of one generation.
pub(crate) struct GenerationPorts<N: Node> {
    pub(crate) shared: Arc<Shared<N>>,
    pub(crate) generation: Arc<Generation<N>>,
}

impl<N: Node> GenerationPorts<N> {
    /// Returns to the living only.
    async fn alive(&self) {
        if !self.generation.is_alive() {
            std::future::pending::<()>().await;
        }
    }

    /// The tasks of activities that this generation sees.
    fn activities_of<'g>(&'g self, generation: &'g Generation<N>) -> &'g MemoryActivities {
        match self.shared.options.deployment {
            Deployment::OneProcess => &generation.activities,
            Deployment::Functions => &self.shared.activities,
        }
    }

    /// Carries out a call of a port, with the fault that is due.
    async fn perform<T>(&self, call: impl Future<Output = Result<T, Error>> + Send) -> Result<T, Error> {
        self.alive().await;
        match self.shared.next_fault() {
            None => call.await,
            Some(Fault::RefusedBefore) => Err(refused()),
            Some(Fault::RefusedAfter) => call.await.and(Err(refused())),
            Some(Fault::CrashBefore) => {
                self.shared.crash();
                std::future::pending().await
            }
            Some(Fault::CrashAfter) => {
                call.await?;
                self.shared.crash();
                std::future::pending().await
            }
        }
    }

    /// Counts a record that was put, and cuts if it is the one to cut after.
    async fn acknowledge(&self, record: &StoredRecord) {
        let claims = claims_a_call(record);
        let _ = WORKER.try_with(|worker| worker.holds_claim.store(claims, Ordering::Relaxed));
        if self.shared.count_record(&record.key.run) {
            self.shared.cut();
            self.alive().await;
        }
    }
}

fn refused() -> Error {
    Error::Unavailable { what: "a port of the simulation", source: "it was to be refused".into() }
}

/// Whether the record claims a call.
fn claims_a_call(record: &StoredRecord) -> bool {
    #[derive(Deserialize)]
    struct Body {
        cursor: Cursor,
    }
    #[derive(Deserialize)]
    struct Cursor {
        phase: Phase,
    }
    #[derive(Deserialize)]
    struct Phase {
        #[serde(rename = "Calling")]
        calling: Option<IgnoredAny>,
    }
    serde_json::from_slice::<Body>(&record.body).is_ok_and(|body| body.cursor.phase.calling.is_some())
}

#[async_trait]
impl<N: Node> Journal for GenerationPorts<N> {
    async fn start(&self, meta: &Meta, first: &StoredRecord) -> Result<StartOutcome, Error> {
        self.perform(async {
            let outcome = self.shared.journal.start(meta, first).await?;
            if outcome == StartOutcome::New {
                self.acknowledge(first).await;
            }
            Ok(outcome)
        })
        .await
    }

    async fn meta(&self, execution: &ExecutionArn) -> Result<Option<Meta>, Error> {
        self.perform(self.shared.journal.meta(execution)).await
    }

    async fn mark_stop(&self, key: &RunKey, mark: &StopMark) -> Result<Option<Meta>, Error> {
        self.perform(self.shared.journal.mark_stop(key, mark)).await
    }

    async fn close(&self, key: &RunKey, status: ExecutionStatus, at: Timestamp, seq: Seq) -> Result<(), Error> {
        self.perform(self.shared.journal.close(key, status, at, seq)).await
    }

    async fn put(&self, record: &StoredRecord) -> Result<Put, Error> {
        self.perform(async {
            let put = self.shared.journal.put(record).await?;
            if put == Put::Won {
                self.acknowledge(record).await;
            }
            Ok(put)
        })
        .await
    }

    async fn record(&self, key: &RecordKey) -> Result<Option<StoredRecord>, Error> {
        self.perform(self.shared.journal.record(key)).await
    }

    async fn head(&self, run: &RunKey, strand: &StrandId) -> Result<Option<StoredRecord>, Error> {
        self.perform(self.shared.journal.head(run, strand)).await
    }

    async fn records_at(&self, keys: &[RecordKey]) -> Result<Vec<StoredRecord>, Error> {
        self.perform(self.shared.journal.records_at(keys)).await
    }

    async fn records(&self, run: &RunKey) -> Result<Vec<StoredRecord>, Error> {
        self.perform(self.shared.journal.records(run)).await
    }

    async fn join(&self, key: &JoinKey, child: &EndedChild) -> Result<u32, Error> {
        self.perform(self.shared.journal.join(key, child)).await
    }

    async fn joined(&self, key: &JoinKey, indexes: Range<u32>) -> Result<Vec<EndedChild>, Error> {
        self.perform(self.shared.journal.joined(key, indexes)).await
    }

    async fn beat(&self, key: &WaitKey, at: Timestamp) -> Result<(), Error> {
        self.perform(self.shared.journal.beat(key, at)).await
    }

    async fn last_beat(&self, key: &WaitKey) -> Result<Option<Timestamp>, Error> {
        self.perform(self.shared.journal.last_beat(key)).await
    }

    async fn retain(&self, key: &RunKey, until: Timestamp) -> Result<(), Error> {
        self.perform(self.shared.journal.retain(key, until)).await
    }

    async fn executions(
        &self,
        machine: Option<&StateMachineArn>,
        status: Option<ExecutionStatus>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Page<Meta>, Error> {
        self.perform(self.shared.journal.executions(machine, status, after, limit)).await
    }
}

#[async_trait]
impl<N: Node> Blobs for GenerationPorts<N> {
    async fn put(&self, key: &BlobKey, content: Bytes) -> Result<(), Error> {
        self.perform(self.shared.blobs.put(key, content)).await
    }

    async fn get(&self, key: &BlobKey) -> Result<Option<Bytes>, Error> {
        self.perform(self.shared.blobs.get(key)).await
    }

    async fn remove(&self, run: &RunKey) -> Result<(), Error> {
        self.perform(self.shared.blobs.remove(run)).await
    }
}

#[async_trait]
impl<N: Node> Timers for GenerationPorts<N> {
    async fn park(&self, timer: &ParkedTimer) -> Result<(), Error> {
        self.perform(self.shared.timers.park(timer)).await
    }

    async fn due_in(&self, minute: Minute, after: Option<&str>, limit: u32) -> Result<Page<ParkedTimer>, Error> {
        self.perform(self.shared.timers.due_in(minute, after, limit)).await
    }

    async fn remove(&self, timer: &ParkedTimer) -> Result<(), Error> {
        self.perform(self.shared.timers.remove(timer)).await
    }

    async fn watermark(&self) -> Result<Option<Minute>, Error> {
        self.perform(self.shared.timers.watermark()).await
    }

    async fn set_watermark(&self, minute: Minute) -> Result<(), Error> {
        self.perform(self.shared.timers.set_watermark(minute)).await
    }
}

#[async_trait]
impl<N: Node> Queue for GenerationPorts<N> {
    async fn send(&self, wake: Wake, delay: Duration) -> Result<(), Error> {
        self.perform(async { self.shared.post(&wake, delay) }).await
    }
}

#[async_trait]
impl<N: Node> ActivityQueue for GenerationPorts<N> {
    async fn offer(&self, task: &ActivityTask) -> Result<(), Error> {
        // A worker that outlived a cut offers to those who are there now.
        self.perform(async {
            match self.shared.current() {
                Some(generation) => self.activities_of(&generation).offer(task).await,
                None => Ok(()),
            }
        })
        .await
    }

    async fn oldest(&self, activity: &ActivityArn) -> Result<Option<ActivityTask>, Error> {
        self.perform(self.activities_of(&self.generation).oldest(activity)).await
    }

    async fn remove(&self, task: &ActivityTask) -> Result<(), Error> {
        self.perform(self.activities_of(&self.generation).remove(task)).await
    }

    async fn wait(&self, activity: &ActivityArn, at_most: Duration) {
        self.alive().await;
        self.activities_of(&self.generation).wait(activity, at_most).await;
    }
}
