//! A world: what survives a crash, what does not, and the faults that were asked for.

use crate::activities::MemoryActivities;
use crate::blobs::MemoryBlobs;
use crate::catalog::MemoryCatalog;
use crate::clock::{VirtualClock, sleep};
use crate::faults::{Fault, FaultKind, OutageOf, Tally};
use crate::functions::Functions;
use crate::journal::MemoryJournal;
use crate::mail::Mail;
use crate::options::{Deployment, Options};
use crate::ports::ProcessPorts;
use crate::process::{Node, Part, Process, SkewedClock};
use crate::timers::MemoryTimers;
use futures::FutureExt;
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

/// The longest that a call takes of a process that answers callers.
const SLOWEST_API: Duration = Duration::from_secs(10);

/// How many processes answer callers.
const API_PROCESSES: usize = 2;

/// A world. Its tasks end when it is dropped.
pub struct World<N: Node> {
    shared: Arc<Shared<N>>,
}

type Build<N> = Box<dyn Fn(Ports, Settings) -> Arc<N> + Send + Sync>;

/// What all processes of a world share.
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
    pub(crate) tally: Tally,
    pub(crate) mail: Mail,
    pub(crate) activities: MemoryActivities,
    problems: Mutex<Vec<String>>,
    begun: AtomicU32,
    deaths: AtomicU32,
    /// Those that live.
    processes: Mutex<Vec<Arc<Process<N>>>>,
}

/// How one call of a port goes.
pub(crate) struct Turn {
    pub(crate) before: Duration,
    pub(crate) after: Duration,
    pub(crate) fault: Option<Fault>,
}

impl<N: Node> World<N> {
    /// A world in which each process is built over its ports. Make it within a runtime whose time is paused.
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
            tally: Tally::default(),
            mail: Mail::default(),
            activities: MemoryActivities::default(),
            problems: Mutex::default(),
            begun: AtomicU32::new(0),
            deaths: AtomicU32::new(0),
            processes: Mutex::default(),
        });
        match shared.options.deployment {
            Deployment::OneProcess => {
                shared.begin(Part::Whole);
            }
            Deployment::Functions => shared.keep_time(),
        }
        Self { shared }
    }

    /// Calls a process that answers callers; if it dies before it answers, the same again with the next one, as a
    /// client does.
    pub async fn call<A, F>(&self, request: A) -> F::Output
    where
        A: Fn(Arc<N>) -> F,
        F: Future,
    {
        loop {
            if let Some(answer) = self.call_once(&request).await {
                return answer;
            }
        }
    }

    /// Calls a process that answers callers; nothing if it dies before it answers.
    pub async fn call_once<A, F>(&self, request: A) -> Option<F::Output>
    where
        A: FnOnce(Arc<N>) -> F,
        F: Future,
    {
        let process = self.shared.process_for_callers();
        let node = process.node()?;
        tokio::select! {
            biased;
            () = process.ended() => None,
            answer = request(node) => Some(answer),
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

    /// What went wrong, as it was asked for.
    pub fn tally(&self) -> &Tally {
        &self.shared.tally
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

    /// Whether so many messages came that no more are brought: somewhere one leads to the next for ever.
    pub fn is_flooded(&self) -> bool {
        self.shared.is_flooded()
    }

    /// One, and one more for each process that died.
    pub fn generations(&self) -> u32 {
        self.shared.deaths.load(Ordering::Relaxed) + 1
    }

    /// What went wrong in handlers: errors and panics.
    pub fn problems(&self) -> Vec<String> {
        self.shared.problems.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Loses what is volatile now: the process, or all of them.
    pub fn cut(&self) {
        // Not in the loop's head: the lock would be held through the loop, and each cut takes it.
        let processes = self.shared.processes().clone();
        for process in processes {
            self.shared.cut(&process);
        }
    }
}

impl<N: Node> Drop for World<N> {
    fn drop(&mut self) {
        self.shared.mail.stop();
        let processes = std::mem::take(&mut *self.shared.processes());
        for process in processes {
            process.die();
        }
    }
}

impl<N: Node> Shared<N> {
    fn processes(&self) -> MutexGuard<'_, Vec<Arc<Process<N>>>> {
        self.processes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The process that is everything.
    pub(crate) fn current(&self) -> Option<Arc<Process<N>>> {
        self.processes().first().cloned()
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

    fn process_for_callers(self: &Arc<Self>) -> Arc<Process<N>> {
        if self.options.deployment == Deployment::OneProcess {
            return self.current().expect("a world has a process until it is dropped");
        }
        self.one_of(Part::Api, API_PROCESSES, usize::MAX).expect("callers always get in")
    }

    /// A process that has a place for one more message; none if all are busy and there are as many as there may be.
    pub(crate) fn process_for(self: &Arc<Self>, part: Part) -> Option<Arc<Process<N>>> {
        let fleet = &self.options.fleet;
        match part {
            Part::Steps => self.one_of(part, fleet.steppers, fleet.batch),
            Part::Tasks | Part::Express => self.one_of(part, fleet.callers, fleet.calls),
            Part::Timer => self.one_of(part, 1, usize::MAX),
            Part::Dead => self.one_of(part, 2, 1),
            Part::Whole | Part::Api => Some(self.process_for_callers()),
        }
    }

    fn one_of(self: &Arc<Self>, part: Part, most: usize, batch: usize) -> Option<Arc<Process<N>>> {
        let (there, free) = {
            let processes = self.processes();
            let those = || processes.iter().filter(|process| process.part == part);
            let free: Vec<_> = those().filter(|process| process.busy() < batch).cloned().collect();
            (those().count(), free)
        };
        // Mostly one that is warm; now and then one more, though there is no need.
        if there < most && (free.is_empty() || self.clock.random().is_multiple_of(16)) {
            return Some(self.begin(part));
        }
        if free.is_empty() {
            return None;
        }
        let which = self.clock.random() % u64::try_from(free.len()).unwrap_or(1);
        free.get(usize::try_from(which).unwrap_or(0)).cloned()
    }

    fn begin(self: &Arc<Self>, part: Part) -> Arc<Process<N>> {
        let number = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        let process = Arc::new(Process::new(part));
        let adapter = Arc::new(ProcessPorts { shared: Arc::clone(self), process: Arc::clone(&process) });
        let settings = self.settings(number, part);
        let timers = settings.longest_delay.map(|_| adapter.clone() as Arc<dyn Timers>);
        let ports = Ports {
            journal: adapter.clone(),
            catalog: self.catalog.clone(),
            activities: adapter.clone(),
            blobs: adapter.clone(),
            queue: adapter.clone(),
            express: adapter,
            timers,
            tasks: self.functions.clone(),
            clock: self.clock_of_process(),
            observer: Arc::new(Unobserved),
        };
        process.set_node(Some((self.build)(ports, settings)));
        self.processes().push(Arc::clone(&process));
        process
    }

    fn clock_of_process(&self) -> Arc<dyn Clock> {
        let skew = match self.options.deployment {
            Deployment::Functions => self.options.fleet.skew,
            Deployment::OneProcess => Duration::ZERO,
        };
        if skew.is_zero() {
            return self.clock.clone();
        }
        self.tally.add(FaultKind::Skewed);
        let micros = |time: Duration| i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        let ahead_micros = micros(self.clock.random_below(skew * 2)) - micros(skew);
        Arc::new(SkewedClock { clock: self.clock.clone(), ahead_micros })
    }

    /// Those of a process for this part.
    fn settings(&self, number: u32, part: Part) -> Settings {
        let token_key = b"the simulation's key, known to all".to_vec();
        let one = Settings::one_process(self.options.place.clone(), token_key, format!("process-{number}"));
        let one = Settings {
            states_per_invocation: self.options.states_per_invocation,
            claim_lifetime: self.options.fleet.claim_lifetime,
            retention: self.options.retention,
            #[cfg(feature = "planted-defects")]
            defect: self.options.defect,
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
                makes_calls: part == Part::Tasks,
                longest_call: Some(one.claim_lifetime.saturating_sub(Duration::from_secs(1))),
                longest_delay: Some(LONGEST_DELAY),
                safety_delay: (part == Part::Api).then_some(Duration::from_mins(1)),
                ..one
            },
        };
        (self.options.settings)(&mut settings);
        settings
    }

    /// How long the next call takes, and what goes wrong with it.
    pub(crate) fn next_turn(&self, part: Part) -> Turn {
        let fault = self.next_fault(part);
        let (mut before, mut after) = (self.some_latency(), self.some_latency());
        if let Some(fault) = fault {
            self.tally.add(match fault {
                Fault::RefusedBefore => FaultKind::RefusedBefore,
                Fault::RefusedAfter => FaultKind::RefusedAfter,
                Fault::CrashBefore => FaultKind::CrashBefore,
                Fault::CrashAfter => FaultKind::CrashAfter,
                Fault::Slow => FaultKind::Slow,
                Fault::Stall => FaultKind::Stalled,
            });
            // Who answers callers is stopped long before a safety wake comes.
            let longest = if part == Part::Api { SLOWEST_API } else { Duration::MAX };
            let slowness = self.options.faults.slowness.min(longest);
            match fault {
                Fault::Slow if self.clock.random().is_multiple_of(2) => before += self.clock.random_below(slowness),
                Fault::Slow | Fault::Stall => after += self.clock.random_below(slowness),
                Fault::RefusedBefore | Fault::RefusedAfter | Fault::CrashBefore | Fault::CrashAfter => {}
            }
        }
        Turn { before, after, fault }
    }

    /// In whole milliseconds, which is what sleeps are made of.
    fn some_latency(&self) -> Duration {
        let most = u64::try_from(self.options.latency.as_millis()).unwrap_or(u64::MAX);
        if most == 0 { Duration::ZERO } else { Duration::from_millis(self.clock.random() % (most + 1)) }
    }

    fn next_fault(&self, part: Part) -> Option<Fault> {
        let left = self.faults_left.load(Ordering::Relaxed).checked_sub(1)?;
        let fault = self.options.faults.draw(self.clock.random(), part == Part::Api);
        if fault.is_some() {
            self.faults_left.store(left, Ordering::Relaxed);
        }
        fault
    }

    /// Whether this delivery of a message is lost on its way.
    pub(crate) fn drops(&self) -> bool {
        let Some(left) = self.faults_left.load(Ordering::Relaxed).checked_sub(1) else { return false };
        let dropped = self.options.faults.dropped;
        let is_lost = dropped > 0 && self.clock.random() % 1_000 < dropped;
        if is_lost {
            self.faults_left.store(left, Ordering::Relaxed);
            self.tally.add(FaultKind::Dropped);
        }
        is_lost
    }

    /// Whether a port refuses everything now.
    pub(crate) fn is_out(&self, of: OutageOf) -> bool {
        let now = self.clock.elapsed();
        self.options.faults.outage.is_some_and(|outage| outage.of == of && outage.from <= now && now < outage.until)
    }

    /// Whether an adapter repeats a put whose answer it did not hear.
    pub(crate) fn repeats(&self) -> bool {
        self.options.deployment == Deployment::Functions && self.clock.random().is_multiple_of(2)
    }

    /// The process is killed, with all claims it has.
    pub(crate) fn crash(self: &Arc<Self>, process: &Arc<Process<N>>) {
        self.succeed(process, Process::die);
    }

    /// The process is lost, but for the workers that claimed a call.
    pub(crate) fn cut(self: &Arc<Self>, process: &Arc<Process<N>>) {
        self.tally.add(FaultKind::Cut);
        self.succeed(process, Process::cut_off);
    }

    /// Ends the process in this way; where it is all there is, the next one begins with the journal alone.
    fn succeed(self: &Arc<Self>, old: &Arc<Process<N>>, end: impl FnOnce(&Process<N>)) {
        let was_alive = {
            let mut processes = self.processes();
            let before = processes.len();
            processes.retain(|process| !Arc::ptr_eq(process, old));
            processes.len() < before
        };
        if !was_alive {
            return;
        }
        self.deaths.fetch_add(1, Ordering::Relaxed);
        if self.options.deployment == Deployment::Functions {
            end(old);
            return;
        }
        let new = self.begin(Part::Whole);
        end(old);
        let (shared, process) = (Arc::clone(self), Arc::clone(&new));
        new.spawn(async move {
            let Some(node) = process.node() else { return };
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
    use crate::options::Deliveries;
    use crate::process::Problem;
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
            redriven: None,
            qualifier: None,
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
