//! What a world is like.

use crate::faults::Faults;
use model::arn::Place;
use orchestrator::Settings;
use std::time::Duration;

/// What a world is like.
#[derive(Clone, Debug)]
pub struct Options {
    /// Decides everything that is random.
    pub seed: u64,
    /// How often each message comes.
    pub deliveries: Deliveries,
    /// Each message is late by a random time below this; zero keeps the order in which they were sent.
    pub lateness: Duration,
    /// Each call of a port takes a random time up to this, part of it before it is applied and part after: so that
    /// whatever happens at the same time is interleaved at every call. Zero: calls take no time.
    pub latency: Duration,
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
    /// The same for functions on durable queues.
    pub fleet: Fleet,
    /// After so many messages no more are brought: somewhere one leads to the next for ever, and time may not go on.
    pub most_messages: u64,
    /// Changes the settings of each process.
    pub settings: fn(&mut Settings),
    /// How long an execution is kept after its end; none: for ever.
    pub retention: Option<Duration>,
    /// What is wrong with the protocol, on purpose.
    #[cfg(feature = "planted-defects")]
    pub defect: Option<orchestrator::Defect>,
}

/// What runs the executions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deployment {
    /// One process with everything in it. Messages, and tasks that wait for activities' workers, die with it; the next
    /// one recovers.
    OneProcess,
    /// Functions on durable queues: processes of their own for the API, for steps, for calls, for timers and for dead
    /// letters, any of which dies alone. Messages outlive whoever handles them and come again, and nobody recovers.
    /// Wakes travel as text; none is delayed by more than 15 minutes: timers wait for what is due later, and are swept
    /// each minute.
    Functions,
}

/// The processes of functions on durable queues, and their queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fleet {
    /// How many processes take steps at most.
    pub steppers: usize,
    /// How many messages one of them handles at once.
    pub batch: usize,
    /// How many processes make calls at most.
    pub callers: usize,
    /// How many calls one of them makes at once.
    pub calls: usize,
    /// How long a message is out of sight of others once somebody handles it.
    pub visibility: Duration,
    /// Whether a process that makes a call keeps its message out of sight for as long as it lives, but for once in a while.
    pub holds: bool,
    /// How often a message is received before it is the dead-letter worker's.
    pub most_receives: u32,
    /// How long a claim lives at most.
    pub claim_lifetime: Duration,
    /// Clocks of processes differ from the true time by less than this, either way.
    pub skew: Duration,
    /// Whether timers are swept each minute, or only when one is due soon, and each ten minutes: as good, and quicker.
    pub sweeps_each_minute: bool,
    /// All messages are lost at this time; once a day executions are looked at to which nobody is on the way.
    pub purge_at: Option<Duration>,
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
    /// So many of a hundred twice: the second time within this time.
    SomeTwice(u64, Duration),
}

impl Default for Fleet {
    fn default() -> Self {
        Self {
            steppers: 4,
            batch: usize::MAX,
            callers: 4,
            calls: usize::MAX,
            visibility: Duration::from_secs(30),
            holds: true,
            most_receives: 10,
            claim_lifetime: Duration::from_mins(15),
            skew: Duration::ZERO,
            sweeps_each_minute: true,
            purge_at: None,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            deliveries: Deliveries::Once,
            lateness: Duration::ZERO,
            latency: Duration::ZERO,
            cut_after: None,
            faults: Faults::default(),
            states_per_invocation: 1,
            place: Place { partition: "aws".into(), region: "us-east-1".into(), account: "123456789012".into() },
            deployment: Deployment::OneProcess,
            fleet: Fleet::default(),
            most_messages: u64::MAX,
            settings: |_| {},
            retention: None,
            #[cfg(feature = "planted-defects")]
            defect: None,
        }
    }
}
