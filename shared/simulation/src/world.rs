//! A world: what survives a crash, what does not, and the faults that were asked for.

use crate::activities::MemoryActivities;
use crate::blobs::MemoryBlobs;
use crate::catalog::MemoryCatalog;
use crate::clock::{VirtualClock, sleep};
use crate::faults::{Fault, Faults};
use crate::functions::Functions;
use crate::generation::{Generation, GenerationPorts, Node};
use crate::journal::MemoryJournal;
use crate::mail::Mail;
use crate::timers::MemoryTimers;
use futures::FutureExt;
use model::arn::Place;
use orchestrator::ports::{Clock, Timers, Unobserved};
use orchestrator::{Ports, RunKey, Settings};
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often something is tried that fails each time.
pub(crate) const MOST_TRIES: u32 = 20;

/// The longest delay of a message on a durable queue.
pub(crate) const LONGEST_DELAY: Duration = Duration::from_mins(15);

/// How long a process takes from its start to the first thing it does by itself.
const RESTART: Duration = Duration::from_millis(1);

/// What a world is like.
#[derive(Clone, Debug)]
pub struct Options {
    /// Decides everything that is random.
    pub seed: u64,
    /// How often each message comes.
    pub deliveries: Deliveries,
    /// Each message is late by a random time below this; zero keeps the order in which they were sent.
    pub lateness: Duration,
    /// The volatile part is lost once for each run, when that run's record with this number is put. The first has
    /// number 1.
    pub cut_after: Option<u64>,
    /// What goes wrong at random.
    pub faults: Faults,
    /// How many states one invocation runs on through before it commits.
    pub states_per_invocation: u32,
    /// The account and region.
    pub place: Place,
    /// What runs the executions.
    pub deployment: Deployment,
    /// Changes the settings of each process.
    pub settings: fn(&mut Settings),
}

/// What runs the executions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deployment {
    /// One process with everything in it. Messages, and tasks that wait for activities' workers, die with it; the next
    /// one recovers.
    OneProcess,
    /// Functions on durable queues: messages outlive whoever handles them and come again, and nobody recovers. Wakes
    /// travel as text, those of each lane to processes of their own; none is delayed by more than 15 minutes: timers
    /// wait for what is due later, and are swept each minute.
    Functions,
}

/// How often each message comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deliveries {
    /// Once.
    Once,
    /// Twice: the second time at once or a little later.
    Twice,
    /// Twice: the second time at once or within this time.
    TwiceWithin(Duration),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            deliveries: Deliveries::Once,
            lateness: Duration::ZERO,
            cut_after: None,
            faults: Faults::default(),
            states_per_invocation: 1,
            place: Place { partition: "aws".into(), region: "us-east-1".into(), account: "123456789012".into() },
            deployment: Deployment::OneProcess,
            settings: |_| {},
        }
    }
}

/// A world. Its tasks end when it is dropped.
pub struct World<N: Node> {
    shared: Arc<Shared<N>>,
}

type Build<N> = Box<dyn Fn(Ports, Settings) -> Arc<N> + Send + Sync>;

/// What all generations of a world share.
pub(crate) struct Shared<N: Node> {
    pub(crate) journal: Arc<MemoryJournal>,
    pub(crate) blobs: Arc<MemoryBlobs>,
    pub(crate) timers: Arc<MemoryTimers>,
    catalog: Arc<MemoryCatalog>,
    functions: Arc<Functions>,
    pub(crate) clock: Arc<VirtualClock>,
    pub(crate) options: Options,
    build: Build<N>,
    records_put: Mutex<HashMap<RunKey, u64>>,
    faults_left: AtomicU32,
    pub(crate) mail: Mail,
    pub(crate) activities: MemoryActivities,
    problems: Mutex<Vec<String>>,
    generation: Mutex<Option<Arc<Generation<N>>>>,
}

impl<N: Node> World<N> {
    /// A world in which each generation is built over its ports. Make it within a runtime whose time is paused.
    pub fn new(options: Options, build: impl Fn(Ports, Settings) -> Arc<N> + Send + Sync + 'static) -> Self {
        let clock = Arc::new(VirtualClock::new(options.seed));
        let faults_left = AtomicU32::new(options.faults.at_most);
        let shared = Arc::new(Shared {
            journal: Arc::default(),
            blobs: Arc::default(),
            timers: Arc::default(),
            catalog: Arc::default(),
            functions: Arc::new(Functions::new(Arc::clone(&clock))),
            clock,
            options,
            build: Box::new(build),
            records_put: Mutex::default(),
            faults_left,
            mail: Mail::default(),
            activities: MemoryActivities::default(),
            problems: Mutex::default(),
            generation: Mutex::default(),
        });
        shared.begin(1);
        Self { shared }
    }

    /// Calls the node that lives at present; if a cut comes before the answer, the same again with the next one, as
    /// a client does.
    pub async fn call<A, F>(&self, request: A) -> F::Output
    where
        A: Fn(Arc<N>) -> F,
        F: Future,
    {
        loop {
            let generation = self.shared.current().expect("a world has a generation until it is dropped");
            let node = generation.node().expect("the present generation has a node");
            tokio::select! {
                biased;
                () = generation.ended() => {}
                answer = request(node) => return answer,
            }
        }
    }

    /// What tasks call.
    pub fn functions(&self) -> &Functions {
        &self.shared.functions
    }

    /// The journal, as it survives.
    pub fn journal(&self) -> &Arc<MemoryJournal> {
        &self.shared.journal
    }

    /// Payloads beside the journal, as they survive.
    pub fn blobs(&self) -> &Arc<MemoryBlobs> {
        &self.shared.blobs
    }

    /// Parked timers, as they survive.
    pub fn timers(&self) -> &Arc<MemoryTimers> {
        &self.shared.timers
    }

    /// Machines and activities, as they survive.
    pub fn catalog(&self) -> &Arc<MemoryCatalog> {
        &self.shared.catalog
    }

    /// The time.
    pub fn clock(&self) -> &Arc<VirtualClock> {
        &self.shared.clock
    }

    /// What it was made with.
    pub fn options(&self) -> &Options {
        &self.shared.options
    }

    /// How many records were put, of the run that has most.
    pub fn records_of_longest_run(&self) -> u64 {
        self.shared.records_put().values().copied().max().unwrap_or(0)
    }

    /// How many messages were sent.
    pub fn messages_sent(&self) -> u64 {
        self.shared.mail.sent()
    }

    /// How often a message came to a handler, returned ones each time.
    pub fn messages_handled(&self) -> u64 {
        self.shared.mail.handled()
    }

    /// How many lives the volatile part has had.
    pub fn generations(&self) -> u32 {
        self.shared.current().map_or(0, |generation| generation.number)
    }

    /// What went wrong in handlers: errors and panics.
    pub fn problems(&self) -> Vec<String> {
        self.shared.problems.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Loses the volatile part now.
    pub fn cut(&self) {
        self.shared.cut();
    }
}

impl<N: Node> Drop for World<N> {
    fn drop(&mut self) {
        self.shared.mail.stop();
        if let Some(generation) = self.shared.take_current() {
            generation.end_for_good();
        }
    }
}

impl<N: Node> Shared<N> {
    pub(crate) fn current(&self) -> Option<Arc<Generation<N>>> {
        self.generation.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn take_current(&self) -> Option<Arc<Generation<N>>> {
        self.generation.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn records_put(&self) -> MutexGuard<'_, HashMap<RunKey, u64>> {
        self.records_put.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a record of the run; whether to cut after it.
    pub(crate) fn count_record(&self, run: &RunKey) -> bool {
        let mut records_put = self.records_put();
        let number = records_put.entry(run.clone()).or_default();
        *number += 1;
        self.options.cut_after == Some(*number)
    }

    fn begin(self: &Arc<Self>, number: u32) -> Arc<Generation<N>> {
        let generation = Arc::new(Generation::new(number));
        let adapter = Arc::new(GenerationPorts { shared: Arc::clone(self), generation: Arc::clone(&generation) });
        let settings = self.settings(number);
        let timers = settings.longest_delay.map(|_| adapter.clone() as Arc<dyn Timers>);
        let ports = Ports {
            journal: adapter.clone(),
            catalog: self.catalog.clone(),
            activities: adapter.clone(),
            blobs: adapter.clone(),
            queue: adapter,
            timers,
            tasks: self.functions.clone(),
            clock: self.clock.clone(),
            observer: Arc::new(Unobserved),
        };
        if self.options.deployment == Deployment::Functions {
            let process = format!("{}-calls", settings.process);
            let settings = Settings { process, makes_calls: true, ..settings.clone() };
            generation.set_caller((self.build)(ports.clone(), settings));
            generation.spawn(Arc::clone(self).sweep_each_minute(Arc::clone(&generation)));
        }
        let node = (self.build)(ports, settings);
        generation.set_node(Some(node));
        *self.generation.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&generation));
        generation
    }

    /// Those of the processes of this generation, as its deployment has them.
    fn settings(&self, number: u32) -> Settings {
        let token_key = b"the simulation's key, known to all".to_vec();
        let one = Settings::one_process(self.options.place.clone(), token_key, format!("generation-{number}"));
        let one = Settings {
            states_per_invocation: self.options.states_per_invocation,
            claim_lifetime: Duration::from_mins(15),
            ..one
        };
        let mut settings = match self.options.deployment {
            Deployment::OneProcess => Settings {
                // After a crash, claims of another process are claims of the dead.
                only_process: self.options.faults.crashes > 0,
                ..one
            },
            Deployment::Functions => Settings {
                only_process: false,
                makes_calls: false,
                longest_call: Some(Duration::from_mins(14)),
                longest_delay: Some(LONGEST_DELAY),
                safety_delay: Some(Duration::from_mins(1)),
                ..one
            },
        };
        (self.options.settings)(&mut settings);
        settings
    }

    /// What goes wrong with this call.
    pub(crate) fn next_fault(&self) -> Option<Fault> {
        let left = self.faults_left.load(Ordering::Relaxed).checked_sub(1)?;
        let fault = self.options.faults.draw(self.clock.random());
        if fault.is_some() {
            self.faults_left.store(left, Ordering::Relaxed);
        }
        fault
    }

    /// Loses the volatile part with all claims.
    pub(crate) fn crash(self: &Arc<Self>) {
        self.succeed(Generation::end_for_good);
    }

    /// Loses the volatile part, but for the workers that claimed a call.
    pub(crate) fn cut(self: &Arc<Self>) {
        self.succeed(Generation::end);
    }

    /// Ends the living generation in this way; the next one begins with the journal alone.
    fn succeed(self: &Arc<Self>, end: impl FnOnce(&Generation<N>)) {
        let Some(old) = self.take_current() else { return };
        let new = self.begin(old.number + 1);
        end(&old);
        if self.options.deployment == Deployment::Functions {
            return;
        }
        let (shared, generation) = (Arc::clone(self), Arc::clone(&new));
        new.spawn(async move {
            let Some(node) = generation.node() else { return };
            // A client whose answer was lost calls again before this process has read its journal.
            sleep(RESTART).await;
            for _ in 0..MOST_TRIES {
                match AssertUnwindSafe(node.recover()).catch_unwind().await {
                    Ok(Ok(())) => return,
                    Ok(Err(error)) => shared.note(format!("recover: {error}")),
                    Err(_) => shared.note("recover: panicked".to_owned()),
                }
                sleep(Duration::from_secs(1)).await;
            }
        });
    }

    pub(crate) fn note(&self, problem: String) {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).push(problem);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generation::Problem;
    use async_trait::async_trait;
    use model::{ExecutionArn, RunId, StrandId, Timestamp};
    use orchestrator::ports::{ExecutionStatus, Journal as _, Meta, Put, StoredRecord};
    use orchestrator::{Acknowledge, Lane, RecordKey, Wake, WakeKind};

    const LAST: u64 = 5;

    /// Counts up to `LAST`, one record a message.
    struct Counter(Ports);

    fn run() -> RunKey {
        let execution: ExecutionArn =
            "arn:aws:states:us-east-1:123456789012:execution:count:one".parse().expect("a well-formed ARN");
        RunKey { execution, run: RunId("run".into()) }
    }

    fn meta() -> Meta {
        Meta {
            execution: run().execution,
            run: run().run,
            machine: run().execution.state_machine(),
            revision: "1".into(),
            status: ExecutionStatus::Running,
            seq: 0,
            started: Timestamp::from_micros(0),
            stopped: None,
            input_hash: String::new(),
            stop: None,
            trace_header: None,
            expires: None,
        }
    }

    fn record(seq: u64) -> StoredRecord {
        let key = RecordKey { run: run(), strand: StrandId::root(), seq };
        StoredRecord { key, body: "{}".into(), expires: None }
    }

    fn step(seq: u64) -> Wake {
        Wake {
            run: run(),
            strand: StrandId::root(),
            kind: WakeKind::Step { seq },
            record: None,
            lane: Lane::Steps,
            start: None,
            redelivered: false,
        }
    }

    #[async_trait]
    impl Node for Counter {
        async fn handle(&self, wake: Wake) -> Result<Acknowledge, Problem> {
            let WakeKind::Step { seq } = wake.kind else { return Ok(Acknowledge::Delete) };
            if seq < LAST {
                let put = self.0.journal.put(&record(seq + 1)).await?;
                if put == Put::Won {
                    self.0.queue.send(step(seq + 1), Duration::from_secs(1)).await?;
                }
            }
            Ok(Acknowledge::Delete)
        }

        async fn recover(&self) -> Result<(), Problem> {
            let head = self.0.journal.head(&run(), &StrandId::root()).await?;
            Ok(self.0.queue.send(step(head.map_or(0, |head| head.key.seq)), Duration::ZERO).await?)
        }
    }

    async fn count(options: Options) -> World<Counter> {
        let world = World::new(options, |ports, _| Arc::new(Counter(ports)));
        // Not by the node: a world that was cut at its first record would have nobody to start it again.
        let started = world.journal().start(&meta(), &record(0)).await;
        assert!(started.is_ok());
        let sent = world.call(async |node| node.0.queue.send(step(0), Duration::ZERO).await).await;
        assert!(sent.is_ok());
        sleep(Duration::from_mins(1)).await;
        world
    }

    #[tokio::test(start_paused = true)]
    async fn a_world_that_is_cut_goes_on_from_its_journal() {
        for cut in 1..=LAST {
            let world = count(Options { cut_after: Some(cut), ..Options::default() }).await;
            assert_eq!((world.records_of_longest_run(), world.generations()), (LAST, 2), "cut after {cut}");
            assert!(world.problems().is_empty());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_comes_twice_puts_one_record() {
        for seed in 0..10 {
            let lateness = Duration::from_millis(50);
            let options = Options { seed, deliveries: Deliveries::Twice, lateness, ..Options::default() };
            assert_eq!(count(options).await.records_of_longest_run(), LAST);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_world_that_is_dropped_leaves_no_task_behind() {
        let world = count(Options { cut_after: Some(2), ..Options::default() }).await;
        let journal = Arc::downgrade(world.journal());
        drop(world);
        tokio::task::yield_now().await;
        assert!(journal.upgrade().is_none());
    }
}
