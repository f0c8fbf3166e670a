//! The use cases' common ground: ports, settings, caches.

use crate::caches::Caches;
use crate::ports::{ActivityQueue, Blobs, Catalog, Clock, ExpressQueue, Journal, Observer, Queue, Tasks, Timers};
use crate::token::Tokens;
use model::Timestamp;
use model::arn::Place;
use std::sync::Arc;
use std::time::Duration;

/// The world.
#[derive(Clone)]
pub struct Ports {
    /// Executions.
    pub journal: Arc<dyn Journal>,
    /// Machines and activities.
    pub catalog: Arc<dyn Catalog>,
    /// Tasks that wait for activity workers.
    pub activities: Arc<dyn ActivityQueue>,
    /// Payloads too large for records.
    pub blobs: Arc<dyn Blobs>,
    /// Messages between steps.
    pub queue: Arc<dyn Queue>,
    /// Starts of Express executions.
    pub express: Arc<dyn ExpressQueue>,
    /// Messages due later than the queue can wait; none where it can wait for any time.
    pub timers: Option<Arc<dyn Timers>>,
    /// What tasks call.
    pub tasks: Arc<dyn Tasks>,
    /// Time and randomness.
    pub clock: Arc<dyn Clock>,
    /// Who looks on.
    pub observer: Arc<dyn Observer>,
}

/// How this deployment works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The account and region of its ARNs.
    pub place: Place,
    /// Signs task tokens. At least 32 bytes, the same for as long as any token lives.
    pub token_key: Vec<u8>,
    /// How many states one invocation runs on through before it commits.
    pub states_per_invocation: u32,
    /// Names this process in claims. A claim of another process is judged by its expiry.
    pub process: String,
    /// Whether this process is the only one there is: then a claim by another is by one that is dead.
    pub only_process: bool,
    /// How long a claim lives at most before its worker is taken for dead.
    pub claim_lifetime: Duration,
    /// The longest that a worker waits for a call; none: as long as it takes. Then the task times out.
    pub longest_call: Option<Duration>,
    /// Whether this process makes calls. Otherwise it leaves them to those that handle [`crate::Lane::Tasks`].
    pub makes_calls: bool,
    /// The longest delay that the queue takes; what is due later is parked among the timers.
    pub longest_delay: Option<Duration>,
    /// How late a wake comes that is sent before a put from outside, in case this process dies between the put and
    /// its effects: longer than any such process lives. None where what is lost is rebuilt by
    /// [`Orchestrator::recover`].
    pub safety_delay: Option<Duration>,
    /// Payloads of more bytes lie beside the journal.
    pub inline_payload_bytes: usize,
    /// The largest payload, in bytes of UTF-8: what a task is given and gives, and what a state hands on; none: any. AWS:
    /// 262,144, which is the default of one process; a deployment has none unless it asks for AWS's.
    pub max_payload_bytes: Option<usize>,
    /// How long an execution is kept after its end; none: for ever.
    pub retention: Option<Duration>,
    /// For how long after its end an execution can be redriven.
    pub redrive_window: Duration,
    /// What is wrong with the protocol, on purpose.
    #[cfg(feature = "planted-defects")]
    pub defect: Option<crate::Defect>,
}

impl Settings {
    /// Those of one process that does everything itself and keeps everything.
    pub fn one_process(place: Place, token_key: Vec<u8>, process: String) -> Self {
        Self {
            place,
            token_key,
            states_per_invocation: 1,
            process,
            only_process: true,
            claim_lifetime: Duration::from_hours(24),
            longest_call: None,
            makes_calls: true,
            longest_delay: None,
            safety_delay: None,
            inline_payload_bytes: model::limits::AWS_MAX_PAYLOAD_BYTES,
            max_payload_bytes: Some(model::limits::AWS_MAX_PAYLOAD_BYTES),
            retention: None,
            redrive_window: model::limits::AWS_REDRIVE_WINDOW,
            #[cfg(feature = "planted-defects")]
            defect: None,
        }
    }
}

/// The use cases, over the ports.
pub struct Orchestrator {
    ports: Ports,
    settings: Settings,
    tokens: Tokens,
    caches: Arc<Caches>,
}

impl Orchestrator {
    /// Over these ports.
    pub fn new(ports: Ports, settings: Settings) -> Arc<Self> {
        let tokens = Tokens::new(&settings.token_key);
        Arc::new(Self { ports, settings, tokens, caches: Arc::default() })
    }

    /// How this deployment works.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn ports(&self) -> &Ports {
        &self.ports
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    pub(crate) fn caches(&self) -> &Arc<Caches> {
        &self.caches
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// An id that nobody else has: a UUID of version 4 from the clock's randomness.
    pub(crate) fn fresh_id(&self) -> String {
        let (high, low) = (self.ports.clock.random(), self.ports.clock.random());
        uuid::Builder::from_random_bytes(((u128::from(high) << 64) | u128::from(low)).to_be_bytes())
            .into_uuid()
            .to_string()
    }
}
